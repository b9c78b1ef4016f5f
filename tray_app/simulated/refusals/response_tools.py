"""What /responses refuses among the tools (copilot-wire 6.2)."""

import re
from typing import Any

import orjson

from tray_app.simulated.refusals import Context
from tray_app.simulated.refusals.chat import MOST_TOOLS, unsupported
from tray_app.simulated.refused import error
from tray_app.simulated.responses_reader import items

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_HOSTED = ("web_search", "web_search_preview")


def refuse(body: dict[str, Any], context: Context) -> None:
    """The list at the top, lists that ride in the input, and the choice."""
    tools = body.get("tools")
    if tools is not None:
        _list(tools, "tools", context)
    for place, item in enumerate(items(body.get("input"))):
        if item.get("type") == "additional_tools":
            if not context.model.takes_namespaces:
                raise unsupported(
                    "Invalid value: 'additional_tools'.", f"input[{place}].type", "invalid_value"
                )
            _list(item.get("tools"), f"input[{place}].tools", context)
    _choice(body)


def _list(tools: object, path: str, context: Context) -> None:
    if not isinstance(tools, list) or not tools:
        raise unsupported(f"[] is too short - '{path}'", path, "invalid_request_body")
    if len(tools) > MOST_TOOLS:
        message = (
            f"Invalid '{path}': array too long. Expected an array with maximum length {MOST_TOOLS}, "
            f"but got an array with length {len(tools)} instead."
        )
        raise unsupported(message, path, "array_above_max_length")
    for place, tool in enumerate(tools):
        _tool(tool, f"{path}[{place}]", context)


def _tool(tool: object, path: str, context: Context) -> None:
    if not isinstance(tool, dict):
        raise unsupported(f"Invalid type for '{path}': expected an object.", path, "invalid_type")
    kind = tool.get("type")
    if kind == "function":
        _described(tool, path)
        _function(tool, path)
    elif kind == "custom" and context.model.takes_custom_tools:
        _described(tool, path)
        _named(tool, path)
    elif kind == "namespace" and context.model.takes_namespaces:
        _described(tool, path)
        _namespace(tool, path, context)
    elif (kind == "tool_search" and context.model.takes_namespaces and tool.get("execution") == "client") or (
        kind in _HOSTED and context.model.maker == "gpt"
    ):
        return
    elif kind in ("custom", "namespace", "tool_search"):
        message = f"Invalid value: '{kind}'. Supported values are: 'function' and 'web_search'."
        raise unsupported(message, f"{path}.type", "invalid_value")
    else:
        raise error(f"The requested tool {kind} is not supported.", "unsupported_value", param=path)


def _named(tool: dict[str, Any], path: str) -> None:
    name = tool.get("name")
    if not isinstance(name, str):
        message = f"Missing required parameter: '{path}.name'."
        raise unsupported(message, f"{path}.name", "missing_required_parameter")
    if not _NAME.fullmatch(name):
        message = (
            f"Invalid '{path}.name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        )
        raise unsupported(message, f"{path}.name", "invalid_value")


def _described(tool: dict[str, Any], path: str) -> None:
    if tool.get("description") == "":
        message = (
            f"Invalid '{path}.description': empty string. Expected a string with minimum length 1, "
            "but got an empty string instead."
        )
        raise unsupported(message, f"{path}.description", "empty_string")


def _function(tool: dict[str, Any], path: str) -> None:
    _named(tool, path)
    if tool["name"] == "tool_search":
        raise unsupported("Function name 'tool_search' is reserved.", f"{path}.name", "invalid_value")
    schema = tool.get("parameters")
    if schema is None:
        return
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind != "object":
        message = (
            f"Invalid schema for function '{tool['name']}': schema must be a JSON Schema of "
            f"'type: \"object\"', got 'type: \"{kind}\"'."
        )
        raise unsupported(message, f"{path}.parameters", "invalid_function_parameters")


def _namespace(tool: dict[str, Any], path: str, context: Context) -> None:
    """`collaboration` is reserved: only its own schema, whose texts are encrypted, passes under that name."""
    _named(tool, path)
    if tool["name"] == "collaboration" and b'"encrypted":true' not in orjson.dumps(tool):
        message = (
            f"Invalid '{path}': the namespace 'collaboration' is reserved and its schema must not change."
        )
        raise unsupported(message, path, "invalid_value")
    _list(tool.get("tools"), f"{path}.tools", context)


def _choice(body: dict[str, Any]) -> None:
    choice, tools = body.get("tool_choice"), body.get("tools") or []
    if choice is None or choice in ("none", "auto", "required"):
        return
    if not isinstance(choice, dict):
        raise unsupported(f"Invalid value: '{choice}'.", "tool_choice", "invalid_value")
    if choice.get("type") == "allowed_tools":
        return
    wanted = choice.get("name") or choice.get("type")
    offered = [name for tool in tools for name in (tool.get("name"), tool.get("type"))]
    if wanted not in offered:
        message = f"Tool choice '{wanted}' not found in 'tools' parameter."
        raise unsupported(message, "tool_choice", "invalid_value")
