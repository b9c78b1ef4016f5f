"""What to change after Copilot's `/responses` refused a body, once per cause (copilot-wire 6.2, 6.6).

Each cure takes the body as sent and gives another one, or None if it has nothing to change: a body is
never sent twice, so the repairs come to an end.
"""

import re
from collections.abc import Callable

from tray_app.dialects import error_bodies
from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.responses_field_cures import drop_include, drop_named, drop_value
from tray_app.dialects.repairs.responses_image_cures import shrink_images
from tray_app.dialects.repairs.responses_item_cures import (
    drop_encrypted_outputs,
    drop_ids,
    drop_item_kind,
    drop_orphans,
    drop_previous,
    drop_reasoning,
)
from tray_app.dialects.repairs.responses_tool_cures import plain_tools, strip_tools

_REQUEST_ERRORS = (400, 404, 422)
_BAD_BLOB = (
    "could not be verified",
    "could not be decrypted",
    "decrypted or parsed",
    "invalid_encrypted_content",
    "item_id did not match",
    "without its required",
)


def after(body: Json, status: int, text: str, rules: Rules) -> Recovery | None:
    """A body that has a better chance, or None. Never the one that was sent."""
    if status not in (400, 401, 404, 413, 422, 503):
        return None
    said = error_bodies.unpacked(text)
    for matches, cure in _CURES:
        if not matches(status, said):
            continue
        recovery = cure(body, said, rules)
        if recovery is not None and recovery.body != body:
            return recovery
    return drop_named(body, said, rules) if status in _REQUEST_ERRORS else None


# --- which cure for which refusal ----------------------------------------------------------------

_Matcher = Callable[[int, ErrorBody], bool]
_Cure = Callable[[Json, ErrorBody, Rules], Recovery | None]


def _says(*phrases: str) -> _Matcher:
    lowered = tuple(phrase.lower() for phrase in phrases)

    def matches(status: int, said: ErrorBody) -> bool:
        text = f"{said.message} {said.code or ''}".lower()
        return any(phrase in text for phrase in lowered)

    return matches


def _is_too_large(status: int, said: ErrorBody) -> bool:
    return status == 413 or "failed to parse request" in said.message


_TOOL_KIND = re.compile(
    r"(?:custom|namespace|additional_tools)\W[^.]{0,40}(?:not supported|not allowed)"
    r"|(?:invalid|unsupported|unknown)[^.:]{0,30}:? ?['\"`](?:custom|namespace|additional_tools)\b",
    re.IGNORECASE,
)


def _refuses_tool_kind(status: int, said: ErrorBody) -> bool:
    return _TOOL_KIND.search(said.message) is not None


def _is_request_error(status: int, said: ErrorBody) -> bool:
    return status in _REQUEST_ERRORS


def _refuses_tool(status: int, said: ErrorBody) -> bool:
    lower = said.message.lower()
    return status in _REQUEST_ERRORS and ("tool" in lower or "invalid value" in lower)


_CURES: tuple[tuple[_Matcher, _Cure], ...] = (
    (_says("encrypted function output"), drop_encrypted_outputs),
    (_says("does not belong to this connection", "Expected an ID that begins with"), drop_ids),
    (_says("previous_response_not_found"), drop_previous),
    (_says(*_BAD_BLOB), drop_reasoning),
    (_is_too_large, shrink_images),
    (_says("no tool output found", "no tool call found"), drop_orphans),
    (_refuses_tool_kind, plain_tools),
    (_refuses_tool, strip_tools),
    (_is_request_error, drop_item_kind),
    (_says("invalid value"), drop_include),
    (_says("unsupported value", "invalid value"), drop_value),
)
