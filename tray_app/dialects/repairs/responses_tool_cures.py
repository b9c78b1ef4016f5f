"""What to do about tools that Copilot's `/responses` turned out to refuse."""

import re

from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.responses_item_cures import items_of
from tray_app.dialects.repairs.responses_tools import PLAIN_TOOLS, is_plain, no_tool
from tray_app.dialects.responses.wire_tools import (
    CLIENT_NAMESPACES,
    WireTools,
    client_tool_lists,
    each_tool,
)

_TOOL_PARAM = re.compile(r"tools\[(\d{1,6})\](?:\.type)?")
_OWN_TOOLS = ("function", "custom", "namespace")


def plain_tools(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Only functions at the top, for a model that turned out to take no other tools."""
    if is_plain(rules):
        return None
    wire = WireTools(plain=True, function_apply_patch=True)
    flat = [wire.tool(tool, space) for tools in client_tool_lists(body) for tool, space in each_tool(tools)]
    flat += [
        tool for tools in client_tool_lists(body) for tool in tools if tool.get("type") not in _OWN_TOOLS
    ]
    converted: set[str] = set()
    items = [
        wire.item(_client_names(item), converted)
        for item in items_of(body)
        if item.get("type") != "additional_tools"
    ]
    changed = body | {"tools": flat}
    if items:
        changed["input"] = items
    if isinstance(changed.get("tool_choice"), dict):
        del changed["tool_choice"]
    return Recovery(changed, "tools sent as plain functions", learned=PLAIN_TOOLS)


def _client_names(item: Json) -> Json:
    """A call with the namespace that the client gave it, before it was renamed on the wire."""
    space = item.get("namespace")
    return item | {"namespace": CLIENT_NAMESPACES[space]} if space in CLIENT_NAMESPACES else item


def strip_tools(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Every hosted tool of the kind that was refused, and a choice that names it. But a search that had to
    be made is refused to the client: without it the answer would be made up."""
    tools = body.get("tools")
    kind = _refused_tool(tools if isinstance(tools, list) else [], said)
    if kind is None or not isinstance(tools, list):
        return None
    kept = [tool for tool in tools if tool.get("type") != kind]
    changed = body | {"tools": kept}
    choice = body.get("tool_choice")
    if kind.startswith("web_search") and isinstance(choice, dict) and choice.get("type") == kind:
        return None
    if not kept:
        del changed["tools"]
    if "tool_choice" in changed and (not kept or (isinstance(choice, dict) and choice.get("type") == kind)):
        del changed["tool_choice"]
    return Recovery(changed, f"{kind} removed because Copilot refused it", learned=no_tool(kind))


def _refused_tool(tools: list[Json], said: ErrorBody) -> str | None:
    named = _TOOL_PARAM.fullmatch(said.param or "")
    if named and int(named[1]) < len(tools):
        wanted = [tools[int(named[1])]]
    else:
        lower = said.message.lower().replace("_", " ")
        wanted = [tool for tool in tools if str(tool.get("type")).split("_2")[0].replace("_", " ") in lower]
    kinds = (tool.get("type") for tool in wanted)
    return next((kind for kind in kinds if isinstance(kind, str) and kind not in _OWN_TOOLS), None)
