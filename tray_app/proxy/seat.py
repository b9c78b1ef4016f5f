"""What the handlers of one running proxy share. Built by the composition root, passed down."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tray_app.copilot.answer import Answer
from tray_app.copilot.catalog import Catalog
from tray_app.copilot.confidence import Confidence
from tray_app.copilot.quota import Quota
from tray_app.copilot.releases import Release
from tray_app.copilot.token import CopilotTokens
from tray_app.copilot.upstream import Upstream
from tray_app.dialects.memory import Memory
from tray_app.errors import Fault, JumpseatError
from tray_app.history.capture import Capture
from tray_app.history.chronicle import History
from tray_app.history.record import Record
from tray_app.history.store import Records
from tray_app.proxy.limits import Limits
from tray_app.proxy.open_sockets import Sockets
from tray_app.proxy.tracing import Tracing
from tray_app.settings import Live
from tray_app.tasks import Tasks
from tray_app.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the proxy waits, in seconds. Tests have less patience than clients."""

    keepalive: float = 15.0  # between two signs of life on a silent stream
    # Upstream's early failures become HTTP errors when they come this soon after its headers (wire 6.6).
    grace: float = 2.0
    drain: float = 10.0  # for running answers, when the proxy stops


class Running:
    """The requests that are on their way now, so that each can be ended cleanly, and all at a stop."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._waiting: dict[str, asyncio.Task[Any]] = {}  # for an answer
        self._ended: dict[str, Fault] = {}

    def add(self, record: Record, answer: Answer) -> None:
        self._answers[record.id] = answer

    def remove(self, record: Record) -> None:
        self._answers.pop(record.id, None)

    def __len__(self) -> int:
        return len(self._answers)

    def waiting(self, record: Record) -> "_Waiting":
        """While this is open, `end` works before there is an answer too: its fault is raised in here."""
        return _Waiting(record.id, self._waiting, self._ended)

    def end(self, id: str, fault: Fault) -> bool:
        """End one request; False if none of that id is on its way."""
        if (answer := self._answers.get(id)) is not None:
            answer.abort(fault)
        elif (task := self._waiting.get(id)) is not None and id not in self._ended:
            self._ended[id] = fault
            task.cancel()
        else:
            return id in self._ended
        return True

    def silence_ms(self, id: str, now: float) -> float | None:
        """How long upstream has said nothing in an answer, at `now` (monotonic); None: no answer yet."""
        answer = self._answers.get(id)
        return None if answer is None else round((now - answer.heard_mono) * 1000, 1)

    def end_all(self, fault: Fault) -> None:
        """Also those that still wait for upstream, for their turn or for their owner's word."""
        for id in {**self._answers, **self._waiting}:
            self.end(id, fault)


class _Waiting:
    """`Running.waiting`. A class, because every request goes through it."""

    __slots__ = ("_ended", "_id", "_waiting")

    def __init__(self, id: str, waiting: dict[str, asyncio.Task[Any]], ended: dict[str, Fault]) -> None:
        self._id, self._waiting, self._ended = id, waiting, ended

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._waiting[self._id] = task

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        task = self._waiting.pop(self._id)
        fault = self._ended.pop(self._id, None)
        if fault is not None and isinstance(error, asyncio.CancelledError):
            task.uncancel()
            raise JumpseatError(fault) from None


@dataclass(slots=True)
class Seat:
    """One owner's seat, ready to be used."""

    live: Live
    tokens: CopilotTokens
    upstream: Upstream
    catalog: Catalog
    quota: Quota
    tokenizer: Tokenizer
    limits: Limits
    signed_in: Callable[[], Awaitable[bool]]
    tasks: Tasks
    history: History
    records: Records
    tracing: Tracing
    memory: Memory = field(default_factory=Memory)
    capture: Capture = field(default_factory=Capture)
    running: Running = field(default_factory=Running)
    sockets: Sockets = field(default_factory=Sockets)
    confidence: Confidence = field(default_factory=Confidence)
    monotonic: Callable[[], float] = time.monotonic
    started_mono: float = field(default_factory=time.monotonic)
    pace: Pace = field(default_factory=Pace)
    newer: Release | None = None  # a version above this one, where the owner lets Jumpseat ask
    counting_rests_until: float = 0.0  # monotonic; upstream token counting pauses after a 429
