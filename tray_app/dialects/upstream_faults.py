"""Copilot's errors read into a Fault: refusals with a status, and errors that stand in an answer instead.

One home for what upstream's codes mean. Sources: copilot-wire 10.1, 10.2.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from tray_app.dialects import error_bodies, remedies
from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.neutral import DialectName
from tray_app.dialects.overflow import reworded, says_overflow
from tray_app.errors import Broken, Fault, Kind

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


def kind_of(status: int) -> Kind:
    """The kind that an upstream status stands for."""
    return _KINDS.get(status, Kind.INVALID if 400 <= status < 500 else Kind.UPSTREAM)


# Codes and types of error objects, and the status that says the same.
STATUS_OF_WORD = {
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
_RATE_CODES = {word for word, status in STATUS_OF_WORD.items() if status == 429}


def read_refusal(
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
    if says_overflow(status, said):
        return reworded(fault, dialect_hint)
    return remedies.with_remedy(_mapped(fault, said), status, said)


def _status_for(status: int) -> int:
    """The status for the client. 421 and 466 are unknown to clients, 1xx to 3xx are no refusals."""
    return 502 if status in (421, 466) or status < 400 or status > 599 else status


def _mapped(fault: Fault, said: ErrorBody) -> Fault:
    """The status that says best what happened."""
    status = fault.status
    word = said.code if said.code in STATUS_OF_WORD else said.type
    if "ID does not belong to this connection" in said.message:
        status = 400
    elif said.code and said.code.split(":")[0] in _RATE_CODES and status in (200, 400, 403):
        status = 429
    elif status in (200, 502) and word in STATUS_OF_WORD:
        status = STATUS_OF_WORD[word]
    elif status == 401:
        status = 403  # clients retry a 401 for minutes, and only the person can help
    kind = fault.kind if status == fault.status else kind_of(status)
    return replace(fault, status=_status_for(status), kind=kind)


def read_error(body: dict[str, Any]) -> Fault:
    """The fault of an error object in an answer, in any of the shapes Copilot and its gateway use."""
    fault = read_refusal(502, "application/json", orjson.dumps(body), {})
    if not fault.message.strip() or fault.message.lstrip().startswith("{"):
        return replace(fault, message="Copilot reported an error in its answer.")
    return fault


def unreadable() -> Fault:
    """For an event that is no JSON."""
    return Broken("Copilot sent something that is not valid JSON.").fault


def too_large() -> Fault:
    """For an event above `sse.MAX_EVENT_BYTES`."""
    return Broken("One event of Copilot's answer was too large.").fault
