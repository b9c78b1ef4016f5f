"""Usage of an Anthropic answer, both ways. Anthropic counts cached and cache-written tokens beside
`input_tokens`, the neutral form inside. Source: copilot-wire 7.6, 7.7, 11.2."""

from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Usage


def read_usage(body: Json) -> Usage:
    """Usage of a whole answer, or of any object with `usage` and `copilot_usage`."""
    usage = _object(body, "usage")
    fresh = _number(usage, "input_tokens")
    cached = _number(usage, "cache_read_input_tokens")
    written = _number(usage, "cache_creation_input_tokens")
    return Usage(
        input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
        output_tokens=_number(usage, "output_tokens"),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=_number(_object(usage, "output_tokens_details"), "thinking_tokens"),
        nano_aiu=_number(_object(body, "copilot_usage"), "total_nano_aiu"),
    )


class StreamUsage:
    """Usage of a stream: message_start gives the input beside a placeholder for the output, message_delta
    the final figures, at times only some of them, so that the disjoint parts must be gathered before they
    are added up. A stream without message_delta has told nothing (wire 7.7)."""

    def __init__(self) -> None:
        self._usage: Json = {}
        self._cost: Json = {}

    def feed(self, body: Json) -> Usage:
        """`body` holds `usage` and perhaps `copilot_usage`. Gives all that is known so far."""
        self._usage |= {key: value for key, value in _object(body, "usage").items() if value is not None}
        self._cost = _object(body, "copilot_usage") or self._cost
        return read_usage({"usage": self._usage, "copilot_usage": self._cost})


def write_usage(usage: Usage) -> Json:
    """Anthropic's usage object. Input and output must be numbers there: unknown is written as 0."""
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    body: Json = {
        "input_tokens": max(0, (usage.input_tokens or 0) - cached - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.output_tokens or 0,
    }
    if usage.reasoning_tokens is not None:
        body["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return body


def _object(body: Json, key: str) -> Json:
    value: Any = body.get(key)
    return value if isinstance(value, dict) else {}


def _number(body: Json, key: str) -> int | None:
    value: Any = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
