"""What upstream's chat chunks and messages hold, under whatever name this backend uses."""

from typing import Any

from tray_app.dialects.fields import Json

_REASONING = ("reasoning_text", "reasoning_content", "reasoning", "cot_summary")


def reasoning_text(delta: Json) -> str:
    """Readable reasoning, by any of its names (copilot-wire 5.6)."""
    for key in _REASONING:
        value = delta.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def reasoning_opaque(delta: Json) -> str:
    return text(delta, "reasoning_opaque") or text(delta, "cot_id")


def text(body: Json, key: str) -> str:
    """A text member, or "" when it is absent or something else; a list of text parts is joined."""
    value: Any = body.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(text(part, "text") for part in value if isinstance(part, dict))
    return ""


def objects(value: object) -> list[Json]:
    """The objects of a list; [] for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def tool_calls(delta: Json) -> list[Json]:
    """Tool call deltas; the legacy `function_call` reads as one without id and index."""
    calls = objects(delta.get("tool_calls"))
    legacy = delta.get("function_call")
    return [*calls, {"function": legacy}] if isinstance(legacy, dict) else calls


def is_error(chunk: Json) -> bool:
    """An error in the place of an answer: a bare `error`, or Copilot's `choices: null` (5.4)."""
    if chunk.get("error"):
        return True
    if "copilot_errors" in chunk and not chunk.get("choices"):
        return True
    return "choices" in chunk and chunk["choices"] is None and not chunk.get("usage")
