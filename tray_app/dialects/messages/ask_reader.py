"""A client's Anthropic Messages request as a neutral one. Source: copilot-wire 7.1, 7.4, 11.1;
client-traffic (Claude Code)."""

from dataclasses import replace
from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.anthropic_tools import as_custom_tool, is_client_tool
from tray_app.dialects.fields import Json, at
from tray_app.dialects.messages.content import is_marked, read_messages, read_system
from tray_app.dialects.neutral import Ask, Message, Note, OutputFormat, Reasoning, Tool, ToolChoice
from tray_app.errors import BadRequest

_KNOWN = frozenset(
    (
        *("model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream"),
        *(
            "temperature",
            "top_p",
            "top_k",
            "tools",
            "tool_choice",
            "thinking",
            "output_config",
            "output_format",
        ),
    )
)
_PLACEHOLDER = "DeferredToolPlaceholder"  # Claude Code's stand-in for tools it loads later
_MODES = {"auto": "auto", "any": "required", "none": "none"}


def read_ask(body: Json) -> tuple[Ask, list[Note]]:
    """Raises BadRequest naming the field."""
    fields.as_object(body, "")
    if body.get("thread") is not None:
        raise _no_threads()
    notes: list[Note] = []
    system = read_system(body, notes)
    messages = read_messages(fields.need_list(body, "messages"), notes)
    if not messages:
        raise BadRequest("messages must not be empty.", "messages")
    if system:
        messages = (Message("system", system), *messages)
    tools = _tools(body, notes)
    choice, parallel = _choice(body)
    metadata = fields.get_object(body, "metadata") or {}
    most = fields.get_int(body, "max_tokens")
    if most is not None and most < 1:
        raise BadRequest("max_tokens must be at least 1.", "max_tokens")
    ask = Ask(
        model=fields.need_str(body, "model"),
        messages=messages,
        stream=fields.get_bool(body, "stream") or False,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=parallel,
        max_tokens=most,
        temperature=fields.get_number(body, "temperature"),
        top_p=fields.get_number(body, "top_p"),
        top_k=fields.get_int(body, "top_k"),
        stop=_stop(body),
        reasoning=_reasoning(body),
        output=_output(body),
        user=fields.get_str(metadata, "user_id", "metadata"),
        has_cache_marks=_has_marks(body, messages, tools),
        extra={key: value for key, value in body.items() if key not in _KNOWN and value is not None},
    )
    return ask, notes


def _no_threads() -> BadRequest:
    """The Python SDK's tool runner then sends the whole history (client-traffic, finding 5)."""
    error = BadRequest("thread: conversations are not kept here; send the whole history.", "thread")
    details = {"error_code": "thread_unsupported_request", "unsupported": []}
    error.fault = replace(error.fault, details=details)
    return error


def _has_marks(body: Json, messages: tuple[Message, ...], tools: tuple[Tool, ...]) -> bool:
    return (
        is_marked(body)
        or any(tool.cached for tool in tools)
        or any(getattr(part, "cached", False) for message in messages for part in message.parts)
    )


def _stop(body: Json) -> tuple[str, ...]:
    values = fields.get_list(body, "stop_sequences")
    return tuple(fields.as_str(word, at("stop_sequences", index)) for index, word in enumerate(values))


def _reasoning(body: Json) -> Reasoning | None:
    thinking = fields.get_object(body, "thinking")
    config = fields.get_object(body, "output_config") or {}
    effort = fields.get_str(config, "effort", "output_config")
    if thinking is None:
        return None if effort is None else Reasoning(effort=effort)
    kind = fields.need_str(thinking, "type", "thinking")
    show = fields.get_str(thinking, "display", "thinking") != "omitted"
    match kind:
        case "disabled":
            return Reasoning("off", effort)
        case "enabled":
            return Reasoning("on", effort, fields.get_int(thinking, "budget_tokens", "thinking"), show=show)
        case "adaptive":
            return Reasoning("adaptive", effort, show=show)
    raise BadRequest(f"thinking.type: {kind!r} is none of enabled, adaptive, disabled.", "thinking.type")


def _output(body: Json) -> OutputFormat | None:
    config = fields.get_object(body, "output_config") or {}
    path = "output_config.format"
    format = fields.get_object(config, "format", "output_config")
    if format is None:
        path, format = "output_format", fields.get_object(body, "output_format")
    if format is None:
        return None
    kind = fields.need_str(format, "type", path)
    if kind != "json_schema":
        raise BadRequest(f"{path}.type: {kind!r} is not supported; use json_schema.", f"{path}.type")
    nested = fields.get_object(format, "json_schema", path)
    spec = format if nested is None else nested
    return OutputFormat(
        "json_schema",
        schema=fields.get_object(spec, "schema", path) or {},
        name=fields.get_str(spec, "name", path),
        strict=fields.get_bool(spec, "strict", path),
    )


def _tools(body: Json, notes: list[Note]) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for index, value in enumerate(fields.get_list(body, "tools")):
        path = at("tools", index)
        tool = _tool(fields.as_object(value, path), path)
        if tool.name == _PLACEHOLDER and tool.deferred:
            notes.append(Note("tools", f"{_PLACEHOLDER} left out: the model's endpoint loads no tools later"))
        else:
            tools.append(tool)
    return tuple(tools)


def _tool(tool: Json, path: str) -> Tool:
    kind = fields.get_str(tool, "type", path) or "custom"
    if is_client_tool(kind):
        tool, kind = as_custom_tool(tool), "custom"
    if kind != "custom":
        return Tool(fields.get_str(tool, "name", path) or kind, kind="hosted", raw=tool)
    return Tool(
        fields.need_str(tool, "name", path),
        fields.get_str(tool, "description", path) or "",
        fields.get_object(tool, "input_schema", path),
        fields.get_bool(tool, "strict", path),
        deferred=fields.get_bool(tool, "defer_loading", path) or False,
        cached=is_marked(tool),
    )


def _choice(body: Json) -> tuple[ToolChoice | None, bool | None]:
    """The choice, and whether parallel calls are allowed (None: not said)."""
    value: Any = fields.get_object(body, "tool_choice")
    if value is None:
        return None, None
    kind = fields.need_str(value, "type", "tool_choice")
    single = fields.get_bool(value, "disable_parallel_tool_use", "tool_choice")
    parallel = None if single is None else not single
    if kind == "tool":
        return ToolChoice("tool", fields.need_str(value, "name", "tool_choice")), parallel
    if kind not in _MODES:
        raise BadRequest(f"tool_choice.type: {kind!r} is none of auto, any, tool, none.", "tool_choice.type")
    return ToolChoice(_MODES[kind]), parallel  # type: ignore[arg-type]
