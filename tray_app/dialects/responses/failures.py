"""Failures inside a Responses stream: upstream's error objects as faults, and faults as error codes.

Codes: copilot-wire 6.6, 6.8 and 13.1, OpenAI's API reference. Codex ends a turn on
`context_length_exceeded`, `insufficient_quota` and `invalid_prompt`, waits for `rate_limit_exceeded` as
long as the message says ("try again in 2s") and repeats everything else five times.
"""

from typing import Any

from tray_app.dialects import overflow
from tray_app.dialects.fields import Json
from tray_app.dialects.upstream_faults import STATUS_OF_WORD, kind_of
from tray_app.errors import Fault, Kind

_BROKEN = "Copilot's answer failed and gave no reason."

# What only Responses events say; the rest is in `upstream_faults`.
_STATUS = STATUS_OF_WORD | {
    "too_many_requests": 429,
    "server_is_overloaded": 503,
    "slow_down": 503,
    "upstream_provider_rate_limit": 503,
    "model_not_found": 404,
    "timeout": 504,
    "internal_error": 502,
    "internal_server_error": 502,
    "server_error": 502,
    "content_filter": 400,
    "previous_response_not_found": 400,
    "session_expired": 400,
    "unsupported_value": 400,
    "unsupported_parameter": 400,
    "unknown_parameter": 400,
    "bio_policy": 400,
    "cyber_policy": 400,
}
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
    status = _STATUS.get(word) or _guessed(word, message)
    param = _text(found.get("param"))
    return Fault(status, kind_of(status), message, code=code or "server_error", param=param)


def _guessed(word: str, message: str) -> int:
    """For codes nobody has listed: what names the request is the request's fault, the rest is upstream's."""
    lower = message.lower()
    if word.startswith("invalid") or "invalid" in lower or "not supported" in lower or "unsupported" in lower:
        return 400
    if any(phrase in lower for phrase in _CONTEXT_PHRASES):
        return 400
    return 502


def code_for(fault: Fault) -> str:
    """The `response.error.code` for a fault."""
    lower = fault.message.lower()
    if fault.code in overflow.CODES:
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
