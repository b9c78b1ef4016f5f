"""Where a prompt differs from the one before it: a cache is lost from the first part that changed.

A prompt is its tools, its system text, and each message. Every part gets a short hash; the lists of a
session's last prompts are kept in memory, and each new one is held against the list it shares most with. A
prompt that shares nothing with any of them is another branch: a subagent, or a call beside the conversation.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson

from tray_app.dialects.fields import Json
from tray_app.history.record import Record

_MAX_SESSIONS = 200
_MAX_BRANCHES = 12
_MAX_PARTS = 4_000
_HEAD = 2  # tools and system stand before the messages
# Marks move from request to request and are no part of what the model reads.
_MOVING = ("cache_control", "copilot_cache_control")
Marks = tuple[bytes, ...]


@dataclass(slots=True)
class _Branch:
    number: int
    model: str | None
    marks: Marks


class Prefixes:
    """The last prompts of the sessions that are going on."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, list[_Branch]] = OrderedDict()

    def compare(self, record: Record) -> None:
        """Write into the record which branch it belongs to and how much of its prompt stands as before."""
        if not record.session_id or record.sent is None:
            return
        marks = marks_of(record.sent)
        branches = self._sessions.setdefault(record.session_id, [])
        self._sessions.move_to_end(record.session_id)
        if len(self._sessions) > _MAX_SESSIONS:
            self._sessions.popitem(last=False)
        record.prefix_parts = len(marks)
        same = [branch for branch in branches if _belongs(branch, marks, record)]
        if not same:
            number = _next_number(branches, record)
            branches.append(_Branch(number, record.model_served, marks))
            del branches[:-_MAX_BRANCHES]
            record.branch = number
            return
        best = max(same, key=lambda branch: shared(branch.marks, marks))
        record.branch = best.number
        record.prefix_kept = kept = shared(best.marks, marks)
        if kept < min(len(best.marks), len(marks)):
            record.prefix_changed = name_of(kept)
        best.marks, best.model = marks, record.model_served


def _next_number(branches: list[_Branch], record: Record) -> int:
    if not branches:
        return 0 if record.background is None else 1
    numbers = [branch.number for branch in branches]
    return 0 if record.background is None and 0 not in numbers else max(numbers) + 1


def _belongs(branch: _Branch, marks: Marks, record: Record) -> bool:
    """The same conversation begins with the same message, or with the same tools and system text. A side
    call belongs to other side calls only."""
    if (record.background is not None) != (branch.number != 0) and record.background is not None:
        return False
    same_start = len(marks) > _HEAD and len(branch.marks) > _HEAD and marks[_HEAD] == branch.marks[_HEAD]
    return same_start or (record.background is None and branch.number == 0 and marks[:1] == branch.marks[:1])


def shared(one: Marks, other: Marks) -> int:
    """How many parts from the start are the same."""
    for at, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return at
    return min(len(one), len(other))


def name_of(part: int) -> str:
    """What people call the part: tools, system, message 1."""
    return ("tools", "system")[part] if part < _HEAD else f"message {part - _HEAD + 1}"


def marks_of(body: Json) -> Marks:
    """A hash of each part of a body for upstream, in any of its dialects."""
    messages: Any = body.get("messages", body.get("input"))
    if not isinstance(messages, list):
        messages = [messages]
    system = body.get("system", body.get("instructions"))
    return tuple(_mark(part) for part in (body.get("tools"), system, *messages[:_MAX_PARTS]))


def _mark(part: Any) -> bytes:
    try:
        text = orjson.dumps(_unmarked(part))
    except (TypeError, RecursionError):  # nested too deeply for one of them
        return b""
    return hashlib.blake2b(text, digest_size=4).digest()


def _unmarked(part: Any) -> Any:
    """Without the marks where dialects have them: at a message, at its blocks, at a tool. Cheap, because a
    long text is not looked through."""
    if isinstance(part, list):
        return [_unmarked(one) if isinstance(one, dict) else one for one in part]
    if not isinstance(part, dict):
        return part
    bare = {key: value for key, value in part.items() if key not in _MOVING}
    if isinstance(blocks := bare.get("content"), list):
        bare["content"] = [_unmarked(one) if isinstance(one, dict) else one for one in blocks]
    return bare
