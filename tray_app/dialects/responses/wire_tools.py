"""Tools under other names on the wire than the client gave them, and the way back.

Copilot's `/responses` refuses some of what Codex offers (copilot-wire 6.2): a custom `apply_patch` on
some models, the reserved namespace `collaboration`, a function called `tool_search`, and on Grok
everything but plain functions. `WireTools` rewrites tools and history; `ClientTools` turns the calls
that come back into the client's own. Both read the client's tools only, so they agree on every turn.
"""

from collections.abc import Iterable
from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.tool_arguments import unwrap_input, wrap_input
from tray_app.dialects.tool_names import wire_name

NAMESPACES = {"collaboration": "agents_collaboration"}
CLIENT_NAMESPACES = {wired: name for name, wired in NAMESPACES.items()}
NAMES = {"tool_search": "client_tool_search"}
_INPUT_SCHEMA: Json = {
    "type": "object",
    "properties": {"input": {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": ["input"],
    "additionalProperties": False,
}
_CALL_TYPES = {"custom_tool_call": "function_call", "custom_tool_call_output": "function_call_output"}


def client_tool_lists(body: Json) -> Iterable[list[Any]]:
    """Every list of tools in a request: at the top, and inside the input (Codex)."""
    if isinstance(body.get("tools"), list):
        yield body["tools"]
    items = body.get("input")
    for item in items if isinstance(items, list) else ():
        if (
            isinstance(item, dict)
            and item.get("type") == "additional_tools"
            and isinstance(item.get("tools"), list)
        ):
            yield item["tools"]


def each_tool(tools: Iterable[Any], namespace: str | None = None) -> Iterable[tuple[Json, str | None]]:
    """Functions and custom tools, with the client's name of the namespace each is in."""
    for tool in tools:
        if not isinstance(tool, dict):
            continue
        if tool.get("type") == "namespace" and isinstance(tool.get("tools"), list) and namespace is None:
            yield from each_tool(tool["tools"], _client_space(tool.get("name")))
        elif tool.get("type") in ("function", "custom") and isinstance(tool.get("name"), str):
            yield tool, namespace


def _client_space(namespace: object) -> str | None:
    return CLIENT_NAMESPACES.get(namespace, namespace) if isinstance(namespace, str) else None


def wire_space(namespace: str) -> str:
    """A namespace as upstream takes it."""
    return NAMESPACES.get(namespace) or wire_name(namespace)


def _wired(name: str, namespace: str | None) -> tuple[str | None, str]:
    return (None if namespace is None else wire_space(namespace)), NAMES.get(name) or wire_name(name)


def _plain(name: str, namespace: str | None) -> tuple[str | None, str]:
    return None, (NAMES.get(name) if namespace is None else None) or wire_name(name, namespace)


class ClientTools:
    """The client's tools, found by any name they may have on the wire."""

    def __init__(self, body: Json) -> None:
        self._by_wire: dict[tuple[str | None, str], tuple[str | None, str, bool]] = {}
        for tools in client_tool_lists(body):
            for tool, space in each_tool(tools):
                name, is_custom = tool["name"], tool["type"] == "custom"
                for wired in (_wired(name, space), _plain(name, space), (space, name)):
                    if wired != (space, name) or is_custom:
                        self._by_wire.setdefault(wired, (space, name, is_custom))

        self._echoed = {"tools": _strict(body.get("tools")), "tool_choice": body.get("tool_choice")}

    def echo(self, response: Json) -> None:
        """Put the client's own tools and choice where upstream echoes what it was sent, in place."""
        for key, value in self._echoed.items():
            if value and key in response:
                response[key] = value

    def __bool__(self) -> bool:
        return bool(self._by_wire)

    def find(self, item: Json) -> tuple[str | None, str, bool] | None:
        """The client's namespace and name for a call item, and whether its tool is a custom one."""
        space, name = item.get("namespace"), item.get("name")
        if not isinstance(name, str):
            return None
        return self._by_wire.get((space if isinstance(space, str) else None, name))

    def restore_item(self, item: Json) -> Json:
        """A call item as the client knows its tool; any other item unchanged."""
        if item.get("type") not in ("function_call", "custom_tool_call"):
            return item
        if (found := self.find(item)) is None:
            return item
        space, name, is_custom = found
        restored = {key: value for key, value in item.items() if key != "namespace"} | {"name": name}
        if space is not None:
            restored["namespace"] = space
        if is_custom and item["type"] == "function_call":
            arguments = restored.pop("arguments", "")
            restored["type"] = "custom_tool_call"
            restored["input"] = unwrap_input(arguments) if isinstance(arguments, str) and arguments else ""
        return restored


class WireTools:
    """How tools look upstream. `plain`: only functions at the top (Grok, or learned from a refusal)."""

    def __init__(self, *, plain: bool, function_apply_patch: bool) -> None:
        self.plain, self._function_apply_patch = plain, function_apply_patch

    def becomes_function(self, name: object) -> bool:
        """Whether a custom tool goes upstream as a function with one text, `input`."""
        return self.plain or (self._function_apply_patch and name == "apply_patch")

    def names(self, name: str, namespace: str | None) -> tuple[str | None, str]:
        """Namespace and name on the wire."""
        if self.plain:
            return _plain(name, namespace)
        return _wired(name, namespace)

    def tool(self, tool: Json, namespace: str | None = None) -> Json:
        """A function or custom tool; the same object if nothing changes."""
        name = tool.get("name")
        if not isinstance(name, str):
            return tool
        _, wired = self.names(name, namespace)
        if tool.get("type") == "custom" and self.becomes_function(name):
            return _as_function(tool, wired)
        return tool if wired == name else tool | {"name": wired}

    def item(self, item: Json, converted: set[str]) -> Json:
        """A call or output of the history, under its wire name. `converted` gathers the ids of calls
        that became function calls, so that their outputs follow."""
        kind = item.get("type")
        if kind in ("function_call", "custom_tool_call"):
            return self._call(item, converted)
        if kind == "custom_tool_call_output" and item.get("call_id") in converted:
            return {key: value for key, value in item.items() if key != "id"} | {"type": _CALL_TYPES[kind]}
        return item

    def _call(self, item: Json, converted: set[str]) -> Json:
        name, space = item.get("name"), item.get("namespace")
        if not isinstance(name, str):
            return item
        space = space if isinstance(space, str) else None
        wired_space, wired = self.names(name, space)
        if item["type"] == "custom_tool_call" and self.becomes_function(name):
            if isinstance(item.get("call_id"), str):
                converted.add(item["call_id"])
            item = {key: value for key, value in item.items() if key not in ("id", "input")} | {
                "type": "function_call",
                "arguments": wrap_input(_text(item.get("input"))),
            }
        if (wired_space, wired) == (space, name):
            return item
        item = {key: value for key, value in item.items() if key != "namespace"} | {"name": wired}
        return item | ({"namespace": wired_space} if wired_space else {})


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strict(tools: object) -> list[Any]:
    """Tools as strict SDKs take them back: a namespace has a description, be it empty."""
    return [
        {"description": "", **tool} if isinstance(tool, dict) and tool.get("type") == "namespace" else tool
        for tool in (tools if isinstance(tools, list) else ())
    ]


def _as_function(tool: Json, name: str) -> Json:
    """A custom tool as a function; its grammar goes into the description, where the model can read it."""
    written: Json = {"type": "function", "name": name, "parameters": _INPUT_SCHEMA, "strict": False}
    description = tool.get("description")
    format = tool.get("format")
    text = description if isinstance(description, str) else ""
    if isinstance(format, dict) and isinstance(format.get("definition"), str):
        syntax = format.get("syntax", "")
        text = f"{text}\n\nThe input must follow this {syntax} grammar:\n{format['definition']}"
    if text.strip():
        written["description"] = text.strip()
    return written
