"""Content blocks of a Messages body, made fit for the strictest of the three Claude backends (wire 7.4)."""

from collections.abc import Callable
from typing import Any

from tray_app.dialects import carrier, fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.common import Work, is_blank
from tray_app.dialects.repairs.messages_calls import (
    as_json,
    clean_call,
    clean_call_id,
    clean_reference,
    server_block_as_text,
)
from tray_app.dialects.repairs.messages_media import clean_document, clean_image, refuse_upload
from tray_app.errors import BadRequest

_PLACEHOLDERS = ("Thinking...", "Thinking…")
_FOREIGN_KEYS = ("copilot_annotations", "caller")

Blocks = list[Json]


def clean_block(work: Work, block: Json, path: str) -> Blocks:
    """The block as upstream takes it: one block, or none where it is dropped with a note."""
    for key in _FOREIGN_KEYS:
        if key in block:
            del block[key]
            work.note(f"messages.{key}", "removed, refused upstream")
    kind = block.get("type")
    if not isinstance(kind, str):
        raise BadRequest(f"{path}.type: expected a string.", f"{path}.type", code="invalid_type")
    if cleaner := _CLEANERS.get(kind):
        return cleaner(work, block, path)
    if kind.startswith(("server_tool_use", "mcp_tool_use")) or kind.endswith("_tool_result"):
        return server_block_as_text(work, block, path)
    return [block]


def clean_content(work: Work, content: list[Any], path: str) -> Blocks:
    """Every block of a message's list. Raises BadRequest naming the block that is no object."""
    clean: Blocks = []
    for index, block in enumerate(content):
        where = fields.at(path, index)
        clean += clean_block(work, fields.as_object(block, where), where)
    return clean


def _text(work: Work, block: Json, path: str) -> Blocks:
    text = block.get("text")
    if text is not None and not isinstance(text, str):
        fields.as_str(text, f"{path}.text")
    if is_blank(text):
        work.note("messages", "empty texts dropped, Claude refuses them")
        return []
    return [block]


def _document(work: Work, block: Json, path: str) -> Blocks:
    source = fields.need_object(block, "source", path)
    if source.get("type") == "content":
        return _document_content(work, block, source, path)
    return clean_document(work, block, path)


def _document_content(work: Work, block: Json, source: Json, path: str) -> Blocks:
    """A document made of content blocks stands in the message as those blocks."""
    content = source.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    parts = clean_content(work, fields.as_list(content, f"{path}.source.content"), f"{path}.source.content")
    for part in parts:
        part.pop("cache_control", None)
    if parts and "cache_control" in block:
        parts[-1]["cache_control"] = block["cache_control"]
    work.note("messages", "a document made of blocks sent as those blocks")
    return parts


def _thinking(work: Work, block: Json, path: str) -> Blocks:
    signature = block.get("signature")
    rules = work.rules
    if (
        not isinstance(signature, str)
        or not signature
        or carrier.is_carrier(signature)
        or rules.memory.is_refused(rules.model.id, signature)
    ):
        work.note("messages.thinking", "dropped, its signature is missing or of another model")
        return []
    if block.get("thinking") in _PLACEHOLDERS:
        work.note("messages.thinking", "placeholder dropped")
        return []
    if not isinstance(block.get("thinking"), str):
        block["thinking"] = ""
    return [_uncached(work, block)]


def _redacted(work: Work, block: Json, path: str) -> Blocks:
    data = block.get("data")
    if not isinstance(data, str) or not data or carrier.is_carrier(data):
        work.note("messages.redacted_thinking", "dropped, it is empty or of another model")
        return []
    return [_uncached(work, block)]


def _uncached(work: Work, block: Json) -> Json:
    if block.pop("cache_control", None) is not None:
        work.note("cache_control", "removed from thinking, refused there")
    return block


def _tool_result(work: Work, block: Json, path: str) -> Blocks:
    block["tool_use_id"] = clean_call_id(work, fields.need_str(block, "tool_use_id", path))
    content = block.get("content")
    if content is None or isinstance(content, str):
        return [block]
    if not isinstance(content, list):
        block["content"] = as_json(content)
        work.note("messages.tool_result", "content written as JSON text")
        return [block]
    block["content"] = _result_parts(work, block, content, path) or ""
    if block.get("is_error") and any(_type(part) != "text" for part in block["content"]):
        del block["is_error"]
        work.note("messages.tool_result.is_error", "removed, a failed result may hold text only")
    return [block]


def _result_parts(work: Work, block: Json, content: list[Any], path: str) -> Blocks:
    parts: Blocks = []
    for index, part in enumerate(content):
        parts += _result_part(work, part, fields.at(f"{path}.content", index))
    _hoist_mark(work, block, parts)
    if content and not parts and all(_type(part) == "tool_reference" for part in content):
        return [{"type": "text", "text": "(no such tool)"}]
    return parts


def _type(part: object) -> object:
    return part.get("type") if isinstance(part, dict) else None


def _result_part(work: Work, part: Any, path: str) -> Blocks:
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    if not isinstance(part, dict):
        raise BadRequest(f"{path}: expected an object.", path, code="invalid_type")
    if part.get("type") in ("text", "image", "document", "tool_reference", "search_result"):
        return clean_block(work, part, path)
    work.note("messages.tool_result", f"a part of type {part.get('type')!r:.60} written as JSON text")
    return [{"type": "text", "text": as_json(part)}]


def _hoist_mark(work: Work, block: Json, parts: Blocks) -> None:
    """A cache mark inside a result is refused; it belongs on the result."""
    marks = [mark for part in parts if (mark := part.pop("cache_control", None)) is not None]
    if marks:
        block.setdefault("cache_control", marks[-1])
        work.note("cache_control", "moved from inside a tool result onto it")


_CLEANERS: dict[str, Callable[[Work, Json, str], Blocks]] = {
    "text": _text,
    "image": clean_image,
    "document": _document,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": clean_call,
    "tool_result": _tool_result,
    "tool_reference": clean_reference,
    "container_upload": refuse_upload,
}
