"""The Response object, its items and its usage, complete enough for the strictest SDK.

openai-python in strict mode wants every item id, both usage detail objects with `cached_tokens` and
`cache_write_tokens`, `parallel_tool_calls`, `tools` and `tool_choice` (measured, openai 3.54).
"""

import hashlib
import re
import uuid
from collections.abc import Iterable

from tray_app.dialects import carrier
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import (
    Ask,
    Opaque,
    Part,
    Refusal,
    Stop,
    StopReason,
    Text,
    Thinking,
    Tool,
    ToolCall,
    Usage,
)
from tray_app.dialects.responses.item_reader import REDACTED
from tray_app.dialects.responses.tools import write_tool, write_tool_choice
from tray_app.dialects.tool_arguments import unwrap_input
from tray_app.dialects.tool_names import ToolNames

PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "web_search_call": "ws",
    "tool_search_call": "tsc",
    "compaction": "cmp",
}
_RESPONSE_ID = re.compile(r"resp_[a-zA-Z0-9_-]{1,59}")
_INCOMPLETE = {
    StopReason.MAX_TOKENS: "max_output_tokens",
    StopReason.CONTEXT_FULL: "max_output_tokens",
    StopReason.FILTERED: "content_filter",
    StopReason.REFUSED: "content_filter",
}


def response_id(id: str) -> str:
    """A short id with the right prefix, the same for the same upstream id; a fresh one for none."""
    if _RESPONSE_ID.fullmatch(id):
        return id
    if not id:
        return f"resp_{uuid.uuid4().hex}"
    return "resp_" + hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def item_id(response: str, kind: str, index: int) -> str:
    """The id of the item at `index` of a response: short, stable, with the prefix of its kind."""
    digest = hashlib.sha256(response.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"{PREFIXES.get(kind, 'item')}_{digest}{index:03x}"


def blank(id: str, model: str) -> Json:
    """The least that a response object can be, for streams whose upstream gave none."""
    return {
        "id": id,
        "object": "response",
        "created_at": 0,
        "model": model,
        "output": [],
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


def envelope(id: str, model: str, ask: Ask, created: int | None) -> Json:
    """A Response in progress: everything that is known before the first word."""
    reasoning = ask.reasoning
    return {
        "id": id,
        "object": "response",
        "created_at": created or ask.asked_at,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": ask.max_tokens,
        "metadata": dict(ask.metadata or {}),
        "model": model,
        "output": [],
        "parallel_tool_calls": ask.parallel_tool_calls is not False,
        "previous_response_id": None,
        "prompt_cache_key": ask.cache_key,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "safety_identifier": ask.safety_identifier,
        "store": False,
        "temperature": ask.temperature,
        "text": _text_config(ask),
        "tool_choice": write_tool_choice(ask.tool_choice, ask.tools) if ask.tool_choice else "auto",
        "tools": _echo_tools(ask.tools),
        "top_p": ask.top_p,
        "truncation": "disabled",
        "usage": None,
        "user": ask.user,
    }


def _text_config(ask: Ask) -> Json:
    output = ask.output
    if output is None:
        config: Json = {"format": {"type": "text"}}
    elif output.kind == "json_object":
        config = {"format": {"type": "json_object"}}
    else:
        config = {
            "format": {
                "type": "json_schema",
                "name": output.name or "output",
                "schema": dict(output.schema or {}),
                "description": output.description,
                "strict": output.strict,
            }
        }
    return config | ({"verbosity": ask.verbosity} if ask.verbosity else {})


def _echo_tools(tools: Iterable[Tool]) -> list[Json]:
    """The client's tools, as it wrote them where that is known, namespaces put together again."""
    echoed: list[Json] = []
    spaces: dict[str, Json] = {}
    for tool in tools:
        is_hosted = tool.kind == "hosted"
        entry = dict(tool.raw or {"type": tool.name}) if is_hosted else write_tool(tool)
        if tool.namespace is None:
            echoed.append(entry)
            continue
        if tool.namespace not in spaces:
            space: Json = {"type": "namespace", "name": tool.namespace, "tools": []}
            space["description"] = tool.namespace_description
            spaces[tool.namespace] = space
            echoed.append(space)
        spaces[tool.namespace]["tools"].append(entry)
    return echoed


def ending(stop: Stop) -> Json:
    """`status` and `incomplete_details` for a stop reason."""
    reason = _INCOMPLETE.get(stop.reason)
    if reason is None:
        return {"status": "completed", "incomplete_details": None}
    return {"status": "incomplete", "incomplete_details": {"reason": reason}}


def write_usage(usage: Usage) -> Json:
    """Usage with both detail objects. The schema has no "not known", so that is 0 here.

    Always present: opencode never ends a turn whose `response.completed` has none.
    """
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens or 0,
            "cache_write_tokens": usage.cache_write_tokens or 0,
        },
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": input_tokens + output_tokens,
    }


# --- items ---------------------------------------------------------------------------------------


def client_call(call: ToolCall, names: ToolNames) -> ToolCall:
    """A call as the client knows the tool: its own name, its namespace, a custom tool's bare input."""
    tool = names.find(call.name) if call.namespace is None else None
    if tool is None:
        return call
    arguments, kind = call.arguments, call.kind
    if tool.kind == "custom" and kind != "custom":
        arguments, kind = unwrap_input(arguments), "custom"
    return ToolCall(call.id, tool.name, arguments, kind, tool.namespace)


def seal(opaque: Opaque, *, redacted: bool) -> str:
    """`encrypted_content` for an opaque value: bare if it is this dialect's own, else a carrier."""
    if redacted and opaque.kind == "messages":
        opaque = Opaque(opaque.kind, opaque.value, REDACTED)
    return carrier.pack(opaque, "responses")


def write_item(part: Part, id: str, names: ToolNames, status: str = "completed") -> Json | None:
    """A finished output item for a part of the answer."""
    match part:
        case Text(text, phase=phase):
            return _message(id, {"type": "output_text", "text": text, "annotations": []}, status, phase)
        case Refusal(text):
            return _message(id, {"type": "refusal", "refusal": text}, status, None)
        case Thinking(text, opaque, redacted):
            return write_reasoning_item(id, text, seal(opaque, redacted=redacted) if opaque else None)
        case ToolCall():
            return write_call_item(id, client_call(part, names), status)
    return None


def _message(id: str, content: Json, status: str, phase: str | None) -> Json:
    item: Json = {"id": id, "type": "message", "role": "assistant", "status": status, "content": [content]}
    return item | ({"phase": phase} if phase else {})


def write_reasoning_item(id: str, text: str, sealed: str | None) -> Json:
    """A reasoning item. An empty `summary` list stays: strict SDKs require the field, and the AI SDK
    only stumbles over it when item ids change between events, which ours do not."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    item: Json = {"id": id, "type": "reasoning", "summary": summary}
    return item | ({"encrypted_content": sealed} if sealed is not None else {})


def write_call_item(id: str, call: ToolCall, status: str = "completed") -> Json:
    """A call; `arguments` are an object's text even when the model gave none."""
    item: Json = {"id": id, "call_id": call.id, "name": call.name}
    if call.kind == "custom":
        item |= {"type": "custom_tool_call", "input": call.arguments, "status": status}
    else:
        item |= {"type": "function_call", "arguments": call.arguments or "{}", "status": status}
    return item | ({"namespace": call.namespace} if call.namespace else {})


def part_kind(part: Part) -> str:
    """The item type that a (client's) part becomes."""
    match part:
        case Thinking():
            return "reasoning"
        case ToolCall(kind="custom"):
            return "custom_tool_call"
        case ToolCall():
            return "function_call"
    return "message"
