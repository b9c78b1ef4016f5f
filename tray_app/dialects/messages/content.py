"""System text, messages and content blocks of an Anthropic request, read into the neutral form."""

from collections.abc import Iterator
from typing import Any

from tray_app.dialects import carrier, fields, tool_arguments
from tray_app.dialects.fields import Json, at
from tray_app.dialects.neutral import (
    Document,
    Image,
    Message,
    Note,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tray_app.errors import BadRequest

# The `id` of an opaque value that came as redacted_thinking: it says so after a way through another
# dialect, where a signature and redacted data look alike (each in the other's place is a 400).
REDACTED = "redacted"
BILLING = "x-anthropic-billing-header:"
_RESULT_PARTS = ("text", "image", "document", "tool_reference", "search_result")  # others come from MCP


def is_marked(block: Json) -> bool:
    return isinstance(block.get("cache_control"), dict)


def read_system(body: Json, notes: list[Note]) -> tuple[Text, ...]:
    """The system text in parts, without Claude Code's billing line (it spoils the prompt cache)."""
    value = body.get("system")
    if isinstance(value, str):
        texts = [Text(value)]
    else:
        texts = []
        for index, item in enumerate(fields.get_list(body, "system")):
            path = at("system", index)
            block = fields.as_object(item, path)
            texts.append(Text(fields.need_str(block, "text", path), cached=is_marked(block)))
    kept = tuple(text for text in texts if text.text and not text.text.startswith(BILLING))
    if any(text.text.startswith(BILLING) for text in texts):
        notes.append(Note("system", "the client's billing line left out"))
    return kept


def read_messages(values: list[Any], notes: list[Note]) -> tuple[Message, ...]:
    messages: list[Message] = []
    for index, value in enumerate(values):
        path = at("messages", index)
        messages += _message(fields.as_object(value, path), path, notes)
    return tuple(messages)


def _message(body: Json, path: str, notes: list[Note]) -> Iterator[Message]:
    """One message, or two where tool results stand beside other content: results first."""
    role = fields.need_str(body, "role", path)
    if role not in ("user", "assistant", "system"):
        raise BadRequest(f"{path}.role: {role!r} is none of user, assistant, system.", f"{path}.role")
    parts = list(_blocks(body, path, notes))
    if role == "assistant":
        yield Message("assistant", tuple(p for p in parts if not isinstance(p, ToolResult)))
        return
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    rest = tuple(part for part in parts if not isinstance(part, ToolResult | ToolCall | Thinking))
    if results:
        yield Message("tool", results)
    if rest or not results:
        yield Message(role, rest)  # type: ignore[arg-type]


def _blocks(body: Json, path: str, notes: list[Note]) -> Iterator[Part]:
    fields.need(body, "content", path)
    if isinstance(body["content"], str):
        yield Text(body["content"])
        return
    for index, value in enumerate(fields.need_list(body, "content", path)):
        where = at(at(path, "content"), index)
        block = fields.as_object(value, where)
        part = _block(block, where, notes)
        if part is not None:
            yield part


def _block(block: Json, path: str, notes: list[Note]) -> Part | None:
    cached = is_marked(block)
    match fields.need_str(block, "type", path):
        case "tool_use":
            return _tool_use(block, path, cached)
        case "tool_result":
            return _tool_result(block, path, notes)
        case "thinking":
            return _thinking(block, path)
        case "redacted_thinking":
            data = fields.get_str(block, "data", path)
            return Thinking(opaque=Opaque("messages", data, REDACTED), redacted=True) if data else None
        case _:
            return _plain(block, path, notes)


def _plain(block: Json, path: str, notes: list[Note]) -> Text | Image | Document | None:
    """Blocks that stand in messages and inside tool results; None for one that has no neutral form."""
    cached = is_marked(block)
    match fields.need_str(block, "type", path):
        case "text":
            return Text(fields.as_str(block.get("text"), at(path, "text")), cached=cached)
        case "image":
            return _image(block, path, cached)
        case "document":
            return _document(block, path, cached)
        case "tool_reference":
            return Text(f"[tool: {fields.need_str(block, 'tool_name', path)}]")
        case "search_result":
            return _search_result(block, path, cached)
        case other:
            notes.append(Note("messages", f"{other} blocks left out: only Anthropic's own endpoint has them"))
            return None


def _tool_use(block: Json, path: str, cached: bool) -> ToolCall:
    value = block.get("input")
    if isinstance(value, str):  # some clients keep the arguments as the text they came in
        value = tool_arguments.to_object(value)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(f"{path}.input: expected an object.", f"{path}.input", code="invalid_type")
    text = _raw(value) or tool_arguments.to_text(value, at(path, "input"))
    return ToolCall(
        fields.need_str(block, "id", path), fields.need_str(block, "name", path), text, cached=cached
    )


def _raw(value: Json | None) -> str | None:
    """Broken arguments that this proxy wrapped on their way to the client, as they were."""
    if value is not None and len(value) == 1 and isinstance(raw := value.get(tool_arguments.RAW), str):
        return raw
    return None


def _tool_result(block: Json, path: str, notes: list[Note]) -> ToolResult:
    id = fields.need_str(block, "tool_use_id", path)
    is_error = fields.get_bool(block, "is_error", path) or False
    parts: list[Text | Image | Document] = []
    cached = is_marked(block)
    if isinstance(block.get("content"), str):
        parts = [Text(block["content"])] if block["content"] else []
    else:
        for index, value in enumerate(fields.get_list(block, "content", path)):
            where = at(at(path, "content"), index)
            inner = {"type": "text", "text": value} if isinstance(value, str) else value
            inner = fields.as_object(inner, where)
            cached |= is_marked(inner)
            if inner.get("type") not in _RESULT_PARTS:
                notes.append(Note("messages.tool_result", "a part of another kind written as JSON text"))
                inner = {"type": "text", "text": tool_arguments.to_text(inner, where)}
            if (part := _plain(inner, where, notes)) is not None:
                parts.append(part)
    return ToolResult(id, tuple(parts), is_error, cached=cached)


def _thinking(block: Json, path: str) -> Thinking | None:
    text = fields.get_str(block, "thinking", path) or ""
    signature = fields.get_str(block, "signature", path)
    opaque: Opaque | None = carrier.unpack(signature, "messages") if signature else None
    return Thinking(text, opaque) if text or opaque else None


def _image(block: Json, path: str, cached: bool) -> Image:
    source, where = fields.need_object(block, "source", path), at(path, "source")
    match fields.need_str(source, "type", where):
        case "base64":
            media_type = fields.need_str(source, "media_type", where).replace("image/jpg", "image/jpeg")
            return Image(media_type, fields.need_str(source, "data", where), cached=cached)
        case "url":
            return Image(url=fields.need_str(source, "url", where), cached=cached)
        case other:
            raise BadRequest(f"{where}.type: images of type {other!r} are not supported.", f"{where}.type")


def _document(block: Json, path: str, cached: bool) -> Document:
    source, where = fields.need_object(block, "source", path), at(path, "source")
    name = fields.get_str(block, "title", path)
    match fields.need_str(source, "type", where):
        case "base64":
            media_type = fields.get_str(source, "media_type", where) or "application/pdf"
            return Document(media_type, fields.need_str(source, "data", where), name=name, cached=cached)
        case "text":
            text = fields.as_str(source.get("data"), at(where, "data"))
            return Document("text/plain", text=text, name=name, cached=cached)
        case "content":
            return Document("text/plain", text=_joined(source, where), name=name, cached=cached)
        case other:
            raise BadRequest(f"{where}.type: documents of type {other!r} are not supported.", f"{where}.type")


def _search_result(block: Json, path: str, cached: bool) -> Text:
    head = [fields.get_str(block, key, path) or "" for key in ("title", "source")]
    return Text("\n".join([*(line for line in head if line), _joined(block, path)]), cached=cached)


def _joined(body: Json, path: str) -> str:
    """The texts of a `content` that is a string or a list of blocks."""
    if isinstance(body.get("content"), str):
        return str(body["content"])
    texts = []
    for index, value in enumerate(fields.get_list(body, "content", path)):
        where = at(at(path, "content"), index)
        text = fields.get_str(fields.as_object(value, where), "text", where)
        texts.append(text or "")
    return "\n".join(texts)
