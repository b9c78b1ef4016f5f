"""A chat stream of Copilot's as neutral deltas. Source: copilot-wire 5.4 to 5.7."""

import orjson

from tray_app.dialects import carrier
from tray_app.dialects.chat.calls import Call, Calls, arguments_of, invented_id
from tray_app.dialects.chat.chunks import (
    is_error,
    objects,
    reasoning_opaque,
    reasoning_text,
    text,
    tool_calls,
)
from tray_app.dialects.chat.stops import read_stop
from tray_app.dialects.chat.usage import read_usage
from tray_app.dialects.deltas import Delta, Failed, Measured, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Part, Refusal, Text, Thinking, ToolCall
from tray_app.dialects.sequence import Sequencer
from tray_app.dialects.sse import Event
from tray_app.dialects.upstream_faults import read_error, unreadable
from tray_app.errors import Broken, Fault

_EMPTY: dict[str, Part] = {"text": Text(""), "thinking": Thinking(), "refusal": Refusal("")}
RAMBLES = "The model wrote endless white space into a tool call; the answer was cut off."


class ChatReader:
    """All choices become one answer. The end is held back until `[DONE]` or the end of the body, since
    usage and even a further choice may follow the finish reason."""

    def __init__(self) -> None:
        self._blocks = Sequencer()
        self._calls = Calls()
        self._id = ""
        self._started = self._over = False
        self._finish = ""
        self._kind = ""  # of the text, thinking or refusal block that is open
        self._key = 0
        self._said: set[str] = set()
        self._opaque = ""  # the latest; replaces, never appends
        self._sealed = ""  # the one that went out

    def feed(self, event: Event) -> list[Delta]:
        if self._over:
            return []
        data = event.data.strip()
        if data == b"[DONE]":
            return self._end(done=True)
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self._fail(unreadable())
        if not isinstance(chunk, dict):
            return self._fail(unreadable())
        if is_error(chunk):
            return self._fail(read_error(chunk))
        return self._chunk(chunk)

    def finish(self) -> list[Delta]:
        return [] if self._over else self._end(done=False)

    def _chunk(self, chunk: Json) -> list[Delta]:
        deltas: list[Delta] = []
        choices = objects(chunk.get("choices"))
        if choices and not self._started:
            self._started, self._id = True, text(chunk, "id")
            deltas.append(Started(self._id, text(chunk, "model")))
        for choice in choices:
            self._choice(choice, deltas)
            if self._over:
                return deltas
        if chunk.get("usage") or chunk.get("copilot_usage"):
            deltas.append(Measured(read_usage(chunk)))
        return deltas

    def _choice(self, choice: Json, deltas: list[Delta]) -> None:
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = choice.get("message")  # some backends send the last piece whole
        if isinstance(delta, dict) and delta:
            self._delta(delta, choice.get("index"), deltas)
        finish = choice.get("finish_reason")
        if finish == "error" and not self._over:
            deltas += self._fail(Broken("Copilot's model failed in the middle of its answer.").fault)
        elif isinstance(finish, str) and finish and self._finish in ("", "stop"):
            self._finish = finish

    def _delta(self, delta: Json, index: object, deltas: list[Delta]) -> None:
        content = delta.get("content")
        if len(delta) == 1 and isinstance(content, str):  # nearly every chunk
            self._say("text", content, deltas)
            return
        self._say("thinking", reasoning_text(delta), deltas)
        self._seal(reasoning_opaque(delta))
        self._say("text", text(delta, "content"), deltas)
        self._say("refusal", text(delta, "refusal"), deltas)
        for call in tool_calls(delta):
            self._call(call, index if isinstance(index, int) else 0, deltas)
            if self._over:
                return

    def _say(self, kind: str, words: str, deltas: list[Delta]) -> None:
        if not words:
            return
        if kind == "thinking" and (self._calls or "text" in self._said):
            kind = "text"  # reasoning after the answer began has no place of its own any more (5.4)
        if self._kind != kind:
            if kind == "thinking":
                self._hush(deltas)
            else:
                self._give_opaque(deltas)  # thinking stands before the text that follows it
            self._kind = kind
            self._said.add(kind)
            self._key += 1
            deltas += self._blocks.open(self._key, _EMPTY[kind])
        deltas += self._blocks.piece(self._key, words)

    def _hush(self, deltas: list[Delta]) -> None:
        """Close the open text, thinking or refusal block."""
        if self._kind == "thinking" and self._opaque:
            self._give_seal()
        if self._kind:
            deltas += self._blocks.close(self._key)
        self._kind = ""

    def _seal(self, opaque: str) -> None:
        if opaque:
            self._opaque = opaque

    def _give_seal(self) -> None:
        self._sealed = self._opaque
        if (opaque := carrier.unpack(self._opaque, "chat")) is not None:
            self._blocks.seal(self._key, opaque)

    def _give_opaque(self, deltas: list[Delta]) -> None:
        """An opaque value that no thinking block carried: a block of its own, without text."""
        self._hush(deltas)
        if self._opaque and self._opaque != self._sealed:
            self._key += 1
            deltas += self._blocks.open(self._key, Thinking())
            self._give_seal()
            deltas += self._blocks.close(self._key)

    def _call(self, delta: Json, choice: int, deltas: list[Delta]) -> None:
        call = self._calls.place(choice, delta)
        arguments = arguments_of(delta)
        if not call.add(arguments):
            deltas += self._fail(Broken(RAMBLES).fault)
        elif call.opened:
            deltas += self._blocks.piece(("call", call.number), arguments)
        elif call.id and call.name:
            self._open_call(call, deltas)

    def _open_call(self, call: Call, deltas: list[Delta]) -> None:
        self._give_opaque(deltas)
        call.opened = True
        key = ("call", call.number)
        deltas += self._blocks.open(key, ToolCall(call.id, call.name, ""))
        deltas += self._blocks.piece(key, "".join(call.pieces))

    def _end(self, done: bool) -> list[Delta]:
        for call in self._calls.all:
            if call.name and not call.id:
                call.id = invented_id(self._id, call.number)
        deltas: list[Delta] = []
        finish = self._finish or self._derived(done)
        if not finish:
            return self._fail(Broken().fault)
        for call in self._calls.all:
            if call.name and not call.opened:
                self._open_call(call, deltas)
        self._give_opaque(deltas)
        deltas += self._blocks.finish()
        has_calls = any(call.opened for call in self._calls.all)
        self._over = True
        return [*deltas, Stopped(read_stop(finish, has_calls, "refusal" in self._said))]

    def _derived(self, done: bool) -> str:
        """A finish reason that upstream forgot: whole tool calls say it, or text with `[DONE]`."""
        if self._calls.are_complete:
            return "tool_calls"
        return "stop" if done and not self._calls and self._said else ""

    def _fail(self, fault: Fault) -> list[Delta]:
        self._over = True
        return [Failed(fault)]
