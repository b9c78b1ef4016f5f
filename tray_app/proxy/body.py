"""Reading a client's body: bounded while it arrives, parsed once, refused in plain words."""

import asyncio
import json
from typing import Any

import orjson
from aiohttp import web

from tray_app.dialects.fields import Json
from tray_app.errors import BadRequest
from tray_app.proxy.compressed import Unpacker

_MEGABYTE = 1024 * 1024
SILENCE_SECONDS = 120.0  # longest pause inside a body: on loopback, nobody needs one
_LARGE = 4 * _MEGABYTE


def too_large(limit_mb: int) -> BadRequest:
    return BadRequest(
        f"The request is larger than {limit_mb} MB (max_body_mb in the [server] settings).",
        code="request_too_large",
        status=413,
    )


async def read_json(request: web.BaseRequest, limit_mb: int) -> tuple[Json, int]:
    """The body as an object, and its size in bytes.

    Raises BadRequest: 413 as soon as the limit is passed, 400 for what is not a JSON object. The raw
    bytes are freed before this returns.
    """
    raw = await _read(request, limit_mb)
    size = len(raw)
    body = _parse_large(raw) if size > _LARGE else parse(raw)
    raw.clear()
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.", code="invalid_json")
    return body, size


async def _read(request: web.BaseRequest, limit_mb: int) -> bytearray:
    limit = limit_mb * _MEGABYTE
    if (request.content_length or 0) > limit:
        raise too_large(limit_mb)
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    unpacker = Unpacker(request.headers.get("Content-Encoding", ""))
    raw = bytearray()
    try:
        async with asyncio.timeout(SILENCE_SECONDS) as silence:
            while chunk := await request.content.readany():
                silence.reschedule(asyncio.get_running_loop().time() + SILENCE_SECONDS)
                for piece in unpacker.feed(chunk):
                    raw += piece
                    if len(raw) > limit:
                        raise too_large(limit_mb)
        unpacker.end()
    except TimeoutError as error:
        raise BadRequest("The rest of the body did not come.", code="request_timeout", status=408) from error
    except web.RequestPayloadError as error:
        raise BadRequest(
            "The body could not be read: it is broken or cut off.", code="invalid_body"
        ) from error
    return raw


def parse(raw: bytes | bytearray) -> Any:
    """JSON of any kind. Half a surrogate pair, which JavaScript clients send when they cut a text in
    the middle of an emoji, becomes U+FFFD. Raises BadRequest."""
    if not raw.strip():
        raise BadRequest("The body is empty; it must be a JSON object.", code="invalid_json")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if b"\\u" in raw or b"\\U" in raw:
            try:
                return _without_surrogates(json.loads(raw, parse_constant=_no_constant))
            except (ValueError, RecursionError):
                pass
        raise BadRequest(f"The body is not valid JSON: {_place(error)}.", code="invalid_json") from error


def _parse_large(raw: bytearray) -> Any:
    """As `parse`, with two copies of the text in memory at any time where orjson needs three."""
    try:
        text = raw.decode()
        raw.clear()
        return _without_surrogates(json.loads(text, parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        where = _place(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise BadRequest(f"The body is not valid JSON: {where}.", code="invalid_json") from error


def _place(error: json.JSONDecodeError) -> str:
    return f"{error.msg} (line {error.lineno}, column {error.colno})"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _mended(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _mended(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def encode(body: Json) -> bytes:
    """JSON bytes for upstream. Raises BadRequest for what cannot be written (nested too deeply)."""
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise BadRequest("The body is nested too deeply.", code="invalid_json") from error
