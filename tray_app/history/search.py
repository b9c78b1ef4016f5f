"""Finding requests: filters, words, pages that stay the same while new requests come in."""

import json
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tray_app.errors import BadRequest
from tray_app.history.record import Record
from tray_app.history.rows import ms_of, packed, read_rows

_FEW = 20_000  # rows that are gathered and sorted; where there may be more, the newest are walked through
_MOST_SAID = 2_000
_CURSOR = re.compile(r"(\d{1,16})\.(\d{1,16})", re.ASCII)
_STATUS = re.compile(r"[1-9](\d\d|xx)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """Filters; None is "any". `text` is looked for in every shown field and in captured text."""

    text: str | None = None
    model: str | None = None  # a name, or with stars a part of one
    client: str | None = None
    status: str | None = None  # a number, "4xx", "error", "ok" or "cancelled"
    start: datetime | None = None
    end: datetime | None = None
    dialect: str | None = None
    session: str | None = None
    initiator: str | None = None
    slower_than: float | None = None  # milliseconds
    trivial: bool = True  # also those that count tokens


@dataclass(frozen=True, slots=True)
class Page:
    """Row numbers, newest first; `cursor` None at the end; `hidden` trivial rows between them."""

    numbers: list[int]
    cursor: str | None
    hidden: int = 0


Condition = tuple[str, list[Any]]
TRIVIAL = "path LIKE '%/count_tokens'"


def find(
    connection: sqlite3.Connection, query: Query, limit: int, cursor: str | None
) -> tuple[Page, list[Record]]:
    """One page with its records. Raises BadRequest for a cursor that is none, sqlite3.Error."""
    found = page(connection, query, limit, cursor)
    return found, read_rows(connection, found.numbers)


def page(connection: sqlite3.Connection, query: Query, limit: int, cursor: str | None) -> Page:
    """One page's rows. Raises as `find` does."""
    select, values = _select(connection, query, cursor)
    found = connection.execute(
        f"{select} ORDER BY started_ms DESC, n DESC LIMIT ?", [*values, limit + 1]
    ).fetchall()
    rows, more_to_come = found[:limit], len(found) > limit
    hidden = 0 if query.trivial or not rows else _hidden(connection, query, cursor, rows[-1][1], more_to_come)
    return Page([n for n, _ in rows], f"{rows[-1][1]}.{rows[-1][0]}" if more_to_come else None, hidden)


def in_order(
    connection: sqlite3.Connection, query: Query, behind: tuple[int, int], limit: int
) -> list[tuple[int, int]]:
    """Up to `limit` rows (number and time), oldest first, behind the row of that time and number."""
    select, values = _select(connection, query, None)
    joint = "AND" if values or " WHERE " in select else "WHERE"
    return connection.execute(
        f"{select} {joint} started_ms >= ? AND (started_ms, n) > (?, ?) ORDER BY started_ms, n LIMIT ?",
        [*values, behind[0], *behind, limit],
    ).fetchall()


def _select(connection: sqlite3.Connection, query: Query, cursor: str | None) -> tuple[str, list[Any]]:
    """The rows that fit, without an order: by whichever index serves best."""
    where, values = _spans(query, cursor)
    kinds = _kinds(connection, query)
    if kinds is not None:
        where.append("kind IN (SELECT value FROM json_each(?))")
        values.append(json.dumps([id for id, _, _ in kinds]))
        if kinds:
            where.append("started_ms <= ?")
            values.append(max(last for _, _, last in kinds))
    few = kinds is not None and sum(uses for _, uses, _ in kinds) <= _FEW
    if query.text:
        condition, more, few_said = _said(connection, query.text)
        where.append(condition)
        values += more
        few = few or few_said
    index = _index(query, walk=not few)
    return (
        f"SELECT n, started_ms FROM requests {index}{' WHERE ' if where else ''}{' AND '.join(where)}",
        values,
    )


def _spans(query: Query, cursor: str | None) -> tuple[list[str], list[Any]]:
    """Conditions on the row itself."""
    where: list[str] = []
    values: list[Any] = []

    def need(condition: str, *more: Any) -> None:
        where.append(condition)
        values.extend(more)

    if query.start:
        need("started_ms >= ?", ms_of(query.start))
    if query.end:
        need("started_ms < ?", ms_of(query.end))
    if cursor:
        at, n = _position(cursor)
        need("started_ms <= ?", at)
        need("(started_ms, n) < (?, ?)", at, n)
    if query.session:
        need("session = (SELECT n FROM sessions WHERE id = ?)", query.session)
    if query.slower_than is not None:
        need("duration_ms > ?", query.slower_than)
    return where, values


def _position(cursor: str) -> tuple[int, int]:
    if not (found := _CURSOR.fullmatch(cursor)):
        raise BadRequest("cursor: expected next_cursor of the page before.", "cursor")
    return int(found[1]), int(found[2])


def _index(query: Query, *, walk: bool) -> str:
    if query.session:
        return "INDEXED BY requests_session"
    return "INDEXED BY requests_time" if walk else ""


# --- what the rows have in common -----------------------------------------------------------------


def kind_conditions(query: Query) -> Condition | None:
    """The part of the filters that looks at `kinds`; None when there is none."""
    where: list[str] = []
    values: list[Any] = []
    if query.model:
        how, name = _named(query.model)
        where.append(f"(model_requested {how} OR model_served {how})")
        values += [name, name]
    if query.client:
        how, name = _named(query.client.lower())
        where.append(f"lower(client) {how}")
        values.append(name)
    for name in ("dialect", "initiator"):
        if (value := getattr(query, name)) is not None:
            where.append(f"{name} = ?")
            values.append(value)
    if query.status:
        condition, more = _status(query.status)
        where.append(condition)
        values += more
    if not query.trivial:
        where.append(f"NOT {TRIVIAL}")
    return (" AND ".join(where), values) if where else None


def _named(wanted: str) -> tuple[str, str]:
    """A name, or with stars a part of one: `*opus*`."""
    if "*" not in wanted:
        return "= ?", wanted
    return "LIKE ? ESCAPE '\\'", _escaped(wanted).replace("*", "%")


def _status(wanted: str) -> Condition:
    named = {
        "cancelled": "cancelled",
        "error": "error IS NOT NULL AND NOT cancelled",
        "ok": "error IS NULL AND NOT cancelled",
    }
    if wanted in named:
        return named[wanted], []
    if not _STATUS.fullmatch(wanted):
        return "0", []
    return ("status / 100 = ?" if wanted.endswith("xx") else "status = ?"), [int(wanted.removesuffix("xx"))]


def _kinds(connection: sqlite3.Connection, query: Query) -> list[tuple[int, int, int]] | None:
    if (condition := kind_conditions(query)) is None:
        return None
    where, values = condition
    return connection.execute(f"SELECT id, uses, last_ms FROM kinds WHERE {where}", values).fetchall()


# --- words ----------------------------------------------------------------------------------------


def _said(connection: sqlite3.Connection, text: str) -> tuple[str, list[Any], bool]:
    """The condition for rows that have the text somewhere, and whether they are few."""
    like = f"%{_escaped(text.lower())}%"
    kinds = connection.execute(
        "SELECT id, uses FROM kinds WHERE words LIKE ? ESCAPE '\\'", (like,)
    ).fetchall()
    sessions = connection.execute(
        "SELECT n, requests FROM sessions WHERE id LIKE ? ESCAPE '\\' LIMIT 1000", (like,)
    ).fetchall()
    rows = [*_captured(connection, text), *_by_id(connection, text)]
    few = sum(uses for _, uses in kinds) + sum(count for _, count in sessions) <= _FEW
    lists = [json.dumps(one) for one in ([id for id, _ in kinds], [n for n, _ in sessions], rows)]
    any_of = "SELECT value FROM json_each(?)"
    if few:
        return (
            f"n IN (SELECT n FROM requests WHERE kind IN ({any_of}) UNION SELECT n FROM requests "
            f"INDEXED BY requests_session WHERE session IN ({any_of}) UNION {any_of})",
            lists,
            True,
        )
    return f"(kind IN ({any_of}) OR session IN ({any_of}) OR n IN ({any_of}))", lists, False


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _captured(connection: sqlite3.Connection, text: str) -> list[int]:
    """The newest requests whose captured text has these words; three letters are the least."""
    words = [word for word in text.split() if len(word) >= 3][:10]
    if not words:
        return []
    match = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
    found = connection.execute(
        "SELECT rowid FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT ?", (match, _MOST_SAID)
    )
    return [n for (n,) in found]


def _by_id(connection: sqlite3.Connection, text: str) -> list[int]:
    """The request of this id, or those whose id begins so."""
    digits = text.strip().lower().removeprefix("req_")
    whole = [n for (n,) in connection.execute("SELECT n FROM requests WHERE id = ?", (packed(text.strip()),))]
    if whole or len(digits) < 6 or len(digits) % 2 or not re.fullmatch(r"[0-9a-f]{6,32}", digits):
        return whole
    start = bytes.fromhex(digits)
    found = connection.execute(
        "SELECT n FROM requests WHERE id >= ? AND id <= ? LIMIT 100", (start, start + b"\xff" * 16)
    )
    return [n for (n,) in found]


def _hidden(connection: sqlite3.Connection, query: Query, cursor: str | None, oldest: int, more: bool) -> int:
    """How many trivial rows lie in the span of this page."""
    until = _position(cursor)[0] if cursor else ms_of(query.end) if query.end else None
    since = oldest if more else ms_of(query.start) if query.start else 0
    found = connection.execute(
        f"SELECT count(*) FROM requests WHERE kind IN (SELECT id FROM kinds WHERE {TRIVIAL}) "
        "AND started_ms >= ? AND started_ms <= ?",
        (since, until if until is not None else 1 << 60),
    ).fetchone()
    return int(found[0])
