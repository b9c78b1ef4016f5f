"""PURE. Something odd begins: many prompts in a short while, or a cache that is suddenly lost.

A person types a prompt a minute at most for long; twelve in five minutes are a tool whose follow-ups go out
as prompts, each of them billed. A conversation that read most of its prompt from the cache and then, three
times in a row, next to nothing pays several times as much as before.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tray_app.history.record import Record, stamp

BURST, BURST_MINUTES = 12, 5
_WINDOW = timedelta(minutes=BURST_MINUTES)
_QUIET_AFTER = timedelta(minutes=15)
_GOOD, _BAD, _IN_A_ROW = 0.6, 0.1, 3
_SMALLEST_PROMPT = 4_096  # shorter ones are not cached by every model
_MAX_SESSIONS = 500
_MAX_CLIENTS = 200


@dataclass(frozen=True, slots=True)
class Anomaly:
    """`code` is user_burst or cache_collapse."""

    code: str
    since: datetime
    message: str
    session_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "since": stamp(self.since),
            "message": self.message,
            "session_id": self.session_id,
        }


@dataclass(slots=True)
class _Cache:
    """How well one session reads its cache. `model` tells its conversations apart."""

    best: float = 0.0
    bad_since: datetime | None = None
    bad: int = 0
    at: datetime | None = None
    client: str = ""


@dataclass(slots=True)
class Watch:
    """Sees every finished request once, in the order of their ends."""

    _prompts: dict[str, deque[datetime]] = field(default_factory=dict)  # by client
    _bursts: dict[str, tuple[datetime, datetime, int]] = field(default_factory=dict)
    _caches: OrderedDict[tuple[str, str], _Cache] = field(default_factory=OrderedDict)

    def add(self, record: Record) -> None:
        if record.initiator == "user" and record.background is None and record.usage.input_tokens is not None:
            self._add_prompt(record)
        if record.session_id and record.background is None:
            self._add_cache(record)

    def _add_prompt(self, record: Record) -> None:
        client, at = record.client, record.started_at
        times = self._prompts.get(client)
        if times is None:
            if len(self._prompts) >= _MAX_CLIENTS:  # they name themselves
                self._prompts.clear()
                self._bursts.clear()
            times = self._prompts[client] = deque(maxlen=500)
        times.append(at)
        start = at - _WINDOW
        while times[0] < start:
            times.popleft()
        if len(times) >= BURST:
            burst = self._bursts.get(client)
            goes_on = burst is not None and at - burst[1] < _QUIET_AFTER
            self._bursts[client] = burst[0] if burst and goes_on else times[0], at, len(times)

    def _add_cache(self, record: Record) -> None:
        usage = record.usage
        if not usage.input_tokens or usage.cached_tokens is None or usage.input_tokens < _SMALLEST_PROMPT:
            return
        key = str(record.session_id), str(record.model_served)
        cache = self._caches.setdefault(key, _Cache(client=record.client))
        self._caches.move_to_end(key)
        if len(self._caches) > _MAX_SESSIONS:
            self._caches.popitem(last=False)
        rate = usage.cached_tokens / usage.input_tokens
        cache.best, cache.at = max(cache.best, rate), record.started_at
        if rate <= _BAD:
            cache.bad_since = cache.bad_since or record.started_at
            cache.bad += 1
        else:
            cache.bad_since, cache.bad = None, 0

    def found(self, now: datetime) -> list[Anomaly]:
        """What is going on, as of `now`; what ended a while ago is not told any more."""
        bursts = [
            Anomaly(
                "user_burst",
                since,
                f"{count} prompts within {BURST_MINUTES} minutes from {client}; each is billed as yours.",
            )
            for client, (since, last, count) in self._bursts.items()
            if now - last < _QUIET_AFTER
        ]
        lost = [
            Anomaly(
                "cache_collapse",
                cache.bad_since,
                f"{cache.client} lost the prompt cache of {model}: the last {cache.bad} requests read next "
                f"to nothing from it, before it was {cache.best:.0%}.",
                session,
            )
            for (session, model), cache in self._caches.items()
            if cache.bad >= _IN_A_ROW and cache.best >= _GOOD and cache.bad_since and cache.at
            and now - cache.at < _QUIET_AFTER
        ]  # fmt: skip
        return bursts + lost
