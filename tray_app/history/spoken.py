"""PURE. The texts in a body of any dialect: what somebody said or read, in order; no ids, no pictures."""

from collections.abc import Iterator
from typing import Any

_SPOKEN = (
    "text", "content", "output", "parts", "thinking", "arguments", "delta", "partial_json", "message",
    "choices", "error", "function", "tool_calls", "reasoning_text", "candidates",
)  # fmt: skip
_DEEPEST = 12
Place = tuple[Any, Any]  # the object or list, and the name or number in it


def places(value: Any, depth: int = 0) -> Iterator[Place]:
    """Where the texts stand, so that they can be read and replaced."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        inside: Iterator[Any] = iter(range(len(value)))
    elif isinstance(value, dict):
        inside = iter([name for name in _SPOKEN if name in value])
    else:
        return
    for key in inside:
        if isinstance(value[key], str):
            yield value, key
        else:
            yield from places(value[key], depth + 1)


def texts_in(value: Any) -> Iterator[str]:
    """The texts themselves."""
    if isinstance(value, str):
        yield value
        return
    for owner, key in places(value):
        yield owner[key]
