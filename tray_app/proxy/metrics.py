"""`/metrics`: the figures of this run in Prometheus text, with bounded labels."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tray_app import __version__
from tray_app.history.record import TOKEN_FIELDS
from tray_app.proxy.seat import Seat

Family = CounterMetricFamily | GaugeMetricFamily
MAX_MODELS = 100


class _SeatCollector(Collector):
    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def collect(self) -> Iterator[Family]:
        seat = self._seat
        info = GaugeMetricFamily("jumpseat_build_info", "Version of Jumpseat", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily(
            "jumpseat_uptime_seconds", "Seconds since the start", value=seat.monotonic() - seat.started_mono
        )
        yield GaugeMetricFamily(
            "jumpseat_requests_running", "Requests running now", value=len(seat.records.running)
        )
        yield from self._requests()
        yield from self._tokens()

    def _requests(self) -> Iterator[Family]:
        family = CounterMetricFamily(
            "jumpseat_requests", "Requests answered", labels=["dialect", "status", "initiator"]
        )
        for labels, count in sorted(self._seat.records.outcomes.items()):
            family.add_metric(labels, count)
        yield family

    def _tokens(self) -> Iterator[Family]:
        family = CounterMetricFamily(
            "jumpseat_tokens",
            "Tokens and billed nano AI units, as Copilot reported them",
            labels=["model", "kind"],
        )
        for labels, total in sorted(self._seat.records.tokens.items())[: MAX_MODELS * len(TOKEN_FIELDS)]:
            family.add_metric(labels, total)
        yield family


def render(seat: Seat) -> bytes:
    registry = CollectorRegistry()
    registry.register(_SeatCollector(seat))
    return generate_latest(registry)
