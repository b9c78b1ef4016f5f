"""The events that upstream skipped, so that every item reaches the client with its whole lifecycle.

Clients differ in what they read: the AI SDK takes text from the deltas only and dies of a delta for a part
that was never announced, Codex takes items from `output_item.done` only (client-traffic).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tray_app.dialects.fields import Json

ADDED = "response.output_item.added"


@dataclass(frozen=True, slots=True)
class _Chain:
    """The events of one content part in their order. `field` holds the whole text in `stem`.done."""

    stem: str
    field: str = "text"
    around: str = ""  # stem of the events that open and close the part
    place: str = ""
    part_type: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        inner = (f"{self.stem}.delta", f"{self.stem}.done")
        return (f"{self.around}.added", *inner, f"{self.around}.done") if self.around else inner


_TEXT = _Chain("response.output_text", "text", "response.content_part", "content_index", "output_text")
_REFUSAL = _Chain("response.refusal", "refusal", "response.content_part", "content_index", "refusal")
_SUMMARY = _Chain(
    "response.reasoning_summary_text",
    "text",
    "response.reasoning_summary_part",
    "summary_index",
    "summary_text",
)
_ARGUMENTS = _Chain("response.function_call_arguments", "arguments")
_INPUT = _Chain("response.custom_tool_call_input", "input")
_CHAINS = (_TEXT, _REFUSAL, _SUMMARY, _ARGUMENTS, _INPUT)
_BY_KIND = {kind: chain for chain in reversed(_CHAINS) for kind in chain.kinds}
_BY_PART = {chain.part_type: chain for chain in _CHAINS if chain.part_type}
_BLANK: dict[str, Json] = {
    "message": {"content": [], "status": "in_progress"},
    "reasoning": {"summary": []},
    "function_call": {"arguments": "", "status": "in_progress"},
    "custom_tool_call": {"input": "", "status": "in_progress"},
}


class Lifecycle:
    """Of one answer. Ids are the client's; numbers are given by the caller."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int, int]] = set()

    def announced(self, index: int) -> None:
        self._seen.add((ADDED, index, 0))

    def ahead(self, index: int, id: str, data: Json) -> list[Json]:
        """What should have come before this event of the item at `index`; usually nothing."""
        kind = data["type"]
        chain = _BY_KIND.get(kind)
        if chain is None:
            return []
        number = data.get(chain.place, 0) if chain.place else 0
        if not isinstance(number, int) or (key := (kind, index, number)) in self._seen:
            return []
        part = data.get("part")
        if isinstance(part, dict):
            chain = _BY_PART.get(str(part.get("type")), chain)
        source = part if isinstance(part, dict) else data
        events = [*self._announce(index, id, chain), *self._until(kind, chain, index, id, number, source)]
        self._seen.add(key)
        return events

    def completing(self, index: int, item: Json) -> list[Json]:
        """What should have come before `output_item.done` with this item."""
        events: list[Json] = []
        if (ADDED, index, 0) not in self._seen:
            self.announced(index)
            blank = {key: value for key, value in item.items() if key != "encrypted_content"}
            blank |= _BLANK.get(str(item.get("type")), {})
            events.append({"type": ADDED, "output_index": index, "item": blank})
        id = str(item.get("id"))
        for chain, number, source in _parts(item):
            events += self._until("", chain, index, id, number, source)
        return events

    def _announce(self, index: int, id: str, chain: _Chain) -> list[Json]:
        """An item whose first sign of life is one of its parts. A call cannot be announced nameless."""
        if not chain.around or (ADDED, index, 0) in self._seen:
            return []
        self.announced(index)
        kind = "reasoning" if chain is _SUMMARY else "message"
        item = {"id": id, "type": kind, **_BLANK[kind]} | ({"role": "assistant"} if kind == "message" else {})
        return [{"type": ADDED, "output_index": index, "item": item}]

    def _until(
        self, last: str, chain: _Chain, index: int, id: str, number: int, source: Json
    ) -> Iterator[Json]:
        """The chain's events before `last` that never came, with the text of `source`."""
        text = source.get(chain.field)
        text = text if isinstance(text, str) else ""
        place = {"item_id": id, "output_index": index} | ({chain.place: number} if chain.place else {})
        for kind in chain.kinds:
            if kind == last:
                return
            if (kind, index, number) in self._seen or (kind.endswith(".delta") and not text):
                continue
            self._seen.add((kind, index, number))
            yield {"type": kind, **place, **_payload(kind, chain, text)}


def _payload(kind: str, chain: _Chain, text: str) -> Json:
    if chain.around and kind.startswith(f"{chain.around}."):
        shown = "" if kind.endswith(".added") else text
        part: Json = {"type": chain.part_type, chain.field: shown}
        return {"part": part | ({"annotations": []} if chain is _TEXT else {})}
    logprobs: Json = {"logprobs": []} if chain is _TEXT else {}
    return {"delta" if kind.endswith(".delta") else chain.field: text} | logprobs


def _parts(item: Json) -> Iterator[tuple[_Chain, int, Json]]:
    """The parts of a finished item that have events of their own."""
    match item.get("type"):
        case "function_call":
            yield _ARGUMENTS, 0, item
        case "custom_tool_call":
            yield _INPUT, 0, item
        case "message" | "reasoning" as kind:
            parts = item.get("content" if kind == "message" else "summary")
            for number, part in enumerate(parts if isinstance(parts, list) else ()):
                if isinstance(part, dict) and (chain := _BY_PART.get(str(part.get("type")))) is not None:
                    yield chain, number, part
