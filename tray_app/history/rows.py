"""Records into rows and back."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tray_app.dialects.neutral import Usage
from tray_app.history import tallies
from tray_app.history.record import TOKEN_FIELDS, Record, Try

_KIND = (
    "client", "dialect", "path", "upstream_endpoint", "model_requested", "model_served", "status", "error",
    "error_message", "initiator", "initiator_source", "background", "stream", "cancelled", "process",
    "project",
)  # fmt: skip
_OWN = (
    "turn", "branch", "attempts", "ttfb_ms", "duration_ms", "longest_silence_ms", "waited_ms", "upstream_ms",
    "request_bytes", "response_bytes", "frames", "prefix_parts", "prefix_kept", "prefix_changed", "captured",
    "upstream_request_id",
)  # fmt: skip
_WORDS = (
    "client", "dialect", "path", "upstream_endpoint", "model_requested", "model_served", "status", "error",
    "error_message", "background", "process", "project",
)  # fmt: skip
_FLAGS = ("stream", "cancelled", "captured")
_MAX_CACHED = 4_000


def _marks(count: int) -> str:
    return ", ".join("?" * count)


_ADD_KIND = (
    f"INSERT INTO kinds (key, facet, {', '.join(_KIND)}, repairs, notes, words) "
    f"VALUES ({_marks(len(_KIND) + 5)})"
)
_ADD_REQUEST = (
    f"INSERT INTO requests (id, started_ms, kind, session, tries, {', '.join((*_OWN, *TOKEN_FIELDS))}) "
    f"VALUES ({_marks(5 + len(_OWN) + len(TOKEN_FIELDS))})"
)
_ADD_SESSION = (
    f"INSERT INTO sessions (id, client, process, project, started_ms, last_ms, {', '.join(tallies.SUMS)}) "
    f"VALUES ({_marks(6 + len(tallies.SUMS))})"
)
_GROW_SESSION = (
    "UPDATE sessions SET process = ifnull(process, ?), project = ifnull(project, ?), "
    "started_ms = min(started_ms, ?), last_ms = max(last_ms, ?), turns = max(turns, ?), "
    f"branches = max(branches, ?), {', '.join(f'{name} = ?' for name in tallies.SUMS)} WHERE n = ?"
)
_ROW = (
    "SELECT r.n, r.id AS id, r.started_ms, r.tries, s.id AS session_id, k.repairs, k.notes, "
    + ", ".join([*(f"k.{name}" for name in _KIND), *(f"r.{name}" for name in (*_OWN, *TOKEN_FIELDS))])
    + " FROM requests r JOIN kinds k ON k.id = r.kind LEFT JOIN sessions s ON s.n = r.session "
)


def ms_of(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def moment_of(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def packed(id: str) -> bytes:
    """Our own ids are 32 hexadecimal digits: half the space, twice (the index has them too)."""
    digits = id.removeprefix("req_")
    if len(id) == 36 and len(digits) == 32 and digits == digits.lower():
        try:
            return bytes.fromhex(digits)
        except ValueError:
            pass
    return b"=" + id.encode()


def unpacked(id: bytes) -> str:
    return id[1:].decode() if id[:1] == b"=" and len(id) != 16 else f"req_{id.hex()}"


@dataclass(slots=True)
class _Session:
    n: int
    turns: int
    branches: int
    sums: tallies.Sums


class RowWriter:
    """Adds records in batches. Knows what it wrote lately, so that a row is one statement mostly."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kinds: dict[bytes, tuple[int, int]] = {}  # key -> kind, facet

    def forget(self) -> None:
        """Rows of kinds may be gone."""
        self._kinds.clear()

    def add(self, records: Iterable[Record]) -> list[tuple[int, Record]]:
        """Insert; rows that are there already (by id) are left alone. The new rows with their numbers.
        Belongs inside a transaction. Raises sqlite3.Error."""
        batch, sessions = tallies.Batch(), dict[str, _Session]()
        uses: dict[int, tuple[int, int]] = {}
        added = []
        for record in records:
            record.make_sound()  # since it was finished, the calling process and its folder came to it
            id, started = packed(record.id), ms_of(record.started_at)
            if self._connection.execute("SELECT 1 FROM requests WHERE id = ?", (id,)).fetchone():
                continue
            sums = tallies.of_record(record)
            kind, facet = self._kind(record)
            session = self._session(record, started, sums, sessions)
            added.append((self._row(id, started, kind, session, record), record))
            batch.add(started, facet, record.status, sums, (record.duration_ms, record.ttfb_ms))
            count, last = uses.get(kind, (0, 0))
            uses[kind] = count + 1, max(last, started)
        self._connection.executemany(
            "UPDATE kinds SET uses = uses + ?, last_ms = max(last_ms, ?) WHERE id = ?",
            ((count, last, kind) for kind, (count, last) in uses.items()),
        )
        batch.write(self._connection)
        return added

    def _row(self, id: bytes, started: int, kind: int, session: _Session | None, record: Record) -> int:
        tries = json.dumps([one.as_json() for one in record.tries]) if _worth_keeping(record.tries) else None
        usage = record.usage
        values = (
            id,
            started,
            kind,
            session.n if session else None,
            tries,
            *(getattr(record, name) for name in _OWN),
            *(getattr(usage, name) for name in TOKEN_FIELDS),
        )
        return int(self._connection.execute(_ADD_REQUEST, values).lastrowid or 0)

    # --- kinds ---

    def _kind(self, record: Record) -> tuple[int, int]:
        values = [getattr(record, name) for name in _KIND]
        repairs, notes = _listed(record.repairs), _listed(record.notes)
        key = hashlib.blake2b(
            repr((values, repairs, notes)).encode(errors="replace"), digest_size=16
        ).digest()
        if (known := self._kinds.get(key)) is not None:
            return known
        found = self._connection.execute("SELECT id, facet FROM kinds WHERE key = ?", (key,)).fetchone()
        if found is None:
            facet = self._facet(record)
            words = " ".join(
                [*(str(value) for name in _WORDS if (value := getattr(record, name)) is not None),
                 *record.repairs, *record.notes]
            ).lower()  # fmt: skip
            row = self._connection.execute(_ADD_KIND, (key, facet, *values, repairs, notes, words))
            found = int(row.lastrowid or 0), facet
        if len(self._kinds) >= _MAX_CACHED:
            self._kinds.clear()
        self._kinds[key] = (int(found[0]), int(found[1]))
        return self._kinds[key]

    def _facet(self, record: Record) -> int:
        values = (
            record.client,
            record.model_served or record.model_requested or "unknown",
            record.dialect,
        )
        found = self._connection.execute(
            "SELECT id FROM facets WHERE client = ? AND model = ? AND dialect = ?", values
        ).fetchone()
        if found is not None:
            return int(found[0])
        row = self._connection.execute("INSERT INTO facets (client, model, dialect) VALUES (?, ?, ?)", values)
        return int(row.lastrowid or 0)

    # --- sessions ---

    def _session(
        self, record: Record, started: int, sums: Sequence[int | None], known: dict[str, _Session]
    ) -> _Session | None:
        """The session's row, grown by this record; the record learns its turn."""
        id = record.session_id
        if not id:
            return None
        session = known.get(id) or self._find_session(id)
        if session is None:
            values = (id, record.client, record.process, record.project, started, started, *tallies.nothing())
            row = self._connection.execute(_ADD_SESSION, values)
            session = _Session(int(row.lastrowid or 0), 0, 0, tallies.nothing())
        known[id] = session
        if record.turn is None:  # an import brings its own
            record.turn = session.turns + (record.initiator == "user" or not session.turns)
        session.turns = max(session.turns, record.turn)
        session.branches = max(session.branches, record.branch or 0)
        tallies.add(session.sums, sums)
        self._connection.execute(
            _GROW_SESSION,
            (record.process, record.project, started, started, session.turns, session.branches,
             *session.sums, session.n),
        )  # fmt: skip
        return session

    def _find_session(self, id: str) -> _Session | None:
        found = self._connection.execute(
            f"SELECT n, turns, branches, {', '.join(tallies.SUMS)} FROM sessions WHERE id = ?", (id,)
        ).fetchone()
        return _Session(found[0], found[1], found[2], list(found[3:])) if found else None


def _worth_keeping(tries: Sequence[Try]) -> bool:
    return len(tries) > 1 or any(one.status != 200 for one in tries)


def _listed(texts: Sequence[str]) -> str:
    return json.dumps(texts, ensure_ascii=False) if texts else "[]"


# --- back ---------------------------------------------------------------------------------------------


def read_rows(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Record]:
    """The records of these rows, in this order."""
    cursor = connection.execute(
        _ROW + "WHERE r.n IN (SELECT value FROM json_each(?))", (json.dumps(list(numbers)),)
    )
    names = [column[0] for column in cursor.description]
    found = {row[0]: _record(dict(zip(names, row, strict=True))) for row in cursor}
    return [found[n] for n in numbers if n in found]


def number_of(connection: sqlite3.Connection, id: str) -> int | None:
    """The row of a request's id."""
    found = connection.execute("SELECT n FROM requests WHERE id = ?", (packed(id),)).fetchone()
    return int(found[0]) if found else None


def _record(row: dict[str, Any]) -> Record:
    fields = {name: row[name] for name in (*_KIND, *_OWN)}
    fields |= {name: bool(row[name]) for name in _FLAGS}
    tries = [Try(one["status"], one["reason"], one["ms"]) for one in json.loads(row["tries"] or "[]")]
    return Record(
        id=unpacked(row["id"]),
        started_at=moment_of(row["started_ms"]),
        session_id=row["session_id"],
        usage=Usage(**{name: row[name] for name in TOKEN_FIELDS}),
        repairs=json.loads(row["repairs"]),
        notes=json.loads(row["notes"]),
        tries=tries,
        **fields,
    )
