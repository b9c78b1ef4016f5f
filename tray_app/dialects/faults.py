"""Errors in each dialect's own shape, and upstream's errors read into a Fault.

Nothing else formats errors for clients. Sources: copilot-wire 10.1, 10.2, 10.4; the wording that makes
Claude Code compact is `prompt is too long: N tokens > M maximum`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import orjson

from tray_app.dialects import error_bodies, remedies
from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName
from tray_app.dialects.sse import Event
from tray_app.errors import Fault, Kind

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
_KINDS: dict[int, Kind] = {
    401: Kind.UNAUTHENTICATED,
    402: Kind.BILLING,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    408: Kind.TIMEOUT,
    413: Kind.TOO_LARGE,
    421: Kind.CONFIGURATION,
    429: Kind.RATE_LIMITED,
    466: Kind.CONFIGURATION,
    503: Kind.OVERLOADED,
    504: Kind.TIMEOUT,
    529: Kind.OVERLOADED,
}


def _words(status: int) -> tuple[str, str, str]:
    return _WORDS.get(status) or _WORDS[400 if status < 500 else 500]


def kind_of(status: int) -> Kind:
    """The kind that an upstream status stands for."""
    return _KINDS.get(status, Kind.INVALID if 400 <= status < 500 else Kind.UPSTREAM)


# --- for clients ------------------------------------------------------------------------------------


def render(dialect: DialectName, fault: Fault) -> Json:
    """The body of a non-2xx answer. A context overflow, wherever it came from, gets the dialect's words."""
    if is_overflow(fault):
        fault = _overflow(fault, dialect)
    openai, anthropic, gemini = _words(fault.status)
    if dialect == "messages":
        error: Json = {"type": anthropic, "message": fault.message}
        if fault.details is not None:
            error["details"] = dict(fault.details)
        return {"type": "error", "error": error, "request_id": fault.request_id}
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


def stream_error_event(dialect: DialectName, fault: Fault, sequence_number: int = 0) -> bytes:
    """The end of a stream that failed after it began. Nothing may follow it."""
    body = render(dialect, fault)
    if dialect == "messages":
        return Event("error", orjson.dumps(body)).encode()
    if dialect == "responses":
        error = body["error"]
        flat = {
            "type": "error",
            "code": error["code"] or error["type"],
            "message": error["message"],
            "param": error["param"],
            "sequence_number": sequence_number,
        }
        return Event("error", orjson.dumps(flat)).encode()
    data = Event("", orjson.dumps(body)).encode()
    return data if dialect == "gemini" else data + b"data: [DONE]\n\n"


# --- from upstream ----------------------------------------------------------------------------------

_STATUS_OF_WORD = {
    "invalid_request_error": 400,
    "invalid_request_body": 400,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "model_max_prompt_tokens_exceeded": 400,
    "bad_request": 400,
    "billing_error": 402,
    "insufficient_quota": 402,
    "quota_exceeded": 402,
    "free_quota_exceeded": 402,
    "overage_limit_reached": 402,
    "billing_not_configured": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "rate_limited": 429,
    "user_model_rate_limited": 429,
    "user_global_rate_limited": 429,
    "integration_rate_limited": 429,
    "agent_mode_limit_exceeded": 429,
    "model_overloaded": 503,
    "service_unavailable": 503,
    "server_overloaded": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_RATE_CODES = {word for word, status in _STATUS_OF_WORD.items() if status == 429}

_TOO_LONG = (
    re.compile(r"prompt token count of (?P<n>\d+) exceeds the limit of (?P<m>\d+)"),
    re.compile(r"maximum context length is (?P<m>\d+) tokens.{0,80}?(?P<n>\d+) tokens", re.DOTALL),
    re.compile(r"prompt is too long: (?P<n>\d+) tokens > (?P<m>\d+) maximum"),
    re.compile(r"input token count \(?(?P<n>\d+)\)? exceeds the maximum[^(\d]{0,60}\(?(?P<m>\d+)"),
)
_TOO_LONG_CODES = ("model_max_prompt_tokens_exceeded", "context_length_exceeded")
_TOO_LONG_WORDS = (
    "prompt is too long",
    "too large for model context window",
    "exceeds the context window",
    "context_length_exceeded",
    "maximum context length",
)


def read_upstream(
    status: int,
    content_type: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    dialect_hint: DialectName | None = None,
) -> Fault:
    """Upstream's refusal as a Fault: readable, with a remedy where one is known, without tokens.

    `dialect_hint` is the client's dialect: a context overflow is worded so that this client compacts.
    """
    said = error_bodies.read(body, content_type)
    small = {name.lower(): value for name, value in headers.items()}
    fault = Fault(
        status,
        kind_of(status),
        said.message or remedies.plain_words(status),
        code=said.code or None,
        param=said.param,
        retry_after=small.get("retry-after"),
        request_id=said.request_id or small.get("x-request-id") or small.get("x-github-request-id"),
    )
    if _is_overflow(status, said):
        return _overflow(fault, dialect_hint)
    return remedies.with_remedy(_mapped(fault, said), status, said)


def status_for(status: int) -> int:
    """The status for the client. 421 and 466 are unknown to clients, 1xx to 3xx are no refusals."""
    return 502 if status in (421, 466) or status < 400 or status > 599 else status


def _mapped(fault: Fault, said: ErrorBody) -> Fault:
    """The status that says best what happened."""
    status = fault.status
    word = said.code if said.code in _STATUS_OF_WORD else said.type
    if "ID does not belong to this connection" in said.message:
        status = 400
    elif said.code and said.code.split(":")[0] in _RATE_CODES and status in (200, 400, 403):
        status = 429
    elif status in (200, 502) and word in _STATUS_OF_WORD:
        status = _STATUS_OF_WORD[word]
    elif status == 401:
        status = 403  # clients retry a 401 for minutes, and only the person can help
    kind = fault.kind if status == fault.status else kind_of(status)
    return replace(fault, status=status_for(status), kind=kind)


def is_overflow(fault: Fault) -> bool:
    """Whether the prompt was too long for the model."""
    return _is_overflow(fault.status, ErrorBody(fault.message, fault.code))


def _is_overflow(status: int, said: ErrorBody) -> bool:
    if status not in (200, 400, 413, 422, 502):
        return False
    return (
        said.code in _TOO_LONG_CODES
        or any(word in said.message for word in _TOO_LONG_WORDS)
        or bool(_numbers(said.message))
    )


def _numbers(message: str) -> tuple[str, str] | None:
    """Tokens sent and tokens allowed."""
    for pattern in _TOO_LONG:
        if found := pattern.search(message):
            return found["n"], found["m"]
    return None


def _overflow(fault: Fault, dialect: DialectName | None) -> Fault:
    """Too long a prompt, in the words that the client's own compaction waits for."""
    message, numbers = fault.message, _numbers(fault.message)
    if dialect == "messages" and numbers:
        message = f"prompt is too long: {numbers[0]} tokens > {numbers[1]} maximum"
    elif dialect == "messages" and not message.startswith("prompt is too long"):
        message = f"prompt is too long: {message}"
    elif dialect == "gemini" and numbers:
        sent, allowed = numbers
        message = f"The input token count ({sent}) exceeds the maximum number of tokens allowed ({allowed})."
    code = "context_length_exceeded"
    return replace(fault, status=400, kind=Kind.INVALID, message=message, code=code, retry_after=None)
