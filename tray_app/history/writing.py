"""The one thread that writes the history: what the event loop hands over is put down in batches.

What comes within half a second is one transaction, so a kill loses at most the last second. The loop never
waits: when the thread cannot follow, records are dropped and counted.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Generic, TypeVar

from tray_app.history import database
from tray_app.history.bodies import keep_bodies
from tray_app.history.caller import Callers
from tray_app.history.prefix import Prefixes
from tray_app.history.record import Record
from tray_app.history.retention import Keeping, delete_everything, trim
from tray_app.history.rows import RowWriter

log = logging.getLogger(__name__)
T = TypeVar("T")

GATHER_SECONDS = 0.4  # how long records may wait for others
MAX_WAITING = 20_000
MAX_WHOLE = 500  # more than that wait without their prompts, which can be large
_AGAIN_SECONDS = 5.0  # after a write that failed
_TRIM_SECONDS = 3600.0  # also while nothing comes, records grow old


class _Job(Generic[T]):
    """Something to be done on the writer's connection, between two batches."""

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self.work, self.future = work, Future[T]()


_NOT_STORABLE = (UnicodeError, OverflowError)  # text or a number that no column holds


class Writer:
    """Owns the connection that writes. `start` it once, `close` it at the end."""

    def __init__(self, path: Path, keeping: Callable[[], Keeping]) -> None:
        """`keeping` tells how much may stay and what must not be stored."""
        self._path, self._keeping = path, keeping
        self._waiting: deque[Record | _Job[Any]] = deque()
        self._something, self._hurry = threading.Event(), threading.Event()
        self._closing = False
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._callers, self._prefixes = Callers(), Prefixes()
        self._connection: sqlite3.Connection | None = None
        self._rows: RowWriter | None = None
        self._again_mono = 0.0
        self.ready = threading.Event()
        self.in_memory = False
        self.problem: str | None = None
        self.dropped = 0

    # --- from the event loop ---

    def start(self) -> None:
        self._thread.start()

    def put(self, record: Record) -> None:
        """Hand a finished record over; never waits."""
        if len(self._waiting) >= MAX_WAITING:
            if not self.dropped:
                log.warning("Requests come faster than the disk takes them; some are not recorded.")
            self.dropped += 1
            return
        if len(self._waiting) > MAX_WHOLE:
            record.sent = None
        self._waiting.append(record)
        if not self._something.is_set():  # it is cleared before what waits is taken
            self._something.set()

    def do(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Let `work` run on the writer's connection behind everything that was put before."""
        job = _Job(work)
        self._waiting.append(job)
        self._hurry.set()
        self._something.set()
        return job.future

    @property
    def waiting(self) -> int:
        """What is not done yet: records, and now and then a question."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        return not self._waiting and not self._busy and self.ready.is_set()

    def close(self) -> None:
        """Write what waits, close the file, end the thread. Blocks for that long."""
        self._closing = True
        self._hurry.set()
        self._something.set()
        self._thread.join()

    def delete_everything(self) -> "Future[int]":
        """Empty the file, behind everything that was put before; how many requests there were."""

        def work(connection: sqlite3.Connection) -> int:
            assert self._rows is not None
            self._rows.forget()
            self._prefixes = Prefixes()
            deleted = delete_everything(connection, None if self.in_memory else self._path)
            if not self.in_memory:
                self.problem = None
            return deleted

        return self.do(work)

    # --- the thread ---

    def _run(self) -> None:
        self._open()
        while True:
            is_quiet = not self._something.wait(_TRIM_SECONDS)
            if not self._closing:
                self._hurry.wait(max(GATHER_SECONDS, self._again_mono - time.monotonic()))
            self._busy = True
            self._something.clear()
            self._hurry.clear()
            if is_quiet or not self._waiting:
                self._trim_quietly()
            self._work_off()
            self._busy = False
            if self._closing and (not self._waiting or self._again_mono):
                break
        with contextlib.suppress(sqlite3.Error):
            self._end()

    def _trim_quietly(self) -> None:
        try:
            self._trim()
        except sqlite3.Error as error:
            self._look_at(error)

    def _end(self) -> None:
        assert self._connection is not None
        self._connection.execute("PRAGMA optimize")
        self._connection.close()

    def _open(self) -> None:
        opened = database.open_for_writing(self._path)
        self._connection, self.in_memory = opened.connection, opened.in_memory
        self._rows = RowWriter(opened.connection)
        if opened.problem:
            log.warning("%s", opened.problem)
            self.problem = opened.problem
        self.ready.set()
        self._something.set()  # look at once for what grew too old meanwhile

    def _work_off(self) -> None:
        while self._waiting:
            batch: list[Record] = []
            while self._waiting and isinstance(self._waiting[0], Record) and len(batch) < 1000:
                one = self._waiting.popleft()
                assert isinstance(one, Record)
                batch.append(one)
            if batch and not self._write(batch):
                self._waiting.extendleft(reversed(batch))
                self._fail_jobs()
                return
            if self._waiting and isinstance(self._waiting[0], _Job):
                job = self._waiting.popleft()
                assert isinstance(job, _Job)
                self._do(job)

    def _fail_jobs(self) -> None:
        """Nothing can be written now: whoever waits for the jobs behind shall not wait longer."""
        jobs = [one for one in self._waiting if isinstance(one, _Job)]
        for job in jobs:
            self._waiting.remove(job)
            self._do(job)
        self._something.set()  # try again later

    def _do(self, job: _Job[Any]) -> None:
        assert self._connection is not None
        if not job.future.set_running_or_notify_cancel():
            return  # whoever waited has gone
        try:
            job.future.set_result(job.work(self._connection))
        except BaseException as error:  # noqa: BLE001  handed over whole to whoever waits
            job.future.set_exception(error)
            if isinstance(error, sqlite3.Error):
                self._look_at(error)

    def _write(self, batch: list[Record]) -> bool:
        """Put the records down; False when they must wait for a better moment."""
        for record in batch:
            self._look_behind(record)
        try:
            try:
                self._transaction(batch)
            except sqlite3.IntegrityError:  # another process took a row that we thought was there
                self._transaction(batch)
            except _NOT_STORABLE:
                self._one_by_one(batch)
        except sqlite3.Error as error:
            if self._look_at(error):
                return False
            self._again_mono = time.monotonic() + _AGAIN_SECONDS
            return False
        if self._again_mono:
            self._again_mono, self.problem = 0.0, None
        return True

    def _one_by_one(self, batch: list[Record]) -> None:
        """There is something among them that SQLite does not take: the others shall not go with it."""
        for record in batch:
            try:
                self._transaction([record])
            except _NOT_STORABLE:
                self.dropped += 1
                log.exception("A request could not be recorded")

    def _look_behind(self, record: Record) -> None:
        """What is found out about a request once it is over: who called, what its prompt repeats."""
        if record.peer_port and record.process is None:
            record.process, record.project = self._callers.find(record.peer_port)
            record.peer_port = 0
        if record.sent is not None:
            self._prefixes.compare(record)
            record.sent = None

    def _transaction(self, batch: list[Record]) -> None:
        assert self._connection is not None
        assert self._rows is not None
        keeping = self._keeping()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for n, record in self._rows.add(batch):
                if record.taken is not None:
                    keep_bodies(self._connection, n, record, keeping.secrets)
            self._connection.execute("COMMIT")
        except BaseException:
            self._rows.forget()
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        for record in batch:
            record.taken = None
        self._trim()

    def _trim(self) -> None:
        """Let go of what is too old or too much; if that was much, the rest goes in a moment."""
        assert self._connection is not None
        assert self._rows is not None
        if trim(self._connection, self._keeping()):
            self._rows.forget()
            self._something.set()

    def _look_at(self, error: sqlite3.Error) -> bool:
        """A failed statement: set the file aside if it is damaged (True), else say why nothing is written."""
        if self.in_memory or not database.is_damage(error):
            self.problem = f"{database.trouble_text(self._path, error)} New records wait in memory."
            log.warning("%s (%s)", self.problem, error)
            return False
        self.begin_anew()
        return True

    def begin_anew(self) -> None:
        """The file is damaged: another one, from the start."""
        assert self._connection is not None
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        try:
            said = database.damage_text(database.set_aside(self._path, "damaged"))
        except OSError:
            said = "The history is damaged and could not be set aside."
        self._open()
        self.problem = said if not self.in_memory else self.problem
        log.warning("%s", self.problem)
        self._something.set()
