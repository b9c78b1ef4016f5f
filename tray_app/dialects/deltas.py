"""The answer, piece by piece, in no dialect's words.

A stream is: Started, then blocks strictly one after the other (Opened, Piece*, Sealed?, Closed), Measured at
any time, and at the end exactly one of Stopped or Failed, after the last Closed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tray_app.dialects.neutral import (
    Opaque,
    Part,
    Refusal,
    Reply,
    Searched,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tray_app.errors import Fault, JumpseatError


@dataclass(frozen=True, slots=True)
class Started:
    """The answer begins; the model as the upstream names it."""

    id: str
    model: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A block begins. Its `part` is empty of content: Text(""), Thinking(), ToolCall(id, name, "") or
    Refusal(""); content follows in Piece. A Searched is whole."""

    part: Part


@dataclass(frozen=True, slots=True)
class Piece:
    """Text, thinking text, tool arguments or refusal text for the open block."""

    text: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """The opaque value of the open thinking block; comes once, before its Closed."""

    opaque: Opaque


@dataclass(frozen=True, slots=True)
class Closed:
    """The open block is whole."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures so far; later ones win where they exist."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Stopped:
    """The answer is whole, or as whole as `stop` says."""

    stop: Stop


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer broke; an open block may never have been closed."""

    fault: Fault


Delta = Started | Opened | Piece | Sealed | Closed | Measured | Stopped | Failed


def play(reply: Reply) -> list[Delta]:
    """A whole answer as the stream it would have been."""
    deltas: list[Delta] = [Started(reply.id, reply.model)]
    for part in reply.parts:
        deltas += _play_part(part)
    return [*deltas, Measured(reply.usage), Stopped(reply.stop)]


def _play_part(part: Part) -> list[Delta]:
    match part:
        case Text(text, phase=phase):
            return [Opened(Text("", phase=phase)), Piece(text), Closed()]
        case Refusal(text):
            return [Opened(Refusal("")), Piece(text), Closed()]
        case Thinking(text, opaque, redacted):
            deltas: list[Delta] = [Opened(Thinking(redacted=redacted))]
            if text:
                deltas.append(Piece(text))
            if opaque:
                deltas.append(Sealed(opaque))
            return [*deltas, Closed()]
        case ToolCall(id, name, arguments, kind, namespace):
            return [Opened(ToolCall(id, name, "", kind, namespace)), Piece(arguments), Closed()]
        case Searched():
            return [Opened(part), Closed()]
    return []


def collect(deltas: Iterable[Delta]) -> Reply:
    """The whole answer of a finished stream. Raises JumpseatError for Failed, ValueError for no ending."""
    collector = Collector()
    for delta in deltas:
        collector.feed(delta)
    return collector.reply()


class Collector:
    """Gathers a stream into a Reply."""

    def __init__(self) -> None:
        self._id = self._model = ""
        self._parts: list[Part] = []
        self._open: Part | None = None
        self._pieces: list[str] = []
        self._opaque: Opaque | None = None
        self._usage = Usage()
        self._stop: Stop | None = None
        self.failed: Fault | None = None

    def feed(self, delta: Delta) -> None:
        """The next delta, in order."""
        match delta:
            case Started(id, model):
                self._id, self._model = id, model
            case Opened(part):
                self._open, self._pieces, self._opaque = part, [], None
            case Piece(text):
                self._pieces.append(text)
            case Sealed(opaque):
                self._opaque = opaque
            case Closed():
                self._close()
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                self._stop = stop
            case Failed(fault):
                self.failed = fault

    def _close(self) -> None:
        text = "".join(self._pieces)
        match self._open:
            case Text(phase=phase):
                self._parts.append(Text(text, phase=phase))
            case Thinking(redacted=redacted):
                self._parts.append(Thinking(text, self._opaque, redacted))
            case ToolCall(id, name, _, kind, namespace):
                self._parts.append(ToolCall(id, name, text, kind, namespace))
            case Refusal():
                self._parts.append(Refusal(text))
            case Searched() as searched:
                self._parts.append(searched)
        self._open = None

    def reply(self) -> Reply:
        """The whole answer. Raises JumpseatError for Failed, ValueError for no ending."""
        if self.failed is not None:
            raise JumpseatError(self.failed)
        if self._stop is None:
            raise ValueError("the stream has no ending")
        return Reply(self._id, self._model, tuple(self._parts), self._stop, self._usage)
