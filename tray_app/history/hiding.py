"""Secrets out of what is stored, also out of streams, whose events cut them into pieces."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from tray_app.history.spoken import Place, places
from tray_app.redaction import REDACTED, redact, secret_spans

_FRAME_END = re.compile(rb"\r?\n\r?\n")
_SHORTEST = 4  # a key of fewer characters would be found everywhere
Span = tuple[int, int]


def without_secrets(text: str, secrets: Sequence[str]) -> str:
    """`secrets` are the owner's own keys."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, REDACTED)
    return redact(text)


def clean_pieces(pieces: Sequence[tuple[float, bytes]], secrets: Sequence[str]) -> list[tuple[float, str]]:
    """A stream cut into its events, each with the moment its end went out; one piece stays one."""
    cut: list[tuple[float, str]] = []
    rest = b""
    for at_ms, data in pieces:
        rest += data
        start = 0
        for end in _FRAME_END.finditer(rest):
            cut.append((at_ms, rest[start : end.end()].decode(errors="replace")))
            start = end.end()
        rest = rest[start:]
    if rest:
        cut.append((pieces[-1][0], rest.decode(errors="replace")))
    texts = _across([without_secrets(text, secrets) for _, text in cut], secrets)
    return [(at_ms, text) for (at_ms, _), text in zip(cut, texts, strict=True)]


def _across(frames: list[str], secrets: Sequence[str]) -> list[str]:
    """The frames with what only their joined texts show taken out."""
    read = [_event(frame) for frame in frames]
    held = [(at, place) for at, event in enumerate(read) if event is not None for place in places(event)]
    joined = "".join(owner[key] for _, (owner, key) in held)
    spans = _spans(joined, secrets)
    if not spans:
        return frames
    changed = set()
    position = 0
    for at, place in held:
        text = place[0][place[1]]
        if _take_out(place, position, spans):
            changed.add(at)
        position += len(text)
    return [_written(frame, read[at]) if at in changed else frame for at, frame in enumerate(frames)]


def _spans(text: str, secrets: Sequence[str]) -> list[Span]:
    keys = [re.escape(secret) for secret in secrets if len(secret) >= _SHORTEST]
    own = [found.span() for found in re.finditer("|".join(keys), text)] if keys else []
    return sorted([*secret_spans(text), *own])


def _take_out(place: Place, position: int, spans: Sequence[Span]) -> bool:
    """Replace the parts of the text at `place` that lie in a span; the span's first piece gets the mark."""
    owner, key = place
    text: str = owner[key]
    kept, start = "", position
    for begin, end in spans:
        if end <= position or begin >= position + len(text):
            continue
        kept += text[start - position : max(begin, start) - position]
        kept += REDACTED if begin >= position else ""
        start = max(start, min(end, position + len(text)))
    if start == position and not kept:
        return False
    owner[key] = kept + text[start - position :]
    return True


def _event(frame: str) -> dict[str, Any] | None:
    data = [line[5:] for line in frame.splitlines() if line.startswith("data:")]
    try:
        value = orjson.loads("\n".join(data)) if data else None
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _written(frame: str, event: dict[str, Any] | None) -> str:
    """The frame with its data written anew."""
    lines = [line for line in frame.splitlines() if line and not line.startswith("data:")]
    return "\n".join([*lines, f"data: {orjson.dumps(event).decode()}"]) + "\n\n"
