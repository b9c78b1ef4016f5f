"""Failures inside a Responses stream: upstream's error objects as faults, and faults as error codes.

Codes: copilot-wire 6.6, 6.8 and 13.1, OpenAI's API reference. Codex ends a turn on
`context_length_exceeded`, `insufficient_quota` and `invalid_prompt`, waits for `rate_limit_exceeded` as
long as the message says ("try again in 2s") and repeats everything else five times.
"""

from typing import Any

from tray_app.dialects.fields import Json
from tray_app.errors import Fault, Kind

_BROKEN = "Copilot's answer failed and gave no reason."

# code -> (status for a client that has no bytes yet, kind)
_KNOWN: dict[str, tuple[int, Kind]] = {
    "rate_limited": (429, Kind.RATE_LIMITED),
    "rate_limit_exceeded": (429, Kind.RATE_LIMITED),
    "rate_limit_error": (429, Kind.RATE_LIMITED),
    "user_model_rate_limited": (429, Kind.RATE_LIMITED),
    "user_global_rate_limited": (429, Kind.RATE_LIMITED),
    "integration_rate_limited": (429, Kind.RATE_LIMITED),
    "agent_mode_limit_exceeded": (429, Kind.RATE_LIMITED),
    "too_many_requests": (429, Kind.RATE_LIMITED),
    "quota_exceeded": (402, Kind.BILLING),
    "free_quota_exceeded": (402, Kind.BILLING),
    "overage_limit_reached": (402, Kind.BILLING),
    "billing_not_configured": (402, Kind.BILLING),
    "insufficient_quota": (402, Kind.BILLING),
    "model_overloaded": (503, Kind.OVERLOADED),
    "service_unavailable": (503, Kind.OVERLOADED),
    "server_is_overloaded": (503, Kind.OVERLOADED),
    "slow_down": (503, Kind.OVERLOADED),
    "upstream_provider_rate_limit": (503, Kind.OVERLOADED),
    "request_too_large": (413, Kind.TOO_LARGE),
    "not_found": (404, Kind.NOT_FOUND),
    "model_not_found": (404, Kind.NOT_FOUND),
    "timeout": (504, Kind.TIMEOUT),
    "internal_error": (502, Kind.UPSTREAM),
    "internal_server_error": (502, Kind.UPSTREAM),
    "server_error": (502, Kind.UPSTREAM),
    "bad_request": (400, Kind.INVALID),
    "content_filter": (400, Kind.INVALID),
    "context_length_exceeded": (400, Kind.INVALID),
    "model_max_prompt_tokens_exceeded": (400, Kind.INVALID),
    "previous_response_not_found": (400, Kind.INVALID),
    "session_expired": (400, Kind.INVALID),
    "unsupported_value": (400, Kind.INVALID),
    "unsupported_parameter": (400, Kind.INVALID),
    "unknown_parameter": (400, Kind.INVALID),
    "bio_policy": (400, Kind.INVALID),
    "cyber_policy": (400, Kind.INVALID),
}
_CONTEXT_CODES = ("context_length_exceeded", "model_max_prompt_tokens_exceeded")
_CONTEXT_PHRASES = (
    "prompt is too long",
    "context window",
    "context length",
    "prompt token count",
    "maximum context",
)
_CODE_FOR: dict[Kind, str] = {
    Kind.INVALID: "invalid_prompt",
    Kind.TOO_LARGE: "invalid_prompt",
    Kind.NOT_FOUND: "invalid_prompt",
    Kind.UNAUTHENTICATED: "invalid_prompt",
    Kind.FORBIDDEN: "invalid_prompt",
    Kind.CONFIGURATION: "invalid_prompt",
    Kind.BILLING: "insufficient_quota",
    Kind.RATE_LIMITED: "rate_limit_exceeded",
}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def read_failure(error: object, beside: Json | None = None) -> Fault:
    """The fault of an error object, nested or flat; `beside` is the event it came in, for its fields."""
    found: dict[str, Any] = error if isinstance(error, dict) else (beside or {})
    code, message = _text(found.get("code")), _text(found.get("message")) or _text(error) or _BROKEN
    word = (code or _text(found.get("type")) or "").split(":")[0]
    status, kind = _KNOWN.get(word) or _guessed(word, message)
    param = _text(found.get("param"))
    return Fault(status, kind, message, code=code or "server_error", param=param)


def _guessed(word: str, message: str) -> tuple[int, Kind]:
    """For codes nobody has listed: what names the request is the request's fault, the rest is upstream's."""
    lower = message.lower()
    if word.startswith("invalid") or "invalid" in lower or "not supported" in lower or "unsupported" in lower:
        return 400, Kind.INVALID
    if any(phrase in lower for phrase in _CONTEXT_PHRASES):
        return 400, Kind.INVALID
    return 502, Kind.UPSTREAM


def code_for(fault: Fault) -> str:
    """The `response.error.code` for a fault."""
    lower = fault.message.lower()
    if fault.code in _CONTEXT_CODES:
        return "context_length_exceeded"
    if fault.kind in (Kind.INVALID, Kind.TOO_LARGE) and any(phrase in lower for phrase in _CONTEXT_PHRASES):
        return "context_length_exceeded"
    if fault.code in ("bio_policy", "cyber_policy", "invalid_prompt"):
        return fault.code
    return _CODE_FOR.get(fault.kind, "server_error")


def error_of(fault: Fault) -> Json:
    """`response.error` for a fault: code and message."""
    code, message = code_for(fault), fault.message
    if code == "rate_limit_exceeded" and fault.retry_after and "try again in" not in message.lower():
        seconds = fault.retry_after.strip()
        if seconds.isascii() and seconds.isdigit():
            message = f"{message} Please try again in {seconds}s."
    return {"code": code, "message": message}


def error_event(fault: Fault, number: int) -> Json:
    """The flat `error` event, as OpenAI's SDKs expect it (upstream nests it)."""
    return {
        "type": "error",
        "code": code_for(fault),
        "message": error_of(fault)["message"],
        "param": fault.param,
        "sequence_number": number,
    }
