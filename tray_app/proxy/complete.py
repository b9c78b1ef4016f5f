"""`POST /v1/completions`: each prompt is a chat request of its own, recorded and billed as one."""

import orjson
from aiohttp import web

from tray_app.dialects.completions.answers import joined
from tray_app.dialects.completions.prompts import chat_body, prompts_of
from tray_app.dialects.fields import Json
from tray_app.dialects.table import COMPLETIONS
from tray_app.errors import JumpseatError
from tray_app.history.record import Record
from tray_app.proxy import exchange, recording
from tray_app.proxy.body import read_json
from tray_app.proxy.replies import CLIENT_LEFT, json_response
from tray_app.proxy.seat import Seat


async def completions(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
    """An answer, or one to each prompt of a list. Raises as `exchange.run`."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    first, *others = (chat_body(body, prompt) for prompt in prompts_of(body))
    answer = await exchange.answer(seat, request, COMPLETIONS, first, record)
    if not others:
        return answer
    answers = [_read(answer)]
    for other in others:
        answers.append(await _one_more(seat, request, other))
    return json_response(joined(answers))


async def _one_more(seat: Seat, request: web.BaseRequest, body: Json) -> Json:
    """A further prompt, with a record of its own. Raises as `exchange.run`."""
    record = recording.new_record(request, "chat", seat.monotonic())
    seat.records.begin(record)
    try:
        answer = await exchange.answer(seat, request, COMPLETIONS, body, record)
        record.status = answer.status
        return _read(answer)
    except JumpseatError as error:
        recording.failed(record, error.fault)
        raise
    finally:
        if record.status is None:
            record.cancelled, record.status = True, CLIENT_LEFT
        recording.close(seat, record)


def _read(answer: web.StreamResponse) -> Json:
    assert isinstance(answer, web.Response)
    assert isinstance(answer.body, bytes)
    read: Json = orjson.loads(answer.body)
    return read
