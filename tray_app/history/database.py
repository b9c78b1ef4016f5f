"""The file `history.db`: opening it, who may read it, and what happens when it is damaged.

The only module that opens connections. A file that cannot be read is set aside under another name, never
deleted, and a new one begins; where no file can be written, the history of this run is in memory.
"""

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tray_app.errors import LocalFault
from tray_app.history import schema, tallies
from tray_app.paths import FILE_MODE, cannot_write, make_folder

BUSY_MS = 5_000
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_CHECK_SECONDS = 3.0
SIDES = ("", "-wal", "-shm")


class TooSlow(Exception):
    """A question took longer than it may."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The writer's connection, and a sentence when something was not as it should be."""

    connection: sqlite3.Connection
    problem: str | None = None
    in_memory: bool = False


def open_for_writing(path: Path) -> Opened:
    """Open or make the file; sets aside what cannot be used. Never fails: at worst it is in memory."""
    try:
        make_folder(path.parent)
        return _open_or_set_aside(path)
    except (sqlite3.Error, OSError, LocalFault) as error:
        return Opened(in_memory(), f"{_reason(path, error)} The history of this run is in memory only.", True)


def _open_or_set_aside(path: Path) -> Opened:
    try:
        return Opened(_open(path))
    except _Newer:
        aside = set_aside(path, "newer")
        said = f"The history was written by a newer Jumpseat. It is kept as {aside.name}; a new one begins."
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        said = damage_text(set_aside(path, "damaged"))
    return Opened(_open(path), said)


def damage_text(aside: Path) -> str:
    return f"The history was damaged. What there was is kept as {aside.name}; a new one begins."


class _Newer(Exception):
    """The file has a version that this program does not know."""


class Damaged(sqlite3.DatabaseError):
    """The file is not what it should be."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _open(path: Path) -> sqlite3.Connection:
    was_cut_off = (side := path.with_name(path.name + "-wal")).exists() and side.stat().st_size > 0
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))  # SQLite would make it with wider rights
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if schema.version_of(connection) > schema.VERSION:
            raise _Newer
        connection.execute("PRAGMA journal_mode = WAL")
        _prepare(connection)
        if was_cut_off:
            _check(connection)
        for name in SIDES:
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + name).chmod(FILE_MODE)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA journal_size_limit = 8388608")
    schema.migrate(connection, tallies.count_all_again)
    if not schema.is_complete(connection):
        raise Damaged("tables are missing")


def _check(connection: sqlite3.Connection) -> None:
    """A look through the pages after a run that did not end in order, as far as it goes in a while."""
    with time_limit(connection, _CHECK_SECONDS), contextlib.suppress(sqlite3.OperationalError):
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise Damaged("the check found damage")


def in_memory() -> sqlite3.Connection:
    """A history without a file."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _prepare(connection)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


@contextlib.contextmanager
def time_limit(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """What runs longer inside is interrupted: sqlite3.OperationalError."""
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: int(time.monotonic() > end), 20_000)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def is_damage(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _DAMAGED


def is_interrupted(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT


def set_aside(path: Path, why: str) -> Path:
    """Rename the file and what belongs to it; its new name. Raises OSError."""
    aside = path.with_name(f"{path.name}.{why}-{datetime.now():%Y%m%d-%H%M%S-%f}")
    for side in SIDES:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + side).replace(aside.with_name(aside.name + side))
    return aside


def all_asides(path: Path) -> list[Path]:
    """Every file that was set aside."""
    return [*path.parent.glob(f"{path.name}.damaged-*"), *path.parent.glob(f"{path.name}.newer-*")]


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, LocalFault):
        return error.message
    if isinstance(error, OSError):
        return cannot_write(path, error).message
    return trouble_text(path, error)


def trouble_text(path: Path, error: Exception) -> str:
    """The sentence for a file that takes no writing now."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return cannot_write(path, OSError(errno.ENOSPC, "")).message
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return cannot_write(path, OSError(errno.EROFS, "")).message
    return f"The history cannot be written to {path}."
