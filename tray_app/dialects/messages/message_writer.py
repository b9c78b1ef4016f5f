"""Neutral messages as Anthropic messages for Copilot. Source: copilot-wire 7.4, 11.1."""

from tray_app.dialects import tool_arguments
from tray_app.dialects.fields import Json
from tray_app.dialects.messages.content import REDACTED
from tray_app.dialects.neutral import (
    Document,
    Image,
    Message,
    Note,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tray_app.dialects.tool_names import safe_call_id, wire_name

MARK = {"type": "ephemeral"}


def split_system(messages: tuple[Message, ...]) -> tuple[list[Text], tuple[Message, ...]]:
    """The leading system and developer texts, and the messages behind them. A conversation of nothing
    but instructions keeps its last message: Anthropic wants one."""
    count = 0
    while count < len(messages) and messages[count].role in ("system", "developer"):
        count += 1
    if count == len(messages):
        count -= 1
    texts = [part for message in messages[:count] for part in message.parts if isinstance(part, Text)]
    return [text for text in texts if text.text.strip()], messages[count:]


class MessageWriter:
    """Writes the messages behind the system text; neighbours of one role become one message."""

    def __init__(self, keep_marks: bool) -> None:
        self.notes: list[Note] = []
        self._marks = keep_marks
        self._written: list[Json] = []

    def write(self, messages: tuple[Message, ...]) -> list[Json]:
        for message in messages:
            match message.role:
                case "assistant":
                    self._add("assistant", self._assistant(message))
                case "tool":
                    self._add("user", [self._result(p) for p in message.parts if isinstance(p, ToolResult)])
                case "user":
                    self._add("user", self._blocks(message.parts))
                case "system" | "developer":
                    self._reminder(message, only=len(messages) == 1)
        for message_ in self._written:
            if message_["role"] == "user":
                message_["content"].sort(key=_result_first)
        return self._written

    def _add(self, role: str, blocks: list[Json]) -> None:
        if not blocks:
            return
        if self._written and self._written[-1]["role"] == role:
            self._written[-1]["content"] += blocks
        else:
            self._written.append({"role": role, "content": blocks})

    def _reminder(self, message: Message, only: bool) -> None:
        """A system message in the middle: most Claude backends refuse the role there."""
        text = "\n\n".join(part.text for part in message.parts if isinstance(part, Text)).strip()
        if not text:
            return
        if only:
            self._add("user", [{"type": "text", "text": text}])
            return
        self.notes.append(Note("messages", "a later system message became a reminder in the user's turn"))
        self._add("user", [{"type": "text", "text": f"<system-reminder>\n{text}\n</system-reminder>"}])

    def _blocks(self, parts: tuple[Part, ...]) -> list[Json]:
        return [block for part in parts if (block := self._plain(part)) is not None]

    def _plain(self, part: Part) -> Json | None:
        """Text, images and documents; None for empty text, which is refused."""
        match part:
            case Text(text, cached=cached):
                return self.marked({"type": "text", "text": text}, cached) if text.strip() else None
            case Refusal(text):
                return {"type": "text", "text": text} if text.strip() else None
            case Image(cached=cached):
                return self.marked(_image(part), cached)
            case Document(cached=cached):
                return self.marked(_document(part), cached)
        return None

    def marked(self, block: Json, cached: bool) -> Json:
        return {**block, "cache_control": dict(MARK)} if cached and self._marks else block

    def _assistant(self, message: Message) -> list[Json]:
        blocks: list[Json] = []
        for part in message.parts:
            match part:
                case Thinking():
                    block = self._thinking(part)
                case ToolCall():
                    block = self.marked(_tool_use(part), part.cached)
                case _:
                    block = self._plain(part)
            if block is not None:
                blocks.append(block)
        return blocks

    def _thinking(self, thinking: Thinking) -> Json | None:
        """Only what this endpoint signed itself: a foreign signature is a 400 on every later turn."""
        opaque = thinking.opaque
        if opaque is None or opaque.kind != "messages" or not opaque.value:
            self.notes.append(Note("thinking", "left out: not signed by this endpoint"))
            return None
        if thinking.redacted or opaque.id == REDACTED:
            return {"type": "redacted_thinking", "data": opaque.value}
        return {"type": "thinking", "thinking": thinking.text, "signature": opaque.value}

    def _result(self, result: ToolResult) -> Json:
        block: Json = {"type": "tool_result", "tool_use_id": safe_call_id(result.call_id)}
        inner = [b for part in result.parts if (b := _unmarked(self._plain(part))) is not None]
        if len(inner) == 1 and inner[0]["type"] == "text":
            block["content"] = inner[0]["text"]
        elif inner:
            block["content"] = inner
        if result.is_error:
            block["is_error"] = True
        cached = result.cached or any(part.cached for part in result.parts)
        return self.marked(block, cached)


def _result_first(block: Json) -> bool:
    return bool(block["type"] != "tool_result")


def _unmarked(block: Json | None) -> Json | None:
    """Inside a tool result cache marks are refused; the result carries the mark."""
    if block is not None:
        block.pop("cache_control", None)
    return block


def _tool_use(call: ToolCall) -> Json:
    value = {"input": call.arguments} if call.kind == "custom" else tool_arguments.to_object(call.arguments)
    name = wire_name(call.name, call.namespace)
    return {"type": "tool_use", "id": safe_call_id(call.id), "name": name, "input": value}


def _image(image: Image) -> Json:
    if image.data:
        source = {"type": "base64", "media_type": image.media_type, "data": image.data}
    else:
        source = {"type": "url", "url": image.url}
    return {"type": "image", "source": source}


def _document(document: Document) -> Json:
    if document.text is not None:
        source = {"type": "text", "media_type": "text/plain", "data": document.text}
    else:
        source = {"type": "base64", "media_type": document.media_type, "data": document.data}
    block: Json = {"type": "document", "source": source}
    return {**block, "title": document.name} if document.name else block
