"""Whole Chat Completions answers. Source: copilot-wire 5.3 to 5.8, 11.2."""

from typing import Any

from tray_app.dialects import carrier, tool_arguments
from tray_app.dialects.answer_ids import answer_id
from tray_app.dialects.chat.calls import function_of, invented_id
from tray_app.dialects.chat.chunks import (
    is_error,
    objects,
    reasoning_opaque,
    reasoning_text,
    text,
    tool_calls,
)
from tray_app.dialects.chat.stops import read_stop, write_stop
from tray_app.dialects.chat.usage import as_nested, read_usage, write_usage
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import (
    Ask,
    Opaque,
    Part,
    Refusal,
    Reply,
    Text,
    Thinking,
    ToolCall,
)
from tray_app.dialects.protocol import Rules
from tray_app.dialects.tool_names import ToolNames
from tray_app.dialects.upstream_faults import read_error
from tray_app.errors import Broken, JumpseatError

__all__ = ["native_reply", "read_reply", "read_usage", "write_reply"]


def read_reply(body: Json) -> Reply:
    """All choices as one answer. Raises JumpseatError when it is an error in the place of one."""
    merged, finish = _merged(body)
    parts: list[Part] = []
    thought, opaque = reasoning_text(merged), reasoning_opaque(merged)
    if thought or opaque:
        parts.append(Thinking(thought, carrier.unpack(opaque, "chat") if opaque else None))
    if content := text(merged, "content"):
        parts.append(Text(content))
    if refusal := text(merged, "refusal"):
        parts.append(Refusal(refusal))
    id = text(body, "id")
    calls = [_call(call, id, number) for number, call in enumerate(tool_calls(merged))]
    created = body.get("created")
    return Reply(
        id=id,
        model=text(body, "model"),
        parts=(*parts, *(call for call in calls if call.name)),
        stop=read_stop(finish, bool(calls), bool(refusal)),
        usage=read_usage(body),
        created=created if isinstance(created, int) and not isinstance(created, bool) else None,
    )


def _call(call: Json, answer: str, number: int) -> ToolCall:
    value: Any = function_of(call).get("arguments")
    return ToolCall(
        id=text(call, "id") or invented_id(answer, number),
        name=text(function_of(call), "name"),
        arguments=(tool_arguments.to_text(value, "arguments") if isinstance(value, str | dict) else "")
        or "{}",
    )


def _merged(body: Json) -> tuple[Json, str]:
    """The messages of all choices as one, and the finish reason that counts."""
    choices = objects(body.get("choices"))
    if not choices:
        raise JumpseatError(read_error(body)) if is_error(body) or "message" in body else Broken
    merged: Json = {"role": "assistant", "content": None}
    finish = ""
    for choice in choices:
        reason = choice.get("finish_reason")
        if reason == "error":
            raise Broken("Copilot's model failed in the middle of its answer.")
        if isinstance(reason, str) and reason and finish in ("", "stop"):
            finish = reason
        if isinstance(message := choice.get("message"), dict):
            _add(merged, message)
    return merged, finish


def _add(merged: Json, message: Json) -> None:
    for key, value in message.items():
        before = merged.get(key)
        if isinstance(before, str) and isinstance(value, str) and key in ("content", "refusal"):
            merged[key] = f"{before}\n\n{value}" if before and value else before or value
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = before + value
        elif before is None:
            merged[key] = value


def native_reply(upstream_body: Json, client_body: Json, rules: Rules) -> Json:
    """The answer for a chat client, untouched but for choices made one, a true finish reason and usage in
    OpenAI's layout.

    Remembers the opaque reasoning value under the ids of the calls behind it.
    """
    merged, finish = _merged(upstream_body)
    calls = tool_calls(merged)
    _remember(merged, rules)
    choices = objects(upstream_body["choices"])
    if isinstance(usage := upstream_body.get("usage"), dict):
        upstream_body["usage"] = as_nested(usage)
    for key, value in _required(upstream_body, rules).items():
        if not upstream_body.get(key):
            upstream_body[key] = value
    if finish in ("", "stop"):
        finish = "tool_calls" if calls else "stop"
    if len(choices) == 1 and choices[0].get("finish_reason") == finish:
        return upstream_body
    choice = {**choices[0], "index": 0, "finish_reason": finish, "message": merged}
    return {**upstream_body, "choices": [choice]}


def _required(body: Json, rules: Rules) -> Json:
    """What every SDK reads of an answer, for upstreams that leave it out."""
    return {
        "id": answer_id(text(body, "id"), "chatcmpl-"),
        "object": "chat.completion",
        "created": 0,
        "model": rules.model.id,
    }


def _remember(message: Json, rules: Rules) -> None:
    if not (opaque := reasoning_opaque(message)):
        return
    thinking = Thinking(reasoning_text(message), Opaque("chat", opaque))
    for call in tool_calls(message):
        if id := text(call, "id"):
            rules.memory.keep_thinking(id, thinking)


def write_reply(reply: Reply, model_asked: str, ask: Ask) -> Json:
    """Strict OpenAI shape, plus `reasoning_text` and `reasoning_opaque` where there was thinking."""
    names = ToolNames(ask.tools)
    calls = [_write_call(part, names) for part in reply.parts if isinstance(part, ToolCall)]
    refusal = "".join(part.text for part in reply.parts if isinstance(part, Refusal))
    content = "\n\n".join(part.text for part in reply.parts if isinstance(part, Text) and part.text)
    message: Json = {
        "role": "assistant",
        "content": content or (None if calls or refusal else ""),
        "refusal": refusal or reply.stop.explanation,
        **_write_thinking(reply),
    }
    if calls:
        message["tool_calls"] = calls
    finish = write_stop(reply.stop, bool(calls), bool(refusal))
    body: Json = {
        "id": answer_id(reply.id, "chatcmpl-"),
        "object": "chat.completion",
        "created": reply.created or ask.asked_at,
        "model": model_asked,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
    }
    usage = write_usage(reply.usage)
    return body if usage is None else {**body, "usage": usage}


def _write_call(call: ToolCall, names: ToolNames) -> Json:
    tool = names.find(call.name)
    name = tool.name if tool else call.name
    if tool is not None and tool.kind == "custom":
        text = call.arguments if call.kind == "custom" else tool_arguments.unwrap_input(call.arguments)
        return {"id": call.id, "type": "custom", "custom": {"name": name, "input": text}}
    return {"id": call.id, "type": "function", "function": {"name": name, "arguments": call.arguments}}


def _write_thinking(reply: Reply) -> Json:
    thoughts = [part for part in reply.parts if isinstance(part, Thinking)]
    written: Json = {}
    if readable := "\n\n".join(part.text for part in thoughts if part.text):
        written["reasoning_text"] = readable
    opaque = [part.opaque for part in thoughts if part.opaque]
    if opaque:
        written["reasoning_opaque"] = carrier.pack(opaque[-1], "chat")
    return written
