"""A client's Chat Completions request as a neutral one. Source: copilot-wire 5.1, 5.2."""

from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.chat.messages import read_messages
from tray_app.dialects.fields import Json, at
from tray_app.dialects.neutral import Ask, Note, OutputFormat, Reasoning, Tool, ToolChoice
from tray_app.errors import BadRequest

_MODES = {"auto": "auto", "required": "required", "none": "none", "any": "required"}
# fmt: off
_KNOWN = frozenset((
    "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls",
    "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "stop", "seed", "n",
    "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs",
    "reasoning_effort", "thinking_budget", "response_format", "verbosity", "user", "metadata",
    "prompt_cache_key", "safety_identifier", "functions", "function_call",
))
# fmt: on


def read_ask(body: Json) -> tuple[Ask, list[Note]]:
    """Raises BadRequest naming the field."""
    fields.as_object(body, "")
    messages, marked = read_messages(fields.need_list(body, "messages"))
    if not messages:
        raise BadRequest("messages must not be empty.", "messages")
    tools, tools_marked = _tools(body)
    n = fields.get_int(body, "n")
    if n is not None and n != 1:
        raise BadRequest("n: only one answer per request is possible here.", "n", code="unsupported_value")
    options = fields.get_object(body, "stream_options") or {}
    most = fields.get_int(body, "max_completion_tokens")
    ask = Ask(
        model=fields.need_str(body, "model"),
        messages=messages,
        stream=fields.get_bool(body, "stream") or False,
        tools=tools,
        tool_choice=_choice(body),
        parallel_tool_calls=fields.get_bool(body, "parallel_tool_calls"),
        max_tokens=fields.get_int(body, "max_tokens") if most is None else most,
        temperature=fields.get_number(body, "temperature"),
        top_p=fields.get_number(body, "top_p"),
        top_k=fields.get_int(body, "top_k"),
        stop=_stop(body),
        seed=fields.get_int(body, "seed"),
        presence_penalty=fields.get_number(body, "presence_penalty"),
        frequency_penalty=fields.get_number(body, "frequency_penalty"),
        logit_bias=fields.get_object(body, "logit_bias"),
        logprobs=fields.get_bool(body, "logprobs"),
        top_logprobs=fields.get_int(body, "top_logprobs"),
        reasoning=_reasoning(body),
        output=_output(body),
        verbosity=fields.get_str(body, "verbosity"),
        user=fields.get_str(body, "user"),
        metadata=fields.get_object(body, "metadata"),
        cache_key=fields.get_str(body, "prompt_cache_key"),
        safety_identifier=fields.get_str(body, "safety_identifier"),
        include_usage=fields.get_bool(options, "include_usage", "stream_options") or False,
        has_cache_marks=marked or tools_marked,
        is_chat=True,
        extra={key: value for key, value in body.items() if key not in _KNOWN and value is not None},
    )
    if ask.max_tokens is not None and ask.max_tokens < 1:
        name = "max_tokens" if most is None else "max_completion_tokens"
        raise BadRequest(f"{name} must be at least 1.", name)
    return ask, []


def _stop(body: Json) -> tuple[str, ...]:
    value = body.get("stop")
    if isinstance(value, str):
        return (value,)
    return tuple(
        fields.as_str(word, at("stop", index)) for index, word in enumerate(fields.get_list(body, "stop"))
    )


def _reasoning(body: Json) -> Reasoning | None:
    effort = fields.get_str(body, "reasoning_effort")
    budget = fields.get_int(body, "thinking_budget")
    if effort is None and budget is None:
        return None
    return Reasoning(mode="on" if budget is not None else None, effort=effort, budget=budget)


def _output(body: Json) -> OutputFormat | None:
    path = "response_format"
    format = fields.get_object(body, path)
    if format is None:
        return None
    match fields.need_str(format, "type", path):
        case "text":
            return None
        case "json_object":
            return OutputFormat("json_object")
        case "json_schema":
            spec, inner = fields.need_object(format, "json_schema", path), at(path, "json_schema")
            return OutputFormat(
                "json_schema",
                schema=fields.get_object(spec, "schema", inner) or {},
                name=fields.get_str(spec, "name", inner),
                description=fields.get_str(spec, "description", inner),
                strict=fields.get_bool(spec, "strict", inner),
            )
        case other:
            raise BadRequest(f"response_format.type: {other!r} is not supported.", "response_format.type")


def _tools(body: Json) -> tuple[tuple[Tool, ...], bool]:
    tools: list[Tool] = []
    for index, value in enumerate(fields.get_list(body, "tools")):
        path = at("tools", index)
        tools.append(_tool(fields.as_object(value, path), path))
    for index, value in enumerate(fields.get_list(body, "functions")):
        path = at("functions", index)
        tools.append(_function(fields.as_object(value, path), path, cached=False))
    return tuple(tools), any(tool.cached for tool in tools)


def _tool(tool: Json, path: str) -> Tool:
    kind = fields.need_str(tool, "type", path)
    cached = is_marked(tool)
    if kind == "function":
        return _function(fields.need_object(tool, "function", path), at(path, "function"), cached)
    if kind == "custom":
        spec, inner = fields.need_object(tool, "custom", path), at(path, "custom")
        return Tool(
            fields.need_str(spec, "name", inner),
            fields.get_str(spec, "description", inner) or "",
            kind="custom",
            format=fields.get_object(spec, "format", inner),
            cached=cached,
            raw=tool,
        )
    return Tool(fields.get_str(tool, "name", path) or kind, kind="hosted", raw=tool)


def _function(spec: Json, path: str, cached: bool) -> Tool:
    return Tool(
        fields.need_str(spec, "name", path),
        fields.get_str(spec, "description", path) or "",
        fields.get_object(spec, "parameters", path),
        fields.get_bool(spec, "strict", path),
        cached=cached,
    )


def is_marked(body: Json) -> bool:
    """Copilot's cache mark, or Anthropic's as some chat clients send it."""
    return isinstance(body.get("copilot_cache_control"), dict) or isinstance(body.get("cache_control"), dict)


def _choice(body: Json) -> ToolChoice | None:
    path, value = "tool_choice", body.get("tool_choice")
    if value is None:
        path, value = "function_call", body.get("function_call")
        if isinstance(value, dict):
            return ToolChoice("tool", fields.need_str(value, "name", path))
    if value is None:
        return None
    if isinstance(value, str):
        if value not in _MODES:
            raise BadRequest(f"{path}: {value!r} is none of auto, required, none.", path)
        return ToolChoice(_MODES[value])  # type: ignore[arg-type]
    return _named_choice(fields.as_object(value, path), path)


def _named_choice(value: Json, path: str) -> ToolChoice:
    kind = fields.need_str(value, "type", path)
    if kind in ("function", "custom"):
        return ToolChoice(
            "tool", fields.need_str(fields.need_object(value, kind, path), "name", at(path, kind))
        )
    if kind == "allowed_tools":
        spec, inner = fields.need_object(value, kind, path), at(path, kind)
        mode = fields.get_str(spec, "mode", inner) or "auto"
        return ToolChoice("required" if mode == "required" else "auto", allowed=_allowed(spec, inner))
    raise BadRequest(f"{path}.type: {kind!r} is not supported.", f"{path}.type")


def _allowed(spec: Json, path: str) -> tuple[str, ...]:
    names: list[str] = []
    for index, value in enumerate(fields.get_list(spec, "tools", path)):
        where = at(at(path, "tools"), index)
        tool: Any = fields.as_object(value, where)
        kind = fields.get_str(tool, "type", where) or "function"
        inner = fields.get_object(tool, kind, where)
        names.append(fields.need_str(inner if inner is not None else tool, "name", where))
    return tuple(names)
