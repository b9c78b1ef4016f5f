"""Neutral messages, written as `instructions` and input items for Copilot's `/responses`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

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

ERROR_PREFIX = "[ERROR] "
_GPT = re.compile(r"gpt-(\d+)(?:\.(\d+))?(-codex)?")


def write_input(
    messages: Sequence[Message], model: Model, notes: list[Note], *, images_apart: bool = False
) -> tuple[str, list[Json]]:
    """`instructions` (the leading system messages) and `input`. With `images_apart` the images of tool
    results go into a user message behind the outputs."""
    lead = 0
    while lead < len(messages) and messages[lead].role == "system":
        lead += 1
    instructions = "\n\n".join(text for message in messages[:lead] if (text := _plain(message.parts)))
    writer = _Writer(messages, model, notes, images_apart)
    for message in messages[lead:]:
        writer.message(message)
    writer.put_images()
    if not writer.items and instructions:  # upstream wants an input
        return "", [{"type": "message", "role": "system", "content": [_text(instructions)]}]
    return instructions, writer.items


def is_phase_aware(model: Model) -> bool:
    """Whether the model tells commentary from its final answer: gpt-5.3-codex and later (wire 6.3)."""
    if not (found := _GPT.match(model.id)):
        return False
    version = (int(found[1]), int(found[2] or 0))
    return version >= (5, 4) or (version == (5, 3) and bool(found[3]))


class _Writer:
    def __init__(
        self, messages: Iterable[Message], model: Model, notes: list[Note], images_apart: bool
    ) -> None:
        self.items: list[Json] = []
        self._images: list[Json] = []  # of tool results, waiting for the last of the outputs
        self._images_apart = images_apart
        self._model, self._notes = model, notes
        calls = [part for message in messages for part in message.parts if isinstance(part, ToolCall)]
        self._custom = {call.id for call in calls if call.kind == "custom"}
        texts = (part for message in messages for part in message.parts if isinstance(part, Text))
        # Chat and Messages clients cannot give the phase back, so it is told from what follows.
        self._adds_phase = is_phase_aware(model) and not any(text.phase for text in texts)

    def message(self, message: Message) -> None:
        if message.role != "tool":
            self.put_images()
        if message.role == "assistant":
            self._assistant(message.parts)
        elif message.role == "tool":
            for part in message.parts:
                if isinstance(part, ToolResult):
                    self._result(part)
        elif content := self._content(message.parts):
            self.items.append({"type": "message", "role": message.role, "content": content})

    def put_images(self) -> None:
        """The images of the tool results just written, in a user message of their own."""
        if self._images:
            self.items.append({"type": "message", "role": "user", "content": self._images})
            self._notes.append(Note("input", "images of tool results moved into a user message"))
            self._images = []

    def _content(self, parts: Iterable[Part]) -> list[Json]:
        content = []
        for part in parts:
            if (written := write_part(part)) is not None:
                content.append(written)
            else:
                self._notes.append(Note("input", f"{type(part).__name__} dropped, it has no place here"))
        return content

    def _assistant(self, parts: Sequence[Part]) -> None:
        for index, part in enumerate(parts):
            match part:
                case Text(text, phase=phase) if text:
                    has_calls = any(isinstance(later, ToolCall) for later in parts[index:])
                    if phase is None and self._adds_phase:
                        phase = "commentary" if has_calls else "final_answer"
                    self._said({"type": "output_text", "text": text}, phase)
                case Refusal(text):
                    self._said({"type": "refusal", "refusal": text}, None)
                case Thinking():
                    self._thinking(part)
                case ToolCall():
                    self._call(part)
                case Image() | Document():
                    self._notes.append(Note("input", "a file in the model's own message was dropped"))

    def _said(self, content: Json, phase: str | None) -> None:
        last = self.items[-1] if self.items else {}
        if last.get("role") == "assistant" and last.get("phase") == phase:
            last["content"].append(content)
            return
        item: Json = {"type": "message", "role": "assistant", "content": [content]}
        self.items.append(item | ({"phase": phase} if phase else {}))

    def _thinking(self, thinking: Thinking) -> None:
        opaque = thinking.opaque
        if opaque is None or opaque.kind != "responses" or not opaque.id:
            self._notes.append(Note("input", "reasoning that this model did not write was dropped"))
            return
        summary = [{"type": "summary_text", "text": thinking.text}] if thinking.text else []
        self.items.append(
            {"type": "reasoning", "id": opaque.id, "summary": summary, "encrypted_content": opaque.value}
        )

    def _call(self, call: ToolCall) -> None:
        item: Json = {"type": "function_call", "call_id": call.id, "name": call.name}
        if call.kind == "custom":
            item |= {"type": "custom_tool_call", "input": call.arguments}
        else:
            item |= {"arguments": call.arguments or "{}"}
        if call.namespace:
            item["namespace"] = call.namespace
        self.items.append(item | {"status": "completed"})

    def _result(self, result: ToolResult) -> None:
        if self._images_apart and (images := [p for p in result.parts if isinstance(p, Image)]):
            self._images.append(_text(f"Image of tool call {result.call_id}:"))
            self._images += [written for image in images if (written := write_part(image))]
            kept = tuple(part for part in result.parts if not isinstance(part, Image))
            result = replace(result, parts=kept or (Text("(image follows)"),))
        is_custom = result.kind == "custom" or result.call_id in self._custom
        item: Json = {
            "type": "custom_tool_call_output" if is_custom else "function_call_output",
            "call_id": result.call_id,
            "output": _output(result),
        }
        if result.is_error and not is_custom:
            item["status"] = "incomplete"
        self.items.append(item)


def _output(result: ToolResult) -> str | list[Json]:
    """A text, or a list of parts where there is more than text. An error says so in its text."""
    prefix = ERROR_PREFIX if result.is_error else ""
    texts = [part.text for part in result.parts if isinstance(part, Text)]
    if len(texts) == len(result.parts):
        return prefix + "\n".join(texts)
    written = [part for part in map(write_part, result.parts) if part is not None]
    return [_text(prefix.strip()), *written] if prefix else written


def write_part(part: Part) -> Json | None:
    """A content part of a user message or of a tool's output; None where it has no place."""
    match part:
        case Text(text):
            return _text(text)
        case Image():
            detail = part.detail if part.detail in ("low", "high") else "auto"
            return {"type": "input_image", "image_url": part.data_url, "detail": detail}
        case Document(media_type, data, text, name):
            if text is not None:
                return _text(text)
            url = f"data:{media_type};base64,{data}"
            return {"type": "input_file", "filename": name or "document.pdf", "file_data": url}
    return None


def _text(text: str) -> Json:
    return {"type": "input_text", "text": text}


def _plain(parts: Iterable[Part]) -> str:
    return "\n\n".join(part.text for part in parts if isinstance(part, Text) and part.text)
