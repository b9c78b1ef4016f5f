"""Tools of a chat body (wire 5.1)."""

import re

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs import gemini_schema
from tray_app.dialects.repairs.common import Work, note_schema, objects, tool_schema
from tray_app.errors import BadRequest

MAX_TOOLS = 128
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def clean_tools(work: Work) -> None:
    """Raises BadRequest for a bad name or too many tools."""
    _from_functions(work)
    kept: list[Json] = []
    for index, tool in enumerate(objects(work.body, "tools")):
        if (clean := _clean_tool(work, tool, fields.at("tools", index))) is not None:
            kept.append(clean)
    if len(kept) > MAX_TOOLS:
        text = f"tools: {len(kept)} tools, Copilot takes at most {MAX_TOOLS} on this endpoint."
        raise BadRequest(text, "tools", code="array_above_max_length")
    if kept:
        work.body["tools"] = kept
    elif work.body.pop("tools", None) is not None:
        work.note("tools", "an empty list dropped, some models refuse it")
    _clean_choice(work, {tool["function"]["name"] for tool in kept})


def _from_functions(work: Work) -> None:
    """The form of 2023: `functions` and `function_call`."""
    functions = objects(work.body, "functions")
    if "functions" in work.body:
        del work.body["functions"]
        work.body.setdefault("tools", [{"type": "function", "function": item} for item in functions])
        work.note("functions", "sent as tools")
    call = work.body.pop("function_call", None)
    if isinstance(call, dict):
        work.body.setdefault("tool_choice", {"type": "function", "function": call})
    elif isinstance(call, str):
        work.body.setdefault("tool_choice", call)


def _clean_tool(work: Work, tool: Json, path: str) -> Json | None:
    kind = fields.get_str(tool, "type", path) or "function"
    if kind != "function":
        work.note("tools", f"{kind:.60} stripped, Copilot does not take it on this endpoint")
        return None
    tool["type"] = "function"
    where = f"{path}.function"
    function = fields.need_object(tool, "function", path)
    name = fields.need_str(function, "name", where)
    if not _NAME.fullmatch(name):
        text = f"{where}.name: {name!r:.80} is no tool name (letters, digits, _ and -, at most 64)."
        raise BadRequest(text, f"{where}.name", code="invalid_value")
    if isinstance(function.get("description"), str) and not function["description"].strip():
        del function["description"]
        work.note("tools.description", "empty ones removed")
    _clean_schema(work, function, name)
    return tool


def _clean_schema(work: Work, function: Json, name: str) -> None:
    if function.get("parameters") is None:
        function.pop("parameters", None)
        return
    schema, done = tool_schema(function["parameters"])
    if work.rules.model.is_gemini:
        schema, gone = gemini_schema.clean(schema)
        done += [f"{', '.join(gone)} rewritten or removed for Gemini"] if gone else []
    function["parameters"] = schema
    note_schema(work, f"tools.{name}.parameters", done)


def _clean_choice(work: Work, names: set[str]) -> None:
    choice = work.body.get("tool_choice")
    if choice is None:
        work.body.pop("tool_choice", None)
    elif not names:
        work.drop("tool_choice", "dropped, there are no tools")
    elif isinstance(choice, dict) and choice.get("type") == "function":
        function = fields.need_object(choice, "function", "tool_choice")
        if fields.need_str(function, "name", "tool_choice.function") not in names:
            work.drop("tool_choice", "dropped, it names a tool that is not there")
    if not names:
        work.body.pop("parallel_tool_calls", None)
