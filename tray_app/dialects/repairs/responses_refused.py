"""What to change after Copilot's `/responses` refused a body, once per cause (copilot-wire 6.2, 6.6).

Each cure takes the body as sent and gives another one, or None if it has nothing to change: a body is
never sent twice, so the repairs come to an end.
"""

import re
from collections.abc import Callable
from typing import Any

import orjson

from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.body_paths import without_path
from tray_app.dialects.repairs.responses_tool_cures import items_of, plain_tools, strip_tools

DEFAULT_IMAGE_LIMIT = 3_145_728
PLACEHOLDER_IMAGE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_QUOTED = r"[`'\"]?([a-zA-Z_][\w.\[\]]*)[`'\"]?"
_NAMED = (
    re.compile(
        rf"[Uu]n(?:supported|known|recognized|expected) (?:parameter|field|argument|value)s?:? {_QUOTED}"
    ),
    re.compile(rf"^{_QUOTED}:? (?:is|are) not (?:supported|allowed|permitted)"),
    re.compile(rf"{_QUOTED} is not supported (?:with|by|for) this model"),
    re.compile(rf"{_QUOTED}: Extra inputs are not permitted"),
)
_VALUE = re.compile(r"(?:Unsupported|Invalid) value: ['\"`]([\w-]+)['\"`]")
_WORDS = ("reasoning.summary", "reasoning.effort", "text.verbosity", "truncation", "prompt_cache_retention")

_BAD_BLOB = (
    "could not be verified",
    "could not be decrypted",
    "decrypted or parsed",
    "invalid_encrypted_content",
    "item_id did not match",
    "without its required",
)
_CALL_ID = re.compile(r"\bcall(?:_?id)?\W+([\w-]+)", re.IGNORECASE)
_ITEM_PARAM = re.compile(r"input\[(\d+)\]\.type")
_NEEDED_ITEMS = ("message", "function_call", "function_call_output", "compaction", "compaction_trigger")
_MAX_LEARNED = 64  # facts about one model; clients choose the names of unknown fields


def after(body: Json, status: int, text: str, rules: Rules) -> Recovery | None:
    """A body that has a better chance, or None. Never the one that was sent."""
    if status not in (400, 401, 404, 413, 422, 503):
        return None
    message, code, param = _read(text)
    for matches, cure in _CURES:
        if not matches(status, message, code):
            continue
        recovery = cure(body, message, param, rules)
        if recovery is not None and recovery.body != body:
            return recovery
    return _drop_named(body, message, code, param, rules) if status in (400, 404, 422) else None


def _read(text: str) -> tuple[str, str, str | None]:
    """Message, code and param of upstream's text, which may be JSON, JSON inside JSON, or plain."""
    for _ in range(2):
        try:
            parsed = orjson.loads(text)
        except orjson.JSONDecodeError:
            break
        error = parsed.get("error", parsed) if isinstance(parsed, dict) else None
        if not isinstance(error, dict):
            return (error if isinstance(error, str) else text), "", None
        message, code, param = error.get("message"), error.get("code"), error.get("param")
        code = code if isinstance(code, str) else ""
        param = param if isinstance(param, str) and param else None
        if not isinstance(message, str):
            return text, code, param
        if not message.lstrip().startswith("{"):
            return message, code, param
        text = message
    return text, "", None


# --- cures ---------------------------------------------------------------------------------------


def _drop_encrypted_outputs(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    def cured(item: Json) -> Json:
        output = item.get("output")
        if not isinstance(output, list):
            return item
        return item | {"output": [_readable(part) for part in output]}

    return _each_item(body, cured, "encrypted tool outputs replaced", fresh_connection=True)


def _readable(part: Any) -> Any:
    if isinstance(part, dict) and "encrypted_content" in part:
        return {"type": "input_text", "text": "(this output cannot be read any more)"}
    return part


def _drop_reasoning(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    """Without the reasoning items, the ids that tie other items to them go too."""

    def cured(item: Json) -> Json | None:
        return None if item.get("type") == "reasoning" else _without_id(item)

    if not any(item.get("type") == "reasoning" for item in items_of(body)):
        return None
    return _each_item(body, cured, "reasoning that Copilot could not read removed")


def _drop_ids(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    """Ids first; if they are gone already, the reasoning that cannot be without one."""
    recovery = _each_item(body, _without_id, "item ids removed", fresh_connection=True)
    if recovery is not None or "previous_response_id" in body:
        kept = {
            key: value
            for key, value in (recovery.body if recovery else body).items()
            if key != "previous_response_id"
        }
        return Recovery(kept, "item ids removed", fresh_connection=True)
    return _drop_reasoning(body, message, param, rules)


def _without_id(item: Json) -> Json:
    if item.get("type") in ("reasoning", "compaction") or "id" not in item:
        return item
    return {key: value for key, value in item.items() if key != "id"}


def _drop_previous(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    if "previous_response_id" not in body:
        return None
    kept = {key: value for key, value in body.items() if key != "previous_response_id"}
    return Recovery(kept, "previous_response_id removed")


def _shrink_images(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    """Images above the catalog's size; if none is, all but those of the last item."""
    limit = rules.model.max_image_bytes or DEFAULT_IMAGE_LIMIT
    items = items_of(body)
    oversized = _each_item(body, lambda item: _smaller(item, limit), "images too large for Copilot replaced")
    if oversized is not None or not items:
        return oversized
    last = items[-1]
    return _each_item(
        body, lambda item: item if item is last else _smaller(item, 0), "images of earlier turns replaced"
    )


def _smaller(item: Json, limit: int) -> Json:
    for key in ("content", "output"):
        parts = item.get(key)
        if isinstance(parts, list) and any(_is_larger(part, limit) for part in parts):
            shrunk = [
                part | {"image_url": PLACEHOLDER_IMAGE} if _is_larger(part, limit) else part for part in parts
            ]
            item = item | {key: shrunk}
    return item


def _is_larger(part: Any, limit: int) -> bool:
    url = part.get("image_url") if isinstance(part, dict) else None
    return isinstance(url, str) and url != PLACEHOLDER_IMAGE and len(url) * 3 // 4 > limit


def _drop_orphans(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    ids = set(_CALL_ID.findall(message))

    def cured(item: Json) -> Json | None:
        return None if item.get("call_id") in ids else item

    return _each_item(body, cured, "tool calls and outputs without their counterpart removed")


def _drop_item_kind(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    """Items of a kind the model does not know. A compaction without its trigger would be no compaction."""
    named = _ITEM_PARAM.fullmatch(param or "")
    items = items_of(body)
    if named is None or int(named[1]) >= len(items):
        return None
    kind = items[int(named[1])].get("type")
    if not isinstance(kind, str) or kind in _NEEDED_ITEMS:
        return None
    return _each_item(body, lambda item: None if item.get("type") == kind else item, f"{kind} items removed")


def _drop_include(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    """Only the value of `include` that was refused."""
    values = body.get("include")
    if not isinstance(values, list):
        return None
    kept = [value for value in values if not (isinstance(value, str) and f"'{value}'" in message)]
    if not kept or len(kept) == len(values):
        return None
    return Recovery(body | {"include": kept}, "an unsupported include removed")


def _each_item(
    body: Json, cured: Callable[[Json], Json | None], repair: str, *, fresh_connection: bool = False
) -> Recovery | None:
    items = items_of(body)
    kept = [new for item in items if (new := cured(item)) is not None]
    if not kept or (len(kept) == len(items) and all(a is b for a, b in zip(kept, items, strict=True))):
        return None
    return Recovery(body | {"input": kept}, repair, fresh_connection=fresh_connection)


def _drop_named(body: Json, message: str, code: str, param: str | None, rules: Rules) -> Recovery | None:
    """Leave out the field at fault, in every item that has it. It is gone then, so this happens once per
    field."""
    named = [found[1] for pattern in _NAMED if (found := pattern.search(message))]
    for path in [param, *named] if param else named:
        everywhere = re.sub(r"\[\d+\]", "[]", path or "")
        if everywhere == "input[].id":
            return _each_item(body, _without_id, "item ids removed")
        if (changed := without_path(body, everywhere)) is None:
            continue
        # `unsupported_value` also comes for fields that Copilot does not know at all.
        is_value = code == "invalid_value" or re.search(r"(?i)(?:unsupported|invalid) value", message)
        is_lasting = not is_value and len(rules.learned) < _MAX_LEARNED and len(everywhere) < 80
        learned = f"without {everywhere}" if is_lasting else None
        return Recovery(changed, f"{everywhere} removed because Copilot refused it", learned=learned)
    return None


def _drop_value(body: Json, message: str, param: str | None, rules: Rules) -> Recovery | None:
    """A word that the model does not take, where the text names the word only."""
    found = _VALUE.search(message)
    for path in _WORDS if found else ():
        owner, _, key = path.rpartition(".")
        holder = body.get(owner) if owner else body
        if not isinstance(holder, dict) or not found or holder.get(key) != found[1]:
            continue
        if path == "reasoning.summary" and found[1] != "auto":
            changed = body | {"reasoning": holder | {"summary": "auto"}}
            return Recovery(changed, f"reasoning.summary {found[1]} sent as auto because Copilot refused it")
        if (without := without_path(body, path)) is not None:
            return Recovery(without, f"{path} {found[1]} removed because Copilot refused it")
    return None


# --- which cure for which refusal ----------------------------------------------------------------

_Matcher = Callable[[int, str, str], bool]
_Cure = Callable[[Json, str, str | None, Rules], Recovery | None]


def _says(*phrases: str) -> _Matcher:
    lowered = tuple(phrase.lower() for phrase in phrases)

    def matches(status: int, message: str, code: str) -> bool:
        text = f"{message} {code}".lower()
        return any(phrase in text for phrase in lowered)

    return matches


def _is_too_large(status: int, message: str, code: str) -> bool:
    return status == 413 or "failed to parse request" in message


_TOOL_KIND = re.compile(
    r"(?:custom|namespace|additional_tools)\W[^.]{0,40}(?:not supported|not allowed)"
    r"|(?:invalid|unsupported|unknown)[^.:]{0,30}:? ?['\"`](?:custom|namespace|additional_tools)\b",
    re.IGNORECASE,
)


def _refuses_tool_kind(status: int, message: str, code: str) -> bool:
    return _TOOL_KIND.search(message) is not None


def _is_request_error(status: int, message: str, code: str) -> bool:
    return status in (400, 404, 422)


def _refuses_tool(status: int, message: str, code: str) -> bool:
    lower = message.lower()
    return status in (400, 404, 422) and ("tool" in lower or "invalid value" in lower)


_CURES: tuple[tuple[_Matcher, _Cure], ...] = (
    (_says("encrypted function output"), _drop_encrypted_outputs),
    (_says("does not belong to this connection", "Expected an ID that begins with"), _drop_ids),
    (_says("previous_response_not_found"), _drop_previous),
    (_says(*_BAD_BLOB), _drop_reasoning),
    (_is_too_large, _shrink_images),
    (_says("no tool output found", "no tool call found"), _drop_orphans),
    (_refuses_tool_kind, plain_tools),
    (_refuses_tool, strip_tools),
    (_is_request_error, _drop_item_kind),
    (_says("invalid value"), _drop_include),
    (_says("unsupported value", "invalid value"), _drop_value),
)
