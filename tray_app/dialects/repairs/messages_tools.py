"""Tools of a Messages body: what Copilot's Claude backends take, what is stripped (wire 7.4, 11.8)."""

import re
from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.anthropic_tools import as_custom_tool, is_client_tool
from tray_app.dialects.fields import Json
from tray_app.dialects.model_limits import no_web_search
from tray_app.dialects.repairs.common import Work, note_schema, objects, tool_schema
from tray_app.errors import BadRequest

PLACEHOLDER = "DeferredToolPlaceholder"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_STRIPPED = ("advisor_", "code_execution_", "web_fetch_", "web_search_", "mcp_toolset", "computer_")
_ADVANCED = ("defer_loading", "allowed_callers", "input_examples")
_REFUSED = ("eager_input_streaming",)
_COMBINERS = ("anyOf", "oneOf", "allOf")


def clean_tools(work: Work) -> None:
    """Raises BadRequest for a bad name, and for a search that was the whole point of the request."""
    tools = objects(work.body, "tools")
    _refuse_forced_search(work, tools)
    kept: list[Json] = []
    names: set[str] = set()
    for index, tool in enumerate(tools):
        clean = _clean_tool(work, tool, fields.at("tools", index))
        if clean is None:
            continue
        name = fields.need_str(clean, "name", fields.at("tools", index))
        if name in names:
            work.note("tools", f"{name!r:.80} came twice, the second was dropped")
            continue
        names.add(name)
        kept.append(clean)
    if kept and all(tool.get("defer_loading") for tool in kept):
        for tool in kept:
            del tool["defer_loading"]
        work.note("tools.defer_loading", "removed, at least one tool must be loaded")
    if kept:
        work.body["tools"] = kept
    elif work.body.pop("tools", None):
        work.note("tools", "none is left")
    _clean_choice(work, names)


def has_tool_search(work: Work) -> bool:
    return work.rules.model.tool_search and "no_tool_search" not in work.facts


def _refuse_forced_search(work: Work, tools: list[Json]) -> None:
    """Claude Code's search would else report "Did 0 searches", or worse, sources out of thin air."""
    choice = work.body.get("tool_choice")
    forced = choice.get("name") if isinstance(choice, dict) and choice.get("type") == "tool" else None
    for tool in tools:
        kind = tool.get("type")
        if not isinstance(kind, str) or not kind.startswith("web_search"):
            continue
        if len(tools) == 1 or forced == tool.get("name", "web_search"):
            raise no_web_search(work.rules.model)


def _clean_tool(work: Work, tool: Json, path: str) -> Json | None:
    kind = fields.get_str(tool, "type", path) or "custom"
    if kind.startswith(_STRIPPED):
        work.note("tools", f"{kind:.60} stripped, Copilot does not run it")
        return None
    if kind.startswith("tool_search_tool"):
        if not has_tool_search(work):
            work.note("tools", "tool search stripped, the model has none")
            return None
        return tool
    if is_client_tool(kind) and "no_client_tools" not in work.facts:
        return tool
    return _custom(work, tool, path)


def _custom(work: Work, tool: Json, path: str) -> Json | None:
    name = fields.need_str(tool, "name", path)
    if not _NAME.fullmatch(name):
        where = f"{path}.name"
        text = f"{where}: {name!r:.140} is no tool name Claude takes (letters, digits, _ and -, at most 128)."
        raise BadRequest(text, where, code="invalid_value")
    if is_client_tool(kind := tool.get("type")):
        tool = as_custom_tool(tool)
        work.note("tools", f"{kind} sent as an ordinary tool")
    if not has_tool_search(work):
        if tool.get("defer_loading") and name == PLACEHOLDER:
            work.note("tools", f"{PLACEHOLDER} removed, the model has no tool search")
            return None
        for key in _ADVANCED:
            if tool.pop(key, None):
                work.note(f"tools.{key}", "removed, the model has no tool search")
    for key in _REFUSED:
        if key in tool:
            del tool[key]
            work.note(f"tools.{key}", "removed, refused upstream")
    if isinstance(tool.get("description"), str) and not tool["description"].strip():
        del tool["description"]
        work.note("tools.description", "empty ones removed")
    _clean_schema(work, tool, name)
    if tool.get("defer_loading") and tool.pop("cache_control", None) is not None:
        work.note("cache_control", "removed from a deferred tool, refused there")
    return tool


def _clean_schema(work: Work, tool: Json, name: str) -> None:
    schema, done = tool_schema(tool.get("input_schema"))
    for word in _COMBINERS:
        if isinstance(variants := schema.get(word), list):
            del schema[word]
            schema["properties"] = _all_properties(variants) | schema["properties"]
            done.append(f"{word} at the top resolved")
    tool["input_schema"] = schema
    note_schema(work, f"tools.{name:.64}.input_schema", done)


def _all_properties(variants: list[Any]) -> Json:
    found: Json = {}
    for variant in variants:
        if isinstance(variant, dict) and isinstance(variant.get("properties"), dict):
            found |= variant["properties"]
    return found


def _clean_choice(work: Work, names: set[str]) -> None:
    choice = work.body.get("tool_choice")
    if choice is None:
        work.body.pop("tool_choice", None)
        return
    if not isinstance(choice, dict):
        fields.as_object(choice, "tool_choice")
        return
    if not names:
        work.drop("tool_choice", "dropped, there are no tools")
    elif choice.get("type") == "tool" and fields.get_str(choice, "name", "tool_choice") not in names:
        work.drop("tool_choice", "dropped, it names a tool that is not there")
