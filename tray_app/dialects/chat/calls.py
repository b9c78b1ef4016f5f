"""Tool calls on a chat stream: which delta belongs to which call.

Source: copilot-wire 5.4 and 5.5. Backends leave the index out, give every call index 0, put calls into
choice 1, and send id and name in different chunks.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from tray_app.dialects.tool_arguments import is_complete

MAX_RUN = 20  # raw line breaks or tabs in a row inside arguments: a model that no longer stops
_LONG_RUN = re.compile(rf"(?:[\n\r\t] *){{{MAX_RUN}}}")
_BREAKS = "\n\r\t"


@dataclass(slots=True)
class Call:
    """One call. `number` counts calls across all choices; `pieces` are its arguments so far."""

    number: int
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    opened: bool = False
    run: int = 0

    @property
    def is_complete(self) -> bool:
        text = "".join(self.pieces)
        return not text.strip() or is_complete(text)

    def add(self, text: str) -> bool:
        """Take arguments. False when the model rambles whitespace (GPT-5 family, file-glob tools)."""
        self.pieces.append(text)
        stripped = text.strip()
        if not stripped:
            self.run += _breaks(text)
            return self.run < MAX_RUN
        lead = len(text) - len(text.lstrip())
        if self.run + _breaks(text[:lead]) >= MAX_RUN:
            return False
        self.run = _breaks(text[len(text.rstrip()) :])
        return self.run < MAX_RUN and (len(text) < MAX_RUN or not _LONG_RUN.search(text))


class Calls:
    """All calls of one answer."""

    def __init__(self) -> None:
        self.all: list[Call] = []
        self._by_id: dict[str, Call] = {}
        self._by_index: dict[tuple[int, int], Call] = {}

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def are_complete(self) -> bool:
        """At least one call, and each with a name and whole arguments."""
        return bool(self.all) and all(call.name and call.is_complete for call in self.all)

    def place(self, choice: int, delta: dict[str, Any]) -> Call:
        """The call this delta belongs to; takes id and name from it, but not its arguments."""
        id, name = _text(delta, "id"), _text(function_of(delta), "name")
        index = delta.get("index")
        slot = (choice, index) if isinstance(index, int) else None
        call = self._find(id, name, slot)
        if call is None:
            call = Call(len(self.all))
            self.all.append(call)
        if id:
            call.id = call.id or id
            self._by_id[id] = call
        call.name = call.name or name
        if slot is not None:
            self._by_index[slot] = call
        return call

    def _find(self, id: str, name: str, slot: tuple[int, int] | None) -> Call | None:
        last = self.all[-1] if self.all else None
        near = self._by_index.get(slot) if slot is not None else last
        if id:
            if (known := self._by_id.get(id)) is not None:
                return known
            return near if near is not None and not near.id and not near.opened else None
        if near is None or (name and near.name and near.pieces and near.is_complete):
            return None  # a second call without an id of its own
        return near


def function_of(delta: dict[str, Any]) -> dict[str, Any]:
    function = delta.get("function")
    return function if isinstance(function, dict) else {}


def arguments_of(delta: dict[str, Any]) -> str:
    return _text(function_of(delta), "arguments")


def invented_id(answer_id: str, number: int) -> str:
    """An id for a call that came without one; the same for the same answer however it was cut."""
    safe = re.sub(r"[^a-zA-Z0-9_-]", "_", answer_id)[-32:]
    return f"call_{safe}_{number}" if safe else f"call_{number}"


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _breaks(text: str) -> int:
    return sum(map(text.count, _BREAKS))
