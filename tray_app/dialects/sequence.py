"""Blocks that upstream interleaves, made strictly one after the other.

The neutral form knows one open block at a time. The block that was opened first streams through at
once; what arrives for later ones waits until it is done. A function call whose arguments are complete
JSON counts as done as soon as another block wants to open: chat streams never say that a call ended.
"""

from collections.abc import Hashable

from tray_app.dialects.deltas import Closed, Delta, Opened, Piece, Sealed
from tray_app.dialects.neutral import Opaque, Part, ToolCall
from tray_app.dialects.tool_arguments import is_complete


class _Block:
    __slots__ = ("check_at", "closed", "is_call", "opaque", "part", "pieces", "size")

    def __init__(self, part: Part) -> None:
        self.part = part
        self.is_call = isinstance(part, ToolCall) and part.kind == "function"
        self.pieces: list[str] = []
        self.size = 0
        self.check_at = 0  # size below which a look at completeness is not worth its time
        self.opaque: Opaque | None = None
        self.closed = False

    def add(self, text: str) -> None:
        self.pieces.append(text)
        self.size += len(text)

    def is_done(self) -> bool:
        """A call with complete arguments. Looks again only after the text has doubled, so
        that hostile arguments cost linear time."""
        if not self.is_call or self.size < self.check_at or not self.pieces[-1:]:
            return False
        if not self.pieces[-1].rstrip().endswith("}"):
            return False
        self.check_at = 2 * self.size if self.size > 4096 else 0
        return is_complete("".join(self.pieces))


class Sequencer:
    """Keyed `open`, `piece`, `seal`, `close` in; neutral deltas out, one block at a time.

    A key names one block of the answer; unknown and finished keys are ignored, so that late pieces
    cannot break the order.
    """

    def __init__(self) -> None:
        self._blocks: dict[Hashable, _Block] = {}  # the active one first, then those that wait
        self._active: Hashable = None
        self._seen: set[Hashable] = set()

    def open(self, key: Hashable, part: Part) -> list[Delta]:
        """`part` is empty of content, as in `Opened`. A key opens once."""
        if key in self._seen:
            return []
        self._seen.add(key)
        self._blocks[key] = _Block(part)
        if len(self._blocks) == 1:
            self._active = key
            return [Opened(part)]
        return self._settle()

    def piece(self, key: Hashable, text: str) -> list[Delta]:
        block = self._blocks.get(key)
        if block is None or block.closed or not text:
            return []
        if key != self._active:
            block.add(text)
            return []
        if not block.is_call:
            block.size += len(text)
            return [Piece(text)]
        block.add(text)
        return [Piece(text), *self._settle()] if len(self._blocks) > 1 else [Piece(text)]

    def seal(self, key: Hashable, opaque: Opaque) -> None:
        """The opaque value of a thinking block; a later one replaces it. Goes out when the block ends."""
        if (block := self._blocks.get(key)) is not None:
            block.opaque = opaque

    def close(self, key: Hashable) -> list[Delta]:
        if (block := self._blocks.get(key)) is None:
            return []
        block.closed = True
        return self._settle() if key == self._active else []

    def finish(self) -> list[Delta]:
        """The answer is over: everything that is open or waiting, in order."""
        for block in self._blocks.values():
            block.closed = True
        return self._settle()

    def _settle(self) -> list[Delta]:
        """End the active block if it is done, and go on with those that wait."""
        deltas: list[Delta] = []
        while self._blocks:
            block = self._blocks[self._active]
            if not (block.closed or (len(self._blocks) > 1 and block.is_done())):
                break
            del self._blocks[self._active]
            deltas += _ending(block)
            deltas += self._promote()
        return deltas

    def _promote(self) -> list[Delta]:
        if not self._blocks:
            self._active = None
            return []
        self._active, block = next(iter(self._blocks.items()))
        text = "".join(block.pieces)
        return [Opened(block.part), Piece(text)] if text else [Opened(block.part)]


def _ending(block: _Block) -> list[Delta]:
    deltas: list[Delta] = []
    if block.is_call and not block.size:
        deltas.append(Piece("{}"))  # every client parses arguments as JSON
    if block.opaque is not None:
        deltas.append(Sealed(block.opaque))
    return [*deltas, Closed()]
