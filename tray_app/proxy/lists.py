"""The models of the seat, in the shape that the asking client reads."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import unquote

from aiohttp import web

from tray_app.dialects import model_lists
from tray_app.errors import BadRequest
from tray_app.proxy import routing
from tray_app.proxy.replies import json_response, raw_json
from tray_app.proxy.seat import Seat


async def models(seat: Seat, request: web.BaseRequest) -> web.Response:
    """OpenAI's list; Anthropic's with `anthropic-version`; Codex's own with `?client_version=`;
    Google's for its SDKs, whose newest ask here."""
    if _is_google(request):
        return await gemini_models(seat, request)
    view = await seat.catalog.current()
    query = request.query
    if "client_version" in query:
        return json_response(model_lists.codex_list(view.models, codex_instructions()))
    if "anthropic-version" in request.headers:
        return json_response(
            model_lists.anthropic_list(
                view.models,
                limit=_limit(query),
                before_id=query.get("before_id"),
                after_id=query.get("after_id"),
            )
        )
    return json_response(model_lists.openai_list(view.models))


def _is_google(request: web.BaseRequest) -> bool:
    return "x-goog-api-client" in request.headers


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "20")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 1000:
        raise BadRequest("limit: expected a whole number from 1 to 1000.", "limit")
    return int(text)


@cache
def codex_instructions() -> str:
    """The prompt that Codex uses when the catalog comes from us: without one it has none."""
    return (files("tray_app.dialects") / "codex_instructions.md").read_text("utf-8")


async def model(seat: Seat, request: web.BaseRequest) -> web.Response:
    """One model, by any name that a request may use. Raises BadRequest (404)."""
    if _is_google(request):
        return await gemini_model(seat, request)
    name = unquote(request.path.partition("/models/")[2])
    view = await seat.catalog.current()
    found = view.by_id.get(name) or routing.resolve(name, view, seat.live.now.models).model
    if "anthropic-version" in request.headers:
        return json_response(model_lists.anthropic_entry(found))
    return json_response(model_lists.openai_entry(found))


async def gemini_models(seat: Seat, request: web.BaseRequest) -> web.Response:
    """A page of Google's list, as `pageSize` and `pageToken` ask for it. Raises BadRequest."""
    size, token = request.query.get("pageSize", ""), request.query.get("pageToken")
    if size and (not size.isascii() or not size.isdigit()):
        raise BadRequest("pageSize: expected a whole number.", "pageSize")
    view = await seat.catalog.current()
    return json_response(model_lists.gemini_list(view.models, int(size[:9] or 0), token or None))


async def gemini_model(seat: Seat, request: web.BaseRequest) -> web.Response:
    """One model, chat or embeddings, by any name that a request may use. Raises BadRequest (404)."""
    name = unquote(request.path.partition("/models/")[2])
    view = await seat.catalog.current()
    found = view.by_id.get(name)
    if found is None:
        purpose: routing.Purpose = "embeddings" if "embed" in name else "chat"
        found = routing.resolve(name, view, seat.live.now.models, purpose).model
    return json_response(model_lists.gemini_entry(found))


async def full(seat: Seat, _: web.BaseRequest) -> web.Response:
    """The upstream catalog, byte for byte."""
    return raw_json((await seat.catalog.current()).raw)
