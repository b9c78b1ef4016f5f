"""Messages of a Chat Completions request, read into the neutral form. Source: copilot-wire 5.1, 5.2, 5.6."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tray_app.dialects import carrier, fields, tool_arguments
from tray_app.dialects.chat.chunks import reasoning_opaque, reasoning_text
from tray_app.dialects.fields import Json, at
from tray_app.dialects.neutral import (
    Document,
    Image,
    Message,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tray_app.errors import BadRequest


def read_messages(values: list[Any]) -> tuple[tuple[Message, ...], bool]:
    """The messages, and whether any carries a cache mark."""
    messages: list[Message] = []
    marked = False
    legacy: list[str] = []  # ids given to calls of the legacy form, which has none
    for index, value in enumerate(values):
        path = at("messages", index)
        body = fields.as_object(value, path)
        message = _message(body, path, legacy)
        is_marked = _is_marked(body) or any(getattr(part, "cached", False) for part in message.parts)
        marked |= is_marked
        messages.append(message)
    return tuple(messages), marked


def _is_marked(body: Json) -> bool:
    return isinstance(body.get("copilot_cache_control"), dict) or isinstance(body.get("cache_control"), dict)


def _message(body: Json, path: str, legacy: list[str]) -> Message:
    role = fields.need_str(body, "role", path)
    cached = _is_marked(body)
    match role:
        case "system" | "developer" | "user":
            return Message(role, _cached(tuple(_content(body, path)), cached))
        case "assistant":
            return Message("assistant", _cached(tuple(_assistant(body, path, legacy)), cached))
        case "tool" | "function":
            return Message("tool", (_result(body, path, role, legacy, cached),))
    raise BadRequest(
        f"{path}.role: {role!r} is none of system, developer, user, assistant, tool.", f"{path}.role"
    )


def _cached(parts: tuple[Part, ...], cached: bool) -> tuple[Part, ...]:
    """The mark of a message, put on the last part that can carry one."""
    if not cached:
        return parts
    for place in range(len(parts) - 1, -1, -1):
        if isinstance(part := parts[place], Text | Image | Document | ToolCall):
            return (*parts[:place], _marked(part), *parts[place + 1 :])
    return parts


def _marked(part: Text | Image | Document | ToolCall) -> Part:
    return replace(part, cached=True)


def _content(body: Json, path: str) -> Iterator[Text | Image | Document | Refusal]:
    where, value = at(path, "content"), body.get("content")
    if isinstance(value, str):
        if value:
            yield Text(value)
        return
    for index, item in enumerate(fields.get_list(body, "content", path)):
        inner = at(where, index)
        yield _part(fields.as_object(item, inner), inner)


def _part(part: Json, path: str) -> Text | Image | Document | Refusal:
    kind = fields.need_str(part, "type", path)
    cached = _is_marked(part)
    match kind:
        case "text" | "input_text" | "output_text":
            return Text(fields.as_str(part.get("text"), at(path, "text")), cached=cached)
        case "refusal":
            return Refusal(fields.as_str(part.get("refusal"), at(path, "refusal")))
        case "image_url":
            return _image(part, path, cached)
        case "file":
            return _file(fields.need_object(part, "file", path), at(path, "file"), cached)
    raise BadRequest(f"{path}.type: content of type {kind!r} is not supported.", f"{path}.type")


def _image(part: Json, path: str, cached: bool) -> Image:
    where, value = at(path, "image_url"), fields.need(part, "image_url", path)
    if isinstance(value, str):
        return image_of_url(value, None, cached)
    spec = fields.as_object(value, where)
    return image_of_url(fields.need_str(spec, "url", where), fields.get_str(spec, "detail", where), cached)


def image_of_url(url: str, detail: str | None, cached: bool = False) -> Image:
    """A data URL taken apart; any other address as it is."""
    head, comma, data = url.partition(",")
    if head.startswith("data:") and head.endswith(";base64") and comma:
        media_type = head[5:-7].partition(";")[0]
        return Image(media_type=media_type, data=data, detail=detail, cached=cached)
    return Image(url=url, detail=detail, cached=cached)


def _file(spec: Json, path: str, cached: bool) -> Document:
    data = fields.get_str(spec, "file_data", path)
    if data is None:
        raise BadRequest(f"{path}: only files sent inline (file_data) are supported.", f"{path}.file_data")
    image = image_of_url(data, None)
    return Document(
        media_type=image.media_type or "application/pdf",
        data=image.data or data,
        name=fields.get_str(spec, "filename", path),
        cached=cached,
    )


def _assistant(body: Json, path: str, legacy: list[str]) -> Iterator[Part]:
    opaque = reasoning_opaque(body)
    thought = reasoning_text(body)
    if thought or opaque:
        yield Thinking(thought, carrier.unpack(opaque, "chat") if opaque else None)
    yield from _content(body, path)
    if refusal := fields.get_str(body, "refusal", path):
        yield Refusal(refusal)
    for index, value in enumerate(fields.get_list(body, "tool_calls", path)):
        where = at(at(path, "tool_calls"), index)
        yield _call(fields.as_object(value, where), where)
    if (call := fields.get_object(body, "function_call", path)) is not None:
        where = at(path, "function_call")
        legacy.append(f"call_legacy_{len(legacy)}")
        yield ToolCall(legacy[-1], fields.need_str(call, "name", where), _arguments(call, where))


def _call(call: Json, path: str) -> ToolCall:
    id = fields.need_str(call, "id", path)
    if call.get("type") == "custom":
        spec, inner = fields.need_object(call, "custom", path), at(path, "custom")
        name = fields.need_str(spec, "name", inner)
        return ToolCall(id, name, fields.get_str(spec, "input", inner) or "", kind="custom")
    spec, inner = fields.need_object(call, "function", path), at(path, "function")
    return ToolCall(id, fields.need_str(spec, "name", inner), _arguments(spec, inner))


def _arguments(spec: Json, path: str) -> str:
    value = spec.get("arguments")
    if value is None or isinstance(value, str | dict):
        return tool_arguments.to_text(value, at(path, "arguments"))
    return fields.as_str(value, at(path, "arguments"))


def _result(body: Json, path: str, role: str, legacy: list[str], cached: bool) -> ToolResult:
    if role == "tool":
        id = fields.need_str(body, "tool_call_id", path)
    else:
        id = legacy[-1] if legacy else "call_legacy_0"
    parts = tuple(Text(p.text) if isinstance(p, Refusal) else p for p in _content(body, path))
    return ToolResult(id, parts, name=fields.get_str(body, "name", path), cached=cached)
