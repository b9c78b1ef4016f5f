"""`POST /v1/responses/compact`: a long conversation made short by the model that will go on with it."""

import orjson
from aiohttp import web

from tray_app.dialects.capabilities import RESPONSES as ENDPOINT
from tray_app.dialects.fields import need_str
from tray_app.dialects.responses.compaction import compact_body, compact_reply
from tray_app.dialects.table import RESPONSES
from tray_app.errors import BadRequest
from tray_app.history.record import Record
from tray_app.proxy import exchange, routing
from tray_app.proxy.body import read_json
from tray_app.proxy.replies import json_response, kept_headers
from tray_app.proxy.seat import Seat


async def compact(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """A `response.compaction`. Raises BadRequest for a model that has no Responses endpoint."""
    settings = seat.live.now
    body, record.request_bytes = await read_json(request, settings.server.max_body_mb)
    name = need_str(body, "model")
    given = body.get("input")
    if not given or not isinstance(given, str | list):
        raise BadRequest("input: expected the conversation to compact, a string or a list.", "input")
    model = routing.resolve(name, await seat.catalog.current(), settings.models).model
    if not model.has(ENDPOINT):
        raise BadRequest(
            f"model: {model.id} cannot compact, because Copilot does not serve it on /responses. "
            "Let the client summarise the conversation itself.",
            "model",
            code="compaction_unsupported",
        )
    answer = await exchange.answer(seat, request, RESPONSES, compact_body(body), record)
    assert isinstance(answer, web.Response)
    assert isinstance(answer.body, bytes)
    return json_response(compact_reply(orjson.loads(answer.body), body), headers=kept_headers(answer.headers))
