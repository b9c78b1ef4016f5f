"""A refusal: what Copilot answers instead of an answer.

The shapes vary as the real ones do (copilot-wire 10.1): an `error` object, a bare `message`, Anthropic's
envelope, plain text. `Refused` is raised anywhere below the server and rendered in one place.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

PLAIN = "text/plain; charset=utf-8"
JSON = "application/json"


class Refused(Exception):
    """A status other than 2xx. `body` is a JSON value, or text to be sent as it is."""

    def __init__(
        self,
        status: int,
        body: Any,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.headers = dict(headers or {})
        self.content = body.encode() if isinstance(body, str) else orjson.dumps(body)
        self.content_type = content_type or (PLAIN if isinstance(body, str) else JSON)


def text(status: int, sentence: str, **headers: str) -> Refused:
    """Plain text with its newline, as the gateway writes it."""
    return Refused(status, sentence + "\n", headers=headers)


def error(
    message: str,
    code: str = "invalid_request_body",
    *,
    status: int = 400,
    param: str | None = None,
    kind: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Refused:
    """The usual shape. Every other one is labelled text/plain although it is JSON."""
    body: dict[str, Any] = {"message": message, "code": code}
    if param is not None:
        body["param"] = param
    if kind is not None:
        body["type"] = kind
    return Refused(status, {"error": body}, headers=headers, content_type=mislabelled(message))


def mislabelled(message: str) -> str:
    """The content type of a JSON error: the right one or text/plain, always the same for one message."""
    return PLAIN if zlib.crc32(message.encode()) % 2 else JSON


def anthropic(message: str, *, status: int = 400, kind: str = "invalid_request_error") -> dict[str, Any]:
    """The body of Anthropic's own envelope."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_sim0123456789"}


def by_backend(backend: str, message: str) -> Refused:
    """A Claude validator's refusal in the wrapping of the backend that made it (copilot-wire 7.8, 10.1).

    Bedrock: a bare message without backticks. Vertex: the gateway's code, quotes for backticks around field
    names. Anthropic: its own envelope, now and then as a JSON string inside the gateway's.
    """
    if backend == "bdrk":
        return Refused(400, {"message": message.replace("`", "")}, content_type=PLAIN)
    if backend == "vrtx":
        return error(message.replace("`", "'") if "Invalid `" in message else message)
    if zlib.crc32(message.encode()) % 4 == 1:
        return error(orjson.dumps(anthropic(message)).decode())
    return Refused(400, anthropic(message))
