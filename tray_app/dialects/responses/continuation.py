"""PURE. Going on from the last response of a WebSocket to Copilot: only what is new has to be sent.

The body always comes whole; what the socket knows already is recognised by its content. Where a single item
differs, everything is sent (copilot-wire 6.8).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tray_app.dialects.fields import Json

_SEALED = ("reasoning", "compaction")


@dataclass(frozen=True, slots=True)
class Said:
    """What a socket knows: its last response and everything that led to it, as digests."""

    response_id: str
    model: str
    items: tuple[bytes, ...]  # of the input, then of the output


def frame(body: Mapping[str, Any], initiator: str) -> Json:
    """The message for a body: flat, without what only HTTP needs, and without ids that mean nothing on this
    connection. Sealed items keep theirs: they are bound to it (copilot-wire 6.5)."""
    message = {key: value for key, value in body.items() if key != "stream"}
    items = message.get("input")
    if isinstance(items, list):
        message["input"] = [_without_id(item) for item in items]
    return {"type": "response.create", **message, "initiator": initiator}


def shortened(message: Json, said: Said | None) -> Json:
    """The message with its new items only, where it goes on from what was `said`; else as it is."""
    items = message.get("input")
    if said is None or not isinstance(items, list) or message.get("model") != said.model:
        return message
    known = len(said.items)
    if len(items) <= known or digests(items[:known]) != said.items:
        return message
    return message | {"input": items[known:], "previous_response_id": said.response_id}


def said_after(message: Json, response_id: str, output: Sequence[Json]) -> Said:
    """What the socket knows once `message`, whole, was answered with `output`."""
    items = message.get("input")
    if not isinstance(items, list):
        items = [{"role": "user", "content": items}]
    return Said(response_id, str(message.get("model")), digests(items) + digests(output))


def digests(items: Sequence[Any]) -> tuple[bytes, ...]:
    """One for each item: equal when the item says the same, whoever wrote it down."""
    return tuple(hashlib.blake2b(_meaning(item), digest_size=16).digest() for item in items)


def _meaning(item: Any) -> bytes:
    """An item without what changes on its way through a client."""
    if not isinstance(item, dict):
        return orjson.dumps(item)
    kind = item.get("type") or ("message" if "role" in item else "")
    match kind:
        case "message" if item.get("role") == "assistant":
            return orjson.dumps([kind, "assistant", _texts(item.get("content")), item.get("phase")])
        case "reasoning" | "compaction" if item.get("encrypted_content"):
            return orjson.dumps([kind, item["encrypted_content"]])
        case "function_call" | "custom_tool_call":
            said = item.get("arguments") if kind == "function_call" else item.get("input")
            return orjson.dumps([kind, item.get("call_id"), item.get("name"), item.get("namespace"), said])
    plain = {key: value for key, value in item.items() if key not in ("id", "status", "type")}
    return orjson.dumps([kind, plain], option=orjson.OPT_SORT_KEYS)


def _texts(content: Any) -> list[Any]:
    parts = content if isinstance(content, list) else [{"text": content}]
    return [part.get("text") or part.get("refusal") for part in parts if isinstance(part, dict)]


def _without_id(item: Any) -> Any:
    if not isinstance(item, dict) or "id" not in item or item.get("type") in _SEALED:
        return item
    return {key: value for key, value in item.items() if key != "id"}
