"""Errors in each dialect's own shape, as bodies and as the end of a stream.

Nothing else formats errors for clients, but `responses/failures.py` for streams. Source: copilot-wire 10.
"""

import orjson

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName
from tray_app.dialects.overflow import is_overflow, reworded
from tray_app.dialects.sse import Event
from tray_app.errors import Fault

# HTTP status: OpenAI's type, Anthropic's type, Gemini's status.
_WORDS: dict[int, tuple[str, str, str]] = {
    400: ("invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
    401: ("authentication_error", "authentication_error", "UNAUTHENTICATED"),
    402: ("insufficient_quota", "billing_error", "RESOURCE_EXHAUSTED"),
    403: ("permission_error", "permission_error", "PERMISSION_DENIED"),
    404: ("not_found_error", "not_found_error", "NOT_FOUND"),
    408: ("timeout_error", "timeout_error", "DEADLINE_EXCEEDED"),
    413: ("invalid_request_error", "request_too_large", "INVALID_ARGUMENT"),
    422: ("invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
    429: ("rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"),
    500: ("server_error", "api_error", "INTERNAL"),
    502: ("server_error", "api_error", "INTERNAL"),
    503: ("server_error", "overloaded_error", "UNAVAILABLE"),
    504: ("timeout_error", "timeout_error", "DEADLINE_EXCEEDED"),
    529: ("server_error", "overloaded_error", "UNAVAILABLE"),
}


def _words(status: int) -> tuple[str, str, str]:
    return _WORDS.get(status) or _WORDS[400 if status < 500 else 500]


def render(dialect: DialectName, fault: Fault) -> Json:
    """The body of a non-2xx answer. A context overflow, wherever it came from, gets the dialect's words."""
    if is_overflow(fault):
        fault = reworded(fault, dialect)
    openai, anthropic, gemini = _words(fault.status)
    if dialect == "messages":
        error: Json = {"type": anthropic, "message": fault.message}
        if fault.details is not None:
            error["details"] = dict(fault.details)
        return {"type": "error", "error": error, "request_id": fault.request_id}
    if dialect == "ollama":
        return {"error": fault.message}
    if dialect == "gemini":
        details = _retry_info(fault)
        return {
            "error": {"code": fault.status, "message": fault.message, "status": gemini, "details": details}
        }
    return {
        "error": {"message": fault.message, "type": openai, "param": fault.param, "code": _code_of(fault)}
    }


def _code_of(fault: Fault) -> str | None:
    """Codex and the SDKs act on these words."""
    if fault.code is None and fault.status == 429:
        return "rate_limit_exceeded"
    return fault.code


def _retry_info(fault: Fault) -> list[Json]:
    if not fault.retry_after or not fault.retry_after.isdecimal():
        return []
    return [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{fault.retry_after}s"}]


def stream_error_event(dialect: DialectName, fault: Fault) -> bytes:
    """The end of a stream that failed after it began. Nothing may follow it.

    Responses streams end with more than one event: `responses.failures`.
    """
    body = orjson.dumps(render(dialect, fault))
    if dialect == "messages":
        return Event("error", body).encode()
    data = Event("", body).encode()
    return data if dialect == "gemini" else data + b"data: [DONE]\n\n"
