"""History out and in as JSON Lines: one request a line, oldest first, as `/api/requests/{id}` shows it."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from tray_app.dialects.neutral import Usage
from tray_app.errors import LocalFault
from tray_app.history import database
from tray_app.history.bodies import Bodies, put_bodies, read_bodies
from tray_app.history.record import MAX_NOTES, MAX_TRIES, SHOWN, TOKEN_FIELDS, Record, Try
from tray_app.history.rows import RowWriter, read_rows
from tray_app.history.search import Query, in_order

CHUNK = 200
LONGEST_LINE = 32 * 1024 * 1024
MOST_MISTAKES = 10
_LONGEST_TEXT = 2_000
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Position:
    """Where an export stands: behind the row of this time and number."""

    started_ms: int = -1
    n: int = -1


def export_chunk(
    connection: sqlite3.Connection, query: Query, position: Position, *, bodies: bool
) -> tuple[bytes, Position | None]:
    """Some lines, and where the next ones begin; None at the end. Raises sqlite3.Error."""
    found = in_order(connection, query, (position.started_ms, position.n), CHUNK)
    lines = []
    for (n, _), record in zip(found, read_rows(connection, [n for n, _ in found]), strict=True):
        row = record.in_full()
        if bodies and record.captured and (kept := read_bodies(connection, n)) is not None:
            row["bodies"] = {
                "request": kept.request,
                "upstream_request": kept.upstream_request,
                "pieces": kept.pieces,
                "truncated": kept.truncated,
            }
        lines.append(orjson.dumps(row) + b"\n")
    after = Position(found[-1][1], found[-1][0]) if len(found) == CHUNK else None
    return b"".join(lines), after


def export_file(path: Path, query: Query, *, bodies: bool) -> Iterator[bytes]:
    """The lines of a history that may be in use. Raises LocalFault."""
    if not path.exists():
        raise LocalFault("There is no history yet.", f"It will be at {path} once a request was made.")
    try:
        with contextlib.closing(database.open_for_reading(path)) as connection:
            position: Position | None = Position()
            while position is not None:
                lines, position = export_chunk(connection, query, position, bodies=bodies)
                yield lines
    except sqlite3.Error as error:
        raise LocalFault(
            f"The history at {path} cannot be read.", "`jumpseat doctor` may tell more."
        ) from error


# --- in -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Imported:
    """What became of the lines. `mistakes` are sentences that name the line; the first few of them."""

    new: int = 0
    known: int = 0
    wrong: int = 0
    oldest: datetime | None = None
    mistakes: list[str] = field(default_factory=list)


def import_file(path: Path, lines: Iterable[bytes]) -> Imported:
    """Add the requests that are not there yet, by their ids; lines that are wrong are left out and named.

    Raises LocalFault when the history cannot be written.
    """
    opened = database.open_for_writing(path)
    try:
        if opened.in_memory:
            raise LocalFault(opened.problem or f"{path} cannot be written.")
        return _import(opened.connection, lines)
    except sqlite3.Error as error:
        raise LocalFault(
            database.trouble_text(path, error), "Nothing of the last lines was added."
        ) from error
    finally:
        opened.connection.close()


def _import(connection: sqlite3.Connection, lines: Iterable[bytes]) -> Imported:
    said, writer = Imported(), RowWriter(connection)
    batch: dict[str, tuple[Record, Bodies | None]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record, bodies = read_line(line)
        except ValueError as error:
            said.wrong += 1
            if len(said.mistakes) < MOST_MISTAKES:
                said.mistakes.append(f"line {number}: {error}")
            continue
        batch[record.id] = record, bodies
        if len(batch) >= CHUNK:
            _add(connection, writer, batch, said)
    _add(connection, writer, batch, said)
    return said


def _add(
    connection: sqlite3.Connection,
    writer: RowWriter,
    batch: dict[str, tuple[Record, Bodies | None]],
    said: Imported,
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        added = writer.add(record for record, _ in batch.values())
        for n, record in added:
            if (bodies := batch[record.id][1]) is not None:
                put_bodies(connection, n, bodies)
            said.oldest = min(said.oldest or record.started_at, record.started_at)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    said.new += len(added)
    said.known += len(batch) - len(added)
    batch.clear()


_TEXTS = frozenset(
    ("client", "dialect", "path", "upstream_endpoint", "model_requested", "model_served", "error",
     "error_message", "initiator", "initiator_source", "background", "process", "project", "session_id",
     "upstream_request_id")
)  # fmt: skip
_NEEDED = frozenset(("client", "dialect", "path", "initiator_source"))
_FLAGS = frozenset(("stream", "cancelled"))
_WHOLE = frozenset(("status", "attempts", "request_bytes", "response_bytes", "frames", "turn", "branch"))
_ALWAYS = frozenset(("attempts", "request_bytes", "response_bytes", "frames"))
_LISTS = frozenset(("repairs", "notes"))
_OWN_WAY = frozenset(("id", "started_at", "captured"))


def read_line(line: bytes) -> tuple[Record, Bodies | None]:
    """One line's record. Fields that it does not know are left out. Raises ValueError with a sentence."""
    if len(line) > LONGEST_LINE:
        raise ValueError("longer than any line that is exported")
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg})") from error
    if not isinstance(row, dict):
        raise ValueError("not an object")
    fields: dict[str, Any] = {}
    for name in SHOWN:
        if name not in _OWN_WAY:
            fields[name] = _field(name, row.get(name))
    id = row.get("id")
    if not isinstance(id, str) or not 1 <= len(id) <= 100 or not id.isprintable():
        raise ValueError("id: expected a text")
    usage = Usage(**{name: _whole(name, row.get(name)) for name in TOKEN_FIELDS})
    record = Record(
        id=id, started_at=_moment(row.get("started_at")), usage=usage, tries=_tries(row), **fields
    )
    prefix = row.get("prefix")
    if isinstance(prefix, dict):
        record.prefix_parts, record.prefix_kept = (
            _whole(f"prefix.{name}", prefix.get(name)) for name in ("parts", "kept")
        )
        record.prefix_changed = _text("prefix.changed_at", prefix.get("changed_at"))
    return record, _bodies(row.get("bodies"))


def _field(name: str, value: Any) -> Any:
    if value is None and name not in _NEEDED | _FLAGS | _LISTS | _ALWAYS:
        return None
    if name in _TEXTS:
        return _text(name, value)
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise ValueError(f"{name}: expected true or false")
        return value
    if name in _WHOLE:
        return _whole(name, value)
    if name in _LISTS:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name}: expected a list of texts")
        return [one[:_LONGEST_TEXT] for one in value[: MAX_NOTES + 1]]
    return _number(name, value)


def _text(name: str, value: Any) -> str | None:
    if value is None and name not in _NEEDED:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name}: not a text") from error
    return value[:_LONGEST_TEXT]


def _whole(name: str, value: Any) -> int | None:
    if value is None and name not in _ALWAYS:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not -_LARGEST < value < _LARGEST:
        raise ValueError(f"{name}: expected a whole number")
    return value


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise ValueError(f"{name}: expected a number of milliseconds")
    return float(value)


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and 1970 < moment.year < 9000:
            return moment.astimezone(UTC)
    except (TypeError, ValueError):
        pass
    raise ValueError("started_at: expected a time such as 2026-01-31T12:00:00Z")


def _tries(row: dict[str, Any]) -> list[Try]:
    found, given = [], row.get("tries") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ValueError("tries: expected a list of objects")
    for one in given[:MAX_TRIES]:
        status, reason = _whole("status", one.get("status")), _text("reason", one.get("reason")) or ""
        found.append(Try(status, reason, _number("ms", one.get("ms")) or 0.0))
    return found


def _bodies(value: Any) -> Bodies | None:
    if value is None:
        return None
    try:
        pieces = [(float(at), str(text)) for at, text in value["pieces"]]
        parts = value.get("request"), value.get("upstream_request")
        if not all(part is None or isinstance(part, str) for part in parts):
            raise ValueError("bodies: expected texts")
        return Bodies(parts[0], parts[1], pieces, bool(value.get("truncated")))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("bodies: not as they are exported") from error
