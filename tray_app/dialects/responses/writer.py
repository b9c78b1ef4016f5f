"""Neutral deltas, written as a Responses stream with its whole lifecycle.

Codex reads only `output_item.done` and `response.completed`, the AI SDK only text deltas, openai-python
wants everything in order and every field; so everything is sent (client-traffic, "The safe answer").
"""

import orjson

from tray_app.dialects.deltas import Closed, Delta, Failed, Measured, Opened, Piece, Sealed, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask, Opaque, Part, Refusal, Stop, Text, Thinking, ToolCall, Usage
from tray_app.dialects.responses import shapes
from tray_app.dialects.responses.failures import error_event, error_of
from tray_app.dialects.tool_arguments import unwrap_input
from tray_app.dialects.tool_names import ToolNames
from tray_app.errors import Fault


class ResponsesWriter:
    """Implements `protocol.StreamWriter`. `created` is the unix time to show, if the caller has one."""

    def __init__(self, model_asked: str, ask: Ask, created: int | None = None) -> None:
        self._model, self._ask, self._created = model_asked, ask, created
        self._names = ToolNames(ask.tools)
        self._number = 0
        self._response: Json = {}
        self._output: list[Json] = []
        self._usage = Usage()
        self._open: Part | None = None
        self._item = ""
        self._head = b""  # of a delta event of the open block
        self._pieces: list[str] = []
        self._opaque: Opaque | None = None
        self._is_wrapped = False  # a custom tool whose input comes wrapped in JSON

    def feed(self, delta: Delta) -> bytes:
        if type(delta) is Piece:
            return self._piece(delta.text)
        match delta:
            case Started(id, _):
                return self._start(id)
            case Opened(part):
                return self._open_block(part)
            case Sealed(opaque):
                self._opaque = opaque
            case Closed():
                return self._close_block()
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                return self._stop(stop)
            case Failed(fault):
                return self._fail(fault)
        return b""

    @property
    def finished_items(self) -> list[Json]:
        return self._output

    # --- lifecycle ---

    def _event(self, kind: str, **fields: object) -> bytes:
        data = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"

    def _start(self, id: str) -> bytes:
        self._response = shapes.envelope(shapes.response_id(id), self._model, self._ask, self._created)
        return self._event("response.created", response=self._response) + self._event(
            "response.in_progress", response=self._response
        )

    def _stop(self, stop: Stop) -> bytes:
        start = b"" if self._response else self._start("")
        ending = shapes.ending(stop)
        final = self._response | ending | {"output": self._output, "usage": shapes.write_usage(self._usage)}
        return start + self._event(f"response.{ending['status']}", response=final)

    def _fail(self, fault: Fault) -> bytes:
        """`error` for SDKs, then `response.failed`: Codex ignores a bare `error` event."""
        start = b"" if self._response else self._start("")
        flat = error_event(fault, self._number)
        self._number += 1
        final = self._response | {
            "status": "failed",
            "error": error_of(fault),
            "output": self._output,
            "usage": shapes.write_usage(self._usage),
        }
        error = b"event: error\ndata: " + orjson.dumps(flat) + b"\n\n"
        return start + error + self._event("response.failed", response=final)

    # --- blocks ---

    def _open_block(self, part: Part) -> bytes:
        start = b"" if self._response else self._start("")
        self._is_wrapped = False
        if isinstance(part, ToolCall):
            call = shapes.client_call(part, self._names)
            self._is_wrapped = call.kind == "custom" and part.kind != "custom"
            part = ToolCall(call.id, call.name, "", call.kind, call.namespace)
        self._open, self._pieces, self._opaque = part, [], None
        index = len(self._output)
        self._item = shapes.item_id(self._response["id"], shapes.part_kind(part), index)
        added = self._event("response.output_item.added", output_index=index, item=self._announced(part))
        opening = self._open_content(part)
        self._head = self._delta_head(part)
        return start + added + opening

    def _announced(self, part: Part) -> Json:
        match part:
            case Thinking():
                return shapes.write_reasoning_item(self._item, "", None)
            case ToolCall():
                item = shapes.write_call_item(self._item, part, "in_progress")
                return item | ({"arguments": ""} if "arguments" in item else {})
        item = {
            "id": self._item,
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        phase = part.phase if isinstance(part, Text) else None
        return item | ({"phase": phase} if phase else {})

    def _place(self) -> Json:
        return {"item_id": self._item, "output_index": len(self._output)}

    def _open_content(self, part: Part) -> bytes:
        if isinstance(part, Text | Refusal):
            return self._event(
                "response.content_part.added", **self._place(), content_index=0, part=_content(part, "")
            )
        return b""

    def _delta_head(self, part: Part) -> bytes:
        """The part of a delta event that is the same for every delta of the block."""
        kind, place = _DELTAS[shapes.part_kind(part), isinstance(part, Refusal)]
        fields = {"type": kind, **self._place(), **place}
        return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(fields)[:-1]

    def _piece(self, text: str) -> bytes:
        if self._open is None or not text:
            return b""
        is_first = not self._pieces
        self._pieces.append(text)
        if self._is_wrapped:
            return b""  # the bare input can be told from its wrapping only at the end
        opening = self._open_summary() if is_first and isinstance(self._open, Thinking) else b""
        return opening + self._delta(text)

    def _delta(self, text: str) -> bytes:
        number = self._number
        self._number += 1
        return b'%b,"sequence_number":%d,"delta":%b}\n\n' % (self._head, number, orjson.dumps(text))

    def _open_summary(self) -> bytes:
        part = {"type": "summary_text", "text": ""}
        return self._event(
            "response.reasoning_summary_part.added", **self._place(), summary_index=0, part=part
        )

    def _close_block(self) -> bytes:
        part, text = self._open, "".join(self._pieces)
        if part is None:
            return b""
        full: Part
        match part:
            case Text(phase=phase):
                done, full = self._close_text(text), Text(text, phase=phase)
            case Refusal():
                done, full = self._close_refusal(text), Refusal(text)
            case Thinking(redacted=redacted):
                done, full = self._close_thinking(text), Thinking(text, self._opaque, redacted)
            case ToolCall(id, name, _, kind, space):
                done, text = self._close_call(part, text)
                full = ToolCall(id, name, text, kind, space)
            case _:
                return b""
        item = shapes.write_item(full, self._item, self._names)
        assert item is not None
        index = len(self._output)
        self._output.append(item)
        self._open = None
        return done + self._event("response.output_item.done", output_index=index, item=item)

    def _close_text(self, text: str) -> bytes:
        place = self._place() | {"content_index": 0}
        done = self._event("response.output_text.done", **place, text=text, logprobs=[])
        return done + self._event("response.content_part.done", **place, part=_content(Text(""), text))

    def _close_refusal(self, text: str) -> bytes:
        place = self._place() | {"content_index": 0}
        done = self._event("response.refusal.done", **place, refusal=text)
        return done + self._event("response.content_part.done", **place, part=_content(Refusal(""), text))

    def _close_thinking(self, text: str) -> bytes:
        if not text:
            return b""
        place = self._place() | {"summary_index": 0}
        part = {"type": "summary_text", "text": text}
        done = self._event("response.reasoning_summary_text.done", **place, text=text)
        return done + self._event("response.reasoning_summary_part.done", **place, part=part)

    def _close_call(self, call: ToolCall, text: str) -> tuple[bytes, str]:
        late = b""
        if self._is_wrapped:
            text = unwrap_input(text)
            late = self._delta(text) if text else b""
        if call.kind == "custom":
            return late + self._event(
                "response.custom_tool_call_input.done", **self._place(), input=text
            ), text
        if not text:
            text = "{}"
            late = self._delta(text)
        done = self._event(
            "response.function_call_arguments.done", **self._place(), name=call.name, arguments=text
        )
        return late + done, text


_DELTAS: dict[tuple[str, bool], tuple[str, Json]] = {
    ("message", False): ("response.output_text.delta", {"content_index": 0, "logprobs": []}),
    ("message", True): ("response.refusal.delta", {"content_index": 0}),
    ("reasoning", False): ("response.reasoning_summary_text.delta", {"summary_index": 0}),
    ("function_call", False): ("response.function_call_arguments.delta", {}),
    ("custom_tool_call", False): ("response.custom_tool_call_input.delta", {}),
}


def _content(part: Part, text: str) -> Json:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": []}
