"""Usage of a Gemini answer: the prompt with what was cached, the answer without its thoughts."""

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Usage


def write_usage(usage: Usage) -> Json:
    """`usageMetadata`; what upstream did not tell is left out."""
    thoughts, output, prompt = usage.reasoning_tokens, usage.output_tokens, usage.input_tokens
    counts = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": usage.cached_tokens,
        "candidatesTokenCount": None if output is None else max(0, output - (thoughts or 0)),
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": None if prompt is None or output is None else prompt + output,
    }
    return {name: count for name, count in counts.items() if count is not None}
