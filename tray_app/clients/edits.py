"""PURE. Changing some keys of a configuration text and nothing else of it.

A format reads a text into plain values and edits it by splicing: comments, order and odd formatting stay.
Every edit is proved before it is used: the new text must read as the old values with the change, and
nothing else different; otherwise `Unsafe` is raised and the file is left for its owner.
"""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

BOM = "\ufeff"


class Absent:
    """No value, where None is a value."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Item:
    """A step into a list: the mapping in it whose `key` has `value`."""

    key: str
    value: str


Step = str | Item
Path = tuple[Step, ...]


class Unparsable(ValueError):
    """The text is not of its format. `line` counts from 1, None when unknown."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


class Unsafe(ValueError):
    """The text is fine, but cannot be edited without touching more than was asked."""


class Format(Protocol):
    """`read` raises Unparsable. `edit` may raise Unsafe; its result is checked by `edited`."""

    name: str

    def read(self, text: str) -> Any: ...
    def edit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str: ...


def read(format: Format, text: str) -> Any:
    """The values of a text, a byte order mark in front or not. Raises Unparsable."""
    return format.read(text.removeprefix(BOM))


def edited(format: Format, text: str, put: Mapping[Path, Any], drop: Collection[Path] = ()) -> str:
    """The text with `put` set and `drop` gone. Raises Unparsable or Unsafe."""
    mark = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    before = format.read(text)
    put = {path: value for path, value in put.items() if value_at(before, path) != value}
    drop = [path for path in drop if value_at(before, path) is not ABSENT]
    if not put and not drop:
        return mark + text
    wanted = applied(before, put, drop)
    try:
        after = format.edit(text, put, drop)
    except Unsafe:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise Unsafe("it is written in a way that cannot be edited safely") from error
    try:
        is_right = is_same(format.read(after), wanted)
    except Unparsable:
        is_right = False
    if not is_right:
        raise Unsafe("it is written in a way that cannot be edited safely")
    return mark + after


def is_same(one: Any, other: Any) -> bool:
    """Equal, where nan is nan; nothing, `{}` and `[]` as a whole text say the same."""
    return (not one and not other) or _is_equal(one, other)


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return bool(one == other) or (one != one and other != other)  # nan


def value_at(values: Any, path: Path) -> Any:
    """The value at a path, or ABSENT."""
    for step in path:
        if isinstance(step, Item):
            values = next((item for item in _items(values) if item.get(step.key) == step.value), ABSENT)
        else:
            values = values.get(step, ABSENT) if isinstance(values, dict) else ABSENT
        if values is ABSENT:
            return ABSENT
    return values


def _items(values: Any) -> list[dict[str, Any]]:
    return [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []


def last_name(path: Path) -> str:
    """What a path is about, for people."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def applied(values: Any, put: Mapping[Path, Any], drop: Collection[Path]) -> Any:
    """The change on plain values. Raises Unsafe where a path leads through something else."""
    values = copy.deepcopy(values)
    for path in drop:
        _drop(values, path)
    for path, value in put.items():
        values = _put(values, path, value)
    return values


def _drop(values: Any, path: Path) -> None:
    parent = value_at(values, path[:-1])
    last = path[-1]
    if isinstance(last, Item):
        parent.remove(value_at(parent, (last,)))
    else:
        del parent[last]


def _put(values: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, Item):
        values = [] if values is ABSENT or values is None else values
        if not isinstance(values, list):
            raise Unsafe(f"a list is expected where {type(values).__name__} stands")
        inner = value_at(values, (step,))
        new = _put(inner, rest, value)
        if inner is ABSENT:
            return [*values, new]
        # By identity: equal entries may stand in the list twice, and the first is meant.
        at = next(index for index, item in enumerate(values) if item is inner)
        return [*values[:at], new, *values[at + 1 :]]
    values = {} if values is ABSENT or values is None else values
    if not isinstance(values, dict):
        raise Unsafe(f"`{step}` should be set in a table, and something else stands there")
    return {**values, step: _put(values.get(step, ABSENT), rest, value)}


def tree(put: Mapping[Path, Any]) -> dict[Step, Any]:
    """Paths as one nest of `Branch`es with values at their ends, for editors that walk down once."""
    root: dict[Step, Any] = Branch()
    for path, value in put.items():
        branch = root
        for step in path[:-1]:
            branch = branch.setdefault(step, Branch())
        branch[path[-1]] = value
    return root


class Branch(dict[Step, Any]):
    """An inner node of `tree`, so that a value that is a mapping is told from it."""


def plain(value: Any) -> Any:
    """A branch as the value to write where nothing stands yet."""
    if not isinstance(value, Branch):
        return value
    if any(isinstance(step, Item) for step in value):
        return [plain(item) for item in value.values()]
    return {str(key): plain(inner) for key, inner in value.items()}


def newline_of(text: str) -> str:
    """The line ending that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def spliced(text: str, pieces: Collection[tuple[int, int, str]]) -> str:
    """The text with each span (start, end) replaced. Spans do not overlap; of those at one place the first
    comes first."""
    for start, end, new in sorted(pieces, key=lambda piece: piece[:2])[::-1]:
        text = text[:start] + new + text[end:]
    return text
