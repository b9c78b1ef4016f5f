"""Whole Anthropic answers. Source: copilot-wire 7.7, 11.2."""

from typing import Any

from tray_app.dialects import carrier, tool_arguments
from tray_app.dialects.answer_ids import answer_id
from tray_app.dialects.fields import Json
from tray_app.dialects.messages.content import REDACTED
from tray_app.dialects.messages.search_blocks import result_block, search_usage, use_block
from tray_app.dialects.messages.stops import read_stop, write_stop
from tray_app.dialects.messages.usage import read_usage, write_usage
from tray_app.dialects.neutral import (
    Ask,
    Opaque,
    Part,
    Refusal,
    Reply,
    Searched,
    Stop,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from tray_app.dialects.protocol import Rules
from tray_app.dialects.tool_names import ToolNames, safe_call_id
from tray_app.dialects.upstream_faults import read_error
from tray_app.errors import Broken, JumpseatError

__all__ = ["native_reply", "read_reply", "read_usage", "write_reply"]


def read_reply(body: Json) -> Reply:
    """Raises JumpseatError when it is an error in the place of an answer."""
    content = body.get("content")
    if not isinstance(content, list):
        raise JumpseatError(read_error(body)) if "error" in body or "message" in body else Broken
    parts = tuple(part for block in content if isinstance(block, dict) and (part := _part(block)) is not None)
    stop = read_stop(body, any(isinstance(part, ToolCall) for part in parts))
    if stop is None:
        has_calls = any(isinstance(part, ToolCall) for part in parts)
        stop = Stop(StopReason.TOOLS if has_calls else StopReason.END)
    return Reply(_text(body, "id"), _text(body, "model"), parts, stop, read_usage(body))


def _part(block: Json) -> Part | None:
    match block.get("type"):
        case "text":
            text = _text(block, "text")
            return Text(text) if text else None
        case "thinking":
            signature = _text(block, "signature")
            opaque = carrier.unpack(signature, "messages") if signature else None
            return Thinking(_text(block, "thinking"), opaque)
        case "redacted_thinking":
            return Thinking(opaque=Opaque("messages", _text(block, "data"), REDACTED), redacted=True)
        case "tool_use":
            value = block.get("input")
            text = tool_arguments.to_text(value if isinstance(value, dict) else None, "input")
            return ToolCall(_text(block, "id"), _text(block, "name"), text)
    return None  # server tools: their results stand in the text


def native_reply(upstream_body: Json, client_body: Json, rules: Rules) -> Json:
    """The answer for a Messages client, as it came."""
    return upstream_body


def write_reply(reply: Reply, model_asked: str, ask: Ask) -> Json:
    names = ToolNames(ask.tools)
    content = [block for part in reply.parts for block in _write_part(part, names)]
    has_calls = any(block["type"] == "tool_use" for block in content)
    refusal = "".join(part.text for part in reply.parts if isinstance(part, Refusal))
    return {
        "id": answer_id(reply.id, "msg_"),
        "type": "message",
        "role": "assistant",
        "model": model_asked,
        "content": content,
        **write_stop(reply.stop, has_calls, refusal),
        "usage": write_usage(reply.usage)
        | search_usage(sum(isinstance(part, Searched) for part in reply.parts)),
    }


def _write_part(part: Part, names: ToolNames) -> list[Json]:
    match part:
        case Text(text) if text:
            return [{"type": "text", "text": text}]
        case Thinking():
            return [write_thinking(part)]
        case ToolCall():
            tool = names.find(part.name)
            name = tool.name if tool else part.name
            return [{"type": "tool_use", "id": safe_call_id(part.id), "name": name, "input": _input(part)}]
        case Searched():
            return [use_block(part), result_block(part)]
    return []


def _input(call: ToolCall) -> dict[str, Any]:
    if call.kind == "custom":
        return {"input": call.arguments}
    return tool_arguments.to_object(call.arguments)


def write_thinking(thinking: Thinking) -> Json:
    """A thinking block; what another endpoint sealed travels as a carrier in the signature."""
    opaque = thinking.opaque
    if opaque is not None and opaque.kind == "messages" and (thinking.redacted or opaque.id == REDACTED):
        return {"type": "redacted_thinking", "data": opaque.value}
    signature = carrier.pack(opaque, "messages") if opaque else ""
    return {"type": "thinking", "thinking": thinking.text, "signature": signature}


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""
