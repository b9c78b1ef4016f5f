"""A Responses request, read into the neutral form."""

from tray_app.dialects.fields import (
    Json,
    as_object,
    get_bool,
    get_int,
    get_list,
    get_number,
    get_object,
    get_str,
    need,
    need_str,
)
from tray_app.dialects.neutral import Ask, Note, OutputFormat, Reasoning, Text
from tray_app.dialects.responses.item_reader import Items, read_content
from tray_app.dialects.responses.tools import read_tool_choice, read_tools
from tray_app.errors import BadRequest

_STATE_HELP = {
    "previous_response_id": "Copilot stores no responses, so previous_response_id cannot be continued. "
    "Send the whole conversation in input.",
    "conversation": "Copilot stores no conversations. Send the whole conversation in input.",
    "prompt": "Copilot stores no prompt templates. Send the prompt itself in instructions or input.",
}
_READ = frozenset(
    {
        "model",
        "input",
        "instructions",
        "stream",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_output_tokens",
        "temperature",
        "top_p",
        "top_logprobs",
        "reasoning",
        "text",
        "user",
        "metadata",
        "prompt_cache_key",
        "safety_identifier",
        "store",
        "include",
        "background",
        "stream_options",
        "previous_response_id",
        "conversation",
        "prompt",
    }
)
_DROPPED = ("service_tier", "client_metadata", "internal_chat_message_metadata_passthrough")


def refuse_server_state(body: Json) -> None:
    """Raise BadRequest for what only a server with a memory can do."""
    for field, help in _STATE_HELP.items():
        if body.get(field) is not None:
            raise BadRequest(help, field, code="unsupported_parameter")
    if get_bool(body, "background"):
        raise BadRequest(
            "Copilot runs nothing in the background.", "background", code="unsupported_parameter"
        )


def read_ask(body: Json) -> tuple[Ask, list[Note]]:
    """The neutral request, and what was dropped. Raises BadRequest naming the field."""
    refuse_server_state(body)
    items = Items()
    _read_instructions(body, items)
    _read_input(need(body, "input"), items)
    tools = [*items.tools, *read_tools(get_list(body, "tools"), "tools")]
    choice, choice_notes = read_tool_choice(body.get("tool_choice"))
    output, verbosity = _read_text(get_object(body, "text") or {})
    get_bool(body, "store"), get_list(body, "include")
    ask = Ask(
        model=need_str(body, "model"),
        messages=tuple(items.messages),
        stream=get_bool(body, "stream") or False,
        tools=tuple(tools),
        tool_choice=choice,
        parallel_tool_calls=get_bool(body, "parallel_tool_calls"),
        max_tokens=get_int(body, "max_output_tokens"),
        temperature=get_number(body, "temperature"),
        top_p=get_number(body, "top_p"),
        top_logprobs=get_int(body, "top_logprobs"),
        reasoning=_read_reasoning(get_object(body, "reasoning")),
        output=output,
        verbosity=verbosity,
        user=get_str(body, "user"),
        metadata=get_object(body, "metadata"),
        cache_key=get_str(body, "prompt_cache_key"),
        safety_identifier=get_str(body, "safety_identifier"),
        extra={k: v for k, v in body.items() if k not in _READ and k not in _DROPPED and v is not None},
    )
    dropped = [Note(field, "dropped") for field in _DROPPED if body.get(field) is not None]
    return ask, [*items.notes, *choice_notes, *dropped]


def _read_instructions(body: Json, items: Items) -> None:
    value = body.get("instructions")
    if isinstance(value, str):
        if value:
            items.add("system", [Text(value)])
    elif value is not None:
        items.read(get_list(body, "instructions"))


def _read_input(value: object, items: Items) -> None:
    if isinstance(value, str):
        items.add("user", list(read_content(value, "input", items.notes)))
    elif isinstance(value, list):
        items.read(value)
    else:
        raise BadRequest("input: expected a string or an array.", "input", code="invalid_type")


def _read_reasoning(reasoning: Json | None) -> Reasoning | None:
    if reasoning is None:
        return None
    effort = get_str(reasoning, "effort", "reasoning")
    summary = get_str(reasoning, "summary", "reasoning") or get_str(
        reasoning, "generate_summary", "reasoning"
    )
    if effort is None and summary is None:
        return None
    return Reasoning(
        mode="off" if effort == "none" else None,
        effort=effort,
        summary=summary,
        show=summary not in ("none", "off"),
    )


def _read_text(text: Json) -> tuple[OutputFormat | None, str | None]:
    verbosity = get_str(text, "verbosity", "text")
    if (format := get_object(text, "format", "text")) is None:
        return None, verbosity
    path = "text.format"
    match need_str(format, "type", path):
        case "json_object":
            return OutputFormat("json_object"), verbosity
        case "json_schema":
            nested = format.get("json_schema")
            source = nested if isinstance(nested, dict) and "schema" not in format else format
            return OutputFormat(
                "json_schema",
                schema=as_object(need(source, "schema", path), f"{path}.schema"),
                name=get_str(source, "name", path),
                description=get_str(source, "description", path),
                strict=get_bool(source, "strict", path),
            ), verbosity
        case "text":
            return None, verbosity
        case other:
            raise BadRequest(f"text.format.type: {other!r} is not a known format.", "text.format.type")
