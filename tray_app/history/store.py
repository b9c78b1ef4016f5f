"""The records of this run, newest last, bounded. In memory: a restart begins anew."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tray_app.history.record import TOKEN_FIELDS, Record

MAX_IN_MEMORY = 20_000
_LONGEST_TEXT = 300
_SHARED_TEXTS = 2_000


@dataclass(frozen=True, slots=True)
class Query:
    """Filters of `/api/requests`; None is "any". `text` is looked for in every shown field."""

    text: str | None = None
    model: str | None = None
    client: str | None = None
    status: str | None = None  # a number, "4xx", "error", "ok" or "cancelled"
    start: datetime | None = None
    end: datetime | None = None


class _Compact:
    """Makes a finished record small: what it has in common with others is kept once, long texts are cut."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lists: dict[tuple[str, ...], list[str]] = {}

    def __call__(self, record: Record) -> None:
        for name in _SHARED_FIELDS:
            if (text := getattr(record, name)) is not None:
                setattr(record, name, self._text(text[:_LONGEST_TEXT]))
        record.repairs = self._list(record.repairs)
        record.notes = self._list(record.notes)

    def _text(self, text: str) -> str:
        if len(self._texts) >= _SHARED_TEXTS:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def _list(self, texts: list[str]) -> list[str]:
        if len(self._lists) >= _SHARED_TEXTS:
            self._lists.clear()
        return self._lists.setdefault(tuple(texts), texts)


_SHARED_FIELDS = (
    "client",
    "dialect",
    "path",
    "upstream_endpoint",
    "model_requested",
    "model_served",
    "error",
    "initiator",
    "session_id",
)


class Records:
    """Holds finished and running requests. Belongs to the event loop; `page` may run in a thread."""

    def __init__(self, limit: int = MAX_IN_MEMORY) -> None:
        self._rows: deque[Record] = deque(maxlen=limit)
        self._running: dict[str, Record] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._compact = _Compact()
        self.served = 0
        self.outcomes: Counter[tuple[str, str, str]] = Counter()  # dialect, status, initiator
        self.tokens: Counter[tuple[str, str]] = Counter()  # model, token field
        self._watchers: list[Callable[[str, Record], None]] = []

    def watch(self, watcher: Callable[[str, Record], None]) -> Callable[[], None]:
        """`watcher(what, record)` on the loop: what is "begun" or "finished". Returns its end."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _tell(self, what: str, record: Record) -> None:
        for watcher in tuple(self._watchers):
            watcher(what, record)

    def begin(self, record: Record) -> None:
        self._running[record.id] = record
        self._idle.clear()
        self._tell("begun", record)

    def finish(self, record: Record, keep: bool = True) -> None:
        """The request is over. `keep` False counts it only (history is switched off)."""
        self._running.pop(record.id, None)
        if not self._running:
            self._idle.set()
        self.served += 1
        self.outcomes[record.dialect, str(record.status or "none"), record.initiator or "none"] += 1
        for name in TOKEN_FIELDS:
            if (value := getattr(record.usage, name)) is not None:
                self.tokens[record.model_served or "unknown", name] += value
        if keep:
            self._compact(record)
            self._rows.append(record)
        self._tell("finished", record)

    def trim(self, most: int, since: datetime) -> None:
        """Let go of the oldest: what is above `most`, and what began before `since`."""
        while self._rows and (len(self._rows) > most or self._rows[0].started_at < since):
            self._rows.popleft()

    def add_past(self, record: Record) -> None:
        """A request of before this run: shown and counted in statistics, not among those served."""
        self._rows.append(record)

    @property
    def running(self) -> list[Record]:
        return list(self._running.values())

    async def idle(self) -> None:
        """Return when no request is running."""
        await self._idle.wait()

    def all(self) -> list[Record]:
        return list(self._rows)

    def page(self, query: Query, limit: int, cursor: str | None) -> tuple[list[Record], str | None]:
        """Up to `limit` records, newest first, and the cursor of the next page.

        The cursor is the id of the last record shown: new requests do not shift pages.
        """
        found: list[Record] = []
        for row in self._older_than(cursor):
            if _matches(row, query):
                if len(found) == limit:
                    return found, found[-1].id
                found.append(row)
        return found, None

    def _older_than(self, cursor: str | None) -> Iterator[Record]:
        waiting = cursor is not None
        for row in reversed(self.all()):
            if waiting:
                waiting = row.id != cursor
                continue
            yield row


def _matches(row: Record, query: Query) -> bool:
    if query.model and query.model not in (row.model_requested, row.model_served):
        return False
    if query.client and query.client.lower() != row.client.lower():
        return False
    if query.status and not _status_matches(row, query.status):
        return False
    if query.start and row.started_at < query.start:
        return False
    if query.end and row.started_at >= query.end:
        return False
    return not query.text or query.text.lower() in _searchable(row)


def _status_matches(row: Record, wanted: str) -> bool:
    if wanted == "cancelled":
        return row.cancelled
    if wanted == "error":
        return row.error is not None and not row.cancelled
    if wanted == "ok":
        return row.error is None and not row.cancelled
    status = str(row.status or "")
    return status == wanted or (wanted.endswith("xx") and status[:1] == wanted[:1])


def _searchable(row: Record) -> str:
    fields = (
        row.id,
        row.client,
        row.dialect,
        row.path,
        row.upstream_endpoint,
        row.model_requested,
        row.model_served,
        row.error,
        row.session_id,
        *row.repairs,
        *row.notes,
    )
    return " ".join(field for field in fields if field).lower()
