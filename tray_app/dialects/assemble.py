"""Whole answers put together from upstream streams, in the upstream's own form.

Copilot cuts whole answers above `max_non_streaming_output_tokens`, so a long one is asked for as a
stream even when the client wants it in one piece.
"""

from typing import Any, Protocol

import orjson

from tray_app.dialects.chat.reply import write_reply as write_chat_reply
from tray_app.dialects.deltas import Collector
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask
from tray_app.dialects.protocol import Dialect
from tray_app.dialects.sse import Event
from tray_app.dialects.tool_arguments import RAW
from tray_app.dialects.upstream_faults import read_refusal
from tray_app.errors import Broken, Rejected


class Assembler(Protocol):
    """Events in, one body out."""

    def feed(self, event: Event) -> None: ...

    def body(self) -> Json:
        """Raises Broken when the stream did not end, Rejected when it ended in an error."""
        ...


def assembler(target: Dialect) -> Assembler:
    if target.name == "messages":
        return MessagesAssembler()
    if target.name == "responses":
        return ResponsesAssembler()
    return ChatAssembler(target)


def _loads(event: Event) -> Json:
    try:
        data = orjson.loads(event.data)
    except orjson.JSONDecodeError as error:
        raise Broken("Copilot sent an event that is not valid JSON.") from error
    return data if isinstance(data, dict) else {}


def _rejected(event: Event) -> Rejected:
    return Rejected(read_refusal(502, "application/json", event.data, {}))


class MessagesAssembler:
    """Anthropic events, block by block, nothing left out."""

    def __init__(self) -> None:
        self._message: Json = {}
        self._blocks: dict[int, Json] = {}
        self._arguments: dict[int, list[str]] = {}
        self._ended = False

    def feed(self, event: Event) -> None:
        data = _loads(event)
        match data.get("type"):
            case "message_start":
                self._message = dict(data.get("message") or {})
            case "content_block_start":
                self._blocks[data["index"]] = dict(data.get("content_block") or {})
            case "content_block_delta":
                self._delta(data.get("index", 0), data.get("delta") or {})
            case "message_delta":
                self._finish(data)
            case "message_stop":
                self._ended = True
            case "error":
                raise _rejected(event)

    def _delta(self, index: int, delta: Json) -> None:
        block = self._blocks.setdefault(index, {"type": "text", "text": ""})
        match delta.get("type"):
            case "text_delta":
                block["text"] = block.get("text", "") + delta.get("text", "")
            case "thinking_delta":
                block["thinking"] = block.get("thinking", "") + delta.get("thinking", "")
            case "signature_delta":
                block["signature"] = delta.get("signature", "")
            case "input_json_delta":
                self._arguments.setdefault(index, []).append(delta.get("partial_json", ""))
            case "citations_delta":
                block.setdefault("citations", []).append(delta.get("citation"))

    def _finish(self, data: Json) -> None:
        self._message |= data.get("delta") or {}
        self._message["usage"] = (self._message.get("usage") or {}) | (data.get("usage") or {})
        for extra in ("copilot_usage", "context_management"):
            if extra in data:
                self._message[extra] = data[extra]

    def body(self) -> Json:
        if not self._ended:
            raise Broken
        for index, pieces in self._arguments.items():
            self._blocks[index]["input"] = _arguments("".join(pieces))
        return self._message | {"content": [self._blocks[index] for index in sorted(self._blocks)]}


def _arguments(text: str) -> Any:
    try:
        return orjson.loads(text) if text.strip() else {}
    except orjson.JSONDecodeError:
        return {RAW: text}


class ResponsesAssembler:
    """The terminal event carries the whole response; finished items stand in where it does not."""

    def __init__(self) -> None:
        self._items: dict[int, Json] = {}
        self._body: Json | None = None
        self._failed: Event | None = None

    def feed(self, event: Event) -> None:
        data = _loads(event)
        match data.get("type"):
            case "response.output_item.done":
                self._items[data.get("output_index", len(self._items))] = data.get("item") or {}
            case "response.completed" | "response.incomplete":
                self._body = dict(data.get("response") or {})
                if "copilot_usage" in data:
                    self._body["copilot_usage"] = data["copilot_usage"]
            case "response.failed" if not (data.get("response") or {}).get("error"):
                self._failed = event  # an error event may give the reason
            case "response.failed" | "error":
                raise _failed(event, data)

    def body(self) -> Json:
        if self._failed is not None:
            raise Broken("Copilot's answer failed and gave no reason.")
        if self._body is None:
            raise Broken
        finished = [self._items[index] for index in sorted(self._items)]
        # A blob belongs to the id of its `output_item.done`; the last event has another one (wire 6.5).
        ids = {
            item["encrypted_content"]: item.get("id") for item in finished if item.get("encrypted_content")
        }
        output = self._body.get("output")
        self._body["output"] = [
            item | {"id": ids[blob]} if (blob := item.get("encrypted_content")) in ids else item
            for item in (output if isinstance(output, list) and output else finished)
        ]
        return self._body


def _failed(event: Event, data: Json) -> Rejected:
    error = (data.get("response") or {}).get("error")
    return _rejected(Event("", orjson.dumps({"error": error})) if error else event)


class ChatAssembler:
    """Chat chunks through the neutral form: all choices become one, as for whole answers."""

    def __init__(self, target: Dialect) -> None:
        self._reader = target.read_stream()
        self._collected = Collector()
        self._created = 0
        self._copilot_usage: Json | None = None

    def feed(self, event: Event) -> None:
        if not self._created and b'"created"' in event.data:
            self._created = _loads(event).get("created") or 0
        if b'"copilot_usage"' in event.data:
            self._copilot_usage = _loads(event).get("copilot_usage")
        for delta in self._reader.feed(event):
            self._collected.feed(delta)

    def body(self) -> Json:
        for delta in self._reader.finish():
            self._collected.feed(delta)
        if self._collected.failed is not None:
            raise Rejected(self._collected.failed)
        reply = self._collected.reply()
        body = write_chat_reply(
            reply, reply.model, Ask(model=reply.model, messages=(), asked_at=self._created)
        )
        return body if self._copilot_usage is None else body | {"copilot_usage": self._copilot_usage}
