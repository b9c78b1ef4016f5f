"""A chat stream from Copilot to a chat client: events pass as they are, and only what would break a
client is mended. Source: copilot-wire 5.4 and 5.5, client-traffic (opencode, AI SDK, openai).

Mended: further choices merged into choice 0, tool calls renumbered, chunks without choices dropped,
the finish reason held back to the end and corrected, usage in one chunk of its own and only when asked.
"""

from typing import Any

import orjson

from tray_app.dialects import faults
from tray_app.dialects.chat.calls import Call, Calls, arguments_of, invented_id
from tray_app.dialects.chat.chunks import is_error, objects, reasoning_opaque, reasoning_text, text
from tray_app.dialects.chat.plain import PlainChunks
from tray_app.dialects.chat.reader import RAMBLES
from tray_app.dialects.chat.usage import as_nested, read_usage
from tray_app.dialects.chat.writer import DONE
from tray_app.dialects.fields import Json
from tray_app.dialects.frames import Frames, datas
from tray_app.dialects.neutral import Note, Opaque, Thinking, Usage
from tray_app.dialects.protocol import Rules
from tray_app.dialects.sse import EventTooLarge
from tray_app.dialects.upstream_faults import read_error, too_large, unreadable
from tray_app.errors import Broken, Fault


class NativeChat:
    """Implements `protocol.Stream` for chat to chat. Gives whole events only."""

    def __init__(self, client_body: Json, rules: Rules) -> None:
        self.usage = Usage()
        self.model_served: str | None = None
        self.fault: Fault | None = None
        self.notes: list[Note] = []
        self.ended = False
        options = client_body.get("stream_options")
        self._wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        self._memory = rules.memory
        self._frames = Frames()
        self._plain = PlainChunks()
        self._calls = Calls()
        self._envelope: Json = {}  # the members beside `choices` of the first real chunk
        self._finish = ""
        self._last: Json = {}  # what stood beside the finish reason
        self._usage_chunk: Json | None = None
        self._thinking: list[str] = []
        self._opaque = ""
        self._said = self._has_role = False

    @property
    def at_boundary(self) -> bool:
        return True

    def feed(self, chunk: bytes) -> bytes:
        if self.ended:
            return b""
        try:
            whole = self._frames.feed(chunk)
        except EventTooLarge:
            return self.fail(too_large())
        return self._events(whole) if whole else b""

    def release(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        if self.ended:
            return b""
        out = self._events(self._frames.rest())
        return out if self.ended else out + self._end(done=False)

    def fail(self, fault: Fault) -> bytes:
        if self.ended:
            return b""
        self.ended, self.fault = True, fault
        return faults.stream_error_event("chat", fault)

    def _events(self, whole: bytes) -> bytes:
        if self._plain.are_all(whole):
            return whole
        out: list[bytes] = []
        for data in datas(whole):
            out.append(self._event(data))
            if self.ended:
                break
        return b"".join(out)

    def _event(self, data: bytes) -> bytes:
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self._end(done=True) if data.strip() == b"[DONE]" else self.fail(unreadable())
        if not isinstance(chunk, dict):
            return self.fail(unreadable())
        # The common case, first and cheap: one choice, one piece of text.
        choices = chunk.get("choices")
        if type(choices) is list and len(choices) == 1 and "usage" not in chunk and "error" not in chunk:
            choice = choices[0]
            if type(choice) is dict and choice.get("index") == 0 and choice.get("finish_reason") is None:
                delta = choice.get("delta")
                if (
                    type(delta) is dict
                    and len(delta) == 1
                    and type(delta.get("content")) is str
                    and self._has_role
                ):
                    self._said = True
                    self._plain.learn(data)
                    return b"data: %b\n\n" % data
        if is_error(chunk):
            return self.fail(read_error(chunk))
        return self._chunk(chunk, data)

    def _begin(self, chunk: Json) -> None:
        self._envelope = {key: value for key, value in chunk.items() if key in _ENVELOPE}
        self.model_served = text(chunk, "model") or self.model_served

    def _chunk(self, chunk: Json, data: bytes) -> bytes:
        self._measure(chunk)
        choices = objects(chunk.get("choices"))
        if not choices:
            return b""  # filter results or cost figures: many clients index choices[0]
        if not self._envelope:
            self._begin(chunk)
        changed = len(choices) > 1 or choices[0].get("index") != 0 or "usage" in chunk
        changed |= any(self._take_finish(choice) for choice in choices)
        delta, mended = self._merged(choices)
        if self.fault is not None:
            return faults.stream_error_event("chat", self.fault)
        if not self._has_role:  # clients begin the message with it
            self._has_role = True
            mended |= delta.get("role") is None
            delta = delta | {"role": delta.get("role") or "assistant"}
        if not (changed or mended):
            return b"data: %b\n\n" % data
        if not any(delta.values()) and "role" not in delta:
            return b""  # only a finish reason: it comes at the end
        chunk.pop("usage", None)
        chunk["choices"] = [{**choices[0], "index": 0, "delta": delta, "finish_reason": None}]
        return _event(chunk)

    def _measure(self, chunk: Json) -> None:
        if chunk.get("usage") or chunk.get("copilot_usage"):
            self.usage = self.usage.merged(read_usage(chunk))
        if isinstance(chunk.get("usage"), dict):
            self._usage_chunk = as_nested(chunk["usage"])

    def _take_finish(self, choice: Json) -> bool:
        """Keep the finish reason for the end. True if the choice had one, even an empty one."""
        finish = choice.get("finish_reason")
        if finish is None:
            return False
        if isinstance(finish, str) and finish and self._finish in ("", "stop"):
            self._finish = finish
            self._last = {k: v for k, v in choice.items() if k not in ("delta", "message")}
        if finish == "error":
            self.ended = True
            self.fault = Broken("Copilot's model failed in the middle of its answer.").fault
        return True

    def _merged(self, choices: list[Json]) -> tuple[Json, bool]:
        """The deltas of all choices as one, and whether a tool call had to be changed."""
        merged: Json = {}
        calls: list[Json] = []
        mended = False
        for choice in choices:
            delta = choice.get("delta")
            if not isinstance(delta, dict):
                mended = True
                continue
            self._tap(delta)
            number = choice.get("index")
            pieces, changed = self._renumbered(delta, number if isinstance(number, int) else 0)
            calls += pieces
            mended |= changed or ("tool_calls" in delta and not pieces)
            merged = _joined(merged, delta)
        if calls:
            merged["tool_calls"] = calls
        return merged, mended

    def _tap(self, delta: Json) -> None:
        thought = reasoning_text(delta)
        if thought:
            self._thinking.append(thought)
        self._opaque = reasoning_opaque(delta) or self._opaque
        self._said = self._said or bool(thought or delta.get("content") or delta.get("refusal"))

    def _renumbered(self, delta: Json, choice: int) -> tuple[list[Json], bool]:
        """Tool call deltas as strict clients want them: counted over all choices, with id and name in
        the first piece of each call."""
        calls: list[Json] = []
        changed = False
        for piece in objects(delta.get("tool_calls")):
            call = self._calls.place(choice, piece)
            arguments = arguments_of(piece)
            if not call.add(arguments):
                self.ended, self.fault = True, Broken(RAMBLES).fault
                return [], True
            if call.opened or (call.id and call.name and len(call.pieces) == 1):
                changed |= piece.get("index") != call.number
                changed |= not call.opened and piece.get("type") != "function"
                kept = {**piece, "index": call.number}
                calls.append(kept if call.opened else {"type": "function", **kept})
                call.opened = True
            else:
                changed = True
                if call.id and call.name:
                    calls.append(_opening(call))
        return calls, changed

    def _end(self, done: bool) -> bytes:
        late = self._late_calls()
        finish = self._finish or self._derived(done)
        if not finish:
            return self.fail(Broken().fault)
        if finish == "stop" and self._calls:
            finish = "tool_calls"
        if finish == "tool_calls":
            late += self._without_arguments()
        self._remember()
        self.ended = True
        out = (
            _event({**self._envelope, "choices": [{**_CHOICE, "delta": {"tool_calls": late}}]})
            if late
            else b""
        )
        out += _event(
            {**self._envelope, "choices": [{**_CHOICE, **self._last, **_END, "finish_reason": finish}]}
        )
        if self._wants_usage and self._usage_chunk is not None:
            out += _event({**self._envelope, "choices": [], "usage": self._usage_chunk})
        return out + DONE

    def _late_calls(self) -> list[Json]:
        """Calls that never got an id."""
        late = []
        for call in self._calls.all:
            if call.name and not call.opened:
                call.id = call.id or invented_id(text(self._envelope, "id"), call.number)
                late.append(_opening(call))
        return late

    def _without_arguments(self) -> list[Json]:
        """An empty object for calls that came without arguments: clients parse them as JSON."""
        return [
            {"index": call.number, "function": {"arguments": "{}"}}
            for call in self._calls.all
            if call.opened and not "".join(call.pieces).strip()
        ]

    def _derived(self, done: bool) -> str:
        """A finish reason that upstream forgot: whole tool calls say it, or text with `[DONE]`."""
        if self._calls.are_complete:
            return "tool_calls"
        return "stop" if done and self._said and not self._calls else ""

    def _remember(self) -> None:
        if not self._opaque:
            return
        thinking = Thinking("".join(self._thinking), Opaque("chat", self._opaque))
        for call in self._calls.all:
            if call.id:
                self._memory.keep_thinking(call.id, thinking)


_ENVELOPE = frozenset(("id", "object", "created", "model", "system_fingerprint"))
_CHOICE: Json = {"index": 0, "delta": {}, "finish_reason": None}
_END: Json = {"index": 0, "delta": {}}


def _event(chunk: Json) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(chunk)


def _opening(call: Call) -> Json:
    call.opened = True
    function = {"name": call.name, "arguments": "".join(call.pieces)}
    return {"index": call.number, "id": call.id, "type": "function", "function": function}


def _joined(first: Json, second: Json) -> Json:
    """Two deltas of one chunk as one: texts run on; tool calls are left to the caller."""
    both: dict[str, Any] = dict(first)
    for key, value in second.items():
        before = both.get(key)
        if key == "tool_calls":
            continue
        if key == "role" or value is None:
            both.setdefault(key, value)
        elif isinstance(before, str) and isinstance(value, str) and key != "reasoning_opaque":
            both[key] = before + value
        else:
            both[key] = value
    return both
