"""A neutral request as a Chat Completions body for Copilot. Source: copilot-wire 5.1, 11.1, 11.5."""

from tray_app.dialects import effort
from tray_app.dialects.capabilities import Model
from tray_app.dialects.chat.message_writer import MessageWriter, is_openai, keep_four_marks
from tray_app.dialects.chat.tools_writer import choice_among, offered, write_choice, write_tool
from tray_app.dialects.fields import Json
from tray_app.dialects.model_limits import dropped, fit_max_tokens
from tray_app.dialects.neutral import Ask, Note, OutputFormat
from tray_app.errors import BadRequest

_AS_THEY_ARE = (
    "temperature",
    "top_p",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
)
_DROPPED = (
    ("top_k", "top_k"),
    ("metadata", "metadata"),
    ("cache_key", "prompt_cache_key"),
    ("safety_identifier", "safety_identifier"),
)
MAX_STOPS = 4
MAX_USER = 64


def write_ask(ask: Ask, model: Model) -> tuple[Json, list[Note]]:
    """The body for `/chat/completions`, with a note for each thing that has no place there."""
    if ask.n is not None and ask.n != 1:
        raise BadRequest("n: only one answer per request is possible here.", "n")
    notes = dropped(ask, _DROPPED, "chat completions")
    body: Json = {"model": model.id, "messages": _messages(ask, model, notes), "stream": ask.stream}
    if ask.stream:
        body["stream_options"] = {"include_usage": True}
    _tools(ask, model, body, notes)
    most, lowered = fit_max_tokens(ask.max_tokens, model, "max_tokens")
    notes += lowered
    if most is not None:
        body["max_tokens"] = most
    for name in _AS_THEY_ARE:
        if (value := getattr(ask, name)) is not None:
            body[name] = value
    _stop(ask, body, notes)
    _reasoning(ask, model, body, notes)
    _output(ask.output, model, body, notes)
    _rest(ask, model, body, notes)
    return body, notes


def _messages(ask: Ask, model: Model, notes: list[Note]) -> list[Json]:
    marks = ask.has_cache_marks and model.is_claude
    writer = MessageWriter(model, marks)
    tools = sum(tool.cached for tool in ask.tools)
    written = writer.write(keep_four_marks(ask.messages, min(tools, 1)) if marks else ask.messages)
    notes += writer.notes
    if not written:
        raise BadRequest("messages: nothing is left to send.", "messages")
    return written


def _tools(ask: Ask, model: Model, body: Json, notes: list[Note]) -> None:
    tools, left_out = offered(ask, model)
    notes += left_out
    if not tools:
        return
    marked = [tool for tool in tools if tool.cached] if model.is_claude else []
    body["tools"] = [write_tool(tool, bool(marked) and tool is marked[-1]) for tool in tools]
    if (choice := choice_among(ask, tools, notes)) is not None:
        body["tool_choice"] = write_choice(choice)
    if ask.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = ask.parallel_tool_calls


def _stop(ask: Ask, body: Json, notes: list[Note]) -> None:
    if len(ask.stop) > MAX_STOPS:
        notes.append(Note("stop", f"only the first {MAX_STOPS} of {len(ask.stop)} are sent"))
    if ask.stop:
        body["stop"] = list(ask.stop[:MAX_STOPS])


def _reasoning(ask: Ask, model: Model, body: Json, notes: list[Note]) -> None:
    reasoning = ask.reasoning
    if reasoning is None:
        return
    budget, limit = reasoning.budget, model.max_thinking_budget
    if model.is_claude and budget and limit and not effort.is_off(reasoning):
        body["thinking_budget"] = max(model.min_thinking_budget or 1024, min(budget, limit))
        return
    wanted = effort.wanted_effort(reasoning)
    if wanted is None:
        return
    fitting, changed = effort.fit_effort(wanted, model, "reasoning_effort")
    notes += changed
    if fitting == "none" and model.reasoning_effort is None:
        notes.append(Note("reasoning_effort", "dropped: the model does not say that it can do without"))
    elif fitting is not None:
        body["reasoning_effort"] = fitting


def _output(output: OutputFormat | None, model: Model, body: Json, notes: list[Note]) -> None:
    if output is None:
        return
    if not model.structured_outputs:
        notes.append(Note("response_format", f"dropped: {model.id} has no structured output"))
    elif output.kind == "json_object":
        body["response_format"] = {"type": "json_object"}
    else:
        spec: Json = {"name": output.name or "output", "schema": dict(output.schema or {})}
        if output.description is not None:
            spec["description"] = output.description
        if output.strict is not None:
            spec["strict"] = output.strict
        body["response_format"] = {"type": "json_schema", "json_schema": spec}


def _rest(ask: Ask, model: Model, body: Json, notes: list[Note]) -> None:
    if ask.verbosity is not None:
        if is_openai(model):
            body["verbosity"] = ask.verbosity
        else:
            notes.append(Note("verbosity", f"dropped: {model.id} does not know it"))
    if ask.user is None:
        return
    if len(ask.user) <= MAX_USER:
        body["user"] = ask.user
    else:
        notes.append(Note("user", f"dropped: longer than {MAX_USER} characters"))
