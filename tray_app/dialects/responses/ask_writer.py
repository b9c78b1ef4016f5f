"""The neutral request, written for Copilot's `/responses` (copilot-wire 6.1, 11.4, 11.5)."""

import re

from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask, Note, OutputFormat, Reasoning
from tray_app.dialects.responses.item_writer import write_input
from tray_app.dialects.responses.searches import INCLUDE_SOURCES
from tray_app.dialects.responses.tools import write_tool_choice, write_tools

MIN_OUTPUT_TOKENS = 16
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_BUDGETS = ((4096, "low"), (16_384, "medium"))  # thinking tokens below which an effort is meant
_PASSED = ("prompt_cache_retention", "truncation")
_NO_PLACE = (
    "top_k",
    "stop",
    "seed",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "user",
)


def write_ask(ask: Ask, model: Model) -> tuple[Json, list[Note]]:
    """The body for upstream, and what of the request has no place in it."""
    notes: list[Note] = []
    instructions, items = write_input(ask.messages, model, notes, images_apart=ask.is_chat)
    body: Json = {"model": model.id, "input": items, "stream": ask.stream, "store": False}
    if instructions:
        body["instructions"] = instructions
    body["include"] = ["reasoning.encrypted_content"]
    _tools(body, ask, model, notes)
    _limits(body, ask, model, notes)
    if (reasoning := write_reasoning(ask.reasoning, model, notes)) is not None:
        body["reasoning"] = reasoning
    if text := _text(ask):
        body["text"] = text
    _names(body, ask, notes)
    notes += [Note(name, "dropped, Responses has no such field") for name in _NO_PLACE if _said(ask, name)]
    for name, value in ask.extra.items():
        if name in _PASSED:
            body[name] = value
        else:
            notes.append(Note(name, "dropped, Responses has no such field"))
    return body, notes


def _said(ask: Ask, name: str) -> bool:
    value = getattr(ask, name)
    return value is not None and value != () and not (name == "n" and value == 1)


def _tools(body: Json, ask: Ask, model: Model, notes: list[Note]) -> None:
    tools, dropped = write_tools(ask.tools, model)
    notes += dropped
    if not tools:
        return
    body["tools"] = tools
    if any(tool["type"] == "web_search" for tool in tools):
        body["include"].append(INCLUDE_SOURCES)
    if ask.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = ask.parallel_tool_calls
    choice = ask.tool_choice
    if choice is None:
        return
    if (
        choice.mode == "tool"
        and any(tool.kind == "hosted" and tool.name == choice.name for tool in ask.tools)
        and not any(tool["type"] == "web_search" for tool in tools)
    ):
        notes.append(Note("tool_choice", "dropped, it named a tool that was dropped"))
        return
    body["tool_choice"] = write_tool_choice(choice, ask.tools)


def _limits(body: Json, ask: Ask, model: Model, notes: list[Note]) -> None:
    if ask.max_tokens is not None:
        body["max_output_tokens"] = limit = clamp_output(ask.max_tokens, model)
        if limit != ask.max_tokens:
            notes.append(Note("max_tokens", f"{ask.max_tokens} sent as {limit}, which {model.id} takes"))
    for name in ("temperature", "top_p"):
        value = getattr(ask, name)
        if value is None:
            continue
        if model.reasons and not ask.is_chat:
            notes.append(Note(name, f"dropped, {model.id} is a reasoning model"))
        else:
            body[name] = value


def clamp_output(wanted: int, model: Model) -> int:
    """The client's number, at least 16 and at most the catalog's."""
    limit = model.max_output_tokens
    return max(MIN_OUTPUT_TOKENS, min(wanted, limit) if limit else wanted)


def write_reasoning(reasoning: Reasoning | None, model: Model, notes: list[Note]) -> Json | None:
    """`reasoning` for upstream: the effort nearest to what was asked for, and the summary."""
    if reasoning is None:
        return None
    if model.reasoning_effort == () and not model.reasons:
        notes.append(Note("reasoning", f"dropped, {model.id} does not reason"))
        return None
    written: Json = {}
    if (effort := _effort(reasoning, model)) is not None:
        written["effort"] = effort
        if reasoning.effort not in (None, effort):
            notes.append(Note("reasoning.effort", f"{reasoning.effort} sent as {effort}"))
    elif reasoning.effort is not None:
        notes.append(Note("reasoning.effort", f"dropped, {model.id} takes none"))
    if reasoning.mode != "off" and reasoning.show:
        written["summary"] = reasoning.summary or "auto"
    return written or None


def _effort(reasoning: Reasoning, model: Model) -> str | None:
    wanted = reasoning.effort
    if wanted is None and reasoning.mode == "off":
        wanted = "none" if model.reasoning_effort else None
    if wanted is None and reasoning.budget is not None:
        wanted = next((effort for limit, effort in _BUDGETS if reasoning.budget < limit), "high")
    return None if wanted is None else clamp_effort(wanted, model.reasoning_effort)


def clamp_effort(wanted: str, accepted: tuple[str, ...] | None) -> str | None:
    """The accepted effort nearest to `wanted`, the lower of two; `wanted` if the catalog is silent."""
    if accepted is None or wanted in accepted:
        return wanted
    if wanted not in _EFFORTS:
        return None
    place = _EFFORTS.index(wanted)
    known = [effort for effort in accepted if effort in _EFFORTS]
    if wanted != "none":
        known = [effort for effort in known if effort != "none"] or known
    return min(
        known, key=lambda effort: (abs(_EFFORTS.index(effort) - place), _EFFORTS.index(effort)), default=None
    )


def _text(ask: Ask) -> Json:
    text: Json = {}
    if ask.output is not None:
        text["format"] = _format(ask.output)
    if ask.verbosity is not None:
        text["verbosity"] = ask.verbosity
    return text


def _format(output: OutputFormat) -> Json:
    if output.kind == "json_object":
        return {"type": "json_object"}
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", output.name or "output")[:64]
    written: Json = {"type": "json_schema", "name": name, "schema": dict(output.schema or {})}
    if output.description:
        written["description"] = output.description
    if output.strict is not None:
        written["strict"] = output.strict
    return written


def _names(body: Json, ask: Ask, notes: list[Note]) -> None:
    if ask.cache_key:
        body["prompt_cache_key"] = ask.cache_key
    if ask.safety_identifier:
        body["safety_identifier"] = ask.safety_identifier
    if ask.metadata:
        if all(isinstance(value, str) and len(value) <= 512 for value in ask.metadata.values()):
            body["metadata"] = dict(ask.metadata)
        else:
            notes.append(Note("metadata", "dropped, Responses takes short texts only"))
