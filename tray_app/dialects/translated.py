"""A stream of one dialect as a stream of another: events in, neutral deltas between,
the client's bytes out."""

from typing import Any

from tray_app.dialects.deltas import Closed, Delta, Failed, Measured, Opened, Piece, Sealed, Started, Stopped
from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Note, Part, Thinking, ToolCall, Usage
from tray_app.dialects.protocol import StreamReader, StreamWriter
from tray_app.dialects.sse import EventTooLarge, Reader
from tray_app.dialects.upstream_faults import too_large
from tray_app.errors import Fault


class Translated:
    """Implements `protocol.Stream`. Gives whole events only, and exactly one ending.

    With a `memory`, the thinking in front of a tool call is remembered by the call's id: chat clients
    drop it, and some models refuse the next turn without it. With `hold_start` the beginning waits for
    the first content (or `release`): Copilot's Responses fail right behind their announcements, and that
    is to become an HTTP error (copilot-wire 6.6).
    """

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        memory: Memory | None = None,
        *,
        hold_start: bool = False,
    ) -> None:
        self.usage = Usage()
        self.model_served: str | None = None
        self.fault: Fault | None = None
        self.notes: list[Note] = []
        self.ended = False
        self._events = Reader()
        self._reader = reader
        self._writer = writer
        self._recall = _Recall(memory) if memory is not None else None
        self._holds = hold_start
        self._held = b""

    @property
    def at_boundary(self) -> bool:
        return True

    def feed(self, chunk: bytes) -> bytes:
        if self.ended:
            return b""
        try:
            events = self._events.feed(chunk)
        except EventTooLarge:
            return self.fail(too_large())
        out: list[bytes] = []
        for event in events:
            self._write(self._reader.feed(event), out)
        return b"".join(out)

    @property
    def finished_items(self) -> list[dict[str, Any]]:
        """What a Responses client may refer to by id; other dialects have no such items."""
        return getattr(self._writer, "finished_items", [])

    def release(self) -> bytes:
        held, self._held = self._held, b""
        self._holds = False
        return held

    def finish(self) -> bytes:
        if self.ended:
            return b""
        out: list[bytes] = []
        for event in self._events.flush():
            self._write(self._reader.feed(event), out)
        self._write(self._reader.finish(), out)
        return b"".join(out)

    def fail(self, fault: Fault) -> bytes:
        out: list[bytes] = []
        self._write([Failed(fault)], out)
        return b"".join(out)

    def _write(self, deltas: list[Delta], out: list[bytes]) -> None:
        for delta in deltas:
            if self.ended:
                return
            kind = type(delta)
            if kind is not Piece:
                self._look(delta)
            if self._recall is not None:
                self._recall.feed(delta)
            data = self._writer.feed(delta)
            if self._holds:
                if kind is Started or kind is Measured:
                    self._held += data
                    continue
                data = self.release() + data
            out.append(data)

    def _look(self, delta: Delta) -> None:
        match delta:
            case Started(model=model):
                self.model_served = model or self.model_served
            case Measured(usage):
                self.usage = self.usage.merged(usage)
            case Stopped():
                self.ended = True
            case Failed(fault):
                self.ended, self.fault = True, fault


class _Recall:
    """Gathers thinking as it streams and remembers it under the ids of the calls behind it.

    Chat has one opaque value for the whole answer, which may come after the calls: then it is theirs too.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._open: Part | None = None
        self._text: list[str] = []
        self._thinking: Thinking | None = None
        self._calls: list[str] = []

    def feed(self, delta: Delta) -> None:
        if type(delta) is Piece:
            if type(self._open) is Thinking:
                self._text.append(delta.text)
            return
        match delta:
            case Opened(part):
                self._open, self._text = part, []
            case Sealed(opaque) if isinstance(self._open, Thinking):
                self._open = Thinking("", opaque, self._open.redacted)
            case Closed():
                self._close()

    def _close(self) -> None:
        match self._open:
            case Thinking(opaque=opaque, redacted=redacted):
                text = "".join(self._text)
                before = self._thinking
                if not text and before is not None and before.opaque is None:
                    text = before.text  # chat: readable text first, its opaque value later
                self._thinking = Thinking(text, opaque, redacted)
                if opaque is not None and opaque.kind == "chat":
                    for id in self._calls:
                        self._memory.keep_thinking(id, self._thinking)
            case ToolCall(id=id):
                self._calls.append(id)
                if self._thinking is not None:
                    self._memory.keep_thinking(id, self._thinking)
        self._open = None
