"""PURE. Where new lines go in a TOML text, and which lines old ones are.

Only whole lines are put in and taken out, so every other one stays as it is. What cannot be done with whole
lines, as inside of `{ inline = "tables" }`, is not tried here: the caller checks what came out.
"""

import json
import re
from typing import Any

from tray_app.clients.edits import Path, newline_of
from tray_app.toml_lines import entries

_BARE = re.compile(r"[A-Za-z0-9_-]+")
Entry = tuple[tuple[str, ...], int, int]  # path, first line, line behind the last; from 0


def without(text: str, top: Path) -> str:
    """The text without a key or a table. Comments stay; the blank line that set them apart goes."""
    lines = text.split("\n")
    gone: set[int] = set()
    for path, first, end in _entries(text):
        if path[: len(top)] == top:
            gone.update(range(first, end))
            if _is_header(lines[first]) and first and not lines[first - 1].strip():
                gone.add(first - 1)
    for number in sorted(gone):
        above, behind = number - 1, number + 1
        while above in gone:
            above -= 1
        is_seam = behind not in gone and behind < len(lines) - 1
        if is_seam and not lines[behind].strip() and (above < 0 or not lines[above].strip()):
            gone.add(behind)
    return "\n".join(line for number, line in enumerate(lines) if number not in gone)


def with_key(text: str, key: Path, value: Any) -> str:
    """The text with a key that is not in it: beside the others of its table, or in a table at the end."""
    table, name = tuple(map(str, key[:-1])), str(key[-1])
    lines, newline = text.split("\n"), newline_of(text)
    found = _entries(text)
    headers = [index for index, (_, first, _) in enumerate(found) if _is_header(lines[first])]
    if not table:
        return _at_the_top(lines, found, headers, _assignment((name,), value), newline)
    for index in headers:
        if found[index][0] == table:
            after = next((header for header in headers if header > index), len(found))
            return _joined(lines, found[after - 1][2], [_assignment((name,), value)], newline)
    for index in range(len(found) - 1, -1, -1):  # `features.a = 1`: dotted, and so will ours be
        path, first, end = found[index]
        section = next((found[header][0] for header in reversed(headers) if header <= index), ())
        if path[:-1] == table and not _is_header(lines[first]) and len(section) < len(table):
            return _joined(lines, end, [_assignment((*table[len(section) :], name), value)], newline)
    return _at_the_end(text, table, _assignment((name,), value), newline)


def _at_the_top(lines: list[str], found: list[Entry], headers: list[int], own: str, newline: str) -> str:
    """Behind the last key that belongs to no table, else before the first table and its comment."""
    first_header = headers[0] if headers else len(found)
    if first_header:
        return _joined(lines, found[first_header - 1][2], [own], newline)
    if not headers:
        at = len(lines) - 1 if not lines[-1] else len(lines)
        return _joined(lines, at, [own], newline)
    at = found[0][1]
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return _joined(lines, at, [own, ""], newline)


def _at_the_end(text: str, table: tuple[str, ...], own: str, newline: str) -> str:
    body = text if not text or text.endswith("\n") else text + newline
    gap = newline if body.strip() and not body.endswith(("\n\n", "\n\r\n")) else ""
    header = f"[{_dotted(table)}]"
    return body + gap + newline.join([header, own, ""])


def _joined(lines: list[str], at: int, own: list[str], newline: str) -> str:
    """The lines with ours before number `at`."""
    ending = newline.removesuffix("\n")
    before = lines[:at]
    if at == len(lines) and before:  # the last line has no line feed yet
        return "\n".join([*before[:-1], before[-1] + ending, *(line + ending for line in own), ""])
    return "\n".join([*before, *(line + ending for line in own), *lines[at:]])


def _entries(text: str) -> list[Entry]:
    return [(path, first - 1, last) for path, first, last in entries(text)]


def _is_header(line: str) -> bool:
    return line.lstrip().startswith("[")


def _assignment(path: tuple[str, ...], value: Any) -> str:
    """Texts, numbers and truth values look in TOML as in JSON."""
    return f"{_dotted(path)} = {json.dumps(value, ensure_ascii=False)}"


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in path)
