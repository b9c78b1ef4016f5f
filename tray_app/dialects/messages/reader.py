"""An Anthropic stream of Copilot's as neutral deltas. Source: copilot-wire 7.7."""

import orjson

from tray_app.dialects import carrier, tool_arguments
from tray_app.dialects.deltas import Delta, Failed, Measured, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.messages.content import REDACTED
from tray_app.dialects.messages.stops import read_stop
from tray_app.dialects.messages.usage import StreamUsage
from tray_app.dialects.neutral import Opaque, Stop, Text, Thinking, ToolCall
from tray_app.dialects.sequence import Sequencer
from tray_app.dialects.sse import Event
from tray_app.dialects.upstream_faults import read_error, unreadable
from tray_app.errors import Broken, Fault

_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


class MessagesReader:
    """Goes by the `type` inside the data; the event's name may be missing."""

    def __init__(self) -> None:
        self._blocks = Sequencer()
        self._usage = StreamUsage()
        self._signatures: dict[int, str] = {}
        self._inputs: dict[int, str] = {}  # arguments given whole in content_block_start
        self._has_calls = self._over = False
        self._stop: Stop | None = None

    def feed(self, event: Event) -> list[Delta]:
        if self._over:
            return []
        try:
            data = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            return [] if event.data.strip() == b"[DONE]" else self._fail(unreadable())
        if not isinstance(data, dict):
            return self._fail(unreadable())
        return self._event(data)

    def finish(self) -> list[Delta]:
        if self._over:
            return []
        return self._end() if self._stop is not None else self._fail(Broken().fault)

    def _event(self, data: Json) -> list[Delta]:
        match data.get("type"):
            case "content_block_delta":
                return self._delta(_index(data), _object(data, "delta"))
            case "content_block_start":
                return self._start(_index(data), _object(data, "content_block"))
            case "content_block_stop":
                return self._close(_index(data))
            case "message_start":
                message = _object(data, "message")
                self._usage.feed(message)  # partly placeholders: only message_delta makes figures of them
                return [Started(_text(message, "id"), _text(message, "model"))]
            case "message_delta":
                self._stop = read_stop(_object(data, "delta"), self._has_calls) or self._stop
                return [Measured(self._usage.feed(data))]
            case "message_stop":
                return self._end()
            case "error":
                return self._fail(read_error(data))
        return self._fail(read_error(data)) if "type" not in data and "error" in data else []

    def _start(self, index: int, block: Json) -> list[Delta]:
        match block.get("type"):
            case "text":
                return self._blocks.open(index, Text("")) + self._blocks.piece(index, _text(block, "text"))
            case "thinking":
                self._signatures[index] = _text(block, "signature")
                opened = self._blocks.open(index, Thinking())
                return opened + self._blocks.piece(index, _text(block, "thinking"))
            case "redacted_thinking":
                opened = self._blocks.open(index, Thinking(redacted=True))
                self._blocks.seal(index, Opaque("messages", _text(block, "data"), REDACTED))
                return opened
            case "tool_use":
                self._has_calls = True
                if isinstance(given := block.get("input"), dict) and given:
                    self._inputs[index] = tool_arguments.to_text(given, "input")
                return self._blocks.open(index, ToolCall(_text(block, "id"), _text(block, "name"), ""))
        return []  # server tools and their results

    def _delta(self, index: int, delta: Json) -> list[Delta]:
        kind = delta.get("type")
        if kind == "signature_delta":
            self._signatures[index] = self._signatures.get(index, "") + _text(delta, "signature")
            return []
        member = _TEXTS.get(kind) if isinstance(kind, str) else None
        if member is None:
            return []
        if kind == "input_json_delta":
            self._inputs.pop(index, None)
        return self._blocks.piece(index, _text(delta, member))

    def _close(self, index: int) -> list[Delta]:
        deltas = self._blocks.piece(index, self._inputs.pop(index, ""))
        if signature := self._signatures.pop(index, ""):
            opaque = carrier.unpack(signature, "messages")
            if opaque is not None:
                self._blocks.seal(index, opaque)
        return deltas + self._blocks.close(index)

    def _end(self) -> list[Delta]:
        if self._stop is None:
            return self._fail(Broken().fault)
        self._over = True
        return [*self._blocks.finish(), Stopped(self._stop)]

    def _fail(self, fault: Fault) -> list[Delta]:
        self._over = True
        return [Failed(fault)]


def _object(body: Json, key: str) -> Json:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _index(body: Json) -> int:
    value = body.get("index")
    return value if isinstance(value, int) else 0
