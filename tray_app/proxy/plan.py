"""What is decided about a request before anything is sent: names, route, the owner's content rules, repairs.

The initiator is decided here from the client's own body, before any change to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tray_app.copilot.catalog import CatalogView
from tray_app.dialects import content_rules, web_search
from tray_app.dialects.capabilities import RESPONSES, Endpoint, Model
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask
from tray_app.dialects.protocol import ClientDialect, Dialect, Peek, Prepared, Rules
from tray_app.dialects.recall import with_remembered_thinking
from tray_app.dialects.responses import references
from tray_app.dialects.table import BY_ENDPOINT
from tray_app.history.record import Record
from tray_app.proxy import routing, searching
from tray_app.proxy.seat import Seat
from tray_app.settings import ModelSettings, Settings


@dataclass(slots=True)
class Plan:
    """One request's route.

    `body` is the client's, as filtered by the owner's content rules. `ask` is there only when the
    client's dialect and the upstream endpoint differ.
    """

    dialect: ClientDialect  # the client's
    target: Dialect  # the upstream endpoint's
    body: Json
    rules: Rules
    peek: Peek
    ask: Ask | None = None

    @property
    def neutral_ask(self) -> Ask:
        """The request in neutral form, read now if it was not needed before."""
        return self.ask or self.dialect.read_ask(self.body)[0]


async def make_plan(
    seat: Seat, dialect: ClientDialect, body: Json, headers: Mapping[str, str], record: Record
) -> Plan:
    """Names, route and the owner's content rules; the initiator is decided here, before any change."""
    settings = seat.live.now
    if dialect.name == "responses" and (known := references.put_back(body, seat.memory)):
        record.note(f"input: {known} items put back that the client named by id")
    peek = dialect.peek(body, headers)
    record.model_requested, record.stream, record.session_id = peek.model, peek.stream, peek.session_id
    record.initiator, record.initiator_source = peek.initiator, peek.initiator_source
    record.background = peek.background
    catalog = await seat.catalog.current()
    resolved = _resolve(peek, catalog, settings.models)
    searches = web_search.is_the_point(dialect.name, body)
    if searches:
        resolved = searching.searcher(resolved, catalog, settings, seat.memory)
    if resolved.how:
        record.note(f"model: {resolved.how}")
    record.model_served = resolved.model.id
    _apply_content_rules(settings, dialect, body, resolved.model, record)
    target = BY_ENDPOINT[RESPONSES if searches else _endpoint(seat, resolved.model, dialect)]
    return _towards(seat, target, Plan(dialect, target, body, _rules(seat, resolved, headers), peek), record)


def _apply_content_rules(
    settings: Settings, dialect: ClientDialect, body: Json, model: Model, record: Record
) -> None:
    """The owner's filters, extra prompts and default effort, in place; each change is noted."""
    asked = str(record.model_requested)
    for note in content_rules.apply(
        dialect.name,
        body,
        remove=settings.filters.system_prompt_remove,
        add=settings.filters.system_prompt_add,
        suffix_remove=settings.filters.tool_result_suffix_remove,
        extra_prompt=_for_model(settings.models.extra_prompts, asked, model.id),
        effort=_for_model(settings.models.reasoning_effort, asked, model.id),
    ):
        record.note(note)


def _rules(seat: Seat, resolved: routing.Resolved, headers: Mapping[str, str]) -> Rules:
    settings = seat.live.now
    betas = (part.strip() for part in headers.get("anthropic-beta", "").split(","))
    return Rules(
        model=resolved.model,
        memory=seat.memory,
        learned=seat.memory.facts(resolved.model.id),
        extend_cache_ttl=settings.anthropic.extend_cache_ttl,
        web_search=settings.responses.web_search,
        function_apply_patch=settings.responses.function_apply_patch,
        wants_1m=resolved.wants_1m,
        client_betas=tuple(beta for beta in betas if beta),
    )


def _endpoint(seat: Seat, model: Model, dialect: ClientDialect) -> Endpoint:
    native_messages = seat.live.now.anthropic.native_messages
    lacking = [fact.removeprefix("no ") for fact in seat.memory.facts(model.id) if fact.startswith("no /")]
    own = dialect.endpoint if isinstance(dialect, Dialect) else None
    return routing.choose_endpoint(model, own, native_messages=native_messages, lacking=lacking)


def elsewhere(seat: Seat, plan: Plan, record: Record) -> Plan | None:
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


def prepare(plan: Plan, record: Record) -> Prepared:
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
