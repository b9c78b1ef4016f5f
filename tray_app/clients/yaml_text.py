"""PURE. Editing YAML by splicing: PyYAML tells where things stand, and only those places are touched."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from tray_app.clients.edits import Branch, Item, Path, Unparsable, Unsafe, newline_of, plain, spliced, tree

_PLAIN = re.compile(r"[A-Za-z][\w./:-]*[\w/]")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null"})
_STEP = 2

Piece = tuple[int, int, str]


class Yaml:
    name = "YAML"

    def read(self, text: str) -> Any:
        import yaml

        try:
            return yaml.load(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise Unparsable(error.problem or "it is not YAML", mark.line + 1 if mark else None) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise Unparsable("it holds characters or values that YAML does not allow") from error

    def edit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        for path in drop:
            editor = _Editor(text)
            editor.drop(path)
            text = spliced(text, editor.pieces)
        if put:
            editor = _Editor(text)
            editor.put(tree(put))
            text = spliced(text, editor.pieces)
        return text


class _Editor:
    def __init__(self, text: str) -> None:
        import yaml

        self._yaml = yaml
        self._text = text
        self._newline = newline_of(text)
        self._root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        self.pieces: list[Piece] = []

    # --- setting ----------------------------------------------------------------------------------

    def put(self, wanted: dict[Any, Any]) -> None:
        if self._root is None or self._is_null(self._root):
            at = len(self._text) if self._root is None else self._root.end_mark.index
            self.pieces.append((at, at, self._own_lines(at, self._lines(plain(wanted), 0))))
        else:
            self._merge(self._root, wanted)

    def _merge(self, node: Any, wanted: dict[Any, Any]) -> None:
        new = {}
        for step, value in wanted.items():
            found = self._find(node, step)
            if found is None:
                new[step] = plain(value)
            elif isinstance(value, Branch) and not self._is_null(found) and not self._is_empty(found):
                self._merge(found, value)
            else:
                self._replace(node, found, plain(value))
        if new:
            self._insert(node, new)

    def _find(self, node: Any, step: Any) -> Any:
        """The last value of that key, or the first item with that name; None without one."""
        if isinstance(step, Item):
            if not isinstance(node, self._yaml.SequenceNode):
                raise Unsafe("a list is expected where something else stands")
            named = ((item, self._find(item, step.key)) for item in node.value if self._is_mapping(item))
            return next((item for item, name in named if name is not None and name.value == step.value), None)
        if not self._is_mapping(node):
            raise Unsafe(f"`{step}` should be set in a table, and something else stands there")
        found = [value for key, value in node.value if key.value == step]
        return found[-1] if found else None

    def _replace(self, around: Any, node: Any, value: Any) -> None:
        start, end = node.start_mark.index, node.end_mark.index
        is_table = isinstance(value, dict) or _is_table_list(value)
        if is_table and value and not around.flow_style:
            is_block = isinstance(node, self._yaml.ScalarNode) and node.style in ("|", ">")
            if is_block or (isinstance(node, self._yaml.CollectionNode) and node.value):
                raise Unsafe("something stands where a list or a table should be written")
            lines = self._lines(value, around.start_mark.column + _STEP)
            text = "".join(f"{self._newline}{line}" for line in lines)
            start -= len(self._text[:start]) - len(self._text[:start].rstrip(" "))
            self.pieces.append((start, end, text))
            return
        if isinstance(node, self._yaml.ScalarNode) and node.style in ("|", ">"):
            raise Unsafe("a text over several lines stands where a value should be set")
        if isinstance(node, self._yaml.CollectionNode) and not node.flow_style:
            start, end = len(self._text[:start].rstrip()), self._end(node)
            if not self._text[:start].endswith(":"):
                raise Unsafe("a list or a table stands where a value should be set")
            self.pieces.append((start, end, f" {_flow(value)}"))
            return
        blank = " " if start == end and not self._text[:start].endswith((" ", "\n")) else ""
        self.pieces.append((start, end, blank + _flow(value)))

    def _insert(self, node: Any, new: Mapping[Any, Any]) -> None:
        if node.flow_style:
            parts = [
                _flow(value) if isinstance(step, Item) else f"{_flow(str(step))}: {_flow(value)}"
                for step, value in new.items()
            ]
            text = ", ".join(parts)
            at = self._end(self._last(node)) if node.value else node.start_mark.index + 1
            self.pieces.append((at, at, f", {text}" if node.value else text))
            return
        is_list = any(isinstance(step, Item) for step in new)
        value = list(new.values()) if is_list else {str(step): value for step, value in new.items()}
        at = self._line_behind(self._last(node))
        self.pieces.append((at, at, self._own_lines(at, self._lines(value, node.start_mark.column))))

    def _own_lines(self, at: int, lines: list[str]) -> str:
        """Lines to put in at the start of a line, or at the end of a text that lacks its last line ending."""
        text = self._newline.join(lines)
        before = self._text[:at]
        return text + self._newline if not before or before.endswith("\n") else self._newline + text

    def _lines(self, value: Any, column: int) -> list[str]:
        """A table or a list, one entry a line; lists inside of it in brackets."""
        pad = " " * column
        lines = []
        if isinstance(value, list):
            for item in value:
                inner = (
                    self._lines(item, column + _STEP)
                    if isinstance(item, dict) and item
                    else [pad + _flow(item)]
                )
                first = inner[0].lstrip(" ")
                lines += [f"{pad}- {first}", *inner[1:]]
            return lines
        for key, inner in value.items():
            is_block = (isinstance(inner, dict) and inner) or _is_table_list(inner)
            lines.append(f"{pad}{_flow(key)}:" if is_block else f"{pad}{_flow(key)}: {_flow(inner)}")
            if is_block:
                lines += self._lines(inner, column + _STEP)
        return lines

    # --- taking out -------------------------------------------------------------------------------

    def drop(self, path: Path) -> None:
        node = self._root
        for step in path[:-1]:
            node = self._find(node, step)
        found = self._find(node, path[-1])
        if found is None:
            raise Unsafe("it is written in a way that cannot be edited safely")
        if node.flow_style:
            self.pieces.append(self._within_brackets(node, found))
            return
        first = self._start(node, path[-1], found)
        start = self._text.rfind("\n", 0, first) + 1
        if self._text[start:first].strip(" -" if isinstance(path[-1], Item) else " "):
            raise Unsafe("it is written in a way that cannot be edited safely")
        end = self._line_behind(found)
        if len(node.value) > 1 or node is self._root:
            self.pieces.append((start, end, ""))
            return
        empty = " []" if isinstance(path[-1], Item) else " {}"
        before = len(self._text[:start].rstrip())
        self.pieces += [(before, before, empty), (start, end, "")]

    def _within_brackets(self, node: Any, found: Any) -> Piece:
        """One entry of a flow list or table, with a comma."""
        spans = [
            (entry[0].start_mark.index, self._end(entry[1]))
            if isinstance(entry, tuple)
            else (entry.start_mark.index, self._end(entry))
            for entry in node.value
        ]
        values = [entry[1] if isinstance(entry, tuple) else entry for entry in node.value]
        at = next(number for number, value in enumerate(values) if value is found)
        if at + 1 < len(spans):
            return (spans[at][0], spans[at + 1][0], "")
        return (spans[at - 1][1] if at else spans[at][0], spans[at][1], "")

    def _start(self, node: Any, step: Any, found: Any) -> int:
        if isinstance(step, Item):
            return int(found.start_mark.index)
        return int(next(key.start_mark.index for key, value in node.value if value is found))

    # --- where things stand -----------------------------------------------------------------------

    def _is_mapping(self, node: Any) -> bool:
        return isinstance(node, self._yaml.MappingNode)

    def _is_null(self, node: Any) -> bool:
        return isinstance(node, self._yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"

    def _is_empty(self, node: Any) -> bool:
        return isinstance(node, self._yaml.CollectionNode) and not node.value

    def _last(self, node: Any) -> Any:
        last = node.value[-1]
        return last[1] if isinstance(last, tuple) else last

    def _end(self, node: Any) -> int:
        """PyYAML ends a block where the next thing begins; this is where its last value ends."""
        if isinstance(node, self._yaml.CollectionNode) and not node.flow_style and node.value:
            return self._end(self._last(node))
        return int(node.end_mark.index)

    def _line_behind(self, node: Any) -> int:
        """The start of the line behind a value."""
        end = self._end(node)
        if end and self._text[end - 1] == "\n":
            return end
        found = self._text.find("\n", end)
        return len(self._text) if found < 0 else found + 1


def _is_table_list(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _flow(value: Any) -> str:
    """On one line: plain where that is safe in every version of YAML, else as JSON."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(str(key))}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False, default=str)
