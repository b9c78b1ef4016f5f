"""PURE. What one WebSocket of a client has said so far, and its messages read.

A client sends the whole input once and then only what is new, with `previous_response_id`. Codex sends a
warm-up first (`generate: false`), which is answered here: it asks for nothing (client-traffic).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tray_app.dialects import faults
from tray_app.dialects.fields import Json
from tray_app.dialects.responses import shapes
from tray_app.errors import BadRequest, Fault

# What Codex sends as headers over HTTP comes in `client_metadata` here, anew with each request.
_OF_A_REQUEST = ("x-codex-turn-metadata", "x-codex-window-id", "x-initiator")


class Conversation:
    """The last response of a connection with everything before it, as JSON of at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._id: str | None = None
        self._items: list[bytes] = []  # that led to the last response, and its output
        self._asked: list[bytes] = []  # the input that is being answered

    def whole(self, body: Json) -> Json:
        """The body with its whole input. Raises BadRequest for a response that is not the last one here."""
        before, rest = body.get("previous_response_id"), dict(body)
        rest.pop("previous_response_id", None)
        new = _items(body.get("input"))
        if before is None:
            self._asked = [orjson.dumps(item) for item in new]
            return rest
        if not isinstance(before, str) or before != self._id:
            raise BadRequest(
                "This connection does not know the previous response. Send the whole conversation in input.",
                "previous_response_id",
                code="previous_response_not_found",
            )
        known = [orjson.loads(item) for item in self._items]
        self._asked = [*self._items, *(orjson.dumps(item) for item in new)]
        return rest | {"input": [*known, *new]}

    def keep(self, response_id: str, output: Sequence[Any]) -> None:
        """What was asked last is answered. Too much of it is forgotten altogether."""
        items = [*self._asked, *(orjson.dumps(item) for item in output)]
        fits = sum(map(len, items)) <= self._limit
        self._id, self._items = (response_id, items) if fits else (None, [])
        self._asked = []


def _items(value: Any) -> list[Any]:
    """Input as items. Raises BadRequest."""
    if value is None:
        return []
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    if not isinstance(value, list):
        raise BadRequest("input: expected a string or an array.", "input", code="invalid_type")
    return value


def read_message(message: object) -> Json:
    """The body in a `response.create` message. Raises BadRequest."""
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(message, dict) or kind != "response.create":
        raise BadRequest(
            "Only response.create messages are understood here, one JSON object each.",
            "type",
            code="unsupported_message_type",
        )
    if "response" in message:
        raise BadRequest(
            "response: the fields of a request stand beside type.", "response", code="invalid_type"
        )
    return {key: value for key, value in message.items() if key != "type"} | {"stream": True}


def headers_of(body: Json, handshake: Mapping[str, str]) -> dict[str, str]:
    """The headers that one request would have had over HTTP. Takes `initiator` out of the body.

    Those of the handshake hold for the connection; what they say of its first request is not said of others.
    """
    headers = {name: value for name, value in handshake.items() if name not in _OF_A_REQUEST}
    given = body.get("client_metadata")
    for name, value in (given if isinstance(given, dict) else {}).items():
        if isinstance(value, str) and name.lower() in (*_OF_A_REQUEST, "x-openai-subagent"):
            headers[name.lower()] = value
    initiator = body.pop("initiator", None)
    if isinstance(initiator, str):
        headers["x-initiator"] = initiator
    return headers


def warm_up(response_id: str, model: str, created_at: int) -> list[Json]:
    """The events that answer a warm-up."""
    begun = shapes.blank(response_id, model) | {"created_at": created_at}
    done = begun | {"status": "completed", "output": []}
    return [
        {"type": "response.created", "response": begun, "sequence_number": 0},
        {"type": "response.completed", "response": done, "sequence_number": 1},
    ]


def error_message(fault: Fault) -> Json:
    """A request that was refused: the body and the status that it would have got over HTTP."""
    message: Json = {"type": "error", "status": fault.status, **faults.render("responses", fault)}
    if retry_after := fault.retry_after or ("5" if fault.status == 429 else None):
        message["headers"] = {"retry-after": retry_after}
    return message
