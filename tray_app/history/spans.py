"""PURE. A finished request as an OpenTelemetry span: OTLP's JSON form, named by the GenAI conventions.

Nothing of what was said is in it: no prompt, no answer, no sentence of an error. What is not known is left
out. https://opentelemetry.io/docs/specs/otlp/ (JSON: ids in hexadecimal, 64-bit integers as text);
https://github.com/open-telemetry/semantic-conventions-genai
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from tray_app.history.record import Record

_PROVIDER = "github.copilot"
_CLIENT, _ERROR = 3, 2  # SpanKind, StatusCode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 300
# The end of a path tells the operation; everything else is a conversation.
_OPERATIONS = (
    ("/embeddings", "embeddings"),
    (":embedContent", "embeddings"),
    (":batchEmbedContents", "embeddings"),
    ("/count_tokens", "count_tokens"),
    (":countTokens", "count_tokens"),
    (":generateContent", "generate_content"),
    (":streamGenerateContent", "generate_content"),
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where Copilot was asked."""

    address: str
    port: int


def trace_document(records: Iterable[Record], server: Server | None, version: str) -> dict[str, Any]:
    """The body of one POST to `/v1/traces`. `version` is the program's."""
    resource = _attributes({"service.name": "jumpseat", "service.version": version})
    spans = [span(record, server) for record in records]
    scope = {"name": "jumpseat", "version": version}
    return {
        "resourceSpans": [
            {"resource": {"attributes": resource}, "scopeSpans": [{"scope": scope, "spans": spans}]}
        ]
    }


def span(record: Record, server: Server | None) -> dict[str, Any]:
    """One request, its waiting and its repairs included. Its trace id is the request's own id."""
    operation, model = operation_of(record.path), record.model_served or record.model_requested
    begun = (record.started_at - _EPOCH) // _MICROSECOND * 1000
    trace = _trace_id(record.id)
    made = {
        "traceId": trace,
        "spanId": blake2b(trace.encode(), digest_size=8).hexdigest(),
        "name": f"{operation} {model[:_LONGEST]}" if model else operation,
        "kind": _CLIENT,
        "startTimeUnixNano": str(begun),
        "endTimeUnixNano": str(begun + round((record.duration_ms or 0.0) * 1e6)),
        "attributes": _attributes(_said(record, operation, server)),
    }
    return made | ({"status": {"code": _ERROR}} if _error_type(record) else {})


def operation_of(path: str) -> str:
    return next((operation for end, operation in _OPERATIONS if path.endswith(end)), "chat")


def route_of(path: str) -> str:
    """The path with a model's name taken out, so that there are few of them."""
    before, found, rest = path.partition("/models/")
    return f"{before}/models/{{model}}:{rest.rpartition(':')[2]}" if found and ":" in rest else path


def _said(record: Record, operation: str, server: Server | None) -> dict[str, Any]:
    usage, first = record.usage, record.ttfb_ms
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": _PROVIDER,
        "gen_ai.request.model": record.model_requested,
        "gen_ai.response.model": record.model_served,
        "gen_ai.conversation.id": record.session_id,
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        "gen_ai.response.time_to_first_chunk": None if first is None else round(first / 1000, 4),
        "error.type": _error_type(record),
        "server.address": server.address if server else None,
        "server.port": server.port if server else None,
        "http.request.method": "POST",
        "http.response.status_code": record.status,
        "http.route": route_of(record.path),
        "user_agent.name": record.client,
        "jumpseat.request.id": record.id,
        "jumpseat.dialect": record.dialect,
        "jumpseat.upstream_endpoint": record.upstream_endpoint,
        "jumpseat.initiator": record.initiator,
        "jumpseat.background": record.background,
        "jumpseat.stream": record.stream,
        "jumpseat.cancelled": record.cancelled,
        "jumpseat.attempts": record.attempts,
        "jumpseat.nano_aiu": usage.nano_aiu,
    }


def _error_type(record: Record) -> str | None:
    return "cancelled" if record.cancelled else record.error


def _trace_id(id: str) -> str:
    digits = id.removeprefix("req_")
    try:
        whole = len(bytes.fromhex(digits)) == 16
    except ValueError:
        whole = False
    return digits.lower() if whole else blake2b(id.encode(), digest_size=16).hexdigest()


def _attributes(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in given.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)[:_LONGEST]}
