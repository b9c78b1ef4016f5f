"""PURE. What a change did to a text, small enough to remember, and the way back.

Two ways back. As long as the text is exactly as we left it, the remembered lines give the old one byte for
byte. When somebody has changed it since, key by key: what still has our value gets its old one, or goes.
"""

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tray_app.clients import edits
from tray_app.clients.edits import ABSENT, Format, Item, Path, Step, value_at

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `start` to `end` (counted from 0, end not included) of our text, and what stood there before."""

    start: int
    end: int
    before: str


@dataclass(frozen=True, slots=True)
class Key:
    """One key of ours: what we wrote, and what stood there before (ABSENT: nothing)."""

    path: Path
    ours: Any
    before: Any = ABSENT


@dataclass(frozen=True, slots=True)
class Written:
    """What we did to one file. `existed` tells whether there was one; `made` are the tables and lists
    that there were not, `own` those that are ours whatever is in them."""

    existed: bool
    digest: str
    hunks: tuple[Hunk, ...]
    keys: tuple[Key, ...]
    made: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    backup: str = ""

    def key(self, path: Path) -> Key | None:
        return next((key for key in self.keys if key.path == path), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """A text to be written, and how to take it back."""

    text: str
    written: Written
    base: str | None = field(repr=False, default=None)  # what taking it back gives


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lines_of(text: str) -> list[str]:
    """Lines with their endings; only a line feed ends one."""
    return _LINES.findall(text)


def hunks_between(ours: str, before: str) -> tuple[Hunk, ...]:
    """What turns our text back into the one before."""
    new, old = lines_of(ours), lines_of(before)
    matcher = difflib.SequenceMatcher(a=new, b=old, autojunk=False)
    return tuple(
        Hunk(start, end, "".join(old[low:high]))
        for kind, start, end, low, high in matcher.get_opcodes()
        if kind != "equal"
    )


def restored(ours: str, hunks: tuple[Hunk, ...]) -> str:
    """The text before, from exactly our text."""
    lines = lines_of(ours)
    for hunk in sorted(hunks, key=lambda hunk: hunk.start, reverse=True):
        lines[hunk.start : hunk.end] = [hunk.before]
    return "".join(lines)


def connected(
    format: Format,
    text: str | None,
    put: Mapping[Path, Any],
    offer: Mapping[Path, Any],
    own: tuple[Path, ...],
    earlier: Written | None,
) -> Plan:
    """The text with our keys in it. `earlier` is what we did to it before, if we did.

    Raises Unparsable or Unsafe.
    """
    values = edits.read(format, text or "")
    put = {
        **put,
        **{path: value for path, value in offer.items() if _may_offer(values, path, value, earlier)},
    }
    stale = [key for key in earlier.keys if key.path not in put] if earlier else []
    back, gone = _ways_back(values, stale, earlier.made if earlier else (), put)
    after = edits.edited(format, text or "", {**back, **put}, gone)
    base = taken_back(format, text, earlier) if earlier and text is not None else text
    before = edits.read(format, base or "")
    keys = tuple(Key(path, value, value_at(before, path)) for path, value in put.items())
    written = Written(
        existed=base is not None,
        digest=digest(after),
        hunks=hunks_between(after, base or ""),
        keys=keys,
        made=_made(before, put),
        own=tuple(path for path in own if value_at(before, path) is ABSENT),
        backup=earlier.backup if earlier else "",
    )
    return Plan(after, written, base)


def _may_offer(values: Any, path: Path, value: Any, earlier: Written | None) -> bool:
    """Where nothing stands, or what stands there is ours."""
    now = value_at(values, path)
    ours = earlier.key(path) if earlier else None
    return now is ABSENT or (ours is not None and ours.ours == now)


def _made(before: Any, put: Mapping[Path, Any]) -> tuple[Path, ...]:
    """The tables and lists above our keys that did not stand there."""
    above = {path[:depth]: None for path in put for depth in range(1, len(path))}
    return tuple(path for path in above if value_at(before, path) is ABSENT)


def taken_back(format: Format, text: str, written: Written) -> str | None:
    """The text without us; None where there was no file and nothing else has come into it.

    Raises Unparsable or Unsafe when it has been changed since and cannot be edited now.
    """
    if digest(text) == written.digest:
        return restored(text, written.hunks) if written.existed else None
    values = edits.read(format, text)
    back, gone = _ways_back(values, written.keys, written.made, {})
    gone = [*gone, *(path for path in written.own if value_at(values, path) is not ABSENT)]
    gone = _outermost(_emptied(values, gone, written.made))
    back = {path: value for path, value in back.items() if not any(_is_within(path, top) for top in gone)}
    after = edits.edited(format, text, back, gone)
    if not written.existed and not edits.read(format, after) and "#" not in after and "//" not in after:
        return None
    return after


def _ways_back(
    values: Any, keys: Any, made: tuple[Path, ...], kept: Mapping[Path, Any]
) -> tuple[dict[Path, Any], list[Path]]:
    """Of the keys that still have our value: old values to set, and paths to take out."""
    ours = [key for key in keys if value_at(values, key.path) == key.ours]
    back = {key.path: key.before for key in ours if key.before is not ABSENT}
    gone = [key.path for key in ours if key.before is ABSENT]
    free = tuple(path for path in made if not any(_is_within(other, path) for other in kept))
    return back, _outermost(_emptied(values, gone, free))


def _emptied(values: Any, gone: list[Path], made: tuple[Path, ...]) -> list[Path]:
    """`gone`, with the tables of ours that nothing else is left in; the innermost is looked at first."""
    gone = list(gone)
    for path in sorted(made, key=len, reverse=True):
        inner = value_at(values, path)
        if inner is ABSENT or not isinstance(inner, dict | list):
            continue
        left = [step for step in _steps(inner, gone, path) if (*path, step) not in gone]
        if not left:
            gone.append(path)
    return gone


def _steps(inner: Any, gone: list[Path], path: Path) -> list[Step]:
    """The entries of a table or list; of a list's, those that a path of `gone` means by their own step."""
    if isinstance(inner, dict):
        return list(inner)
    items: list[Step] = [
        other[len(path)] for other in gone if other[: len(path)] == path and len(other) > len(path)
    ]
    named = [step for step in dict.fromkeys(items) if isinstance(step, Item)]
    rest = [entry for entry in inner if not any(value_at([entry], (step,)) is not ABSENT for step in named)]
    return [*named, *(Item("", str(number)) for number in range(len(rest)))]


def _outermost(paths: list[Path]) -> list[Path]:
    unique = list(dict.fromkeys(paths))
    return [path for path in unique if not any(_is_within(path, other) for other in unique if other != path)]


def _is_within(path: Path, top: Path) -> bool:
    return path[: len(top)] == top
