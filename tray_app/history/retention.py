"""How much history stays, by age and by number; and how all of it goes."""

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tray_app.history import database, tallies
from tray_app.history.rows import ms_of
from tray_app.history.schema import ORDER, SLOT_MS

_STEP = 500  # rows deleted in one transaction
_SLACK = 0.01  # of the number that may stay: deleting one by one would cost more than the rows


@dataclass(frozen=True, slots=True)
class Keeping:
    """`secrets` are the owner's keys, which are not stored with what was said."""

    max_requests: int
    retention_days: float
    secrets: tuple[str, ...] = ()


def trim(
    connection: sqlite3.Connection,
    keeping: Keeping,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> bool:
    """Delete what is too much or too old; whether something was. At most a few steps at a time, so that
    new records are not kept waiting: the rest goes next time. Raises sqlite3.Error."""
    cutoff = ms_of(clock() - timedelta(days=keeping.retention_days))
    deleted = False
    for _ in range(4):
        numbers = _too_old(connection, cutoff) or _too_many(connection, keeping.max_requests)
        if not numbers:
            break
        _delete(connection, numbers)
        deleted = True
    if deleted:
        connection.execute("DELETE FROM quota WHERE at_ms < ?", (cutoff,))
    return deleted


def _too_old(connection: sqlite3.Connection, cutoff: int) -> list[int]:
    return [
        n
        for (n,) in connection.execute(
            "SELECT n FROM requests WHERE started_ms < ? ORDER BY started_ms LIMIT ?", (cutoff, _STEP)
        )
    ]


def _too_many(connection: sqlite3.Connection, most: int) -> list[int]:
    surplus = _count(connection) - most
    if surplus <= 0:
        return []
    return [
        n
        for (n,) in connection.execute(
            "SELECT n FROM requests ORDER BY started_ms, n LIMIT ?",
            (min(_STEP, surplus + int(most * _SLACK)),),
        )
    ]


def _count(connection: sqlite3.Connection) -> int:
    """From the ready sums: counting the rows themselves would read the whole index."""
    return int(connection.execute("SELECT ifnull(sum(uses), 0) FROM kinds").fetchone()[0])


def _delete(connection: sqlite3.Connection, numbers: list[int]) -> None:
    """These rows, their bodies, and their part in the sums. The numbers are the oldest."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        marks = ", ".join("?" * len(numbers))
        of_them = (
            f"SELECT started_ms / {SLOT_MS}, kind, count(*) FROM requests WHERE n IN ({marks}) GROUP BY 1, 2"
        )
        gone = connection.execute(of_them, numbers).fetchall()
        connection.execute(f"DELETE FROM said WHERE rowid IN ({marks})", numbers)
        connection.execute(f"DELETE FROM requests WHERE n IN ({marks})", numbers)
        connection.executemany("UPDATE kinds SET uses = uses - ? WHERE id = ?", [(n, k) for _, k, n in gone])
        connection.execute("DELETE FROM kinds WHERE uses <= 0")
        oldest = connection.execute("SELECT min(started_ms) FROM requests").fetchone()[0]
        if oldest is not None:
            connection.execute(
                "DELETE FROM sessions WHERE last_ms < ? AND NOT EXISTS "
                "(SELECT 1 FROM requests WHERE session = sessions.n)",
                (oldest,),
            )
        for slot in {slot for slot, _, _ in gone}:
            tallies.count_again(connection, slot)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def delete_everything(connection: sqlite3.Connection, path: Path | None) -> int:
    """Empty every table and let no page of the file keep what was in it; how many requests there were.
    Also removes files that were set aside. Raises sqlite3.Error, OSError."""
    requests = _count(connection)
    connection.execute("BEGIN IMMEDIATE")
    for table in ORDER:
        connection.execute(f"DELETE FROM {table}")
    connection.execute("INSERT INTO said(said) VALUES ('rebuild')")
    connection.execute("COMMIT")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for aside in database.all_asides(path) if path else ():
        aside.unlink(missing_ok=True)
    return requests
