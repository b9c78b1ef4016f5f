"""Stop reasons of Anthropic Messages, both ways. Source: copilot-wire 7.7, 11.2."""

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Stop, StopReason

_READ = {
    "end_turn": StopReason.END,
    "max_tokens": StopReason.MAX_TOKENS,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "tool_use": StopReason.TOOLS,
    "pause_turn": StopReason.PAUSED,
    "refusal": StopReason.REFUSED,
    "model_context_window_exceeded": StopReason.CONTEXT_FULL,
}
_WRITE = {reason: word for word, reason in _READ.items()} | {StopReason.FILTERED: "refusal"}
# The categories that strict SDKs accept.
_CATEGORIES = ("cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms")


def read_stop(body: Json, has_calls: bool) -> Stop | None:
    """From a message or the `delta` of message_delta; None when there is no stop reason yet."""
    word = body.get("stop_reason")
    if not isinstance(word, str) or not word:
        return None
    reason = _READ.get(word, StopReason.END)
    if reason is StopReason.END and has_calls:
        reason = StopReason.TOOLS
    details = body.get("stop_details")
    details = details if isinstance(details, dict) else {}
    return Stop(
        reason,
        sequence=_text(body, "stop_sequence"),
        explanation=_text(details, "explanation"),
        category=_text(details, "category"),
    )


def write_stop(stop: Stop, has_calls: bool, refusal: str) -> Json:
    """`stop_reason`, `stop_sequence` and, for a refusal, `stop_details`."""
    reason = stop.reason
    if reason is StopReason.END and refusal:
        reason = StopReason.REFUSED
    if reason is StopReason.END and has_calls:
        reason = StopReason.TOOLS
    if reason is StopReason.TOOLS and not has_calls:
        reason = StopReason.END
    if reason is StopReason.STOP_SEQUENCE and stop.sequence is None:
        reason = StopReason.END  # which one is not known
    word = _WRITE[reason]
    written: Json = {"stop_reason": word, "stop_sequence": stop.sequence}
    if word == "refusal":
        category = stop.category if stop.category in _CATEGORIES else None
        explanation = refusal or stop.explanation
        written["stop_details"] = {"type": "refusal", "category": category, "explanation": explanation}
    return written


def _text(body: Json, key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) and value else None
