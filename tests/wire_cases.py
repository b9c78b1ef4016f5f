"""Recorded-by-hand upstream streams and what each means, for the tests of every reader and writer."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Ask, Message, Reply, Text, Thinking, ToolCall
from tray_app.dialects.protocol import Rules, Stream

FOLDER = Path(__file__).parent / "dialects" / "cases"


@dataclass(frozen=True)
class Case:
    """`want` holds text, thinking, opaque, calls, stop and usage of a good stream, or its fault."""

    dialect: str
    name: str
    sse: bytes
    want: dict[str, Any]

    @property
    def is_good(self) -> bool:
        return "fault" not in self.want


def load(dialect: str) -> list[Case]:
    return [
        Case(dialect, path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_text()))
        for path in sorted((FOLDER / dialect).glob("*.sse"))
    ]


def params(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=f"{case.dialect}-{case.name}") for case in cases]


def rules(**model: Any) -> Rules:
    return Rules(Model("claude-opus-9", vendor="Anthropic", **model), Memory())


def an_ask(**more: Any) -> Ask:
    return Ask(model="asked", messages=(Message("user", (Text("hi"),)),), stream=True, **more)


def run(stream: Stream, data: bytes, size: int | None = None) -> bytes:
    """Everything the client gets when the body comes in pieces of `size` bytes."""
    pieces = [data] if size is None else [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(stream.feed(piece) for piece in pieces) + stream.finish()


def split_at(stream: Stream, data: bytes, place: int) -> bytes:
    return stream.feed(data[:place]) + stream.feed(data[place:]) + stream.finish()


def meaning(reply: Reply) -> dict[str, Any]:
    """What a case's `want` says about a good stream."""
    found: dict[str, Any] = {"stop": reply.stop.reason.value}
    texts = [part.text for part in reply.parts if isinstance(part, Text)]
    thoughts = [part for part in reply.parts if isinstance(part, Thinking)]
    if texts:
        found["text"] = "".join(texts)
    if any(thought.text for thought in thoughts):
        found["thinking"] = "".join(thought.text for thought in thoughts)
    opaque = [thought.opaque.value for thought in thoughts if thought.opaque]
    if opaque:
        found["opaque"] = opaque[-1]
    calls = [[part.id, part.name, part.arguments] for part in reply.parts if isinstance(part, ToolCall)]
    if calls:
        found["calls"] = calls
    usage = {name: n for name in reply.usage.__slots__ if (n := getattr(reply.usage, name)) is not None}
    if usage:
        found["usage"] = usage
    return found


def wanted(case: Case) -> dict[str, Any]:
    return {key: value for key, value in case.want.items() if key != "native_differs"}
