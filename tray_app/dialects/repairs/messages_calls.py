"""Tool calls of a Messages body, and what tools run by Anthropic once gave (wire 7.4, 7.8)."""

import re

import orjson

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.common import Work
from tray_app.dialects.tool_arguments import RAW
from tray_app.dialects.tool_names import safe_call_id, wire_name

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def clean_call(work: Work, block: Json, path: str) -> list[Json]:
    """A `tool_use` block with an id, a name and an input that Claude takes."""
    block["id"] = clean_call_id(work, fields.need_str(block, "id", path))
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
    return {RAW: value if isinstance(value, str) else as_json(value)}


def clean_call_id(work: Work, id: str) -> str:
    """The id, or another one that is always the same for it."""
    safe = safe_call_id(id)
    if safe != id:
        work.repaired("renamed tool call ids that Claude does not take")
    return safe


def clean_reference(work: Work, block: Json, path: str) -> list[Json]:
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


def server_block_as_text(work: Work, block: Json, path: str) -> list[Json]:
    """Anthropic's own tools do not run at Copilot; what they once gave is kept as text."""
    searches = block.get("name") or block.get("type")
    if isinstance(searches, str) and searches.startswith("tool_search") and work.rules.model.tool_search:
        return [block]
    work.note("messages", f"{block['type']} written as text")
    value = block.get("input") if "input" in block else block.get("content")
    return [{"type": "text", "text": f"[{block.get('name') or block['type']}: {as_json(_readable(value))}]"}]


def _readable(value: object) -> object:
    """Search results without their encrypted parts."""
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items() if "encrypted" not in str(key)}
    return [_readable(item) for item in value] if isinstance(value, list) else value


def as_json(value: object) -> str:
    """A text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):  # whole numbers above 64 bits
        return str(value)
