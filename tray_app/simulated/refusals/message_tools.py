"""What /v1/messages refuses among the tools (copilot-wire 7.4)."""

import re
from typing import Any

from tray_app.simulated.refusals import Context
from tray_app.simulated.refused import by_backend, error

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_KEYS = {
    "name",
    "description",
    "input_schema",
    "type",
    "cache_control",
    "defer_loading",
    "input_examples",
    "strict",
}
_CLIENT_TOOLS = ("bash_20250124", "text_editor_20250728", "memory_20250818")
MOST_TOOLS = 128


def refuse(body: dict[str, Any], context: Context, *, searching: bool) -> None:
    """`searching` says that the tool-search beta is on."""
    tools = body.get("tools")
    if tools is None:
        if body.get("tool_choice") is not None:
            raise _no(context, "tool_choice may only be specified while providing tools")
        return
    if not isinstance(tools, list) or not tools:
        raise _no(context, "tools: List should have at least 1 item after validation, not 0")
    if len(tools) > MOST_TOOLS:
        raise _no(
            context, f"tools: List should have at most {MOST_TOOLS} items after validation, not {len(tools)}"
        )
    for place, tool in enumerate(tools):
        _tool(tool, place, context, searching=searching and bool(context.model.supports.get("tool_search")))
    names = [str(tool.get("name")) for tool in tools]
    if len(set(names)) != len(names):
        raise _no(context, "tools: Tool names must be unique.")
    if all(tool.get("defer_loading") for tool in tools):
        raise _no(context, "At least one tool must have defer_loading=false.")
    _choice(body, names, context)


def _no(context: Context, message: str) -> Exception:
    return by_backend(context.backend, message)


def _tool(tool: object, place: int, context: Context, *, searching: bool) -> None:
    if not isinstance(tool, dict):
        raise _no(context, f"tools.{place}: Input should be a valid dictionary")
    kind = tool.get("type") or "custom"
    if kind != "custom":
        _typed(tool, str(kind), place, context, searching=searching)
        return
    path = f"tools.{place}.custom"
    for key in tool:
        if key not in _KEYS:
            raise _no(context, f"{path}.{key}: Extra inputs are not permitted")
    name = tool.get("name")
    if not isinstance(name, str):
        raise _no(context, f"{path}.name: Field required")
    if not _NAME.fullmatch(name):
        raise _no(context, f"{path}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if tool.get("defer_loading") is not None and not searching:
        raise _no(context, f"{path}.defer_loading: Extra inputs are not permitted")
    if tool.get("defer_loading") and tool.get("cache_control"):
        raise _no(
            context,
            f"tools.{place}: Tool '{name}' cannot have both defer_loading=true and cache_control set. "
            "Tools with defer_loading cannot use prompt caching.",
        )
    _schema(tool.get("input_schema"), f"{path}.input_schema", context)


def _schema(schema: object, path: str, context: Context) -> None:
    if not isinstance(schema, dict):
        raise _no(context, f"{path}: Field required")
    if "$schema" in schema:
        raise _no(context, f"{path}.$schema: Extra inputs are not permitted")
    if schema.get("type") != "object":
        raise _no(
            context,
            f"{path}.type: Field required"
            if "type" not in schema
            else f"{path}.type: Input should be 'object'",
        )
    if not isinstance(schema.get("properties"), dict):
        raise _no(context, f"{path}.properties: Field required")


def _typed(tool: dict[str, Any], kind: str, place: int, context: Context, *, searching: bool) -> None:
    """Tools that Anthropic defines; Copilot has nearly none of them."""
    if kind.startswith("web_search_"):
        status = 422 if context.backend == "01" else 400
        message = "The use of the web search tool is not supported."
        raise error(message, "unsupported_value", param="tools", status=status)
    if kind.startswith("tool_search_tool_") and searching:
        return
    if kind in _CLIENT_TOOLS and context.model.adaptive and isinstance(tool.get("name"), str):
        return
    tags = "'custom', 'bash_20250124', 'text_editor_20250728', 'memory_20250818'"
    raise _no(
        context,
        f"tools.{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
        f"{tags}",
    )


def _choice(body: dict[str, Any], names: list[str], context: Context) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind not in ("auto", "any", "tool", "none"):
        raise _no(
            context, "tool_choice: Input should be a valid dictionary with a type of auto, any, tool or none"
        )
    if kind == "tool" and choice.get("name") not in names:
        raise _no(context, f"Tool '{choice.get('name')}' not found in provided tools")
