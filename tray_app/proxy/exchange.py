"""One request, start to finish, in a straight line: body, route, limits, repairs, upstream, relay, record."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from tray_app.copilot.catalog import CatalogView
from tray_app.copilot.upstream import Answer, Call
from tray_app.dialects import content_rules
from tray_app.dialects.capabilities import Endpoint, Model
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Dialect, Peek, Prepared, Recovery, Rules
from tray_app.dialects.recall import with_remembered_thinking
from tray_app.dialects.responses import references
from tray_app.dialects.table import BY_ENDPOINT
from tray_app.errors import Fault, Rejected
from tray_app.history.record import Record
from tray_app.proxy import routing
from tray_app.proxy.body import encode, read_json
from tray_app.proxy.outcome import FailedEarly, Outcome, fault_of
from tray_app.proxy.plan import Plan
from tray_app.proxy.seat import Seat
from tray_app.settings import ModelSettings

MAX_REPAIRS = 6
WRONG_ENDPOINT = "unsupported_api_for_model"
_INTERACTION_TYPES = {
    "subagent": "conversation-subagent",
    "compaction": "conversation-compaction",
    "title": "conversation-background",
    "warmup": "conversation-background",
    "background": "conversation-background",
}


async def run(seat: Seat, request: web.BaseRequest, dialect: Dialect, record: Record) -> web.StreamResponse:
    """Answer an inference request. Raises JumpseatError before the first byte went out."""
    body, record.request_bytes = await read_json(request, seat.live.now.server.max_body_mb)
    return await answer(seat, request, dialect, body, record)


async def answer(
    seat: Seat, request: web.BaseRequest, dialect: Dialect, body: Json, record: Record
) -> web.StreamResponse:
    """Answer a request whose body is read. Raises as `run` does."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    plan = await _plan(seat, dialect, body, headers, record)
    del body
    await seat.limits.admit(seat.live.now.limits)
    prepared = _prepare(plan, record)
    try:
        return await _exchange(seat, request, plan, prepared, record)
    except Rejected as refusal:
        if refusal.fault.code == WRONG_ENDPOINT and (other := _elsewhere(seat, plan, record)) is not None:
            plan, prepared = other, _prepare(other, record)
        elif not isinstance(refusal, FailedEarly) or not _can_try_again(
            seat, plan, prepared, refusal.fault, record
        ):
            raise
    return await _exchange(seat, request, plan, prepared, record)


async def _exchange(
    seat: Seat, request: web.BaseRequest, plan: Plan, prepared: Prepared, record: Record
) -> web.StreamResponse:
    """Ask upstream and answer the client."""
    upstream_stream = _streams_upstream(plan, prepared)
    opened = await _open(seat, plan, prepared, upstream_stream, record)
    try:
        seat.running.add(record, opened)
        reply = Outcome(seat, request, record, plan, opened)
        response = await (reply.stream() if plan.peek.stream else reply.whole(streamed=upstream_stream))
    except BaseException:
        opened.close(finished=False)  # also when the client left: upstream must stop at once
        raise
    finally:
        seat.running.remove(record)
    return response


async def _plan(seat: Seat, dialect: Dialect, body: Json, headers: dict[str, str], record: Record) -> Plan:
    """Names, route and the owner's content rules; the initiator is decided here, before any change."""
    settings = seat.live.now
    if dialect.name == "responses" and (known := references.put_back(body, seat.memory)):
        record.note(f"input: {known} items put back that the client named by id")
    peek = dialect.peek(body, headers)
    record.model_requested, record.stream, record.session_id = peek.model, peek.stream, peek.session_id
    record.initiator, record.initiator_source = peek.initiator, peek.initiator_source
    catalog = await seat.catalog.current()
    resolved = _resolve(peek, catalog, settings.models)
    if resolved.how:
        record.note(f"model: {resolved.how}")
    model = resolved.model
    record.model_served = model.id
    for note in content_rules.apply(
        dialect.name,
        body,
        remove=settings.filters.system_prompt_remove,
        add=settings.filters.system_prompt_add,
        suffix_remove=settings.filters.tool_result_suffix_remove,
        extra_prompt=_for_model(settings.models.extra_prompts, peek.model, model.id),
        effort=_for_model(settings.models.reasoning_effort, peek.model, model.id),
    ):
        record.note(note)
    target = BY_ENDPOINT[_endpoint(seat, model, dialect)]
    rules = Rules(
        model=model,
        memory=seat.memory,
        learned=seat.memory.facts(model.id),
        extend_cache_ttl=settings.anthropic.extend_cache_ttl,
        web_search=settings.responses.web_search,
        function_apply_patch=settings.responses.function_apply_patch,
        wants_1m=resolved.wants_1m,
        client_betas=tuple(
            part.strip() for part in headers.get("anthropic-beta", "").split(",") if part.strip()
        ),
    )
    return _towards(seat, target, Plan(dialect, target, body, rules, peek), record)


def _endpoint(seat: Seat, model: Model, dialect: Dialect) -> Endpoint:
    native_messages = seat.live.now.anthropic.native_messages
    lacking = [fact.removeprefix("no ") for fact in seat.memory.facts(model.id) if fact.startswith("no /")]
    return routing.choose_endpoint(model, dialect.endpoint, native_messages=native_messages, lacking=lacking)


def _elsewhere(seat: Seat, plan: Plan, record: Record) -> Plan | None:
    """The request on another endpoint, for a model that is not where the catalog says (wire 10.2)."""
    refused = plan.target.endpoint
    seat.memory.learn(plan.rules.model.id, f"no {refused}")
    target = BY_ENDPOINT[_endpoint(seat, plan.rules.model, plan.dialect)]
    if target is plan.target:
        return None
    record.repaired(f"sent to {target.endpoint} because the model is not at {refused}")
    return _towards(seat, target, plan, record)


def _towards(seat: Seat, target: Dialect, plan: Plan, record: Record) -> Plan:
    """The plan for an upstream endpoint, with the request in neutral form if that is another dialect."""
    dialect, body, ask = plan.dialect, plan.body, None
    record.upstream_endpoint = target.endpoint
    rules = replace(plan.rules, translated=target is not dialect)
    if target is not dialect:
        ask, notes = dialect.read_ask(body)
        ask = replace(ask, asked_at=int(record.started_at.timestamp()))
        ask, restored = with_remembered_thinking(ask, seat.memory, target.name)
        for note in notes:
            record.note(note)
        if restored:
            record.note(f"reasoning: put back on {restored} messages that came without it")
    return Plan(dialect, target, body, rules, plan.peek, ask)


def _resolve(peek: Peek, catalog: CatalogView, settings: ModelSettings) -> routing.Resolved:
    small = routing.background_model(peek.background, catalog, settings)
    if small is not None:
        return small
    resolved = routing.resolve(peek.model, catalog, settings)
    if settings.small_model and peek.background in routing.SMALL_CALLS:
        return resolved.with_note(
            f'models.small_model = "{settings.small_model}" names no model of this seat'
        )
    return resolved


def _for_model(table: Mapping[str, str], asked: str, used: str) -> str | None:
    return table.get(asked) or table.get(used)


def _prepare(plan: Plan, record: Record) -> Prepared:
    """The body for upstream: written anew when the dialects differ, repaired ahead in any case."""
    body = plan.body
    if plan.ask is not None:
        body, notes = plan.target.write_ask(plan.ask, plan.rules.model)
        for note in notes:
            record.note(note)
    body["model"] = plan.rules.model.id
    prepared = plan.target.before(body, plan.rules)
    for repair in prepared.repairs:
        record.repaired(repair)
    for note in prepared.notes:
        record.note(note)
    return prepared


def _streams_upstream(plan: Plan, prepared: Prepared) -> bool:
    """Whether to stream upstream: because the client does, or because Copilot cuts long whole answers."""
    limit = plan.rules.model.max_non_streaming_output_tokens
    if plan.peek.stream or limit is None:
        return plan.peek.stream
    body = prepared.body
    wanted = body.get("max_tokens") or body.get("max_completion_tokens") or body.get("max_output_tokens")
    return wanted is None or (isinstance(wanted, int) and wanted > limit)


async def _open(seat: Seat, plan: Plan, prepared: Prepared, stream: bool, record: Record) -> Answer:
    """Open the exchange, repairing what upstream refuses and says how to mend. Raises Rejected."""
    if stream or plan.peek.stream or "stream" in prepared.body:
        prepared.body["stream"] = stream
    for tries_left in reversed(range(MAX_REPAIRS)):
        sent = await seat.upstream.open(_call(plan, prepared), lambda: _attempted(record))
        if isinstance(sent, Answer):
            return sent
        recovery = plan.target.after(prepared.body, sent.status, sent.text, plan.rules)
        if recovery is None or not tries_left:
            raise Rejected(fault_of(sent, plan.dialect.name, plan.rules.model), sent.body)
        _recover(seat, plan, prepared, recovery, record)
    raise AssertionError("unreachable")


def _can_try_again(seat: Seat, plan: Plan, prepared: Prepared, fault: Fault, record: Record) -> bool:
    """Whether a stream that failed at its very beginning is worth another try: after an error inside
    Copilot, and after a refusal that can be repaired as one with a status can (wire 6.6)."""
    if "internal server error" in fault.message.lower():
        record.repaired("asked again after an early internal server error")
        return True
    said = encode({"error": {"message": fault.message, "code": fault.code, "param": fault.param}})
    recovery = plan.target.after(prepared.body, fault.status, said.decode(), plan.rules)
    if recovery is None:
        return False
    _recover(seat, plan, prepared, recovery, record)
    return True


def _attempted(record: Record) -> None:
    record.attempts += 1


def _call(plan: Plan, prepared: Prepared) -> Call:
    return Call(
        path=plan.target.endpoint,
        body=encode(prepared.body),
        initiator=plan.peek.initiator,
        vision=prepared.has_image,
        betas=prepared.betas,
        interaction_type=_INTERACTION_TYPES.get(plan.peek.background or ""),
    )


def _recover(seat: Seat, plan: Plan, prepared: Prepared, recovery: Recovery, record: Record) -> None:
    prepared.body = recovery.body
    if recovery.betas is not None:
        prepared.betas = recovery.betas
    record.repaired(recovery.repair)
    if recovery.learned:
        seat.memory.learn(plan.rules.model.id, recovery.learned)
        plan.rules = replace(plan.rules, learned=plan.rules.learned | {recovery.learned})
