"""Tools and tool choice of a Responses request, to and from the neutral form."""

from collections.abc import Iterable, Mapping
from typing import Any

from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import (
    Json,
    as_object,
    at,
    get_bool,
    get_list,
    get_object,
    get_str,
    need_list,
    need_str,
)
from tray_app.dialects.neutral import Note, Tool, ToolChoice
from tray_app.errors import BadRequest

_MODES = ("auto", "required", "none")


# --- reading -------------------------------------------------------------------------------------


def read_tools(tools: Iterable[object], path: str) -> list[Tool]:
    """The tools of a `tools` list, namespaces laid flat. Raises BadRequest."""
    found: list[Tool] = []
    for index, value in enumerate(tools):
        found += _read_tool(as_object(value, at(path, index)), at(path, index))
    return found


def _read_tool(tool: Json, path: str) -> list[Tool]:
    kind = need_str(tool, "type", path)
    if kind == "namespace":
        name, description = need_str(tool, "name", path), get_str(tool, "description", path) or ""
        inner_path = at(path, "tools")
        inner = [
            as_object(value, at(inner_path, i)) for i, value in enumerate(need_list(tool, "tools", path))
        ]
        return [
            _read_plain(
                value, at(inner_path, i), need_str(value, "type", at(inner_path, i)), name, description
            )
            for i, value in enumerate(inner)
        ]
    return [_read_plain(tool, path, kind)]


def _read_plain(
    tool: Json, path: str, kind: str, namespace: str | None = None, namespace_description: str = ""
) -> Tool:
    if kind not in ("function", "custom"):
        return Tool(kind, kind="hosted", raw=tool)
    if "name" not in tool and isinstance(tool.get(kind), dict):
        tool, path = tool[kind], at(path, kind)  # chat's nested form, which some clients send here
    is_custom = kind == "custom"
    return Tool(
        name=need_str(tool, "name", path),
        description=get_str(tool, "description", path) or "",
        parameters=None if is_custom else without_encryption(get_object(tool, "parameters", path)),
        strict=None if is_custom else get_bool(tool, "strict", path),
        kind="custom" if is_custom else "function",
        namespace=namespace,
        namespace_description=namespace_description,
        format=get_object(tool, "format", path) if is_custom else None,
        deferred=get_bool(tool, "defer_loading", path) or False,
        raw=tool,
    )


def without_encryption(value: Any) -> Any:
    """A schema without the `encrypted` marks of Codex's reserved namespace, which only upstream's own
    Responses know, and only there."""
    if isinstance(value, dict):
        return {
            key: without_encryption(inner)
            for key, inner in value.items()
            if not (key == "encrypted" and isinstance(inner, bool))
        }
    return [without_encryption(inner) for inner in value] if isinstance(value, list) else value


def read_tool_choice(value: object) -> tuple[ToolChoice | None, list[Note]]:
    """`tool_choice` in any of its forms. Raises BadRequest."""
    if value is None:
        return None, []
    if isinstance(value, str):
        if value not in _MODES:
            raise BadRequest(f"tool_choice: {value!r} is not one of auto, required, none.", "tool_choice")
        return ToolChoice(value), []  # type: ignore[arg-type]
    choice = as_object(value, "tool_choice")
    match need_str(choice, "type", "tool_choice"):
        case "function" | "custom":
            return _named(choice), []
        case "allowed_tools":
            return _allowed(choice)
        case "auto" | "required" | "none" as mode:
            return ToolChoice(mode), []
        case hosted:
            return ToolChoice("tool", name=hosted), []


def _named(choice: Json) -> ToolChoice:
    nested = choice.get("function")
    source = nested if "name" not in choice and isinstance(nested, dict) else choice
    return ToolChoice(
        "tool",
        name=need_str(source, "name", "tool_choice"),
        namespace=get_str(choice, "namespace", "tool_choice"),
    )


def _allowed(choice: Json) -> tuple[ToolChoice, list[Note]]:
    mode = get_str(choice, "mode", "tool_choice") or "auto"
    if mode not in ("auto", "required"):
        raise BadRequest("tool_choice.mode: expected auto or required.", "tool_choice.mode")
    names = []
    for index, value in enumerate(get_list(choice, "tools", "tool_choice")):
        path = at("tool_choice.tools", index)
        entry = as_object(value, path)
        names.append(get_str(entry, "name", path) or need_str(entry, "type", path))
    return ToolChoice(mode, allowed=tuple(names)), []  # type: ignore[arg-type]


# --- writing -------------------------------------------------------------------------------------


def speaks_openai(model: Model) -> bool:
    """Whether OpenAI made the model: only those take hosted tools and context management."""
    return model.vendor.lower() in ("openai", "azure openai") or model.id.startswith("gpt-")


def write_tools(tools: Iterable[Tool], model: Model) -> tuple[list[Json], list[Note]]:
    """The `tools` list for upstream; hosted tools it cannot have are dropped with a note."""
    written: list[Json] = []
    spaces: dict[str, Json] = {}
    notes: list[Note] = []
    for tool in tools:
        if tool.kind == "hosted":
            if (hosted := _write_hosted(tool, model)) is None:
                notes.append(Note("tools", f"{tool.name} dropped, {model.id} has no such tool"))
            else:
                written.append(hosted)
        elif tool.namespace is None:
            written.append(write_tool(tool))
        elif (space := spaces.get(tool.namespace)) is not None:
            space["tools"].append(write_tool(tool))
        else:
            space = {"type": "namespace", "name": tool.namespace, "tools": [write_tool(tool)]}
            if tool.namespace_description.strip():
                space["description"] = tool.namespace_description
            spaces[tool.namespace] = space
            written.append(space)
    return written, notes


def write_tool(tool: Tool) -> Json:
    """A function or custom tool. An empty description is refused upstream, so it is left out."""
    entry: Json = {"type": "custom" if tool.kind == "custom" else "function", "name": tool.name}
    if tool.description.strip():
        entry["description"] = tool.description
    if tool.kind == "custom":
        if tool.format is not None:
            entry["format"] = dict(tool.format)
    else:
        entry["parameters"] = _schema(tool.parameters)
        entry["strict"] = bool(tool.strict)
    return entry


def _schema(parameters: Mapping[str, Any] | None) -> Json:
    schema = {key: value for key, value in (parameters or {}).items() if key != "$schema"}
    schema.setdefault("type", "object")
    if schema["type"] == "object":
        schema.setdefault("properties", {})
    return schema


def _write_hosted(tool: Tool, model: Model) -> Json | None:
    """A search tool of any dialect as this one's; GPT models have it (wire 6.2, 11.8)."""
    raw = tool.raw or {}
    kind = raw.get("type") if isinstance(raw.get("type"), str) else tool.name
    if not str(kind).startswith("web_search") or not speaks_openai(model):
        return None
    search: Json = {"type": "web_search"}
    if isinstance(raw.get("allowed_domains"), list) and raw["allowed_domains"]:
        search["filters"] = {"allowed_domains": raw["allowed_domains"]}
    if isinstance(raw.get("filters"), dict):
        search["filters"] = raw["filters"]
    for key in ("user_location", "search_context_size"):
        if raw.get(key) is not None:
            search[key] = raw[key]
    return search


def write_tool_choice(choice: ToolChoice, tools: Iterable[Tool]) -> Json | str:
    """`tool_choice` for upstream."""
    by_name = {tool.name: tool for tool in tools}
    if choice.mode == "tool" and choice.name:
        return _reference(choice.name, by_name.get(choice.name), choice.namespace)
    if choice.allowed and choice.mode in ("auto", "required"):
        return {
            "type": "allowed_tools",
            "mode": choice.mode,
            "tools": [_reference(name, by_name.get(name)) for name in choice.allowed],
        }
    return "auto" if choice.mode == "tool" else choice.mode


def _reference(name: str, tool: Tool | None, namespace: str | None = None) -> Json:
    if tool is not None and tool.kind == "hosted":
        return {"type": "web_search" if name.startswith("web_search") else name}
    entry: Json = {
        "type": "custom" if tool is not None and tool.kind == "custom" else "function",
        "name": name,
    }
    space = namespace or (tool.namespace if tool else None)
    return entry | ({"namespace": space} if space else {})
