"""What routing needs to know of a client's body, and a light check of its types.

A body of the wrong shape is answered here, by a BadRequest that names the field, also where it would
otherwise pass to an upstream of the same dialect as it is. Headers are looked up in lower case.
"""

import orjson

from tray_app.dialects import fields, initiator, side_calls
from tray_app.dialects.fields import Json
from tray_app.dialects.gemini.spelling import spelled
from tray_app.dialects.initiator import Headers
from tray_app.dialects.protocol import Initiator, Peek
from tray_app.errors import BadRequest

MAX_SESSION_ID = 128


def peek_chat(body: Json, headers: Headers) -> Peek:
    """Raises BadRequest naming the field."""
    fields.as_object(body, "")
    messages = _messages(body)
    return _peek(
        body,
        headers,
        decided=initiator.of_chat(messages),
        background=side_calls.of_opencode(side_calls.first_system(messages), body, headers),
        max_tokens=_max_tokens(body, "max_completion_tokens", "max_tokens"),
    )


def peek_messages(body: Json, headers: Headers) -> Peek:
    """Raises BadRequest naming the field."""
    fields.as_object(body, "")
    messages = _messages(body)
    _text_or_list(body, "system")
    return _peek(
        body,
        headers,
        decided=initiator.of_messages(messages),
        background=side_calls.of_claude_code(body)
        or side_calls.of_opencode(body.get("system"), body, headers),
        max_tokens=_max_tokens(body, "max_tokens"),
    )


def peek_responses(body: Json, headers: Headers) -> Peek:
    """Raises BadRequest naming the field. A Codex warm-up (`generate: false`) may have no input."""
    fields.as_object(body, "")
    warmup = body.get("generate") is False
    input = _input(body, may_be_empty=warmup)
    fields.get_str(body, "instructions")
    background = "warmup" if warmup else None
    if isinstance(input, list) and input and _type_of(input[-1]) == "compaction_trigger":
        background = "compaction"
    system = body.get("instructions") or (
        side_calls.first_system(input) if isinstance(input, list) and input else None
    )
    return _peek(
        body,
        headers,
        decided=initiator.of_responses(input),
        background=background or side_calls.of_opencode(system, body, headers),
        max_tokens=_max_tokens(body, "max_output_tokens"),
    )


def peek_gemini(body: Json, headers: Headers) -> Peek:
    """`model` and `stream` are those of the URL. Raises BadRequest naming the field."""
    body = spelled(body, "")
    contents = _contents(body)
    system = body.get("systemInstruction")
    if not isinstance(system, str | list | dict | None):
        raise BadRequest(
            "systemInstruction: expected a content object.", "systemInstruction", code="invalid_type"
        )
    config = spelled(body.get("generationConfig") or {}, "generationConfig")
    return _peek(
        body,
        headers,
        decided=initiator.of_gemini(contents),
        background=side_calls.of_gemini_cli(contents, body, headers),
        max_tokens=_max_tokens(config, "maxOutputTokens"),
    )


def _peek(
    body: Json, headers: Headers, *, decided: Initiator, background: str | None, max_tokens: int | None
) -> Peek:
    model = fields.need_str(body, "model")
    if not model.strip():
        raise BadRequest("model must not be empty.", "model", code="invalid_value")
    for index, tool in enumerate(fields.get_list(body, "tools")):
        fields.as_object(tool, fields.at("tools", index))
    background = initiator.background_by_headers(headers) or background
    claim = initiator.claimed(headers)
    return Peek(
        model=model,
        stream=fields.get_bool(body, "stream") or False,
        initiator=claim or ("agent" if background else decided),
        initiator_source="client" if claim else "decided",
        background=background,
        max_tokens=max_tokens,
        session_id=session_id(body, headers),
    )


# --- shapes -----------------------------------------------------------------------------------------


def _messages(body: Json) -> list[Json]:
    messages = fields.need_list(body, "messages")
    if not messages:
        raise BadRequest("messages must not be empty.", "messages", code="invalid_value")
    for index, message in enumerate(messages):
        path = fields.at("messages", index)
        fields.need_str(fields.as_object(message, path), "role", path)
        _text_or_list(message, "content", path)
    return messages


def _contents(body: Json) -> list[Json]:
    """Contents with lists of parts, in one spelling as far as they are looked at here."""
    given = fields.need(body, "contents")
    contents = [given] if isinstance(given, dict) else fields.as_list(given, "contents")
    if not contents:
        raise BadRequest("contents must not be empty.", "contents", code="invalid_value")
    found: list[Json] = []
    for index, value in enumerate(contents):
        path = fields.at("contents", index)
        content = fields.as_object(value, path)
        parts = content.get("parts")
        parts = [parts] if isinstance(parts, dict) else fields.get_list(content, "parts", path)
        found.append({**content, "parts": [_part(one, fields.at(path, "parts")) for one in parts]})
    return found


def _part(value: object, path: str) -> Json:
    return {"text": value} if isinstance(value, str) else spelled(value, path)


def _text_or_list(owner: Json, key: str, path: str = "") -> None:
    """A string, a list of objects, or null."""
    value = owner.get(key)
    if value is None or isinstance(value, str):
        return
    name = fields.at(path, key)
    if not isinstance(value, list):
        raise BadRequest(f"{name}: expected a string or an array.", name, code="invalid_type")
    for index, part in enumerate(value):
        fields.as_object(part, fields.at(name, index))


def _input(body: Json, *, may_be_empty: bool) -> str | list[Json]:
    value = body.get("input")
    if value is None and may_be_empty:
        return []
    value = fields.need(body, "input")
    if not isinstance(value, str | list):
        raise BadRequest("input: expected a string or an array.", "input", code="invalid_type")
    if not value and not may_be_empty:
        raise BadRequest("input must not be empty.", "input", code="invalid_value")
    if isinstance(value, list):
        for index, item in enumerate(value):
            path = fields.at("input", index)
            fields.as_object(item, path)
            fields.get_str(item, "type", path)
            fields.get_str(item, "role", path)
            if "role" in item:
                _text_or_list(item, "content", path)
    return value


def _max_tokens(body: Json, *keys: str) -> int | None:
    """The client's limit, of the first of these fields that it sent."""
    found = None
    for key in keys:
        value = fields.get_int(body, key)
        if value is not None and value < 1:
            raise BadRequest(f"{key} must be at least 1.", key, code="invalid_value")
        found = value if found is None else found
    return found


def _type_of(item: object) -> object:
    return item.get("type") if isinstance(item, dict) else None


# --- the session ------------------------------------------------------------------------------------

_SESSION_HEADERS = (
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "thread-id",
    "x-session-id",
    "x-session-affinity",
)


def session_id(body: Json, headers: Headers) -> str | None:
    """What the client calls this conversation, at most 128 printable characters."""
    for name in _SESSION_HEADERS[:1]:
        if found := _printable(headers.get(name)):
            return found
    metadata = body.get("metadata")
    user_id = metadata.get("user_id") if isinstance(metadata, dict) else None
    if found := _printable(session_of_user_id(user_id)):
        return found
    for name in _SESSION_HEADERS[1:]:
        if found := _printable(headers.get(name)):
            return found
    return _printable(body.get("prompt_cache_key"))


def session_of_user_id(user_id: object) -> str | None:
    """Claude Code's session in `metadata.user_id`: JSON text, formerly `user_…_session_<uuid>`."""
    if not isinstance(user_id, str):
        return None
    if user_id.startswith("{"):
        try:
            value = orjson.loads(user_id)
        except orjson.JSONDecodeError:
            return None
        session = value.get("session_id") if isinstance(value, dict) else None
        return session if isinstance(session, str) else None
    head, mark, session = user_id.rpartition("_session_")
    return session if mark and head.startswith("user_") else None


def _printable(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    clean = "".join(char for char in value[:1024] if char.isprintable()).strip()
    return clean[:MAX_SESSION_ID] or None
