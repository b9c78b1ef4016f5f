"""Errors that Copilot puts into an answer instead of a status: in-stream error events, and error bodies
that came with status 200."""

from typing import Any

import orjson

from tray_app.errors import Broken, Fault, Kind

_KINDS: dict[str, tuple[int, Kind]] = {
    "invalid_request_error": (400, Kind.INVALID),
    "invalid_request_body": (400, Kind.INVALID),
    "authentication_error": (401, Kind.UNAUTHENTICATED),
    "billing_error": (402, Kind.BILLING),
    "insufficient_quota": (402, Kind.BILLING),
    "quota_exceeded": (402, Kind.BILLING),
    "permission_error": (403, Kind.FORBIDDEN),
    "not_found_error": (404, Kind.NOT_FOUND),
    "request_too_large": (413, Kind.TOO_LARGE),
    "rate_limit_error": (429, Kind.RATE_LIMITED),
    "rate_limit_exceeded": (429, Kind.RATE_LIMITED),
    "rate_limited": (429, Kind.RATE_LIMITED),
    "user_model_rate_limited": (429, Kind.RATE_LIMITED),
    "timeout_error": (504, Kind.TIMEOUT),
    "overloaded_error": (529, Kind.OVERLOADED),
    "server_overloaded": (503, Kind.OVERLOADED),
    "context_length_exceeded": (400, Kind.INVALID),
    "model_max_prompt_tokens_exceeded": (400, Kind.INVALID),
}


def read_fault(body: object) -> Fault:
    """The fault in an error object: `{"error": {...}}`, `{"error": "..."}`, `copilot_errors` or
    `{"message": ...}`, at times with a JSON text inside the message (unwrapped once)."""
    error = _error(body)
    word = next((w for k in ("type", "code") if isinstance(w := error.get(k), str) and w in _KINDS), "")
    status, kind = _KINDS.get(word, (502, Kind.UPSTREAM))
    code = error.get("code")
    request_id = body.get("request_id") if isinstance(body, dict) else None
    return Fault(
        status,
        kind,
        _message(error),
        code=code if isinstance(code, str) else None,
        request_id=request_id if isinstance(request_id, str) else None,
    )


def unreadable() -> Fault:
    return Broken("Copilot sent something that is not JSON.").fault


def too_large() -> Fault:
    return Broken("One event of Copilot's answer was too large.").fault


def _error(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {"message": error}
    errors = body.get("copilot_errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return errors[0]
    return body


def _message(error: dict[str, Any]) -> str:
    message = error.get("message")
    if not isinstance(message, str) or not message.strip():
        return "Copilot reported an error in its answer."
    if message.lstrip().startswith("{"):
        try:
            inner = _error(orjson.loads(message)).get("message")
        except orjson.JSONDecodeError:
            return message
        return inner if isinstance(inner, str) and inner else message
    return message
