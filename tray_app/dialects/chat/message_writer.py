"""Neutral messages as Chat Completions messages for Copilot. Source: copilot-wire 5.1, 5.2, 5.6, 11.1."""

from dataclasses import replace

from tray_app.dialects import tool_arguments
from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json
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
from tray_app.errors import BadRequest

MARK = {"type": "ephemeral"}
_OPENAI = ("openai", "azure openai")


def is_openai(model: Model) -> bool:
    return model.vendor.lower() in _OPENAI


class MessageWriter:
    """Writes the messages of one ask in order; `notes` tell what had no place."""

    def __init__(self, model: Model, marks: bool) -> None:
        self.notes: list[Note] = []
        self.written: list[Json] = []
        self._model = model
        self._marks = marks
        self._lifted: list[Json] = []  # images of tool results, for the next user message

    def write(self, messages: tuple[Message, ...]) -> list[Json]:
        for message in messages:
            if message.role != "tool":
                self._drop_lifted()
            match message.role:
                case "tool":
                    for part in message.parts:
                        if isinstance(part, ToolResult):
                            self._result(part)
                case "assistant":
                    self._assistant(message)
                case "user":
                    self._add("user", self._content(message.parts), message.parts)
                case "system" | "developer":
                    self._system(message)
        self._drop_lifted()
        return self.written

    def _add(self, role: str, content: object, parts: tuple[Part, ...], **more: object) -> None:
        message: Json = {"role": role, "content": content, **more}
        if self._marks and any(getattr(part, "cached", False) for part in parts):
            message["copilot_cache_control"] = dict(MARK)
        self.written.append(message)

    def _system(self, message: Message) -> None:
        text = "\n\n".join(part.text for part in message.parts if isinstance(part, Text) and part.text)
        if not text:
            return
        role = message.role
        if self._model.family.startswith("o1") or self._model.id.startswith("o1"):
            role = "user"  # the o1 family takes no system message
        elif role == "developer" and not is_openai(self._model):
            role = "system"
        self._add(role, text, message.parts)

    def _content(self, parts: tuple[Part, ...]) -> object:
        """A plain string for one text, else a list of parts; empty texts are refused by Claude."""
        written = [self._part(part) for part in parts if not (isinstance(part, Text) and not part.text)]
        if not written:
            return ""
        if len(written) == 1 and written[0]["type"] == "text":
            return written[0]["text"]
        return written

    def _part(self, part: Part) -> Json:
        match part:
            case Text(text) | Refusal(text):
                return {"type": "text", "text": text}
            case Image():
                return _image(part)
            case Document(text=text, name=name) if text is not None:
                return {"type": "text", "text": f"{name}\n\n{text}" if name else text}
            case Document(name=name):
                raise BadRequest(
                    f"{name or 'A PDF file'} cannot be sent: {self._model.id} takes text and images only.",
                    "messages",
                    code="unsupported_value",
                )
        raise BadRequest("This content does not belong into a user message.", "messages")

    def _assistant(self, message: Message) -> None:
        texts = [p.text for p in message.parts if isinstance(p, Text | Refusal) and p.text]
        calls = [self._call(part) for part in message.parts if isinstance(part, ToolCall)]
        thinking = self._thinking(message.parts)
        if not texts and not calls and not thinking:
            return
        more: Json = {**thinking}
        if calls:
            more["tool_calls"] = calls
        self._add("assistant", "\n\n".join(texts) or None, message.parts, **more)
        if not texts and not calls:
            self.written[-1]["content"] = ""

    def _call(self, call: ToolCall) -> Json:
        if call.kind == "custom":
            text = tool_arguments.wrap_input(call.arguments)
        elif not call.arguments.strip():
            text = "{}"
        elif is_openai(self._model) or tool_arguments.is_complete(call.arguments):
            text = call.arguments
        else:
            text = tool_arguments.to_text(tool_arguments.to_object(call.arguments), "messages")
        function = {"name": wire_name(call.name, call.namespace), "arguments": text}
        return {"id": self._id(call.id), "type": "function", "function": function}

    def _id(self, id: str) -> str:
        return safe_call_id(id) if self._model.is_claude else id

    def _thinking(self, parts: tuple[Part, ...]) -> Json:
        """`reasoning_text` of the first group and the opaque value, where this endpoint wrote it."""
        thoughts = [part for part in parts if isinstance(part, Thinking)]
        text = next((part.text for part in thoughts if part.text), "")
        own = ("chat", "messages") if self._model.is_claude else ("chat",)  # a signature is Claude's on both
        opaque = [part.opaque.value for part in thoughts if part.opaque and part.opaque.kind in own]
        foreign = any(part.opaque and part.opaque.kind not in own for part in thoughts)
        if foreign or sum(1 for part in thoughts if part.text) > 1:
            self.notes.append(
                Note("thinking", "left out in part: chat completions takes one group of its own")
            )
        written: Json = {"reasoning_text": text} if text else {}
        if opaque:
            written["reasoning_opaque"] = opaque[-1]
        return written

    def _result(self, result: ToolResult) -> None:
        texts = [
            part.text
            for part in (self._as_text(part) for part in result.parts)
            if isinstance(part, Text) and part.text
        ]
        text = "\n".join(texts)
        if result.is_error:
            text = f"[ERROR] {text}" if text else "[ERROR]"
        id = self._id(result.call_id)
        self._add("tool", text, (result, *result.parts), tool_call_id=id)
        images = [part for part in result.parts if isinstance(part, Image)]
        if images:
            self._lifted.append({"type": "text", "text": f"Image from the result of tool call {id}:"})
            self._lifted += [_image(image) for image in images]

    def _as_text(self, part: Text | Image | Document) -> Part:
        if isinstance(part, Document):
            return Text(str(self._part(part)["text"]))
        return part

    def _drop_lifted(self) -> None:
        """Images of tool results go into one user message behind all results: in a tool message most
        backends take text only."""
        if self._lifted:
            self.written.append({"role": "user", "content": self._lifted})
            self.notes.append(Note("messages", "images of tool results moved into a user message"))
            self._lifted = []


def _image(image: Image) -> Json:
    spec: Json = {"url": image.data_url}
    if image.detail and image.detail != "original":
        spec["detail"] = image.detail
    return {"type": "image_url", "image_url": spec}


def keep_four_marks(messages: tuple[Message, ...], tools: int) -> tuple[Message, ...]:
    """At most four cache marks in all: the first one (system) and the latest, after those on tools."""
    marked = [i for i, m in enumerate(messages) if any(getattr(p, "cached", False) for p in m.parts)]
    room = max(0, 4 - tools)
    if len(marked) <= room:
        return messages
    keep = {*marked[:1], *(marked[1 - room :] if room > 1 else ())} if room else set()
    return tuple(
        message if index in keep or index not in marked else _unmarked(message)
        for index, message in enumerate(messages)
    )


def _unmarked(message: Message) -> Message:
    parts = tuple(
        replace(part, cached=False)
        if isinstance(part, Text | Image | Document | ToolCall | ToolResult)
        else part
        for part in message.parts
    )
    return Message(message.role, parts)
