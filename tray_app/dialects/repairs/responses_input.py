"""Input items of a `/responses` body: what upstream refuses is put right (copilot-wire 6.2, 6.3, 6.5)."""

from collections.abc import Iterator
from typing import Any

from tray_app.dialects import carrier
from tray_app.dialects.fields import Json, as_list, as_object, at, get_str, need, need_str
from tray_app.dialects.neutral import Note
from tray_app.dialects.protocol import Prepared, Rules
from tray_app.dialects.repairs.common import MAX_IMAGES
from tray_app.dialects.responses.item_reader import ITEM_REFERENCE_HELP
from tray_app.dialects.responses.tools import speaks_openai
from tray_app.dialects.responses.wire_tools import WireTools
from tray_app.errors import BadRequest

_TEXT_TYPES = ("text", "input_text", "output_text")
_PART_KEYS = ("content", "output")
NO_RESULT = "(no result)"
_PAIRS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_OUTPUTS = frozenset(_PAIRS.values())
_PASSTHROUGH = "internal_chat_message_metadata_passthrough"
_NEVER_NULL = ("id", "status", "phase", "namespace", "detail")
IMAGE_URL_HELP = (
    "external image URLs are not supported by Copilot; send the image inline as a data URL "
    "(data:image/png;base64,...)."
)


def repair_input(prepared: Prepared, rules: Rules, wire: WireTools) -> None:
    """Rewrite `input`; sets `has_image`. Raises BadRequest."""
    value = need(prepared.body, "input")
    if isinstance(value, str):
        return
    if not isinstance(value, list):
        raise BadRequest("input: expected a string or an array.", "input", code="invalid_type")
    desk = _Desk(prepared, rules, wire)
    items = [kept for index, item in enumerate(value) if (kept := desk.item(item, at("input", index)))]
    items = desk.paired(items)
    prepared.body["input"] = _without_old_images(items, prepared) if prepared.has_image else items


def _without_old_images(items: list[Json], prepared: Prepared) -> list[Json]:
    """At most MAX_IMAGES images, the newest; a text stands where another was (wire 5.2)."""
    too_many = sum(_is_image(part) for item in items for part in _parts(item)) - MAX_IMAGES
    if too_many <= 0:
        return items
    prepared.notes.append(Note("input", f"the {too_many} oldest images left out, {MAX_IMAGES} is the most"))
    left = iter(range(too_many))
    return [_replaced(item, left) for item in items]


def _replaced(item: Json, left: Iterator[int]) -> Json:
    """The item with its first images replaced, as many as `left` still counts."""
    key = next((key for key in _PART_KEYS if isinstance(item.get(key), list)), None)
    if key is None or not any(map(_is_image, item[key])):
        return item
    older = {"type": "input_text", "text": "[older image left out]"}
    return item | {key: [older if _is_image(p) and next(left, None) is not None else p for p in item[key]]}


def _parts(item: Json) -> list[Any]:
    return next((item[key] for key in _PART_KEYS if isinstance(item.get(key), list)), [])


def _is_image(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "input_image"


class _Desk:
    def __init__(self, prepared: Prepared, rules: Rules, wire: WireTools) -> None:
        self._prepared, self._rules, self._wire = prepared, rules, wire
        self._converted: set[str] = set()

    def _repair(self, what: str) -> None:
        self._prepared.repaired(what)

    def item(self, value: object, path: str) -> Json | None:
        """One item, repaired; None to leave it out. Raises BadRequest."""
        item = as_object(value, path)
        kind = get_str(item, "type", path)
        if _PASSTHROUGH in item or any(key in item and item[key] is None for key in _NEVER_NULL):
            item = {
                key: value
                for key, value in item.items()
                if key != _PASSTHROUGH and not (value is None and key in _NEVER_NULL)
            }
        if item.get("role") == "developer" and not speaks_openai(self._rules.model):
            item = item | {"role": "system"}
            self._repair("role developer sent as system")
        if kind == "item_reference":
            raise BadRequest(f"{path}: {ITEM_REFERENCE_HELP}", path)
        if kind in ("reasoning", "compaction"):
            return self._sealed(item, kind, path)
        if kind in _PAIRS or kind in _OUTPUTS:
            need_str(item, "call_id", path)
        for key in ("content", "output"):
            if isinstance(item.get(key), list):
                item = self._content(item, key, at(path, key))
        if kind in _OUTPUTS and item.get("output") is None:
            item = item | {"output": ""}
        if kind is None and "role" not in item:
            raise BadRequest(f"{path}.type is required.", at(path, "type"), code="missing_required_parameter")
        return self._wire.item(item, self._converted)

    # --- reasoning ---

    def _sealed(self, item: Json, kind: str, path: str) -> Json | None:
        """A reasoning item under the id its blob came with; None for what upstream cannot read."""
        item = {key: value for key, value in item.items() if value is not None}
        blob = get_str(item, "encrypted_content", path)
        if not blob:
            return self._out(path, f"{kind} without its encrypted content")
        opaque = carrier.unpack(blob, "responses", get_str(item, "id", path))
        if opaque is None or opaque.kind != "responses":
            return self._out(path, f"{kind} of another model")
        real = self._rules.memory.item_id(opaque.value) or opaque.id
        if not real and kind == "reasoning":
            return self._out(path, "reasoning without its id")
        if real != item.get("id"):
            self._repair("reasoning ids restored to upstream's own")
        item["encrypted_content"] = opaque.value
        if kind == "reasoning":
            item.setdefault("summary", [])
            as_list(item["summary"], at(path, "summary"))
        return item | ({"id": real} if real else {})

    def _out(self, path: str, what: str) -> Json | None:
        self._repair(f"{what} left out")
        self._prepared.notes.append(Note(path, f"{what} left out"))
        return None

    # --- content ---

    def _content(self, item: Json, key: str, path: str) -> Json:
        text_type = "output_text" if item.get("role") == "assistant" and key == "content" else "input_text"
        parts = [self._part(part, at(path, index), text_type) for index, part in enumerate(item[key])]
        return item | {key: parts}

    def _part(self, value: object, path: str, text_type: str) -> Any:
        """A content part; texts get the type that upstream knows in this place."""
        if isinstance(value, str):
            return {"type": text_type, "text": value}
        part = as_object(value, path)
        if part.get("type") in _TEXT_TYPES and part["type"] != text_type:
            self._repair("text parts given the type of their place")
            return part | {"type": text_type}
        if part.get("type") != "input_image":
            return part
        self._prepared.has_image = True
        url = part.get("image_url")
        if isinstance(url, dict):  # chat's form
            part = part | {"image_url": url.get("url")}
            url = part["image_url"]
        if isinstance(url, str) and url[:5].lower() != "data:":
            raise BadRequest(f"{path}: {IMAGE_URL_HELP}", at(path, "image_url"), code="invalid_image_url")
        if url is not None and not isinstance(url, str):
            raise BadRequest(
                f"{path}.image_url: expected a string.", at(path, "image_url"), code="invalid_type"
            )
        if part.get("detail") == "original":
            self._repair("image detail original sent as auto")
            return part | {"detail": "auto"}
        return part

    # --- calls and their outputs ---

    def paired(self, items: list[Json]) -> list[Json]:
        """Items in which every call has an output and every output a call, by `call_id`.

        An output behind a `compaction` item may belong to a call that was compacted, and stays.
        """
        kept = self._with_calls(items)
        answered = {_call_id(item) for item in kept if item.get("type") in _OUTPUTS}
        whole: list[Json] = []
        for item in kept:
            whole.append(item)
            kind = item.get("type")
            if kind in _PAIRS and _call_id(item) not in answered:
                self._repair("an output added to tool calls without one")
                whole.append({"type": _PAIRS[kind], "call_id": item.get("call_id"), "output": NO_RESULT})
        return whole

    def _with_calls(self, items: list[Json]) -> list[Json]:
        """Items without the outputs that come before their call, or have none."""
        called: set[str | None] = set()
        compacted = False
        kept: list[Json] = []
        for item in items:
            kind = item.get("type")
            compacted = compacted or kind == "compaction"
            if kind in _PAIRS:
                called.add(_call_id(item))
            if kind in _OUTPUTS and _call_id(item) not in called and not compacted:
                self._repair("tool outputs without their call removed")
            else:
                kept.append(item)
        return kept


def _call_id(item: Json) -> str | None:
    id = item.get("call_id")
    return id if isinstance(id, str) else None
