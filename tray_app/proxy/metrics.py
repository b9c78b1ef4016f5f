"""`/metrics`: the figures of this run in Prometheus text.

Every label is bounded: dialects, statuses, kinds and models of the catalog. What a client names itself is
none.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tray_app import __version__
from tray_app.proxy.seat import Seat

Family = CounterMetricFamily | GaugeMetricFamily


class _SeatCollector(Collector):
    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def collect(self) -> Iterator[Family]:
        seat = self._seat
        info = GaugeMetricFamily("jumpseat_build_info", "Version of Jumpseat", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield _gauge("jumpseat_uptime_seconds", "Since the start", seat.monotonic() - seat.started_mono)
        yield _gauge("jumpseat_requests_running", "Requests running now", len(seat.records.running))
        yield from self._requests()
        yield from self._tokens()
        yield from self._quota()
        yield from self._history()
        yield from self._spans()

    def _requests(self) -> Iterator[Family]:
        family = CounterMetricFamily(
            "jumpseat_requests", "Requests answered", labels=["dialect", "status", "initiator"]
        )
        for labels, count in sorted(self._seat.records.outcomes.items()):
            family.add_metric(labels, count)
        yield family

    def _tokens(self) -> Iterator[Family]:
        tokens = CounterMetricFamily(
            "jumpseat_tokens", "Tokens as Copilot reported them", labels=["model", "kind"]
        )
        billed = CounterMetricFamily(
            "jumpseat_billed_nano_aiu", "Billed nano AI units as Copilot reported them", labels=["model"]
        )
        for (model, kind), total in sorted(self._seat.records.tokens.items()):
            if kind == "nano_aiu":
                billed.add_metric([model], total)
            else:
                tokens.add_metric([model, kind.removesuffix("_tokens")], total)
        yield tokens
        yield billed

    def _quota(self) -> Iterator[Family]:
        family = GaugeMetricFamily(
            "jumpseat_quota_percent_left", "Of each allowance, as last read", labels=["sku"]
        )
        for sku, one in sorted(self._seat.quota.snapshots().items()):
            if one.percent_remaining is not None and not one.unlimited:
                family.add_metric([sku], one.percent_remaining)
        yield family

    def _history(self) -> Iterator[Family]:
        history = self._seat.history
        yield _gauge("jumpseat_history_waiting", "Records not written yet", history.waiting)
        yield _gauge(
            "jumpseat_history_problem", "1 while the history is not as it should be", bool(history.problem)
        )
        yield CounterMetricFamily(
            "jumpseat_history_dropped", "Records that could not be kept", value=history.dropped
        )

    def _spans(self) -> Iterator[Family]:
        tracing = self._seat.tracing
        yield _gauge("jumpseat_spans_waiting", "Spans not sent to the collector yet", tracing.waiting)
        yield CounterMetricFamily("jumpseat_spans_sent", "Spans that the collector took", value=tracing.sent)
        yield CounterMetricFamily(
            "jumpseat_spans_dropped", "Spans that the collector did not take", value=tracing.dropped
        )


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=value)


def render(seat: Seat) -> bytes:
    registry = CollectorRegistry()
    registry.register(_SeatCollector(seat))
    return generate_latest(registry)
