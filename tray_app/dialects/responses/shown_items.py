"""The output items of one native stream, as the client sees them: one id each, its own tool names."""

from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Rules
from tray_app.dialects.responses import shapes
from tray_app.dialects.responses.reply import shown_id
from tray_app.dialects.responses.wire_tools import ClientTools

_KIND_OF_EVENT = (
    ("response.output_text", "message"),
    ("response.content_part", "message"),
    ("response.refusal", "message"),
    ("response.reasoning", "reasoning"),
    ("response.function_call", "function_call"),
    ("response.custom_tool_call", "custom_tool_call"),
    ("response.web_search_call", "web_search_call"),
)


class ShownItems:
    """Keyed by `output_index`. `response` is the id of the answer, made up if upstream gave none."""

    def __init__(self, tools: ClientTools, rules: Rules) -> None:
        self.response = ""
        self.renamed = False  # whether an item has another id than upstream's last
        self.ids: dict[int, str] = {}
        self.names: dict[int, str] = {}  # of calls, as the client knows them
        self._kinds: dict[int, str] = {}
        self._done: dict[int, Json] = {}
        self._late: list[int] = []
        self._tools, self._rules = tools, rules

    def name_response(self, id: object) -> str:
        """The answer's one id, chosen at the first sight of any."""
        if not self.response:
            self.response = shapes.response_id(id if isinstance(id, str) else "")
        return self.response

    def show(self, index: int, item: Json) -> Json:
        """An item as the client sees it. Its id is chosen once, at the first sight of it."""
        restored = self._tools.restore_item(item) if self._tools else item
        if index not in self.ids:
            real, kind = item.get("id"), restored.get("type")
            self._kinds[index] = kind = kind if isinstance(kind, str) else ""
            real = real if isinstance(real, str) else ""
            self.ids[index] = shown_id(real, kind, self.name_response(None), index)
            if isinstance(name := restored.get("name"), str):
                self.names[index] = name
        return restored | {"id": self.ids[index]}

    def id_for(self, index: int, real: object, event: str) -> str:
        """The id for an event of an item, also of one that was never announced."""
        if (known := self.ids.get(index)) is not None:
            return known
        kind = next((kind for start, kind in _KIND_OF_EVENT if event.startswith(start)), "")
        return str(self.show(index, {"type": kind, "id": real})["id"])

    def finish(self, index: int, item: Json) -> Json:
        """A finished item; remembers which id its blob came with."""
        blob, real = item.get("encrypted_content"), item.get("id")
        if isinstance(blob, str) and isinstance(real, str) and blob and real:
            self._rules.memory.keep_item_id(blob, real)
        self._done[index] = shown = self.show(index, item)
        self.renamed = self.renamed or shown["id"] != real
        return shown

    def finished(self) -> list[Json]:
        return [self._done[index] for index in sorted(self._done)]

    def final_output(self, output: object) -> list[Json]:
        """The items of the final response under the ids they were shown with. Where upstream leaves the
        list empty, the finished items stand in."""
        items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
        if not items:
            return self.finished()
        free = sorted(self.ids)
        shown = []
        for item in items:
            kind = self._tools.restore_item(item).get("type")
            index = next((i for i in free if self._kinds[i] == kind and self._same(i, item)), None)
            if index is None:
                index = max(self.ids, default=-1) + 1
            else:
                free.remove(index)
            if index in self._done:
                shown.append(self._as_done(index, item))
            else:
                self._late.append(index)
                shown.append(self.finish(index, item))
        return shown

    def late(self) -> list[tuple[int, Json]]:
        """The items that only the final response has finished."""
        return [(index, self._done[index]) for index in self._late]

    def _as_done(self, index: int, item: Json) -> Json:
        """An item of the final list. Upstream may have sealed it once more, for yet another id: the client
        gets one blob, the one that it has seen."""
        if seen := self._done[index].get("encrypted_content"):
            return self.show(index, item) | {"encrypted_content": seen}
        self._remember_late(item)
        return self.show(index, item)

    def _remember_late(self, item: Json) -> None:
        """A blob that only the final response has goes with the id it has there."""
        blob, real = item.get("encrypted_content"), item.get("id")
        if isinstance(blob, str) and isinstance(real, str) and self._rules.memory.item_id(blob) is None:
            self._rules.memory.keep_item_id(blob, real)

    def _same(self, index: int, item: Json) -> bool:
        """Whether a finished item can be the one at `index`: calls are told apart by their call_id."""
        done = self._done.get(index, {})
        return done.get("call_id") is None or done.get("call_id") == item.get("call_id")
