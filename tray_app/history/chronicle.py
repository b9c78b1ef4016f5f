"""The history as the rest of the program knows it: hand records over, ask questions, end.

One thread writes, some read; neither is the event loop's. A question waits until what was handed over
before it is written, so that a request is in the answer as soon as its client has its own.
"""

import asyncio
import contextlib
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from tray_app.errors import Fault, JumpseatError, Kind
from tray_app.history import database
from tray_app.history.record import Record
from tray_app.history.retention import Keeping
from tray_app.history.writing import Writer

P = ParamSpec("P")
T = TypeVar("T")

READERS = 3
QUESTION_SECONDS = 10.0


class History:
    """One open `history.db`. `open` it, `close` it; everything else belongs to the event loop."""

    def __init__(self, path: Path, keeping: Callable[[], Keeping]) -> None:
        self._path = path
        self._writer = Writer(path, keeping)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="history reader")
        self._connections: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    def open(self) -> None:
        """Start the writer; the file itself is opened in its thread."""
        self._writer.start()

    async def close(self) -> None:
        """Write what waits and close the file."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._pool.shutdown(wait=True)
        self._drop_connections()
        self._writer.close()

    def _drop_connections(self) -> None:
        while not self._connections.empty():
            self._connections.get().close()

    def keep(self, record: Record) -> None:
        """Take a finished record; never waits."""
        self._writer.put(record)

    @property
    def problem(self) -> str | None:
        """What is wrong with the history, in a sentence; None while all is well."""
        if self._writer.problem:
            return self._writer.problem
        if self.dropped:
            return f"{self.dropped} requests could not be kept in the history; the log says why."
        return None

    @property
    def dropped(self) -> int:
        return self._writer.dropped

    @property
    def waiting(self) -> int:
        """How many records are not written yet."""
        return self._writer.waiting

    async def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **more: P.kwargs
    ) -> T:
        """Run `work` on the connection that writes, behind everything handed over before."""
        return await asyncio.wrap_future(self._writer.do(lambda connection: work(connection, *args, **more)))

    async def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **more: P.kwargs
    ) -> T:
        """The answer of `work(connection, …)`, made in a reader's thread.

        Raises JumpseatError when it takes too long or the history cannot be read.
        """
        if not self._writer.is_idle:
            await asyncio.wrap_future(self._writer.do(lambda _: None))
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, lambda: self._ask(work, *args, **more))
        except sqlite3.Error as error:
            if database.is_damage(error) and not self._writer.in_memory:
                self._drop_connections()
                with contextlib.suppress(database.Damaged):
                    await asyncio.wrap_future(self._writer.do(_provoke))
            raise JumpseatError(_unreadable(error)) from error

    def _ask(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **more: P.kwargs
    ) -> T:
        if self._writer.in_memory:  # nobody else can see that database
            return self._writer.do(lambda connection: work(connection, *args, **more)).result()
        try:
            connection = self._connections.get_nowait()
        except queue.Empty:
            connection = database.open_for_reading(self._path)
        try:
            with database.time_limit(connection, QUESTION_SECONDS):
                answer = work(connection, *args, **more)
        except BaseException:
            connection.close()
            raise
        self._connections.put(connection)
        return answer

    async def delete_everything(self) -> int:
        """Really: no page of the file keeps anything. How many requests there were."""
        self._drop_connections()
        return await asyncio.wrap_future(self._writer.delete_everything())


def _provoke(connection: sqlite3.Connection) -> None:
    """A reader met damage: let the writer meet it too, whose file it is."""
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise database.Damaged("a reader found damage")


def _unreadable(error: sqlite3.Error) -> Fault:
    if database.is_interrupted(error):
        return Fault(
            503, Kind.TIMEOUT, "That took too long. Ask about a shorter time.", code="question_too_large"
        )
    return Fault(503, Kind.OVERLOADED, "The history cannot be read now.", code="history_unreadable")
