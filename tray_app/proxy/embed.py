"""`POST /v1/embeddings`: split to what the model takes at once, asked one after the other, put together."""

from aiohttp import web

from tray_app.copilot.answer import Answer
from tray_app.copilot.upstream import Call
from tray_app.dialects import embeddings as shape
from tray_app.dialects.capabilities import EMBEDDINGS, Model
from tray_app.dialects.fields import Json
from tray_app.errors import BadRequest, Broken, Rejected
from tray_app.history.record import Record
from tray_app.proxy import recording, routing
from tray_app.proxy.approvals import Wanted, estimated_units
from tray_app.proxy.body import encode, parse, read_json
from tray_app.proxy.outcome import fault_of
from tray_app.proxy.replies import json_response
from tray_app.proxy.seat import Seat


async def embeddings(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """OpenAI's shape out, floats or base64 as asked. Raises BadRequest, Rejected."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    ask = await shape.read_request(body, seat.tokenizer.decode)
    return json_response(await embed(seat, ask, record))


async def embed(seat: Seat, ask: shape.EmbeddingsAsk, record: Record) -> Json:
    """The vectors in OpenAI's shape. Raises BadRequest, Rejected."""
    settings = seat.live.now
    record.model_requested = ask.model
    for note in ask.notes:
        record.note(note)
    record.upstream_endpoint = EMBEDDINGS
    record.initiator = "user"
    resolved = routing.resolve(ask.model, await seat.catalog.current(), settings.models, "embeddings")
    model = resolved.model
    if resolved.how:
        record.note(f"model: {resolved.how}")
    record.model_served = model.id
    size = record.request_bytes
    wanted = Wanted(record.client, model.id, size, estimated_units(model, size))
    await seat.limits.admit(settings.limits, wanted)
    parts = [
        await _ask(seat, shape.write_request(ask, inputs, model), model, record)
        for inputs in shape.split(ask.inputs, model.max_inputs)
    ]
    merged = shape.merge(parts, ask.encoding_format, model.id)
    record.measured(shape.read_usage(merged))
    return merged


async def _ask(seat: Seat, body: Json, model: Model, record: Record) -> Json:
    call = Call(path=EMBEDDINGS, body=encode(body), intent="copilot-panel")
    sent = await seat.upstream.open(call, record.attempted, record.repaired, recording.attempts(record))
    if not isinstance(sent, Answer):
        raise Rejected(fault_of(sent, "chat", model), sent.body)
    finished = False
    try:
        reply = parse(await sent.whole())
        finished = True
    except BadRequest as error:
        raise Broken("Copilot's answer is not valid JSON.") from error
    finally:
        sent.close(finished=finished)
    if not isinstance(reply, dict) or not isinstance(reply.get("data"), list):
        raise Broken("Copilot's answer holds no embeddings.")
    return reply
