"""A Responses stream from Copilot, read into neutral deltas.

Item ids change from event to event, so everything is keyed by `output_index` (copilot-wire 6.5). Deltas
may be skipped: what `output_item.done` or `response.completed` has beyond them is made up for.
"""

from collections.abc import Callable

import orjson

from tray_app.dialects.deltas import Closed, Delta, Failed, Measured, Opened, Piece, Sealed, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Part, Refusal, Searched, Source, Text, Thinking, ToolCall
from tray_app.dialects.responses.blocks import Blocks
from tray_app.dialects.responses.failures import read_failure
from tray_app.dialects.responses.ramble import Ramble
from tray_app.dialects.responses.reply import read_item, read_stop, read_usage, sealed_of, summary_text
from tray_app.dialects.responses.searches import cited, with_cited
from tray_app.dialects.sse import Event
from tray_app.dialects.upstream_faults import unreadable
from tray_app.errors import Broken, Fault

_BROKEN = "Copilot's stream closed before response.completed."


class ResponsesReader:
    """Implements `protocol.StreamReader`."""

    def __init__(self) -> None:
        self._blocks = Blocks()
        self._items: dict[int, Json] = {}  # as announced
        self._done: set[int] = set()
        self._parts: list[Part] = []  # finished ones, to tell why the answer ended
        self._rambles: dict[int, Ramble] = {}
        self._searches: dict[int, Part] = {}  # those that did not tell what they found: the text may
        self._cited: tuple[Source, ...] = ()
        self._waiting: Opened | None = None
        self._started = False
        self._over = False
        self._failing: Fault | None = None  # response.failed without a reason: an error event may give it

    def feed(self, event: Event) -> list[Delta]:
        if self._over or event.data == b"[DONE]":
            return []
        try:
            data = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            return self._fail(unreadable())
        if not isinstance(data, dict):
            return []
        kind = data.get("type")
        handler = _HANDLERS.get(kind if isinstance(kind, str) else event.name)
        return self._without_empty_thinking(handler(self, data)) if handler else []

    def finish(self) -> list[Delta]:
        if self._over:
            return []
        return self._fail(self._failing or Broken(_BROKEN).fault)

    def _without_empty_thinking(self, deltas: list[Delta]) -> list[Delta]:
        """Thinking blocks open early, for their place in the order, and go out with their first content."""
        kept: list[Delta] = []
        for delta in deltas:
            if isinstance(delta, Opened) and isinstance(delta.part, Thinking):
                self._waiting = delta
                continue
            if self._waiting is not None and isinstance(delta, Piece | Sealed | Closed):
                waiting, self._waiting = self._waiting, None
                if isinstance(delta, Closed):
                    continue
                kept.append(waiting)
            kept.append(delta)
        return kept

    # --- beginning and end ---

    def _begin(self, data: Json) -> list[Delta]:
        response = data.get("response")
        return [] if self._started else self._start(response if isinstance(response, dict) else {})

    def _start(self, response: Json) -> list[Delta]:
        if self._started:
            return []
        self._started = True
        id, model = response.get("id"), response.get("model")
        return [Started(id if isinstance(id, str) else "", model if isinstance(model, str) else "")]

    def _end(self, data: Json) -> list[Delta]:
        response = data.get("response")
        response = response if isinstance(response, dict) else {}
        deltas = self._start(response)
        output = response.get("output")
        for index, item in enumerate(output if isinstance(output, list) else ()):
            if index not in self._done and isinstance(item, dict) and not self._has_call(item):
                deltas += self._finish_item(index, item)
        deltas += self._blocks.finish() + self._late_searches()
        self._over = True
        if data.get("type") == "response.incomplete":
            response = {"status": "incomplete"} | response
        usage = Measured(read_usage(response, data))
        return [*deltas, usage, Stopped(read_stop(response, self._parts))]

    def _has_call(self, item: Json) -> bool:
        """Whether a call was streamed already, at whatever index: a tool must not run twice."""
        id = item.get("call_id")
        return _is_call(item) and any(isinstance(part, ToolCall) and part.id == id for part in self._parts)

    def _failed(self, data: Json) -> list[Delta]:
        response = data.get("response")
        error = response.get("error") if isinstance(response, dict) else None
        if not error:
            self._failing = read_failure(None)
            return []
        return self._fail(read_failure(error))

    def _error(self, data: Json) -> list[Delta]:
        return self._fail(read_failure(data.get("error"), data))

    def _fail(self, fault: Fault) -> list[Delta]:
        self._over = True
        return [Failed(fault)]

    # --- items ---

    def _item_added(self, data: Json) -> list[Delta]:
        index, item = data.get("output_index"), data.get("item")
        if not isinstance(index, int) or not isinstance(item, dict):
            return []
        self._items[index] = item
        deltas = self._start({})
        if _is_call(item) and item.get("call_id") and item.get("name"):
            deltas += self._blocks.open((index, "call"), _empty_call(item))
        elif item.get("type") == "reasoning":
            deltas += self._blocks.open((index, "thinking"), Thinking())
        return deltas

    def _item_done(self, data: Json) -> list[Delta]:
        index, item = data.get("output_index"), data.get("item")
        if not isinstance(index, int) or not isinstance(item, dict) or index in self._done:
            return []
        return [*self._start({}), *self._finish_item(index, item)]

    def _finish_item(self, index: int, item: Json) -> list[Delta]:
        """What the finished item has beyond the deltas, and the end of its blocks."""
        self._done.add(index)
        found = read_item(item)
        self._parts += found
        deltas: list[Delta] = []
        match item.get("type"):
            case "message":
                self._cited += cited(item)
                for place, part in enumerate(found):
                    deltas += self._blocks.complete((index, "text", place), part)
            case "reasoning" if found:
                opaque = sealed_of(item)
                deltas += self._blocks.open((index, "thinking"), Thinking())
                deltas += self._blocks.rest((index, "thinking"), summary_text(item))
                if opaque is not None:
                    self._blocks.seal((index, "thinking"), opaque)
            case "function_call" | "custom_tool_call":
                deltas += self._blocks.complete((index, "call"), found[0])
            case "web_search_call" if found:
                if isinstance(found[0], Searched) and not found[0].sources:
                    self._searches[index] = found[0]
                else:
                    deltas += self._blocks.complete((index, "search"), found[0])
        return deltas + self._blocks.close_item(index)

    def _late_searches(self) -> list[Delta]:
        """Searches whose pages only the text behind them named."""
        deltas: list[Delta] = []
        parts = with_cited(self._searches.values(), self._cited)
        for index, part in zip(self._searches, parts, strict=True):
            deltas += self._blocks.complete((index, "search"), part) + self._blocks.close_item(index)
        return deltas

    # --- pieces ---

    def _text_delta(self, data: Json) -> list[Delta]:
        return self._content_delta(data, is_refusal=False)

    def _refusal_delta(self, data: Json) -> list[Delta]:
        return self._content_delta(data, is_refusal=True)

    def _content_delta(self, data: Json, *, is_refusal: bool) -> list[Delta]:
        index = data.get("output_index")
        if not isinstance(index, int) or index in self._done:
            return []
        key = (index, "text", data.get("content_index", 0))
        if key in self._blocks:
            return self._blocks.piece(key, data.get("delta"))
        phase = self._items.get(index, {}).get("phase")
        part = Refusal("") if is_refusal else Text("", phase=phase if isinstance(phase, str) else None)
        return [*self._start({}), *self._blocks.open(key, part), *self._blocks.piece(key, data.get("delta"))]

    def _summary_delta(self, data: Json) -> list[Delta]:
        return self._thinking_delta(data, "summary_index")

    def _reasoning_delta(self, data: Json) -> list[Delta]:
        return self._thinking_delta(data, "content_index")

    def _thinking_delta(self, data: Json, part_name: str) -> list[Delta]:
        """Summary text, or raw reasoning where a model gives that; whichever comes first counts."""
        index = data.get("output_index")
        if not isinstance(index, int) or index in self._done:
            return []
        key, place = (index, "thinking"), (part_name, data.get(part_name, 0))
        deltas = self._start({})
        state = self._items.setdefault(index, {})
        before = state.setdefault("_place", place)
        if before[0] != part_name:
            return deltas
        deltas += self._blocks.open(key, Thinking())
        if place != before:
            state["_place"] = place
            deltas += self._blocks.piece(key, "\n\n")
        return deltas + self._blocks.piece(key, data.get("delta"))

    def _arguments_delta(self, data: Json) -> list[Delta]:
        index, delta = data.get("output_index"), data.get("delta")
        if not isinstance(index, int) or not isinstance(delta, str):
            return []
        if self._rambles.setdefault(index, Ramble()).feed(delta):
            return self._fail(Ramble.fault())
        return self._blocks.piece((index, "call"), delta)

    def _input_delta(self, data: Json) -> list[Delta]:
        return self._blocks.piece((data.get("output_index"), "call"), data.get("delta"))


def _is_call(item: Json) -> bool:
    return item.get("type") in ("function_call", "custom_tool_call")


def _empty_call(item: Json) -> Part:
    call = read_item(item)[0]
    assert isinstance(call, ToolCall)
    return ToolCall(call.id, call.name, "", call.kind, call.namespace)


_HANDLERS: dict[str, Callable[[ResponsesReader, Json], list[Delta]]] = {
    "response.created": ResponsesReader._begin,
    "response.in_progress": ResponsesReader._begin,
    "response.output_item.added": ResponsesReader._item_added,
    "response.output_item.done": ResponsesReader._item_done,
    "response.output_text.delta": ResponsesReader._text_delta,
    "response.refusal.delta": ResponsesReader._refusal_delta,
    "response.reasoning_summary_text.delta": ResponsesReader._summary_delta,
    "response.reasoning_text.delta": ResponsesReader._reasoning_delta,
    "response.function_call_arguments.delta": ResponsesReader._arguments_delta,
    "response.custom_tool_call_input.delta": ResponsesReader._input_delta,
    "response.completed": ResponsesReader._end,
    "response.incomplete": ResponsesReader._end,
    "response.failed": ResponsesReader._failed,
    "error": ResponsesReader._error,
}
