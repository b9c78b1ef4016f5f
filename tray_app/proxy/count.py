"""`POST /v1/messages/count_tokens`: exact from Copilot where it counts, else real BPE here. Never waits."""

from aiohttp import web

from tray_app.copilot.answer import Answer
from tray_app.copilot.catalog import CatalogView
from tray_app.copilot.upstream import Call
from tray_app.dialects import counting
from tray_app.dialects.capabilities import MESSAGES as MESSAGES_ENDPOINT
from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json, as_object, at, need_list, need_str
from tray_app.dialects.protocol import Rules
from tray_app.dialects.repairs.messages import for_counting
from tray_app.dialects.table import MESSAGES
from tray_app.errors import JumpseatError, SignedOut
from tray_app.history.record import Record
from tray_app.proxy import recording, routing
from tray_app.proxy.body import encode, parse, read_json
from tray_app.proxy.replies import json_response
from tray_app.proxy.seat import Seat

PAUSE_SECONDS = 60.0  # upstream counting rests this long after a 429 (wire 7.10)
_PATH = "/v1/messages/count_tokens"


async def count_tokens(seat: Seat, request: web.BaseRequest, record: Record) -> web.Response:
    """`{"input_tokens": N}`, with `"estimated": true` when counted here. Unknown models count too."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    name = need_str(body, "model")
    for index, message in enumerate(need_list(body, "messages")):
        as_object(message, at("messages", index))
    record.model_requested = name
    resolved = await _resolve(seat, name)
    countable = counting.count_messages(body)
    if resolved is not None:
        record.model_served = resolved.model.id
        if (exact := await _upstream(seat, body, resolved, request, record)) is not None:
            return json_response({"input_tokens": exact})
    tokens = await _counted_here(seat, countable, resolved, record)
    return json_response({"input_tokens": tokens, "estimated": True})


async def count_gemini(seat: Seat, body: Json, name: str, record: Record) -> Json:
    """`{"totalTokens": N}`, always counted here, for any model."""
    record.model_requested = name
    resolved = await _resolve(seat, name)
    if resolved is not None:
        record.model_served = resolved.model.id
    tokens = await _counted_here(seat, counting.count_gemini(body), resolved, record)
    return {"totalTokens": tokens, "estimated": True}


async def _counted_here(
    seat: Seat, countable: counting.Countable, resolved: routing.Resolved | None, record: Record
) -> int:
    encoding = resolved.model.tokenizer if resolved else "o200k_base"
    tokens = await seat.tokenizer.count(countable, encoding)
    record.note(f"tokens: counted here with {encoding}")
    return tokens


async def _resolve(seat: Seat, name: str) -> routing.Resolved | None:
    """The model behind a name; None when nobody has it or the catalog cannot be had.

    Raises SignedOut: a client must learn of that from its first call.
    """
    view: CatalogView | None = seat.catalog.view
    try:
        view = view or await seat.catalog.current()
        return routing.resolve(name, view, seat.live.now.models)
    except SignedOut:
        raise
    except JumpseatError:
        return None


async def _upstream(
    seat: Seat, body: Json, resolved: routing.Resolved, request: web.BaseRequest, record: Record
) -> int | None:
    """Copilot's own count, or None: not offered, refused, or resting after a 429."""
    if not resolved.model.has(MESSAGES_ENDPOINT) or seat.monotonic() < seat.counting_rests_until:
        return None
    try:
        call = _call(seat, dict(body), resolved, request)
        sent = await seat.upstream.open(call, record.attempted, record.repaired, recording.attempts(record))
        if not isinstance(sent, Answer):
            if sent.status == 429:
                seat.counting_rests_until = seat.monotonic() + PAUSE_SECONDS
            record.note(f"tokens: Copilot did not count (status {sent.status})")
            return None
        return await _read(sent, record)
    except SignedOut:
        raise
    except JumpseatError as error:
        record.note(f"tokens: Copilot did not count ({error.fault.code or error.fault.kind})")
        return None


async def _read(answer: Answer, record: Record) -> int | None:
    finished = False
    try:
        counted = parse(await answer.whole())
        finished = True
    finally:
        answer.close(finished=finished)
    tokens = counted.get("input_tokens") if isinstance(counted, dict) else None
    record.upstream_endpoint = _PATH
    return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None


def _call(seat: Seat, body: Json, resolved: routing.Resolved, request: web.BaseRequest) -> Call:
    model: Model = resolved.model
    betas = request.headers.get("anthropic-beta", "")
    rules = Rules(
        model=model,
        memory=seat.memory,
        learned=seat.memory.facts(model.id),
        wants_1m=resolved.wants_1m,
        client_betas=tuple(part.strip() for part in betas.split(",") if part.strip()),
    )
    body["model"] = model.id
    prepared = MESSAGES.before(body, rules)
    return Call(
        path=_PATH,
        body=encode(for_counting(prepared.body)),
        vision=prepared.has_image,
        betas=prepared.betas,
        max_retries=0,
    )
