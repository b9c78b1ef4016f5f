"""Ollama's API on a port of its own: `/api/*` of the other port belongs to the dashboard."""

import time

from aiohttp import web

from tray_app.dialects import embeddings as shape
from tray_app.dialects.fields import Json, need_str
from tray_app.dialects.neutral import Note
from tray_app.dialects.ollama import answers, asks, models
from tray_app.dialects.protocol import ClientDialect
from tray_app.dialects.table import OLLAMA_CHAT, OLLAMA_GENERATE
from tray_app.errors import BadRequest
from tray_app.history.record import Record
from tray_app.proxy import exchange, routing
from tray_app.proxy.body import read_json
from tray_app.proxy.embed import embed
from tray_app.proxy.replies import json_response
from tray_app.proxy.seat import Seat


async def version(_: Seat, __: web.BaseRequest) -> web.Response:
    return json_response({"version": models.VERSION})


async def here(_: Seat, __: web.BaseRequest) -> web.Response:
    """Tools look for these very words."""
    return web.Response(text="Ollama is running")


async def tags(seat: Seat, _: web.BaseRequest) -> web.Response:
    view = await seat.catalog.current()
    return json_response(models.tags(view.models, view.loaded_at))


async def running(_: Seat, __: web.BaseRequest) -> web.Response:
    return json_response({"models": []})


async def show(seat: Seat, request: web.BaseRequest) -> web.Response:
    """Raises BadRequest; a model that nobody has is a 404."""
    body, _ = await read_json(request, seat.live.now.server.max_body_mb)
    name = need_str(body, "model" if body.get("model") else "name").removesuffix(":latest")
    view = await seat.catalog.current()
    known = view.by_id.get(name)
    model = known or routing.resolve(name, view, seat.live.now.models).model
    return json_response(models.show(model, view.loaded_at))


async def no_files(_: Seat, __: web.BaseRequest) -> web.Response:
    """Raises BadRequest."""
    message = "The models are Copilot's: there is nothing to pull, make or delete. /api/tags lists them."
    raise BadRequest(message, code="unsupported_value")


async def chat(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
    """Raises as `exchange.run`."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    if asks.is_only_loading(body, "messages"):
        return await _loaded(seat, body, answers.as_message)
    return await _answer(seat, request, OLLAMA_CHAT, asks.chat_body(body), record)


async def generate(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
    """Raises as `exchange.run`."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    if asks.is_only_loading(body, "prompt"):
        return await _loaded(seat, body, answers.as_response)
    return await _answer(seat, request, OLLAMA_GENERATE, asks.generate_body(body), record)


async def _answer(
    seat: Seat,
    request: web.BaseRequest,
    dialect: ClientDialect,
    asked: tuple[Json, list[Note]],
    record: Record,
) -> web.StreamResponse:
    body, notes = asked
    for note in notes:
        record.note(note)
    return await exchange.answer(seat, request, dialect, body, record)


async def _loaded(seat: Seat, body: Json, shaped: answers.Shape) -> web.Response:
    """Nothing is asked upstream, so nothing is billed. Raises UnknownModel."""
    name = asks.model_of(body)
    routing.resolve(name, await seat.catalog.current(), seat.live.now.models)
    return json_response(answers.loaded(name, shaped, int(time.time())))


async def embed_several(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """`/api/embed`. Raises as `embed`."""
    merged = await _embedded(seat, request, record)
    vectors = [one["embedding"] for one in merged["data"]]
    count = shape.read_usage(merged).input_tokens
    known = {} if count is None else {"prompt_eval_count": count}
    return json_response({"model": record.model_requested, "embeddings": vectors, **known})


async def embed_one(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """`/api/embeddings`, the older form. Raises as `embed`."""
    merged = await _embedded(seat, request, record)
    return json_response({"embedding": merged["data"][0]["embedding"]})


async def _embedded(seat: Seat, request: web.BaseRequest, record: Record) -> Json:
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    ask = await shape.read_request(asks.embeddings_body(body), seat.tokenizer.decode)
    return await embed(seat, ask, record)
