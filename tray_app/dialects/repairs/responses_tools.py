"""Tools of a `/responses` body: what upstream refuses is stripped, renamed or rewritten (wire 6.2)."""

from typing import Any

from tray_app.dialects.fields import Json, as_object, at, get_list, get_object, get_str, need_str
from tray_app.dialects.neutral import Note
from tray_app.dialects.protocol import Prepared, Rules
from tray_app.dialects.responses.tools import speaks_openai, without_encryption
from tray_app.dialects.responses.wire_tools import WireTools, wire_space

# Learned from refusals.
PLAIN_TOOLS = "plain tools only"


def no_tool(kind: str) -> str:
    """What is learned when a model refuses a kind of hosted tool."""
    return f"no {kind} tool"


REFUSED = frozenset(
    {
        "image_generation",
        "code_interpreter",
        "file_search",
        "computer_use",
        "computer_use_preview",
        "computer",
        "mcp",
    }
)


def takes_functions_only(rules: Rules) -> bool:
    """Grok: neither hosted nor custom tools, no namespaces."""
    return rules.model.vendor.lower() == "xai" or rules.model.id.startswith("grok")


def is_plain(rules: Rules) -> bool:
    """Whether custom tools and namespaces go as functions at the top level."""
    return takes_functions_only(rules) or PLAIN_TOOLS in rules.learned


def repair_tools(prepared: Prepared, rules: Rules, wire: WireTools, given: list[Any]) -> None:
    """Rewrite `tools`, the tools inside the input, and `tool_choice`. Raises BadRequest."""
    shop = _Tools(prepared, rules, wire)
    tools = shop.repaired(given, "tools")
    body = prepared.body
    # Text input holds no tools; looking for them letter by letter took seconds on a large one.
    items = body["input"] if isinstance(body.get("input"), list) else []
    if any(_has_tools(item) for item in items):
        items = body["input"] = shop.inside_input(items, tools)
    offered = bool(tools) or any(_has_tools(item) for item in items)
    if tools:
        body["tools"] = tools
    else:
        body.pop("tools", None)
    _choice(prepared, shop, wire, offered=offered)


def _has_tools(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") == "additional_tools"


class _Tools:
    def __init__(self, prepared: Prepared, rules: Rules, wire: WireTools) -> None:
        self._prepared, self._rules, self._wire = prepared, rules, wire
        self.stripped: set[str] = set()

    def repaired(self, tools: list[Any], path: str) -> list[Json]:
        """One list of tools. Raises BadRequest."""
        kept: list[Json] = []
        for index, value in enumerate(tools):
            kept += self._one(as_object(value, at(path, index)), at(path, index))
        return kept

    def inside_input(self, items: list[Any], top: list[Json]) -> list[Any]:
        """`additional_tools` items repaired; lifted to the top (into `top`) where only plain tools pass."""
        kept = []
        for index, item in enumerate(items):
            if not _has_tools(item):
                kept.append(item)
                continue
            path = at("input", index)
            tools = self.repaired(get_list(item, "tools", path), at(path, "tools"))
            if self._wire.plain:
                top += tools
                self._repair("tools inside the input moved to the top")
            elif tools:
                kept.append(item | {"tools": tools})
        return kept

    def _one(self, tool: Json, path: str) -> list[Json]:
        kind = need_str(tool, "type", path)
        if kind == "namespace":
            return self._namespace(tool, path)
        if kind in ("function", "custom"):
            return [self._callable(tool, path)]
        if kind in REFUSED:
            return self._strip(kind, "Copilot has no such tool")
        if takes_functions_only(self._rules):
            return self._strip(kind, f"{self._rules.model.id} takes functions only")
        if no_tool(kind) in self._rules.learned:
            return self._strip(kind, "the model refused it earlier")
        if kind.startswith("web_search"):
            if not self._rules.web_search:
                return self._strip(kind, "web search is switched off")
            if not speaks_openai(self._rules.model):
                return self._strip(kind, f"{self._rules.model.id} has no web search")
        return [tool]

    def _strip(self, kind: str, why: str) -> list[Json]:
        self.stripped.add(kind)
        self._prepared.notes.append(Note("tools", f"{kind} stripped, {why}"))
        return []

    def _namespace(self, space: Json, path: str) -> list[Json]:
        name, inner_path = need_str(space, "name", path), at(path, "tools")
        inner = []
        for index, value in enumerate(get_list(space, "tools", path)):
            tool_path = at(inner_path, index)
            tool = as_object(value, tool_path)
            kind = need_str(tool, "type", tool_path)
            if kind in ("function", "custom"):
                inner.append(self._callable(tool, tool_path, name))
            elif not self._wire.plain:
                inner.append(tool)
        if self._wire.plain:
            self._repair("namespaces laid flat")
            return [without_encryption(tool) for tool in inner]
        if not inner:
            return []
        wired = wire_space(name)
        if wired != name:
            self._repair(f"namespace {name} renamed on the wire")
            inner = [without_encryption(tool) for tool in inner]
        return [_described(space | {"name": wired, "tools": inner}, path)]

    def _callable(self, tool: Json, path: str, namespace: str | None = None) -> Json:
        written = _schema(_described(self._wire.tool(tool, namespace), path), path)
        if written.get("type") != tool.get("type"):
            self._repair(f"{tool.get('name')} sent as a function")
        elif written.get("name") != tool.get("name"):
            self._repair(f"{tool.get('name')} renamed on the wire")
        return written

    def _repair(self, what: str) -> None:
        self._prepared.repaired(what)


def _described(tool: Json, path: str) -> Json:
    """The tool without an empty description, which upstream refuses."""
    text = get_str(tool, "description", path)
    if "description" in tool and not (text and text.strip()):
        return {key: value for key, value in tool.items() if key != "description"}
    return tool


def _schema(tool: Json, path: str) -> Json:
    """The tool with parameters as upstream wants them: an object's schema without `$schema`."""
    parameters = get_object(tool, "parameters", path)
    if parameters is None or ("type" in parameters and "$schema" not in parameters):
        return tool
    kept = {key: value for key, value in parameters.items() if key != "$schema"}
    return tool | {"parameters": {"type": "object", "properties": {}} | kept if "type" not in kept else kept}


# --- tool_choice ---------------------------------------------------------------------------------


def _choice(prepared: Prepared, shop: _Tools, wire: WireTools, *, offered: bool) -> None:
    body = prepared.body
    choice = body.get("tool_choice")
    if choice is None or not offered:
        if body.pop("tool_choice", None) not in (None, "auto", "none"):
            prepared.notes.append(Note("tool_choice", "dropped, no tools are left"))
        return
    if isinstance(choice, str):
        return
    choice = as_object(choice, "tool_choice")
    kind = need_str(choice, "type", "tool_choice")
    if kind in shop.stripped:
        del body["tool_choice"]
        prepared.notes.append(Note("tool_choice", f"dropped, it named {kind}"))
    elif kind in ("function", "custom"):
        body["tool_choice"] = _on_the_wire(choice, wire)
    elif kind == "allowed_tools":
        _allowed(prepared, choice, shop, wire)


def _allowed(prepared: Prepared, choice: Json, shop: _Tools, wire: WireTools) -> None:
    path = "tool_choice.tools"
    entries = [
        as_object(value, at(path, i)) for i, value in enumerate(get_list(choice, "tools", "tool_choice"))
    ]
    kept = [_on_the_wire(entry, wire) for entry in entries if entry.get("type") not in shop.stripped]
    if kept:
        prepared.body["tool_choice"] = choice | {"tools": kept}
    else:
        del prepared.body["tool_choice"]
        prepared.notes.append(Note("tool_choice", "dropped, it named stripped tools only"))


def _on_the_wire(choice: Json, wire: WireTools) -> Json:
    name, space = choice.get("name"), choice.get("namespace")
    if not isinstance(name, str):
        return choice
    space = space if isinstance(space, str) else None
    wired_space, wired = wire.names(name, space)
    written = {key: value for key, value in choice.items() if key != "namespace"} | {"name": wired}
    if wired_space is not None:
        written["namespace"] = wired_space
    if choice.get("type") == "custom" and wire.becomes_function(name):
        written["type"] = "function"
    return written
