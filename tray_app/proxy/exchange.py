"""One request, start to finish, in a straight line: body, route, limits, repairs, upstream, relay, record."""

from dataclasses import replace

from aiohttp import web

from tray_app.copilot.answer import Answer
from tray_app.copilot.upstream import Call
from tray_app.dialects.capabilities import RESPONSES, WEBSOCKET
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import ClientDialect, Prepared, Recovery
from tray_app.errors import Fault, Rejected
from tray_app.history.record import Record
from tray_app.proxy import recording
from tray_app.proxy.approvals import Wanted, estimated_units
from tray_app.proxy.body import encode, read_json
from tray_app.proxy.caller import Caller, HttpCaller
from tray_app.proxy.outcome import FailedEarly, Outcome, fault_of
from tray_app.proxy.plan import Plan, elsewhere, make_plan, prepare
from tray_app.proxy.seat import Seat

MAX_REPAIRS = 6
WRONG_ENDPOINT = "unsupported_api_for_model"
_INTERACTION_TYPES = {
    "subagent": "conversation-subagent",
    "compaction": "conversation-compaction",
    "title": "conversation-background",
    "warmup": "conversation-background",
    "background": "conversation-background",
}


async def run(
    seat: Seat, request: web.BaseRequest, dialect: ClientDialect, record: Record
) -> web.StreamResponse:
    """Answer an inference request. Raises JumpseatError before the first byte went out."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    return await answer(seat, request, dialect, body, record)


async def answer(
    seat: Seat, request: web.BaseRequest, dialect: ClientDialect, body: Json, record: Record
) -> web.StreamResponse:
    """Answer a request whose body is read. Raises as `run` does."""
    caller = HttpCaller(seat, request)
    whole = await ask(seat, caller, dialect, body, record)
    response = caller.response if whole is None else whole
    assert response is not None
    return response


async def ask(
    seat: Seat, caller: Caller, dialect: ClientDialect, body: Json, record: Record
) -> web.Response | None:
    """The whole answer, or None when it was streamed to the caller. Raises as `run` does."""
    with seat.running.waiting(record):
        return await _answer(seat, caller, dialect, body, record)


async def _answer(
    seat: Seat, caller: Caller, dialect: ClientDialect, body: Json, record: Record
) -> web.Response | None:
    recording.take_request(seat, body, record)
    plan = await make_plan(seat, dialect, body, caller.headers, record)
    del body
    with recording.Waiting(record, seat.monotonic):
        await seat.limits.admit(seat.live.now.limits, _wanted(plan, record))
    prepared = prepare(plan, record)
    try:
        return await _exchange(seat, caller, plan, prepared, record)
    except Rejected as refusal:
        if refusal.fault.code == WRONG_ENDPOINT and (other := elsewhere(seat, plan, record)) is not None:
            plan, prepared = other, prepare(other, record)
        elif not isinstance(refusal, FailedEarly) or not _can_try_again(
            seat, caller, plan, prepared, refusal.fault, record
        ):
            raise
    return await _exchange(seat, caller, plan, prepared, record)


def _wanted(plan: Plan, record: Record) -> Wanted:
    size, model = record.request_bytes, plan.rules.model
    return Wanted(record.client, model.id, size, estimated_units(model, size))


async def _exchange(
    seat: Seat, caller: Caller, plan: Plan, prepared: Prepared, record: Record
) -> web.Response | None:
    """Ask upstream and answer the client."""
    upstream_stream = _streams_upstream(plan, prepared)
    opened = await _open(seat, caller, plan, prepared, upstream_stream, record)
    try:
        seat.running.add(record, opened)
        reply = Outcome(seat, caller, record, plan, opened)
        if plan.peek.stream:
            await reply.stream()
            return None
        return await reply.whole(streamed=upstream_stream)
    except BaseException:
        opened.close(finished=False)  # also when the client left: upstream must stop at once
        raise
    finally:
        seat.running.remove(record)


def _streams_upstream(plan: Plan, prepared: Prepared) -> bool:
    """Whether to stream upstream: because the client does, or because Copilot cuts long whole answers."""
    limit = plan.rules.model.max_non_streaming_output_tokens
    if plan.peek.stream or limit is None:
        return plan.peek.stream
    body = prepared.body
    wanted = body.get("max_tokens") or body.get("max_completion_tokens") or body.get("max_output_tokens")
    return wanted is None or (isinstance(wanted, int) and wanted > limit)


async def _open(
    seat: Seat, caller: Caller, plan: Plan, prepared: Prepared, stream: bool, record: Record
) -> Answer:
    """Open the exchange, repairing what upstream refuses and says how to mend. Raises Rejected."""
    if stream or plan.peek.stream or "stream" in prepared.body:
        prepared.body["stream"] = stream
    for tries_left in reversed(range(MAX_REPAIRS)):
        call = _call(plan, prepared)
        recording.sent(record, prepared.body, call.body or b"")
        sent = await caller.open(call, record)
        if isinstance(sent, Answer):
            recording.opened(record, sent, seat.monotonic())
            return sent
        recovery = plan.target.after(prepared.body, sent.status, sent.text, plan.rules)
        if recovery is None or not tries_left:
            raise Rejected(fault_of(sent, plan.dialect.name, plan.rules.model), sent.body)
        _recover(seat, caller, plan, prepared, recovery, record)
    raise AssertionError("unreachable")


def _can_try_again(
    seat: Seat, caller: Caller, plan: Plan, prepared: Prepared, fault: Fault, record: Record
) -> bool:
    """Whether a stream that failed at its very beginning is worth another try: after an error inside
    Copilot, and after a refusal that can be repaired as one with a status can (wire 6.6)."""
    if "internal server error" in fault.message.lower():
        record.repaired("asked again after an early internal server error")
        return True
    said = encode({"error": {"message": fault.message, "code": fault.code, "param": fault.param}})
    recovery = plan.target.after(prepared.body, fault.status, said.decode(), plan.rules)
    if recovery is None:
        return False
    _recover(seat, caller, plan, prepared, recovery, record)
    return True


def _call(plan: Plan, prepared: Prepared) -> Call:
    return Call(
        path=plan.target.endpoint,
        body=encode(prepared.body),
        initiator=plan.peek.initiator,
        vision=prepared.has_image,
        betas=prepared.betas,
        interaction_type=_INTERACTION_TYPES.get(plan.peek.background or ""),
        content=prepared.body if _has_socket(plan) else None,
    )


def _has_socket(plan: Plan) -> bool:
    """Whether Copilot takes this request over a WebSocket too. A compaction it does not (wire 6.8)."""
    is_there = plan.target.endpoint == RESPONSES and plan.rules.model.has(WEBSOCKET)
    return is_there and plan.peek.background != "compaction"


def _recover(
    seat: Seat, caller: Caller, plan: Plan, prepared: Prepared, recovery: Recovery, record: Record
) -> None:
    if recovery.fresh_connection:
        caller.renew()
    prepared.body = recovery.body
    if recovery.betas is not None:
        prepared.betas = recovery.betas
    record.repaired(recovery.repair)
    if recovery.learned:
        seat.memory.learn(plan.rules.model.id, recovery.learned)
        plan.rules = replace(plan.rules, learned=plan.rules.learned | {recovery.learned})
