"""Function calls that stand for a client's custom tool, turned into its own events as they stream.

The model writes `{"input": "..."}`; the client gets the text inside. It can be told from its wrapping
only when the JSON string is decoded, so it goes out in one delta once the arguments are complete.
"""

from tray_app.dialects.fields import Json
from tray_app.dialects.tool_arguments import unwrap_input

_DELTA, _DONE = "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"


class CustomCalls:
    """The open ones, by `output_index`."""

    def __init__(self) -> None:
        self._pieces: dict[int, list[str]] = {}
        self._written: set[int] = set()

    def begin(self, index: int) -> None:
        self._pieces[index] = []

    def has(self, index: int) -> bool:
        return index in self._pieces

    def arguments(self, index: int, data: Json) -> list[Json]:
        """The client's events for a `function_call_arguments` event."""
        if data["type"].endswith(".delta"):
            if isinstance(data.get("delta"), str):
                self._pieces[index].append(data["delta"])
            return []
        whole = data.get("arguments")
        text = unwrap_input(whole if isinstance(whole, str) else "".join(self._pieces[index]))
        return self._write(index, text, data)

    def end(self, index: int, data: Json) -> list[Json]:
        """What is due before `output_item.done` when the arguments had no event of their own."""
        if index not in self._pieces:
            return []
        events = (
            [] if index in self._written else self._write(index, str(data["item"].get("input", "")), data)
        )
        del self._pieces[index]
        return events

    def _write(self, index: int, text: str, data: Json) -> list[Json]:
        if index in self._written:
            return []
        self._written.add(index)
        place = {"item_id": data.get("item_id") or data["item"]["id"], "output_index": index}
        delta = [{"type": _DELTA, **place, "delta": text}] if text else []
        return [*delta, {"type": _DONE, **place, "input": text}]
