"""What a page or the command line asks: bounded JSON bodies, read with plain checks."""

import asyncio
from typing import Any

import orjson
from aiohttp import web

from tray_app.errors import BadRequest

MAX_BODY_BYTES = 64 * 1024
_SILENCE_SECONDS = 20.0


async def read_object(request: web.BaseRequest) -> dict[str, Any]:
    """The JSON object of the body; nothing at all counts as `{}`.

    Raises BadRequest: 415 unless it says that it is JSON (a form of another site cannot), 413 above 64 kB,
    400 for what is no object.
    """
    if request.content_type != "application/json":
        raise BadRequest("Content-Type: expected application/json.", code="not_json", status=415)
    raw = await _read(request)
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from error
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.", code="invalid_json")
    return body


async def _read(request: web.BaseRequest) -> bytes:
    raw = bytearray()
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            while part := await request.content.readany():
                raw += part
                if len(raw) > MAX_BODY_BYTES:
                    raise BadRequest("The body is larger than 64 kB.", code="request_too_large", status=413)
    except TimeoutError as error:
        raise BadRequest("The rest of the body did not come.", code="request_timeout", status=408) from error
    except web.RequestPayloadError as error:
        raise BadRequest("The body is broken or cut off.", code="invalid_body") from error
    return bytes(raw)


def text_of(body: dict[str, Any], name: str, longest: int = 500) -> str:
    """A required text. Raises BadRequest that names the field."""
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > longest:
        raise BadRequest(f"{name}: expected a text.", name)
    return value


def text_or_none(body: dict[str, Any], name: str, longest: int = 500) -> str | None:
    """A text, or None where it is left out, null or empty. Raises BadRequest."""
    return text_of(body, name, longest) if body.get(name) not in (None, "") else None


def flag_of(body: dict[str, Any], name: str, default: bool | None = None) -> bool:
    """true or false; `default` where it is left out. Raises BadRequest."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(f"{name}: expected true or false.", name)
    return value


def number_or_none(body: dict[str, Any], name: str, low: float, high: float) -> float | None:
    """A number in the range, None where it is left out or null. Raises BadRequest."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadRequest(f"{name}: expected a number from {low:g} to {high:g}.", name)
    return value


def page_of(body: dict[str, Any]) -> str:
    """`page`: a path of ours, `/` where it is left out. Raises BadRequest."""
    page = body.get("page", "/")
    if not isinstance(page, str) or not is_local_page(page):
        raise BadRequest("page: expected a path such as /requests.", "page")
    return page


def is_local_page(page: str) -> bool:
    """A path on this server, for a redirect: nothing that a browser could take for another host."""
    return (
        page.startswith("/")
        and not page.startswith(("//", "/\\"))
        and len(page) <= 500
        and page.isascii()
        and page.isprintable()
        and not set(page) & set("\\ \"'<>")
    )
