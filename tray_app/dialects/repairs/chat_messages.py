"""Messages of a chat body: roles, parts, images, tool calls with their results (wire 5.1, 5.2, 5.6)."""

from typing import Any

import orjson

from tray_app.dialects import carrier, fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.chat_calls import (
    Messages,
    from_functions,
    paired,
    put_reasoning_back,
    safe_ids,
)
from tray_app.dialects.repairs.common import (
    MAX_IMAGES,
    Work,
    external_image,
    is_blank,
    is_since,
    parts_of,
)
from tray_app.errors import BadRequest

GO_ON = "Please continue."
_ROLES = ("system", "developer", "user", "assistant", "tool")
_ANSWER_EXTRAS = (
    "annotations",
    "audio",
    "copilot_annotations",
    "content_filter_results",
    "refusal",
    "padding",
)
_REASONING_ALIASES = ("reasoning_content", "reasoning")
_UNSUPPORTED = {"input_audio": "audio", "file": "files", "input_file": "files", "video_url": "video"}


def clean_messages(work: Work, *, restore: bool = True) -> bool:
    """Puts the messages in order; True if they hold an image. Raises BadRequest naming the field.

    `restore` puts remembered reasoning back; not after a refusal, which may have been about it.
    """
    messages: Messages = []
    from_functions(work)
    for index, message in enumerate(fields.need_list(work.body, "messages")):
        path = fields.at("messages", index)
        messages += _clean_message(work, fields.as_object(message, path), path)
    if restore:
        put_reasoning_back(work, messages)
    safe_ids(work, messages)
    messages = paired(work, messages)
    if not messages:
        raise BadRequest("messages: there is no text in them.", "messages", code="invalid_value")
    messages = _lifted_images(work, messages)
    has_image = _limit_images(work, messages)
    if messages and messages[-1]["role"] == "assistant" and refuses_prefill(work):
        messages.append({"role": "user", "content": GO_ON})
        work.repaired("appended a user message after the begun answer")
    work.body["messages"] = messages
    return has_image


def refuses_prefill(work: Work) -> bool:
    model = work.rules.model
    return "no_prefill" in work.facts or (
        model.is_claude and (model.adaptive_thinking or is_since(model.id, (4, 6)))
    )


def speaks_openai(work: Work) -> bool:
    """Whether the model is OpenAI's, which has the role `developer` and fields of its own."""
    model = work.rules.model
    return "openai" in model.vendor.lower() or model.id.startswith(("gpt", "o1", "o3", "o4"))


# --- one message ------------------------------------------------------------------------------------------


def _clean_message(work: Work, message: Json, path: str) -> Messages:
    role = fields.need_str(message, "role", path)
    if role not in _ROLES:
        raise BadRequest(f"{path}.role: unknown role.", f"{path}.role", code="invalid_value")
    for key in [key for key, value in message.items() if value is None and key != "content"]:
        del message[key]
    message["role"] = role = _role(work, role)
    if role == "assistant":
        _clean_answer(work, message, path)
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        message["content"] = _clean_parts(work, message, path)
    return _unless_empty(work, message, path)


def _role(work: Work, role: str) -> str:
    if role == "developer" and (not speaks_openai(work) or "no_developer" in work.facts):
        work.note("messages", "role developer sent as system, the model has none")
        role = "system"
    if role == "system" and ("no_system" in work.facts or work.rules.model.id.startswith("o1")):
        work.note("messages", "role system sent as user, the model has none")
        return "user"
    return role


def _clean_answer(work: Work, message: Json, path: str) -> None:
    for key in _ANSWER_EXTRAS:
        if message.pop(key, None):
            work.note(f"messages.{key}", "dropped, upstream takes no answers' extras back")
    _reasoning_names(work, message)
    calls = fields.get_list(message, "tool_calls", path)
    for index, call in enumerate(calls):
        where = fields.at(f"{path}.tool_calls", index)
        fields.need_str(fields.as_object(call, where), "id", where)
        function = fields.get_object(call, "function", where)
        if function is not None and not isinstance(function.get("arguments"), str):
            function["arguments"] = _json(function.get("arguments") or {})
            work.note("messages.tool_calls", "arguments written as JSON text")
    if not calls:
        message.pop("tool_calls", None)
    elif is_blank(message.get("content")) and not isinstance(message.get("content"), list):
        message["content"] = None


def _reasoning_names(work: Work, message: Json) -> None:
    for alias in _REASONING_ALIASES:
        text = message.pop(alias, None)
        if isinstance(text, str) and text and "reasoning_opaque" in message:
            message.setdefault("reasoning_text", text)
    message.pop("reasoning_details", None)
    seal = message.get("reasoning_opaque")
    if carrier.is_carrier(seal) or _is_refused(work, seal) or "no_reasoning" in work.facts:
        for key in ("reasoning_opaque", "reasoning_text"):
            message.pop(key, None)
        work.note("messages.reasoning", "dropped, it is of another model")


def _is_refused(work: Work, seal: object) -> bool:
    return isinstance(seal, str) and work.rules.memory.is_refused(work.rules.model.id, seal)


def _clean_parts(work: Work, message: Json, path: str) -> list[Json]:
    clean: list[Json] = []
    for index, part in enumerate(parts_of(message, path)):
        where = fields.at(f"{path}.content", index)
        kind = part.get("type")
        if kind == "text" and is_blank(fields.get_str(part, "text", where)):
            work.note("messages", "empty texts dropped, Claude refuses them")
        elif kind == "image_url":
            clean.append(_image(work, part, where))
        elif message["role"] == "tool" and kind != "text":
            work.note("messages.tool", f"a part of type {kind!r:.40} written as JSON text")
            clean.append({"type": "text", "text": _json(part)})
        elif isinstance(kind, str) and kind in _UNSUPPORTED:
            text = f"{where}: Copilot takes no {_UNSUPPORTED[kind]} on this endpoint."
            raise BadRequest(text, where, code="unsupported_value")
        else:
            clean.append(part)
    return clean


def _image(work: Work, part: Json, path: str) -> Json:
    image = part.get("image_url")
    if isinstance(image, str):
        image = part["image_url"] = {"url": image}
        work.note("messages", "image_url written as an object")
    where = f"{path}.image_url"
    url = fields.need_str(fields.as_object(image, where), "url", where)
    if not url.startswith("data:"):
        raise external_image(f"{where}.url")
    return part


def _unless_empty(work: Work, message: Json, path: str) -> Messages:
    """Claude refuses messages without text; a tool's result must stay, if only as nothing."""
    role, content = message["role"], message.get("content")
    if role == "tool":
        fields.need_str(message, "tool_call_id", path)
        message["content"] = content or ""
        return [message]
    empty = not content or (isinstance(content, str) and is_blank(content))
    if not empty or "tool_calls" in message:
        message["content"] = content or None
        return [message]
    if work.rules.model.is_claude or isinstance(content, list):
        work.note("messages", "empty messages dropped, Claude refuses them")
        return []
    message["content"] = content or ""
    return [message]


# --- images -----------------------------------------------------------------------------------------------


def _is_image(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "image_url"


def _lifted_images(work: Work, messages: Messages) -> Messages:
    """Images of tool results go into a user message behind the results; not every model reads them there."""
    lifted: Messages = []
    waiting: list[Json] = []
    for message in messages:
        if message["role"] != "tool" and waiting:
            lifted.append({"role": "user", "content": waiting})
            waiting = []
        if message["role"] == "tool" and isinstance(content := message["content"], list):
            images = [part for part in content if _is_image(part)]
            if images:
                message["content"] = [part for part in content if not _is_image(part)] or "(image follows)"
                waiting += [
                    {"type": "text", "text": f"Image of tool call {message['tool_call_id']}:"},
                    *images,
                ]
                work.note("messages.tool", "images moved into a user message behind the result")
        lifted.append(message)
    if waiting:
        lifted.append({"role": "user", "content": waiting})
    return lifted


def image_places(messages: Messages) -> list[tuple[list[Any], int]]:
    """Where the images are, oldest first."""
    return [
        (content, index)
        for message in messages
        if isinstance(content := message.get("content"), list)
        for index, part in enumerate(content)
        if _is_image(part)
    ]


def _limit_images(work: Work, messages: Messages) -> bool:
    places = image_places(messages)
    most = 10 if work.rules.model.is_gemini else MAX_IMAGES
    for content, index in places[: max(0, len(places) - most)]:
        content[index] = {"type": "text", "text": "[older image left out]"}
    if len(places) > most:
        work.note("messages", f"the {len(places) - most} oldest images left out, {most} is the most")
    return bool(places)


def _json(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):  # whole numbers above 64 bits
        return str(value)
