"""On which line of a TOML text each key stands, for messages. Pure.

Neither tomllib nor tomlkit tells. This reads only as much TOML as that needs: headers, keys at the start
of a line, and where values go over several lines. What it does not understand has no line.
"""

import re
from collections.abc import Iterator

_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_PATH})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_PATH})\s*=\s*")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]|.')
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line, counted from 1, of every section header and key, by its whole path."""
    found: dict[tuple[str, ...], int] = {}
    for path, first, _ in entries(text):
        found.setdefault(path, first)
    return found


def entries(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Every section header and key in order: its whole path, its first line and its last, counted from 1."""
    path: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    first = 0
    rest = _Value()
    for number, line in enumerate(text.split("\n"), 1):
        if rest.is_open:
            rest.read(line)
        elif header := _HEADER.match(line):
            section = path = _path(header[1])
            first = number
        elif key := _KEY.match(line):
            path, first = section + _path(key[1]), number
            rest.read(line[key.end() :])
        else:
            continue
        if not rest.is_open:
            yield path, first, number


def _path(text: str) -> tuple[str, ...]:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in re.findall(_PART, text))


class _Value:
    """Follows a value over lines: inside how many brackets, inside which long string."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""

    @property
    def is_open(self) -> bool:
        return bool(self._depth or self._quote)

    def read(self, line: str) -> None:
        if self._quote:
            _, end, line = line.partition(self._quote)
            if not end:
                return None
            self._quote = ""
        for token in _TOKEN.finditer(line):
            if token[0] in ('"""', "'''"):
                self._quote = token[0]
                return self.read(line[token.end() :])
            self._depth = max(0, self._depth + _DEPTH.get(token[0], 0))
        return None
