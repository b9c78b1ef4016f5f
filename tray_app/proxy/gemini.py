"""Google's methods of a model (`models/NAME:generateContent`): its name and the method stand in the URL."""

from urllib.parse import unquote

from aiohttp import web

from tray_app.dialects.fields import Json
from tray_app.dialects.gemini import embeddings
from tray_app.dialects.gemini.spelling import settle
from tray_app.dialects.table import GEMINI, GEMINI_ARRAY
from tray_app.errors import BadRequest
from tray_app.history.record import Record
from tray_app.proxy import exchange
from tray_app.proxy.body import read_json
from tray_app.proxy.count import count_gemini
from tray_app.proxy.embed import embed
from tray_app.proxy.replies import json_response
from tray_app.proxy.seat import Seat


async def generate(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
    """The answer in one piece. Raises as `exchange.run`."""
    body = await _body(seat, request, record)
    return await exchange.answer(seat, request, GEMINI, body | {"stream": False}, record)


async def stream(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
    """The answer as events with `?alt=sse`, else as one JSON array. Raises as `exchange.run`."""
    alt = request.query.get("alt") or request.query.get("$alt")
    dialect = GEMINI if alt == "sse" else GEMINI_ARRAY
    body = await _body(seat, request, record)
    return await exchange.answer(seat, request, dialect, body | {"stream": True}, record)


async def count(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """Of contents, or of a whole `generateContentRequest`."""
    body = await _body(seat, request, record)
    inner = body.get("generateContentRequest")
    if not isinstance((inner if isinstance(inner, dict) else body).get("contents"), list | dict):
        raise BadRequest("contents: expected an array of contents.", "contents", code="invalid_type")
    return json_response(await count_gemini(seat, body, body["model"], record))


async def embed_one(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """Raises as `embed`."""
    body = await _body(seat, request, record)
    return json_response(
        embeddings.write_one(await embed(seat, embeddings.read_one(body, body["model"]), record))
    )


async def embed_batch(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """Raises as `embed`."""
    body = await _body(seat, request, record)
    return json_response(
        embeddings.write_batch(await embed(seat, embeddings.read_batch(body, body["model"]), record))
    )


async def _body(seat: Seat, request: web.BaseRequest, record: Record) -> Json:
    """The body with the model of the URL in it, as other dialects have it."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    return settle(body) | {"model": model_of(request.path)}


def model_of(path: str) -> str:
    """The name between `/models/` and the method, without Google's own prefix."""
    name = unquote(path.partition("/models/")[2].rpartition(":")[0])
    return name.removeprefix("models/")
