"""The requests of this run as they go: who runs now, counters, and who wants to know. Finished ones are
handed to the history; the newest stay at hand in memory.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime

from tray_app.history.anomalies import Anomaly, Watch
from tray_app.history.record import TOKEN_FIELDS, Record

MAX_AT_HAND = 1_000
MAX_MODELS = 100  # counted apart; catalogs have some thirty
_LONGEST_TEXT = 300
_CUT = (
    "client", "path", "upstream_endpoint", "model_requested", "model_served", "error", "session_id",
    "upstream_request_id",
)  # fmt: skip


class Records:
    """Running requests and the newest finished ones. Belongs to the event loop."""

    def __init__(
        self,
        keep: Callable[[Record], None] = lambda _: None,
        limit: int = MAX_AT_HAND,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`keep` takes a finished record into the history; it never waits."""
        self._keep, self._clock = keep, clock
        self._newest: deque[Record] = deque(maxlen=limit)
        self._running: dict[str, Record] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.served = 0
        self.outcomes: Counter[tuple[str, str, str]] = Counter()  # dialect, status, initiator
        self.tokens: Counter[tuple[str, str]] = Counter()  # model, token field
        self._models: set[str] = set()
        self._watchers: list[Callable[[str, Record], None]] = []
        self._watch_numbers = Watch()

    def watch(self, watcher: Callable[[str, Record], None]) -> Callable[[], None]:
        """`watcher(what, record)` on the loop: what is "begun" or "finished". Returns its end."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _tell(self, what: str, record: Record) -> None:
        for watcher in tuple(self._watchers):
            watcher(what, record)

    def begin(self, record: Record) -> None:
        record.make_sound()
        self._running[record.id] = record
        self._idle.clear()
        self._tell("begun", record)

    def finish(self, record: Record, keep: bool = True) -> None:
        """The request is over. `keep` False counts it only (history is switched off)."""
        record.make_sound()
        self._running.pop(record.id, None)
        if not self._running:
            self._idle.set()
        self.served += 1
        self.outcomes[record.dialect, str(record.status or "none"), record.initiator or "none"] += 1
        self._count_tokens(record)
        if keep:
            for name in _CUT:
                if (text := getattr(record, name)) is not None and len(text) > _LONGEST_TEXT:
                    setattr(record, name, text[:_LONGEST_TEXT])
            record.captured = record.taken is not None
            self._watch_numbers.add(record)
            self._newest.append(record)
            self._keep(record)
        self._tell("finished", record)

    def _count_tokens(self, record: Record) -> None:
        model = (record.model_served or "unknown")[:_LONGEST_TEXT]
        if model not in self._models:
            if len(self._models) >= MAX_MODELS:
                model = "other"
            self._models.add(model)
        for name in TOKEN_FIELDS:
            if (value := getattr(record.usage, name)) is not None:
                self.tokens[model, name] += value

    def forget(self) -> None:
        """The history was deleted: nothing of before stays at hand."""
        self._newest.clear()
        self._watch_numbers = Watch()

    @property
    def running(self) -> list[Record]:
        return list(self._running.values())

    def find_running(self, id: str) -> Record | None:
        return self._running.get(id)

    async def idle(self) -> None:
        """Return when no request is running."""
        await self._idle.wait()

    def all(self) -> list[Record]:
        """The newest of this run, oldest first."""
        return list(self._newest)

    def anomalies(self) -> list[Anomaly]:
        """What is odd right now, among the requests of this run."""
        return self._watch_numbers.found(self._clock())
