"""Usage of a chat answer, both ways. Source: copilot-wire 5.7 and 5.8."""

from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Usage


def read_usage(body: Json) -> Usage:
    """Usage of a whole answer or of one chunk: `usage` and `copilot_usage` of `body`."""
    usage = _object(body, "usage")
    prompt = _number(usage, "prompt_tokens")
    cost = _object(body, "copilot_usage")
    details = _object(usage, "prompt_tokens_details")
    output, reasoning = _output(usage, prompt)
    written = _number(details, "cache_creation_input_tokens")
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        cached_tokens=_number(details, "cached_tokens"),
        cache_write_tokens=_number(details, "cache_write_tokens") if written is None else written,
        reasoning_tokens=reasoning,
        nano_aiu=_number(cost, "total_nano_aiu"),
    )


def _output(usage: Json, prompt: int | None) -> tuple[int | None, int | None]:
    """Output with reasoning included, and reasoning.

    OpenAI nests reasoning inside the completion count; Gemini reports it flat, beside it. The sum tells.
    """
    completion = _number(usage, "completion_tokens")
    nested = _number(_object(usage, "completion_tokens_details"), "reasoning_tokens")
    flat = _number(usage, "reasoning_tokens")
    reasoning = flat if flat is not None and not nested else nested
    if completion is None or not reasoning:
        return completion, reasoning
    total = _number(usage, "total_tokens")
    if total is None or prompt is None:
        beside = flat is not None and not nested
    else:
        beside = total == prompt + completion + reasoning
    return (completion + reasoning if beside else completion), reasoning


def as_nested(usage: Json) -> Json:
    """Upstream's usage object in OpenAI's layout, where the completion holds the reasoning; the object
    itself if it has that layout already."""
    completion = _number(usage, "completion_tokens")
    output, reasoning = _output(usage, _number(usage, "prompt_tokens"))
    if output == completion:
        return usage
    details = {**_object(usage, "completion_tokens_details"), "reasoning_tokens": reasoning}
    kept = {key: value for key, value in usage.items() if key != "reasoning_tokens"}
    return kept | {"completion_tokens": output, "completion_tokens_details": details}


def write_usage(usage: Usage) -> Json | None:
    """OpenAI's usage object; None when upstream reported nothing."""
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    prompt, completion = usage.input_tokens or 0, usage.output_tokens or 0
    prompt_details = {"cached_tokens": usage.cached_tokens or 0}
    known = usage.reasoning_tokens is not None
    details = {"reasoning_tokens": usage.reasoning_tokens} if known else {}
    if usage.cache_write_tokens is not None:
        prompt_details["cache_creation_input_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": prompt_details,
        "completion_tokens_details": details,
    }


def _object(body: Json, key: str) -> Json:
    value: Any = body.get(key)
    return value if isinstance(value, dict) else {}


def _number(body: Json, key: str) -> int | None:
    value: Any = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
