"""The blocks of a Responses answer while it is read: what came for each, and what a finished item adds."""

from typing import Any

from tray_app.dialects.deltas import Delta
from tray_app.dialects.neutral import Opaque, Part, Refusal, Searched, Text, ToolCall
from tray_app.dialects.sequence import Sequencer

Key = tuple[Any, ...]  # output_index, kind, and the place within the item where it has several


class Blocks:
    """Of one answer. Every method gives the deltas that are due, in the order of `deltas`."""

    def __init__(self) -> None:
        self._sequence = Sequencer()
        self._got: dict[Key, list[str]] = {}

    def __contains__(self, key: Key) -> bool:
        """Whether the block is open."""
        return key in self._got

    def open(self, key: Key, part: Part) -> list[Delta]:
        """A block begins, unless it has begun already."""
        if key in self._got:
            return []
        self._got[key] = []
        return self._sequence.open(key, part)

    def piece(self, key: Key, text: object) -> list[Delta]:
        """Content for an open block; anything else is passed over."""
        if not isinstance(text, str) or key not in self._got:
            return []
        self._got[key].append(text)
        return self._sequence.piece(key, text)

    def complete(self, key: Key, part: Part) -> list[Delta]:
        """The block as it must be in the end: opened if it was not, and what its deltas left out."""
        match part:
            case Text(text, phase=phase):
                return self.open(key, Text("", phase=phase)) + self.rest(key, text)
            case Refusal(text):
                return self.open(key, Refusal("")) + self.rest(key, text)
            case ToolCall(id, name, arguments, kind, namespace):
                return self.open(key, ToolCall(id, name, "", kind, namespace)) + self.rest(key, arguments)
            case Searched():
                return self.open(key, part)
        return []

    def rest(self, key: Key, whole: str) -> list[Delta]:
        """What `whole` has beyond what came in deltas. Arguments of "{}" are none."""
        had = "".join(self._got.get(key, ()))
        if not whole.startswith(had) or len(whole) == len(had):
            return []
        if had == "" and whole == "{}" and key[1] == "call":
            return []
        return self.piece(key, whole[len(had) :])

    def seal(self, key: Key, opaque: Opaque) -> None:
        """The opaque value of a thinking block; it goes out before the block closes."""
        self._sequence.seal(key, opaque)

    def close_item(self, index: int) -> list[Delta]:
        """The end of every block of an item."""
        deltas: list[Delta] = []
        for key in [key for key in self._got if key[0] == index]:
            deltas += self._sequence.close(key)
            del self._got[key]
        return deltas

    def finish(self) -> list[Delta]:
        """The end of whatever is open."""
        return self._sequence.finish()
