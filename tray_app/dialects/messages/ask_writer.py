"""A neutral request as an Anthropic Messages body for Copilot. Source: copilot-wire 7.1, 7.4 to 7.6."""

from tray_app.dialects.capabilities import Model
from tray_app.dialects.chat.tools_writer import choice_among, description_of, offered, schema_of
from tray_app.dialects.fields import Json
from tray_app.dialects.messages import cache
from tray_app.dialects.messages.message_writer import MARK, MessageWriter, split_system
from tray_app.dialects.messages.thinking import write_thinking
from tray_app.dialects.model_limits import dropped, fit_max_tokens
from tray_app.dialects.neutral import Ask, Note, Tool
from tray_app.dialects.tool_names import wire_name
from tray_app.errors import BadRequest

_DROPPED = (
    ("seed", "seed"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
    ("logit_bias", "logit_bias"),
    ("logprobs", "logprobs"),
    ("top_logprobs", "top_logprobs"),
    ("verbosity", "verbosity"),
    ("metadata", "metadata"),
    ("cache_key", "prompt_cache_key"),
    ("safety_identifier", "safety_identifier"),
)
_MODES = {"auto": "auto", "required": "any", "none": "none"}
FALLBACK_MAX_TOKENS = 4096  # Microsoft's client, where the catalog gives no limit


def write_ask(ask: Ask, model: Model) -> tuple[Json, list[Note]]:
    """The body for `/v1/messages`, with a note for each thing that has no place there."""
    if ask.n is not None and ask.n != 1:
        raise BadRequest("n: only one answer per request is possible here.", "n")
    notes = dropped(ask, _DROPPED, "the Messages endpoint")
    system, rest = split_system(ask.messages)
    writer = MessageWriter(ask.has_cache_marks)
    body: Json = {"model": model.id, "messages": writer.write(rest), "stream": ask.stream}
    notes += writer.notes
    if not body["messages"]:
        raise BadRequest("messages: nothing is left to send.", "messages")
    most, lowered = fit_max_tokens(ask.max_tokens, model, "max_tokens")
    notes += lowered
    body["max_tokens"] = most or model.max_output_tokens or FALLBACK_MAX_TOKENS
    if system:
        body["system"] = [writer.marked({"type": "text", "text": t.text}, t.cached) for t in system]
    _tools(ask, model, body, notes)
    _output(ask, body, notes)
    thinks = write_thinking(ask, model, body, notes)
    _sampling(ask, thinks, body, notes)
    _stop(ask, body, notes)
    if ask.user is not None:
        body["metadata"] = {"user_id": ask.user}
    _marks(ask, body, notes)
    return body, notes


def _tools(ask: Ask, model: Model, body: Json, notes: list[Note]) -> None:
    tools, left_out = offered(ask, model)
    notes += left_out
    if not tools:
        return
    body["tools"] = [_tool(tool, ask.has_cache_marks) for tool in tools]
    choice = choice_among(ask, tools, notes)
    written: Json | None = None
    if choice is not None and choice.mode == "tool":
        written = {"type": "tool", "name": wire_name(choice.name or "", choice.namespace)}
    elif choice is not None:
        written = {"type": _MODES[choice.mode]}
    if ask.parallel_tool_calls is False and (written is None or written["type"] != "none"):
        written = {**(written or {"type": "auto"}), "disable_parallel_tool_use": True}
    if written is not None:
        body["tool_choice"] = written


def _tool(tool: Tool, marks: bool) -> Json:
    schema = {key: value for key, value in schema_of(tool).items() if key != "$schema"}
    written: Json = {"name": wire_name(tool.name, tool.namespace)}
    if description := description_of(tool):
        written["description"] = description
    written["input_schema"] = {**schema, "type": "object", "properties": schema.get("properties") or {}}
    return {**written, "cache_control": dict(MARK)} if tool.cached and marks else written


def _output(ask: Ask, body: Json, notes: list[Note]) -> None:
    if ask.output is None:
        return
    if ask.output.kind == "json_schema":
        schema = dict(ask.output.schema or {})
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    else:
        notes.append(Note("response_format", "dropped: this endpoint takes a schema only"))


def _sampling(ask: Ask, thinks: bool, body: Json, notes: list[Note]) -> None:
    """OpenAI's temperature reaches to 2, Anthropic's to 1; with thinking on only 1 is taken."""
    if ask.temperature is not None:
        if thinks and ask.temperature != 1:
            notes.append(Note("temperature", "dropped: not possible together with thinking"))
        else:
            body["temperature"] = min(max(ask.temperature, 0), 1)
    if ask.top_p is not None:
        if "temperature" in body or (thinks and ask.top_p < 0.95):
            notes.append(Note("top_p", "dropped: refused beside temperature or thinking"))
        else:
            body["top_p"] = ask.top_p
    if ask.top_k is not None:
        if thinks:
            notes.append(Note("top_k", "dropped: not possible together with thinking"))
        else:
            body["top_k"] = ask.top_k


def _stop(ask: Ask, body: Json, notes: list[Note]) -> None:
    words = [word for word in ask.stop if word.strip()]
    if len(words) < len(ask.stop):
        notes.append(Note("stop", "stop texts of nothing but white space dropped: they are refused"))
    if words:
        body["stop_sequences"] = words


def _marks(ask: Ask, body: Json, notes: list[Note]) -> None:
    if ask.has_cache_marks:
        if removed := cache.keep_four(body):
            notes.append(Note("cache_control", f"{removed} marks removed: four are the most"))
    elif cache.set_marks(body):
        notes.append(Note("cache_control", "set on tools, system and the latest messages"))
