"""Neutral deltas as an Anthropic stream for a client. Source: copilot-wire 11.3, to the letter."""

import orjson

from tray_app.dialects import carrier, faults
from tray_app.dialects.answer_ids import answer_id
from tray_app.dialects.deltas import Closed, Delta, Failed, Measured, Opened, Piece, Sealed, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.messages.search_blocks import result_block, search_usage, use_block
from tray_app.dialects.messages.stops import write_stop
from tray_app.dialects.messages.usage import write_usage
from tray_app.dialects.neutral import (
    Ask,
    Opaque,
    Part,
    Refusal,
    Searched,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tray_app.dialects.tool_names import ToolNames, safe_call_id
from tray_app.errors import Fault

_DELTAS = {
    Text: b'"text_delta","text"',
    Thinking: b'"thinking_delta","thinking"',
    ToolCall: b'"input_json_delta","partial_json"',
}


def event(data: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(data["type"]).encode(), orjson.dumps(data))


class MessagesWriter:
    """`model_asked` is the model as the client named it."""

    def __init__(self, model_asked: str, ask: Ask) -> None:
        self._model = model_asked
        self._names = ToolNames(ask.tools)
        self._usage = Usage()
        self._open: Part | None = None
        self._index = -1  # of the block that was sent last
        self._begun = False  # whether the open block has been sent
        self._kind = b""
        self._sealed = self._started = False
        self._has_calls = False
        self._refusal: list[str] = []
        self._searches = 0

    def feed(self, delta: Delta) -> bytes:
        if type(delta) is Piece:
            return self._piece(delta.text)
        match delta:
            case Started(id):
                return self._start(id)
            case Opened(part):
                return self._begin(part)
            case Sealed(opaque):
                return self._seal(opaque)
            case Closed():
                return self._close()
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                return self._stop(stop)
            case Failed(fault):
                return self._fail(fault)
        return b""

    def _start(self, id: str) -> bytes:
        self._started = True
        message: Json = {
            "id": answer_id(id, "msg_"),
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(self._usage),
        }
        return event({"type": "message_start", "message": message})

    def _begin(self, part: Part) -> bytes:
        """Text and redacted blocks are sent when their content comes: an empty text block is nothing."""
        self._open, self._sealed, self._begun = part, False, False
        match part:
            case ToolCall():
                self._has_calls = True
                tool = self._names.find(part.name)
                name = tool.name if tool else part.name
                return self._block(
                    {"type": "tool_use", "id": safe_call_id(part.id), "name": name, "input": {}}, part
                )
            case Thinking(redacted=False):
                return self._block({"type": "thinking", "thinking": "", "signature": ""}, part)
            case Searched():
                return self._search(part)
        return b""

    def _search(self, search: Searched) -> bytes:
        """Two blocks: the query as the arguments of a call, and what was found, whole in its beginning."""
        self._searches += 1
        use = use_block(search)
        begun = self._block({**use, "input": {}}, search)
        query = {"type": "input_json_delta", "partial_json": orjson.dumps(use["input"]).decode()}
        said = event({"type": "content_block_delta", "index": self._index, "delta": query})
        between = event({"type": "content_block_stop", "index": self._index})
        return begun + said + between + self._block(result_block(search), search)

    def _block(self, block: Json, part: Part) -> bytes:
        self._index += 1
        self._begun = True
        self._kind = _DELTAS.get(type(part), b"")
        return event({"type": "content_block_start", "index": self._index, "content_block": block})

    def _piece(self, text: str) -> bytes:
        head = b""
        if not self._begun:
            if isinstance(self._open, Refusal):
                self._refusal.append(text)
            if not isinstance(self._open, Text) or not text:
                return b""
            head = self._block({"type": "text", "text": ""}, self._open)
        return head + (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
            b'"delta":{"type":%b:%b}}\n\n' % (self._index, self._kind, orjson.dumps(text))
        )

    def _seal(self, opaque: Opaque) -> bytes:
        if not isinstance(self._open, Thinking):
            return b""
        self._sealed = True
        if self._open.redacted and opaque.kind == "messages":
            return self._block({"type": "redacted_thinking", "data": opaque.value}, self._open)
        head = (
            b""
            if self._begun
            else self._block({"type": "thinking", "thinking": "", "signature": ""}, self._open)
        )
        return head + self._signature(carrier.pack(opaque, "messages"))

    def _signature(self, signature: str) -> bytes:
        delta = {"type": "signature_delta", "signature": signature}
        return event({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _close(self) -> bytes:
        part, self._open = self._open, None
        if not self._begun:
            return b""
        self._begun = False
        # A thinking block needs a signature before its end; there is none to give here.
        seal = self._signature("") if isinstance(part, Thinking) and not self._sealed else b""
        return seal + event({"type": "content_block_stop", "index": self._index})

    def _stop(self, stop: Stop) -> bytes:
        head = b"" if self._started else self._start("")
        delta = write_stop(stop, self._has_calls, "".join(self._refusal))
        usage = write_usage(self._usage) | search_usage(self._searches)
        ending = event({"type": "message_delta", "delta": delta, "usage": usage})
        return head + ending + event({"type": "message_stop"})

    def _fail(self, fault: Fault) -> bytes:
        """Open blocks are closed first, so that no client waits for the rest of one."""
        return self._close() + faults.stream_error_event("messages", fault)
