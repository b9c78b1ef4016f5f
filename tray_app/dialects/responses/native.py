"""A Responses stream from Copilot on its way to a client of the same dialect.

Most events pass with one change: their item ids. Upstream gives every event of an item another id; the
client sees one per item, and one response id throughout (copilot-wire 6.5). Which id came with which
encrypted blob is remembered, because upstream takes a blob back under that id only. Events that
upstream skipped are made up for (`lifecycle`).
"""

from collections.abc import Callable

import orjson

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Note, Usage
from tray_app.dialects.protocol import Rules
from tray_app.dialects.responses import shapes
from tray_app.dialects.responses.custom_calls import CustomCalls
from tray_app.dialects.responses.failures import error_event, error_of, read_failure
from tray_app.dialects.responses.lifecycle import Lifecycle
from tray_app.dialects.responses.ramble import Ramble
from tray_app.dialects.responses.reply import complete_usage, read_usage
from tray_app.dialects.responses.shown_items import ShownItems
from tray_app.dialects.responses.wire_tools import ClientTools
from tray_app.dialects.sse import Event, EventTooLarge, Reader
from tray_app.dialects.upstream_faults import too_large, unreadable
from tray_app.errors import Broken, Fault

MAX_HELD = 16
_BROKEN = "Copilot's stream closed before response.completed."


class NativeResponses:
    """Implements `protocol.Stream`.

    The first announcements are kept back (`pending_start`) so that a failure right behind them can become
    an HTTP status: it is then in `early_fault`. `release` gives what is kept back.
    """

    def __init__(self, client_body: Json, rules: Rules) -> None:
        self.usage = Usage()
        self.model_served: str | None = None
        self.fault: Fault | None = None
        self.early_fault: Fault | None = None
        self.notes: list[Note] = []
        self.ended = False
        self.pending_start = True
        self._held: list[bytes] = []
        self._is_announcement = False  # the event in hand
        self._is_begun = False  # response.created was written
        self._events = Reader()
        self._tools = ClientTools(client_body)
        self._custom = CustomCalls()
        self._last: Json = {}  # the newest response object, for an ending of our own
        self._items = ShownItems(self._tools, rules)
        self._lived = Lifecycle()
        self._model = client_body.get("model")
        self._rambles: dict[int, Ramble] = {}
        self._number = -1
        self._failing: Json | None = None  # response.failed that gives no reason

    @property
    def at_boundary(self) -> bool:
        return True  # only whole events go out

    def feed(self, chunk: bytes) -> bytes:
        if self.ended or self.early_fault is not None:
            return b""
        try:
            events = self._events.feed(chunk)
        except EventTooLarge:
            return self._give(self._failed(too_large()))
        return self._pass(events)

    def finish(self) -> bytes:
        """The ending that is due; with an `early_fault` too, should somebody want it as a stream."""
        if self.ended:
            return b""
        out = self._pass(self._events.flush())
        if not self.ended and self.early_fault is None:
            fault = read_failure(None) if self._failing is not None else Broken(_BROKEN).fault
            out += self._give(self._failed(fault))
        return out + self.release()

    def fail(self, fault: Fault) -> bytes:
        if self.ended:
            return b""
        out = self._give(self._failed(fault)) if self.early_fault is None else b""
        return out + self.release()

    def release(self) -> bytes:
        """Everything kept back; from here on events go out as they come."""
        self.pending_start = False
        out = b"".join(self._held)
        self._held.clear()
        self.ended = self.ended or self.early_fault is not None
        return out

    @property
    def finished_items(self) -> list[Json]:
        return self._items.finished()

    # --- holding back ---

    def _pass(self, events: list[Event]) -> bytes:
        out = []
        for event in events:
            if self.ended or self.early_fault is not None:
                break
            out.append(self._give(self._event(event)))
        return b"".join(out)

    def _give(self, data: bytes) -> bytes:
        """Bytes for the client, or nothing while only announcements have come."""
        if not self.pending_start or not data:
            return data
        self._held.append(data)
        if self.fault is not None:
            self.early_fault = self.fault
            return b""
        if self._is_announcement and len(self._held) < MAX_HELD:
            return b""
        return self.release()

    # --- events ---

    def _event(self, event: Event) -> bytes:
        self._is_announcement = False
        if event.data == b"[DONE]":
            return b""
        try:
            data = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            return self._failed(unreadable())  # who knows what it said: a hole in an answer is no answer
        if not isinstance(data, dict):
            return event.encode()
        kind = data.get("type")
        if not isinstance(kind, str):
            kind = data["type"] = event.name
        start = b"" if self._is_begun or kind in _MAY_BE_FIRST else self._start(data)
        number = data.get("sequence_number")
        if isinstance(number, int):
            self._number = data["sequence_number"] = max(number, self._number + 1)
        elif kind != "keepalive":
            self._number = data["sequence_number"] = self._number + 1
        handler = _HANDLERS.get(kind)
        if handler is not None:
            return start + handler(self, data)
        return start + self._rename(data, kind)

    def _start(self, data: Json) -> bytes:
        """The beginning, where upstream has skipped it."""
        self._is_begun = True
        known = data.get("response")
        begun = self._blank() | (known if isinstance(known, dict) else {})
        begun |= {"status": "in_progress", "output": [], "usage": None}
        begun["id"] = self._items.name_response(begun.get("id"))
        self._last = begun
        kinds = ("response.created", "response.in_progress")
        return b"".join(self._numbered({"type": kind, "response": begun}) for kind in kinds)

    def _blank(self) -> Json:
        """A response object of our own."""
        model = self._model if isinstance(self._model, str) else ""
        return shapes.blank(self._items.name_response(None), model)

    def _rename(self, data: Json, kind: str) -> bytes:
        """Any event that belongs to an item, or to nothing we know."""
        if "item_id" in data and isinstance(index := data.get("output_index"), int):
            data["item_id"] = id = self._items.id_for(index, data["item_id"], kind)
            if skipped := self._lived.ahead(index, id, data):
                return self._behind(skipped, data)
        return _encode(kind, data)

    def _arguments(self, data: Json) -> bytes:
        index, kind = data.get("output_index"), data["type"]
        if not isinstance(index, int):
            return _encode(kind, data)
        if kind.endswith(".delta") and isinstance(data.get("delta"), str):
            if index not in self._rambles:
                self._rambles[index] = Ramble()
            if self._rambles[index].feed(data["delta"]):
                return self._failed(Ramble.fault())
        if self._custom.has(index):
            data["item_id"] = self._items.ids[index]
            return b"".join(self._numbered(event) for event in self._custom.arguments(index, data))
        if self._tools and kind.endswith(".done") and isinstance(data.get("name"), str):
            data["name"] = self._items.names.get(index, data["name"])
        return self._rename(data, kind)

    def _numbered(self, data: Json) -> bytes:
        """An event of our own, with the next number."""
        number = data.get("sequence_number")
        self._number = number if isinstance(number, int) and number >= self._number else self._number + 1
        return _encode(data["type"], data | {"sequence_number": self._number})

    def _behind(self, events: list[Json], data: Json) -> bytes:
        """Events of our own, then the event in hand, numbered on from the one before."""
        if not events:
            return _encode(data["type"], data)
        self._number = data.pop("sequence_number", self._number + 1) - 1
        return b"".join(self._numbered(event) for event in [*events, data])

    def _lifecycle(self, data: Json) -> bytes:
        self._is_announcement = self._is_begun = True
        self._adopt(data)
        return _encode(data["type"], data)

    def _adopt(self, data: Json) -> Json:
        """The response object of an event, under the one id."""
        response = data.get("response")
        if not isinstance(response, dict):
            response = data["response"] = {}
        response["id"] = self._items.name_response(response.get("id"))
        self._tools.echo(response)
        if isinstance(model := response.get("model"), str):
            self.model_served = model
        self._last = response
        return response

    def _item_added(self, data: Json) -> bytes:
        index, item = data.get("output_index"), data.get("item")
        if not isinstance(index, int) or not isinstance(item, dict):
            return _encode(data["type"], data)
        data["item"] = self._items.show(index, item)
        self._lived.announced(index)
        if data["item"].get("type") == "custom_tool_call" != item.get("type"):
            self._custom.begin(index)
        return _encode(data["type"], data)

    def _item_done(self, data: Json) -> bytes:
        index, item = data.get("output_index"), data.get("item")
        if not isinstance(index, int) or not isinstance(item, dict):
            return _encode(data["type"], data)
        data["item"] = self._items.finish(index, item)
        if self._custom.has(index):
            late = self._custom.end(index, data)
        else:
            late = self._lived.completing(index, data["item"])
        return self._behind(late, data)

    # --- endings ---

    def _finished(self, data: Json) -> bytes:
        response = self._adopt(data)
        response["output"] = self._items.final_output(response.get("output"))
        self.usage = self.usage.merged(read_usage(response, data))
        complete_usage(response)
        self.ended = True
        if self._items.renamed:
            self.notes.append(Note("output", "item ids made stable"))
        late = [event for index, item in self._items.late() for event in self._closing(index, item)]
        return self._behind(late, data)

    def _closing(self, index: int, item: Json) -> list[Json]:
        """For an item that only the final response has finished."""
        done = {"type": "response.output_item.done", "output_index": index, "item": item}
        return [*self._lived.completing(index, item), done]

    def _failed_event(self, data: Json) -> bytes:
        """`response.failed`. Without a reason it waits: an `error` event may bring it."""
        response = self._adopt(data)
        error = response.get("error")
        self.usage = self.usage.merged(read_usage(response, data))
        complete_usage(response)
        if not error:
            self._failing = data
            return b""
        fault = read_failure(error)
        response["error"] = error_of(fault)
        response["output"] = self._items.final_output(response.get("output"))
        self.fault, self.ended = fault, not self.pending_start
        return _encode(data["type"], data)

    def _error(self, data: Json) -> bytes:
        return self._failed(read_failure(data.get("error"), data))

    def _failed(self, fault: Fault) -> bytes:
        """The flat `error` event for SDKs, then `response.failed`, which is the one Codex looks at."""
        self.fault, self.ended = fault, not self.pending_start
        if not self._last:
            self._last = self._blank()
        start = b""
        if not self._is_begun:
            created = {"type": "response.created", "response": self._last | {"status": "in_progress"}}
            start = self._numbered(created)
        flat = error_event(fault, self._number + 1)
        self._number += 1
        final = self._last | {
            "status": "failed",
            "error": error_of(fault),
            "output": self._items.finished(),
        }
        failed = {"type": "response.failed", "response": final}
        return start + _encode("error", flat) + self._numbered(failed)

    def _skip(self, data: Json) -> bytes:
        self._is_announcement = True
        return b""


def _encode(kind: str, data: Json) -> bytes:
    return b"event: " + kind.encode("utf-8", "replace") + b"\ndata: " + orjson.dumps(data) + b"\n\n"


_MAY_BE_FIRST = frozenset(
    ("response.created", "response.queued", "response.in_progress", "response.failed", "error", "keepalive")
)
_HANDLERS: dict[str, Callable[[NativeResponses, Json], bytes]] = {
    "response.created": NativeResponses._lifecycle,
    "response.queued": NativeResponses._lifecycle,
    "response.in_progress": NativeResponses._lifecycle,
    "response.output_item.added": NativeResponses._item_added,
    "response.output_item.done": NativeResponses._item_done,
    "response.function_call_arguments.delta": NativeResponses._arguments,
    "response.function_call_arguments.done": NativeResponses._arguments,
    "response.completed": NativeResponses._finished,
    "response.incomplete": NativeResponses._finished,
    "response.failed": NativeResponses._failed_event,
    "error": NativeResponses._error,
    "keepalive": NativeResponses._skip,
}
