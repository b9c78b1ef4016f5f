"""Neutral blocks as parts of a Gemini answer, for whole answers and streams alike.

A call is one part, whole; a thought is shown on demand only. What the model wants back of its thinking is the
signature of the part behind it. Calls wait for what comes next, because Copilot's chat endpoint tells its one
seal for an answer behind the calls that need it.
"""

from tray_app.dialects import tool_arguments
from tray_app.dialects.deltas import Closed, Delta, Opened, Piece, Sealed
from tray_app.dialects.fields import Json
from tray_app.dialects.gemini.signatures import write_signature
from tray_app.dialects.neutral import Ask, Opaque, Part, Refusal, Searched, Text, Thinking, ToolCall
from tray_app.dialects.tool_names import ToolNames


class PartWriter:
    """Deltas in, finished parts out; one object per answer."""

    def __init__(self, ask: Ask) -> None:
        self._names = ToolNames(ask.tools)
        self._shows = ask.reasoning is not None and ask.reasoning.show
        self._open: Part | None = None
        self._text: list[str] = []
        self._opaque: Opaque | None = None
        self._unsealed = ""  # readable thinking whose seal may come later
        self._seals: list[Thinking] = []  # for the next part
        self._calls: list[Json] = []
        self.malformed: str | None = None  # the arguments of a call that could not be written
        self.refusal: list[str] = []
        self.searches: list[Searched] = []

    @property
    def is_plain_text(self) -> bool:
        """The open block is text with nothing to ride on it: its pieces are parts as they are."""
        return type(self._open) is Text and not self._seals

    def feed(self, delta: Delta) -> list[Json]:
        match delta:
            case Opened(part):
                self._open, self._text, self._opaque = part, [], None
                if isinstance(part, Searched):
                    self.searches.append(part)
                    return []
                return [] if isinstance(part, ToolCall | Thinking) else self._release()
            case Piece(text):
                return self._piece(text)
            case Sealed(opaque):
                self._opaque = opaque
            case Closed():
                self._close()
        return []

    def finish(self) -> list[Json]:
        """What is left when the answer is over. A seal without a part of its own rides on an empty text, as
        Google's do."""
        parts = self._release()
        if self._seals:
            parts.append(self._sealed({"text": ""}))
        return parts

    def _piece(self, text: str) -> list[Json]:
        match self._open:
            case Text() if text:
                return [self._sealed({"text": text})]
            case Refusal() if text:
                self.refusal.append(text)
                return [self._sealed({"text": text})]
            case Thinking():
                self._text.append(text)
                return [{"text": text, "thought": True}] if self._shows and text else []
            case ToolCall():
                self._text.append(text)
        return []

    def _close(self) -> None:
        part, self._open = self._open, None
        text = "".join(self._text)
        if isinstance(part, ToolCall):
            self._call(part, text)
        elif isinstance(part, Thinking):
            self._think(text, part.redacted)

    def _call(self, call: ToolCall, arguments: str) -> None:
        if arguments.strip() and not tool_arguments.is_complete(arguments):
            self.malformed = arguments
            return
        tool = self._names.find(call.name)
        args = tool_arguments.to_object(arguments)
        function = {"id": call.id, "name": tool.name if tool else call.name, "args": args}
        self._calls.append(self._sealed({"functionCall": function}))

    def _think(self, text: str, redacted: bool) -> None:
        opaque, self._opaque = self._opaque, None
        if opaque is None:
            self._unsealed += text
            return
        thought = Thinking(text or self._unsealed, opaque, redacted)
        self._unsealed = ""
        late = opaque.kind == "chat" and self._calls and "thoughtSignature" not in self._calls[0]
        if late:
            self._calls[0]["thoughtSignature"] = write_signature([thought])
        else:
            self._seals.append(thought)

    def _sealed(self, part: Json) -> Json:
        if self._seals:
            part["thoughtSignature"] = write_signature(self._seals)
            self._seals = []
        return part

    def _release(self) -> list[Json]:
        calls, self._calls = self._calls, []
        return calls
