"""PURE. Editing `.env` files: `KEY=value` lines, `export` in front or not. Other lines are left alone."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from tray_app.clients.edits import Path, newline_of, spliced

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*"""
    r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\r\n#]*?)[ \t]*(?:\#[^\r\n]*)?(?=\r?\n|\Z)""",
    re.MULTILINE,
)
_PLAIN = re.compile(r"[\w./:@%+,=-]*")


class Env:
    name = ".env"

    def read(self, text: str) -> Any:
        return {match[1]: _unquoted(match[2]) for match in _LINE.finditer(text)}

    def edit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        lines = list(_LINE.finditer(text))
        pieces, newline = [], newline_of(text)
        for match in lines:
            if (match[1],) in drop:
                end = match.end() + len(newline) if text.startswith(newline, match.end()) else match.end()
                pieces.append((match.start(), end, ""))
        last = {match[1]: match for match in lines}  # of a repeated name the last one counts
        new = []
        for (key,), value in put.items():
            if str(key) in last:
                pieces.append((*last[str(key)].span(2), _quoted(value)))
            else:
                new.append(f"{key}={_quoted(value)}{newline}")
        text = spliced(text, pieces)
        between = newline if new and text and not text.endswith("\n") else ""
        return text + between + "".join(new)


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else f'"{value}"'


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] else text


class Line:
    """A file that holds one name and nothing else, as the value of `Line.KEY`."""

    name = "text"
    KEY = "text"

    def read(self, text: str) -> Any:
        return {self.KEY: text.strip()} if text.strip() else {}

    def edit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        return "".join(f"{value}\n" for value in put.values())
