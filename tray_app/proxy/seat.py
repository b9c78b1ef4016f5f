"""What the handlers of one running proxy share. Built by the composition root, passed down."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tray_app.copilot.catalog import Catalog
from tray_app.copilot.quota import Quota
from tray_app.copilot.token import CopilotTokens
from tray_app.copilot.upstream import Answer, Upstream
from tray_app.dialects.memory import Memory
from tray_app.errors import Fault
from tray_app.history.capture import Capture
from tray_app.history.chronicle import History
from tray_app.history.record import Record
from tray_app.history.store import Records
from tray_app.proxy.limits import Limits
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
    """The answers that are on their way now, so that a stop can end them cleanly."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def add(self, record: Record, answer: Answer) -> None:
        self._answers[record.id] = answer

    def remove(self, record: Record) -> None:
        self._answers.pop(record.id, None)

    def __len__(self) -> int:
        return len(self._answers)

    def end(self, id: str, fault: Fault) -> bool:
        """End one answer; False if none of that id is on its way."""
        answer = self._answers.get(id)
        if answer is not None:
            answer.abort(fault)
        return answer is not None

    def silence_ms(self, id: str, now: float) -> float | None:
        """How long upstream has said nothing in an answer; None while there is no answer. `now`: monotonic."""
        answer = self._answers.get(id)
        return None if answer is None else round((now - answer.heard_mono) * 1000, 1)

    def end_all(self, fault: Fault) -> None:
        for answer in list(self._answers.values()):
            answer.abort(fault)


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
    memory: Memory = field(default_factory=Memory)
    capture: Capture = field(default_factory=Capture)
    running: Running = field(default_factory=Running)
    monotonic: Callable[[], float] = time.monotonic
    started_mono: float = field(default_factory=time.monotonic)
    pace: Pace = field(default_factory=Pace)
    counting_rests_until: float = 0.0  # monotonic; upstream token counting pauses after a 429
