"""Repairs of a body for `POST /responses`, ahead of the first attempt. Those after a refusal are in
`responses_refusals.py`. Sources: copilot-wire 6.2, 6.3, 6.5, 6.6.

Objects of the client are never changed, only replaced: the reply is mapped back by the tools as they
were sent.
"""

from tray_app.dialects.fields import Json, get_int, get_list, get_object, get_str
from tray_app.dialects.neutral import Note
from tray_app.dialects.protocol import Prepared, Rules
from tray_app.dialects.repairs.body_paths import without_path
from tray_app.dialects.repairs.responses_input import repair_input
from tray_app.dialects.repairs.responses_tools import is_plain, repair_tools
from tray_app.dialects.responses.ask_reader import refuse_server_state
from tray_app.dialects.responses.ask_writer import clamp_output
from tray_app.dialects.responses.tools import speaks_openai
from tray_app.dialects.responses.wire_tools import WireTools

_DROPPED = (
    "service_tier",
    "client_metadata",
    "internal_chat_message_metadata_passthrough",
    "previous_response_id",
    "conversation",
    "prompt",
    "background",
    "generate",
)


def before(body: Json, rules: Rules) -> Prepared:
    """The body for the first attempt. Raises BadRequest naming the field."""
    refuse_server_state(body)
    given = get_list(body, "tools")
    prepared = Prepared(dict(body), [], [])
    _top(prepared, rules)
    wire = WireTools(plain=is_plain(rules), function_apply_patch=rules.function_apply_patch)
    repair_input(prepared, rules, wire)
    repair_tools(prepared, rules, wire, given)
    for fact in sorted(rules.learned):
        if fact.startswith("without "):
            _forget(prepared, fact.removeprefix("without "))
    return prepared


def _top(prepared: Prepared, rules: Rules) -> None:
    """Fields beside input and tools."""
    body = prepared.body
    for field in _DROPPED:
        if body.pop(field, None) not in (None, False):
            prepared.notes.append(Note(field, "dropped, Copilot refuses it"))
    if body.get("store") is not False:
        _store(prepared, rules)
    _output_limit(prepared, rules)
    _effort(prepared, rules)
    if body.get("context_management") is not None and not speaks_openai(rules.model):
        del body["context_management"]
        prepared.notes.append(Note("context_management", f"dropped, {rules.model.id} does not take it"))


def _store(prepared: Prepared, rules: Rules) -> None:
    """Nothing is stored, so a client that counted on it needs its reasoning in the answer."""
    body = prepared.body
    if body.get("store"):
        prepared.notes.append(Note("store", "set to false, Copilot stores no responses"))
    body["store"] = False
    include = get_list(body, "include")
    if rules.model.reasons and "reasoning.encrypted_content" not in include:
        body["include"] = [*include, "reasoning.encrypted_content"]


def _output_limit(prepared: Prepared, rules: Rules) -> None:
    wanted = get_int(prepared.body, "max_output_tokens")
    if wanted is None:
        prepared.body.pop("max_output_tokens", None)
        return
    limit = clamp_output(wanted, rules.model)
    prepared.body["max_output_tokens"] = limit
    if limit != wanted:
        prepared.repairs.append(f"max_output_tokens set from {wanted} to {limit}")


def _effort(prepared: Prepared, rules: Rules) -> None:
    reasoning = get_object(prepared.body, "reasoning")
    if reasoning is None:
        prepared.body.pop("reasoning", None)
        return
    accepted, kept = rules.model.reasoning_effort, dict(reasoning)
    effort = get_str(reasoning, "effort", "reasoning")
    if effort is None:
        kept.pop("effort", None)
    elif accepted is not None and effort not in accepted:
        del kept["effort"]
        prepared.notes.append(
            Note("reasoning.effort", f"{effort} dropped, {rules.model.id} does not list it")
        )
    if "context" in kept and not speaks_openai(rules.model):
        del kept["context"]
        prepared.notes.append(Note("reasoning.context", f"dropped, {rules.model.id} does not take it"))
    prepared.body["reasoning"] = kept
    if not kept:
        del prepared.body["reasoning"]


def _forget(prepared: Prepared, path: str) -> None:
    """Leave out what this model has refused before."""
    if (changed := without_path(prepared.body, path)) is not None:
        prepared.body = changed
        prepared.repairs.append(f"{path} left out because the model refused it earlier")
