"""Content blocks of a Messages body, made fit for the strictest of the three Claude backends (wire 7.4)."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import orjson

from tray_app.dialects import carrier, fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.common import Work, external_image, is_blank
from tray_app.dialects.tool_names import safe_call_id, wire_name
from tray_app.errors import BadRequest

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)
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
        return _server_block(work, block, path)
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


def _image(work: Work, block: Json, path: str) -> Blocks:
    source = fields.need_object(block, "source", path)
    url = source.get("url")
    if source.get("type") == "base64":
        if source.get("media_type") == "image/jpg":
            source["media_type"] = "image/jpeg"
            work.note("messages", "image/jpg written as image/jpeg")
        return [block]
    if isinstance(url, str) and (found := _DATA_URL.match(url)):
        block["source"] = {"type": "base64", "media_type": found[1], "data": found[2]}
        work.note("messages", "image data URLs written as base64 sources")
        return [block]
    if source.get("type") == "file":
        raise _no_files(path)
    raise external_image(f"{path}.source")


def _no_files(path: str) -> BadRequest:
    where = f"{path}.source"
    return BadRequest(
        f"{where}: Copilot keeps no files. Send the content itself as base64 data.",
        where,
        code="unsupported_file",
    )


def _document(work: Work, block: Json, path: str) -> Blocks:
    source = fields.need_object(block, "source", path)
    kind, media = source.get("type"), source.get("media_type")
    if kind == "text" or (kind == "base64" and media == "application/pdf"):
        return [block]
    if kind == "base64" and isinstance(media, str) and media.startswith("text/"):
        block["source"] = {"type": "text", "media_type": "text/plain", "data": _decoded(source, path)}
        work.note("messages", f"{media} documents sent as text")
        return [block]
    if kind == "content":
        return _document_content(work, block, source, path)
    raise _no_files(path)


def _decoded(source: Json, path: str) -> str:
    try:
        return base64.b64decode(str(source.get("data", ""))).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        where = f"{path}.source.data"
        raise BadRequest(f"{where}: this is not base64.", where, code="invalid_value") from error


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


def _tool_use(work: Work, block: Json, path: str) -> Blocks:
    block["id"] = _safe_id(work, fields.need_str(block, "id", path))
    name = fields.need_str(block, "name", path)
    if not _NAME.fullmatch(name):
        block["name"] = wire_name(name) if name else "tool"
        work.note("messages.tool_use.name", f"{name!r} written as {block['name']!r}")
    if not isinstance(block.get("input"), dict):
        block["input"] = _arguments(block.get("input"))
        work.note("messages.tool_use.input", "made an object")
    return [block]


def _arguments(value: object) -> Json:
    """Arguments as an object; what is none is kept as text rather than lost."""
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        try:
            parsed = orjson.loads(value)
        except orjson.JSONDecodeError:
            parsed = None
        if isinstance(parsed, dict):
            return parsed
    return {"_raw_arguments": value if isinstance(value, str) else _json(value)}


def _safe_id(work: Work, id: str) -> str:
    safe = safe_call_id(id)
    if safe != id:
        work.repaired("renamed tool call ids that Claude does not take")
    return safe


def _tool_result(work: Work, block: Json, path: str) -> Blocks:
    block["tool_use_id"] = _safe_id(work, fields.need_str(block, "tool_use_id", path))
    content = block.get("content")
    if content is None or isinstance(content, str):
        return [block]
    if not isinstance(content, list):
        block["content"] = _json(content)
        work.note("messages.tool_result", "content written as JSON text")
        return [block]
    parts: Blocks = []
    for index, part in enumerate(content):
        parts += _result_part(work, part, fields.at(f"{path}.content", index))
    _hoist_mark(work, block, parts)
    if content and not parts and all(_type(part) == "tool_reference" for part in content):
        parts = [{"type": "text", "text": "(no such tool)"}]
    block["content"] = parts or ""
    if block.get("is_error") and any(part.get("type") != "text" for part in parts):
        del block["is_error"]
        work.note("messages.tool_result.is_error", "removed, a failed result may hold text only")
    return [block]


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
    return [{"type": "text", "text": _json(part)}]


def _hoist_mark(work: Work, block: Json, parts: Blocks) -> None:
    """A cache mark inside a result is refused; it belongs on the result."""
    marks = [mark for part in parts if (mark := part.pop("cache_control", None)) is not None]
    if marks:
        block.setdefault("cache_control", marks[-1])
        work.note("cache_control", "moved from inside a tool result onto it")


def _tool_reference(work: Work, block: Json, path: str) -> Blocks:
    """A tool found by search: kept where the model has tool search. A tool that is not listed is refused
    there, and beside references that hold it may not stand as text either."""
    name = block.get("tool_name")
    if work.rules.model.tool_search and "no_tool_search" not in work.facts:
        listed = [tool.get("name") for tool in work.body.get("tools") or [] if isinstance(tool, dict)]
        if name in listed:
            return [block]
        work.note("messages.tool_reference", f"{name!r:.80} dropped, it is not among the tools")
        return []
    work.note("messages.tool_reference", "written as text")
    return [{"type": "text", "text": f"[tool: {name}]"}]


def _server_block(work: Work, block: Json, path: str) -> Blocks:
    """Anthropic's own tools do not run at Copilot; what they once gave is kept as text."""
    searches = block.get("name") or block.get("type")
    if isinstance(searches, str) and searches.startswith("tool_search") and work.rules.model.tool_search:
        return [block]
    work.note("messages", f"{block['type']} written as text")
    value = block.get("input") if "input" in block else block.get("content")
    return [{"type": "text", "text": f"[{block.get('name') or block['type']}: {_json(_readable(value))}]"}]


def _readable(value: object) -> object:
    """Search results without their encrypted parts."""
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items() if "encrypted" not in str(key)}
    return [_readable(item) for item in value] if isinstance(value, list) else value


def _upload(work: Work, block: Json, path: str) -> Blocks:
    raise _no_files(path)


def _json(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):  # whole numbers above 64 bits
        return str(value)


_CLEANERS: dict[str, Callable[[Work, Json, str], Blocks]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "tool_reference": _tool_reference,
    "container_upload": _upload,
}
