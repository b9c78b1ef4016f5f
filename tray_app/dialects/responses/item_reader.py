"""Input items of a Responses request, read into neutral messages.

Neighbouring items of the model (reasoning, message, calls) become one assistant message, neighbouring
outputs one tool message. Item types: copilot-wire 6.3.
"""

from collections.abc import Callable

from tray_app.dialects import carrier
from tray_app.dialects.fields import Json, as_list, as_object, as_str, at, get_list, get_str, need_str
from tray_app.dialects.neutral import (
    Document,
    Image,
    Message,
    Note,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from tray_app.dialects.responses.tools import read_tools
from tray_app.errors import BadRequest

ITEM_REFERENCE_HELP = (
    "Copilot stores no responses, so an item_reference cannot be looked up. Send the items themselves, "
    'with "store": false (AI SDK: providerOptions.openai.store = false).'
)
REDACTED = "redacted"  # the id a carrier gets for Anthropic's redacted_thinking, which has none
_ROLES: tuple[Role, ...] = ("system", "developer", "user", "assistant")


class Items:
    """Gathers messages from input items; `tools` are those that came inside the input (Codex)."""

    def __init__(self) -> None:
        self._turns: list[tuple[Role, list[Part]]] = []
        self.tools: list[Tool] = []
        self.notes: list[Note] = []

    @property
    def messages(self) -> list[Message]:
        return [Message(role, tuple(parts)) for role, parts in self._turns]

    def read(self, items: list[object]) -> None:
        for index, value in enumerate(items):
            path = at("input", index)
            self._item(as_object(value, path), path)

    def _item(self, item: Json, path: str) -> None:
        kind = item.get("type")
        if kind is None and "role" in item:
            kind = "message"
        if not isinstance(kind, str):
            kind = need_str(item, "type", path)
        reader = _READERS.get(kind)
        if reader is None:
            self.notes.append(Note(path, f"{kind} dropped, the model cannot read it"))
        else:
            reader(self, item, path)

    def add(self, role: Role, parts: list[Part]) -> None:
        """Add parts, to the last message where the roles belong together."""
        if self._turns and self._turns[-1][0] == role and role in ("assistant", "tool"):
            self._turns[-1][1].extend(parts)
        elif parts:
            self._turns.append((role, list(parts)))

    def message(self, item: Json, path: str) -> None:
        role = need_str(item, "role", path)
        if role not in _ROLES:
            raise BadRequest(f"{path}.role: {role!r} is not a role of this API.", at(path, "role"))
        phase = get_str(item, "phase", path) if role == "assistant" else None
        parts = read_content(item.get("content"), at(path, "content"), self.notes, phase)
        self.add(role, parts)

    def reasoning(self, item: Json, path: str) -> None:
        texts = _texts(item, "summary", path) or _texts(item, "content", path)
        sealed, id = get_str(item, "encrypted_content", path), get_str(item, "id", path)
        opaque = carrier.unpack(sealed, "responses", id) if sealed else None
        if sealed and opaque is None:
            self.notes.append(Note(path, "damaged reasoning dropped"))
        is_redacted = opaque is not None and opaque.kind == "messages" and opaque.id == REDACTED
        if opaque is not None and is_redacted:
            opaque = Opaque(opaque.kind, opaque.value)
        text = "\n\n".join(texts)
        if text or opaque:
            self.add("assistant", [Thinking(text, opaque, is_redacted)])

    def function_call(self, item: Json, path: str) -> None:
        arguments = get_str(item, "arguments", path)
        self._call(item, path, ToolCall("", "", arguments or "{}"))

    def custom_call(self, item: Json, path: str) -> None:
        self._call(item, path, ToolCall("", "", get_str(item, "input", path) or "", kind="custom"))

    def _call(self, item: Json, path: str, call: ToolCall) -> None:
        id, name = need_str(item, "call_id", path), need_str(item, "name", path)
        space = get_str(item, "namespace", path)
        self.add("assistant", [ToolCall(id, name, call.arguments, call.kind, space)])

    def function_output(self, item: Json, path: str) -> None:
        self._output(item, path, is_custom=False)

    def custom_output(self, item: Json, path: str) -> None:
        self._output(item, path, is_custom=True)

    def _output(self, item: Json, path: str, *, is_custom: bool) -> None:
        call_id = need_str(item, "call_id", path)
        parts = read_content(item.get("output"), at(path, "output"), self.notes)
        kept = tuple(part for part in parts if isinstance(part, Text | Image | Document))
        failed = item.get("status") == "incomplete"
        kind = "custom" if is_custom else "function"
        self.add("tool", [ToolResult(call_id, kept, failed, kind)])  # type: ignore[arg-type]

    def additional_tools(self, item: Json, path: str) -> None:
        self.tools += read_tools(get_list(item, "tools", path), at(path, "tools"))

    def compaction(self, item: Json, path: str) -> None:
        self.notes.append(Note(path, "compacted history dropped, only the model that wrote it can read it"))

    def reference(self, item: Json, path: str) -> None:
        raise BadRequest(f"{path}: {ITEM_REFERENCE_HELP}", path)


_READERS: dict[str, Callable[[Items, Json, str], None]] = {
    "message": Items.message,
    "reasoning": Items.reasoning,
    "function_call": Items.function_call,
    "custom_tool_call": Items.custom_call,
    "function_call_output": Items.function_output,
    "custom_tool_call_output": Items.custom_output,
    "additional_tools": Items.additional_tools,
    "compaction": Items.compaction,
    "item_reference": Items.reference,
}


def _texts(item: Json, key: str, path: str) -> list[str]:
    texts = []
    for index, value in enumerate(get_list(item, key, path)):
        part_path = at(at(path, key), index)
        part = as_object(value, part_path)
        if (text := get_str(part, "text", part_path)) is not None:
            texts.append(text)
    return texts


def read_content(value: object, path: str, notes: list[Note], phase: str | None = None) -> list[Part]:
    """Message content or tool output: text, or a list of parts. Raises BadRequest."""
    if value is None:
        return []
    if isinstance(value, str):
        return [Text(value, phase=phase)] if value else []
    parts: list[Part] = []
    for index, entry in enumerate(as_list(value, path)):
        part_path = at(path, index)
        if isinstance(entry, str):
            parts.append(Text(entry, phase=phase))
            continue
        part = _read_part(as_object(entry, part_path), part_path, phase)
        if part is None:
            notes.append(Note(part_path, f"{entry.get('type')} dropped, it has no place here"))
        else:
            parts.append(part)
    return parts


def _read_part(part: Json, path: str, phase: str | None) -> Part | None:
    match need_str(part, "type", path):
        case "input_text" | "output_text" | "text" | "summary_text":
            return Text(need_str(part, "text", path), phase=phase)
        case "refusal":
            return Refusal(need_str(part, "refusal", path))
        case "input_image":
            return _read_image(part, path)
        case "input_file":
            return _read_file(part, path)
    return None


def _read_image(part: Json, path: str) -> Image:
    url_path = at(path, "image_url")
    url = part.get("image_url")
    if isinstance(url, dict):  # chat's form
        url, url_path = url.get("url"), at(url_path, "url")
    if url is None:
        message = f"{path}: an image needs image_url; files are not kept, so file_id cannot be used."
        raise BadRequest(message, at(path, "image_url"))
    media_type, data = split_data_url(as_str(url, url_path))
    detail = get_str(part, "detail", path)
    return Image(media_type, data, "" if data else url, detail)


def split_data_url(url: str) -> tuple[str, str]:
    """Media type and base64 of a data URL; two empty texts for any other URL."""
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:" or not head.lower().endswith(";base64"):
        return "", ""
    return head[5:-7].split(";")[0], data


def _read_file(part: Json, path: str) -> Document:
    data, name = get_str(part, "file_data", path), get_str(part, "filename", path)
    if not data:
        message = f"{path}: a file needs file_data; send its bytes inline as a data URL."
        raise BadRequest(message, at(path, "file_data"))
    media_type, inline = split_data_url(data)
    return Document(media_type or "application/pdf", inline or data, name=name)
