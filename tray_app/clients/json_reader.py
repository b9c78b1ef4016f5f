"""PURE. JSON with comments and trailing commas, read into nodes that know where they stand.

More is taken than the standard allows (comments, trailing commas, as editors and tools do); what is
neither is named with its line.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tray_app.clients.edits import Unparsable

_SKIP = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_LITERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_DEEPEST = 200


@dataclass(slots=True)
class Node:
    """One value. `members` are an object's, in order; `is_object` tells `{}` from a list or a scalar."""

    start: int
    end: int
    value: Any
    is_object: bool = False
    members: list["Member"] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """`"key": value`; `comma` is where the comma behind it stands, None without one."""

    key: str
    start: int
    node: Node
    comma: int | None = None


def parse(text: str) -> Node:
    """The root. A text of nothing but blanks and comments is an empty object. Raises Unparsable."""
    reader = _Reader(text)
    start = reader.skip(0)
    if start == len(text):
        return Node(start, start, {}, is_object=True)
    root = reader.value(start, 0)
    if (rest := reader.skip(root.end)) != len(text):
        raise reader.fault(rest, "something stands behind the end")
    return root


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def fault(self, at: int, reason: str) -> Unparsable:
        return Unparsable(reason, self._text.count("\n", 0, at) + 1)

    def skip(self, at: int) -> int:
        """Past blanks and comments."""
        match = _SKIP.match(self._text, at)
        assert match
        if self._text.startswith("/*", match.end()):
            raise self.fault(match.end(), "a comment is not closed")
        return match.end()

    def value(self, at: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.fault(at, "it is nested too deeply")
        first = self._text[at : at + 1]
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._list(at, depth)
        if first == '"':
            text, end = self._string(at)
            return Node(at, end, text)
        if match := _LITERAL.match(self._text, at):
            return Node(at, match.end(), json.loads(match[0]))
        raise self.fault(at, "a value is missing or not JSON" if first else "the text ends too early")

    def _string(self, at: int) -> tuple[str, int]:
        match = _STRING.match(self._text, at)
        try:
            if match:
                return json.loads(match[0]), match.end()
        except ValueError:
            pass
        raise self.fault(at, "a text in double quotes is expected")

    def _object(self, at: int, depth: int) -> Node:
        node = Node(at, at, {}, is_object=True)
        place = self.skip(at + 1)
        while not self._text.startswith("}", place):
            key, end = self._string(place)
            colon = self.skip(end)
            if not self._text.startswith(":", colon):
                raise self.fault(colon, "a colon is missing")
            inner = self.value(self.skip(colon + 1), depth + 1)
            member = Member(key, place, inner)
            node.members.append(member)
            node.value[key] = inner.value
            place, member.comma = self._past_comma(inner.end, "}")
        node.end = place + 1
        return node

    def _list(self, at: int, depth: int) -> Node:
        node = Node(at, at, [])
        place = self.skip(at + 1)
        while not self._text.startswith("]", place):
            inner = self.value(place, depth + 1)
            node.value.append(inner.value)
            place, _ = self._past_comma(inner.end, "]")
        node.end = place + 1
        return node

    def _past_comma(self, at: int, closing: str) -> tuple[int, int | None]:
        """Where the next entry or the end is, and where the comma was."""
        place = self.skip(at)
        if self._text.startswith(",", place):
            return self.skip(place + 1), place
        if not self._text.startswith(closing, place):
            raise self.fault(place, f"a comma or {closing} is missing")
        return place, None
