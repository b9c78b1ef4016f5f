"""The error bodies Copilot and what stands before it send, read into one flat form.

Seen: `{"error": {"message", "code", ...}}`, `{"message": ...}`, Anthropic's envelope, any of them as text
inside the message of another, `response.failed` events, plain text, HTML of a load balancer, nothing.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from tray_app.redaction import redact

MAX_BODY_BYTES = 64 * 1024
MAX_MESSAGE = 4000
_DEPTH = 8
_WRAPS = ("error", "response", "copilot_errors", "detail")
_NOTHING = ("", "{}", "[]", "null", '""')
_TITLE = re.compile(r"<(?:title|h1)[^>]*>\s*([^<]{1,200}?)\s*</", re.IGNORECASE)


@dataclass(slots=True)
class ErrorBody:
    """What an error body said. "" for a message it does not have."""

    message: str = ""
    code: str | None = None
    param: str | None = None
    type: str | None = None
    request_id: str | None = None
    url: str | None = None
    readable: bool = True  # False: nothing was said, or it was a web page


def read(body: bytes, content_type: str = "") -> ErrorBody:
    """Never raises; tokens in the text are redacted."""
    text = body[:MAX_BODY_BYTES].decode("utf-8", "replace").strip()
    found = ErrorBody()
    if "html" in content_type.lower() or text[:200].lower().startswith(("<!doctype html", "<html")):
        found.message, found.readable = _page_title(text), False
    elif text in _NOTHING:
        found.readable = False
    else:
        found.message = text
        _unpack(text, found)
    found.message = redact(found.message.strip())[:MAX_MESSAGE]
    return found


def unpacked(text: str) -> ErrorBody:
    """The same of any text, neither cut nor redacted: for those who look for words in it."""
    found = ErrorBody(text)
    _unpack(text, found)
    return found


def _page_title(html: str) -> str:
    found = _TITLE.search(html[:8192])
    return f"A web page instead of an answer: {found[1]}." if found else "A web page instead of an answer."


def _unpack(value: Any, found: ErrorBody) -> None:
    """From the outside in: the innermost message wins, and the innermost code that is not empty."""
    for _ in range(_DEPTH):
        if isinstance(value, str):
            value = _json_in(value, found)
            if isinstance(value, str):
                continue
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, dict):
            return
        _take(value, found)
        value = next((value[key] for key in _WRAPS if value.get(key)), value.get("message"))


def _json_in(text: str, found: ErrorBody) -> Any:
    """The JSON value that a text is, or None with the text taken as the message."""
    if text.lstrip()[:1] in ("{", "[", '"'):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    found.message = text
    return None


def _take(value: dict[str, Any], found: ErrorBody) -> None:
    if isinstance(message := value.get("message"), str) and message.strip():
        found.message = message
    for name, attribute in (("code", "code"), ("param", "param"), ("request_id", "request_id")):
        if isinstance(word := value.get(name), str) and word:
            setattr(found, attribute, word)
    if isinstance(word := value.get("type"), str) and word not in ("error", "response.failed", ""):
        found.type = word
    if isinstance(word := value.get("authorize_url"), str) and word.startswith("https://"):
        found.url = word
