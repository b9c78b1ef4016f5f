"""Tools and the choice among them as Chat Completions writes them."""

from collections.abc import Mapping
from typing import Any

from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json
from tray_app.dialects.model_limits import no_web_search
from tray_app.dialects.neutral import Ask, Note, Tool, ToolChoice
from tray_app.dialects.tool_names import wire_name

# What a custom tool becomes where only functions exist: one function with the raw text as `input`.
CUSTOM_SCHEMA: Json = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}


def schema_of(tool: Tool) -> Json:
    """The tool's JSON schema; an object without properties where the client gave none."""
    if tool.kind == "custom":
        return CUSTOM_SCHEMA
    schema: dict[str, Any] = dict(tool.parameters or {})
    schema.setdefault("type", "object")
    if schema["type"] == "object":
        schema.setdefault("properties", {})
    return schema


def description_of(tool: Tool) -> str:
    """With the grammar of a custom tool, which has no other place here."""
    definition = (tool.format or {}).get("definition")
    grammar = (tool.format or {}).get("grammar")
    if isinstance(grammar, Mapping):
        definition = grammar.get("definition", definition)
    if tool.kind != "custom" or not isinstance(definition, str):
        return tool.description
    return f"{tool.description}\n\nThe input must follow this grammar:\n{definition}".strip()


def offered(ask: Ask, model: Model) -> tuple[list[Tool], list[Note]]:
    """The tools that can go to an endpoint which knows functions only.

    Raises BadRequest for a web search that was the whole point of the request.
    """
    if any(_is_search(tool) and _is_the_point(tool, ask) for tool in ask.tools):
        raise no_web_search(model)
    allowed = ask.tool_choice.allowed if ask.tool_choice else ()
    tools, notes = [], []
    for tool in ask.tools:
        if tool.kind == "hosted":
            notes.append(Note("tools", f"{tool.name} dropped: the model's endpoint does not have it"))
        elif allowed and tool.name not in allowed:
            notes.append(Note("tools", f"{tool.name} left out: not among the allowed tools"))
        else:
            tools.append(tool)
    return tools, notes


def _is_search(tool: Tool) -> bool:
    return tool.kind == "hosted" and str((tool.raw or {}).get("type")).startswith("web_search")


def _is_the_point(tool: Tool, ask: Ask) -> bool:
    """Forced, or Anthropic's (`web_search_20250305`) or Google's as the only tool, as Claude Code and Gemini
    CLI search."""
    forced = ask.tool_choice is not None and ask.tool_choice.name == tool.name
    dated = str((tool.raw or {}).get("type")).startswith("web_search_2")
    return forced or ((dated or tool.name == "googleSearch") and len(ask.tools) == 1)


def choice_among(ask: Ask, tools: list[Tool], notes: list[Note]) -> ToolChoice | None:
    """The client's choice, unless the tool it names could not be offered."""
    choice = ask.tool_choice
    if choice is None or choice.mode != "tool":
        return choice
    if any(tool.name == choice.name and tool.namespace == choice.namespace for tool in tools):
        return choice
    notes.append(Note("tool_choice", f"dropped: {choice.name} is not among the tools"))
    return None


def write_tool(tool: Tool, mark: bool) -> Json:
    function: Json = {"name": wire_name(tool.name, tool.namespace)}
    if description := description_of(tool):
        function["description"] = description
    function["parameters"] = schema_of(tool)
    if tool.strict is not None and tool.kind == "function":
        function["strict"] = tool.strict
    written: Json = {"type": "function", "function": function}
    return {**written, "copilot_cache_control": {"type": "ephemeral"}} if mark else written


def write_choice(choice: ToolChoice) -> Any:
    if choice.mode != "tool":
        return choice.mode
    return {"type": "function", "function": {"name": wire_name(choice.name or "", choice.namespace)}}
