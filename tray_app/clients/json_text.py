"""PURE. Editing JSON and JSON with comments by splicing: what is not ours keeps every byte."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from tray_app.clients.edits import Branch, Path, Unsafe, newline_of, plain, spliced, tree
from tray_app.clients.json_reader import Node, parse

_INDENT = re.compile(r"(?:^|\n)([ \t]*)$")
_BLANK_BEFORE = re.compile(r"(?:\r?\n)?[ \t]*$")

Piece = tuple[int, int, str]


class Json:
    name = "JSON"

    def read(self, text: str) -> Any:
        return parse(text).value

    def edit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        text = _Editor(text, drop_too=drop).dropped() if drop else text
        return _Editor(text).put_in(tree(put)) if put else text


class _Editor:
    def __init__(self, text: str, drop_too: Collection[Path] = ()) -> None:
        self._text = text
        self._root = parse(text)
        self._drop = drop_too
        self._newline = newline_of(text)
        self._unit = self._unit_of_indent()
        self._pieces: list[Piece] = []

    # --- setting ----------------------------------------------------------------------------------

    def put_in(self, wanted: dict[Any, Any]) -> str:
        if self._root.start == self._root.end:  # nothing but blanks and comments
            body = self._written(plain(wanted), "", one_line=False)
            head = self._text.rstrip()
            return f"{head}{self._newline if head else ''}{body}{self._newline}"
        self._merge(self._root, wanted)
        return spliced(self._text, self._pieces)

    def _merge(self, node: Node, wanted: dict[Any, Any]) -> None:
        if not node.is_object:
            raise Unsafe("an object is expected where something else stands")
        last = {member.key: member for member in node.members}  # of a repeated key the last one counts
        new = {}
        for key, value in wanted.items():
            if key not in last:
                new[key] = plain(value)
            elif isinstance(value, Branch) and last[key].node.is_object:
                self._merge(last[key].node, value)
            elif isinstance(value, Branch) and last[key].node.value is not None:
                raise Unsafe(f"`{key}` should be an object, and something else stands there")
            else:
                self._replace(node, last[key].node, plain(value))
        if new:
            self._insert(node, new)

    def _replace(self, around: Node, node: Node, value: Any) -> None:
        indent, one_line = self._layout(around)
        self._pieces.append((node.start, node.end, self._written(value, indent, one_line=one_line)))

    def _insert(self, node: Node, new: Mapping[str, Any]) -> None:
        indent, one_line = self._layout(node)
        entries = [
            f"{json.dumps(key, ensure_ascii=False)}: {self._written(value, indent, one_line=one_line)}"
            for key, value in new.items()
        ]
        between = ", " if one_line else f",{self._newline}{indent}"
        text = between.join(entries)
        closing = node.end - 1
        if not node.members:
            self._fill(node, text, indent)
            return
        last = node.members[-1]
        if one_line:
            start = self._text[last.comma + 1 : closing] if last.comma is not None else ""
            at = closing - len(start) + len(start.rstrip()) if last.comma is not None else last.node.end
            self._pieces.append((at, at, f" {text}," if last.comma is not None else f", {text}"))
            return
        at = len(self._text[:closing].rstrip())
        trailing = "," if last.comma is not None else ""
        if last.comma is None:
            if at == last.node.end:  # one piece: two at the same place would have no order
                self._pieces.append((at, at, f",{self._newline}{indent}{text}"))
                return
            self._pieces.append((last.node.end, last.node.end, ","))
        self._pieces.append((at, at, f"{self._newline}{indent}{text}{trailing}"))

    def _fill(self, node: Node, text: str, indent: str) -> None:
        """Into `{}`, which may hold blanks and comments."""
        closing = node.end - 1
        kept = self._text[node.start + 1 : closing].rstrip()
        outer = self._indent_at(node.start) if "\n" not in kept else indent.removesuffix(self._unit)
        at = node.start + 1 + len(kept)
        self._pieces.append((at, closing, f"{self._newline}{indent}{text}{self._newline}{outer}"))

    # --- taking out -------------------------------------------------------------------------------

    def dropped(self) -> str:
        text = self._text
        for path in self._drop:
            # One at a time: neighbours share a comma. A repeated key goes as often as it stands there.
            while True:
                root = parse(text)
                parent = _node_at(root, path[:-1])
                found = [member for member in parent.members if member.key == path[-1]]
                if not found:
                    break
                text = spliced(text, _without(text, parent, parent.members.index(found[-1])))
        return text

    # --- layout -----------------------------------------------------------------------------------

    def _layout(self, node: Node) -> tuple[str, bool]:
        """How deep the members of an object are indented, and whether it is written on one line."""
        if node.members:
            first = self._text[node.start : node.members[0].start]
            if "\n" in first:
                return self._indent_at(node.members[0].start), False
            if "\n" not in self._text[node.start : node.end]:
                return "", True
        return self._indent_at(node.start) + self._unit, False

    def _indent_at(self, at: int) -> str:
        line = self._text.rfind("\n", 0, at) + 1
        blanks = re.match(r"[ \t]*", self._text[line:at])
        return blanks[0] if blanks else ""

    def _unit_of_indent(self) -> str:
        for member in self._root.members:
            if match := _INDENT.search(self._text[: member.start]):
                outer = self._indent_at(self._root.start)
                return match[1].removeprefix(outer) or "  "
        return "  "

    def _written(self, value: Any, indent: str, *, one_line: bool) -> str:
        if one_line:
            return json.dumps(value, ensure_ascii=False)
        lines = json.dumps(value, indent=self._unit, ensure_ascii=False).split("\n")
        return (self._newline + indent).join(lines)


def _node_at(node: Node, path: Path) -> Node:
    for step in path:
        found = [member.node for member in node.members if member.key == step]
        node = found[-1] if found else Node(0, 0, None)
    return node


def _without(text: str, parent: Node, index: int) -> list[Piece]:
    """The pieces that take out one member with its comma and its line."""
    members = parent.members
    member = members[index]
    before = _BLANK_BEFORE.search(text, 0, member.start)
    start = before.start() if before and "\n" in before[0] else member.start
    end = member.node.end if member.comma is None else member.comma + 1
    if start == member.start and member.comma is not None:  # within a line: with the blanks behind it
        end += len(text[end:]) - len(text[end:].lstrip(" \t"))
    pieces = [(start, end, "")]
    comma = members[index - 1].comma if index and member.comma is None else None
    if comma is not None:  # the one before is the last now
        is_near = not text[comma + 1 : start].strip()
        pieces = [(comma, end, "")] if is_near else [*pieces, (comma, comma + 1, "")]
    if len(members) == 1:
        inside = text[parent.start + 1 : start] + text[end : parent.end - 1]
        if not inside.strip():
            return [(parent.start + 1, parent.end - 1, "")]
    return pieces
