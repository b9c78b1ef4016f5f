"""Repairs of a body for `POST /v1/messages`, ahead of the first attempt. Those after a refusal are in
`messages_refusals.py`. The rules are those of copilot-wire 7; the strictest backend decides.
"""

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.peek import session_of_user_id
from tray_app.dialects.protocol import Prepared, Rules
from tray_app.dialects.repairs.common import Work, clamp_max_tokens, drop_learned_extras, is_blank
from tray_app.dialects.repairs.messages_cache import betas_for, clean_marks
from tray_app.dialects.repairs.messages_images import limit_images
from tray_app.dialects.repairs.messages_thinking import clean_output_config, clean_sampling, clean_thinking
from tray_app.dialects.repairs.messages_tools import clean_tools
from tray_app.dialects.repairs.messages_turns import clean_turns
from tray_app.errors import Fault, JumpseatError, Kind

BILLING_LINE = "x-anthropic-billing-header:"
DEFAULT_MAX_TOKENS = 4096
_TAKEN = frozenset(
    (
        "model",
        "messages",
        "max_tokens",
        "system",
        "metadata",
        "stop_sequences",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "output_format",
        "context_management",
        "cache_control",
    )
)
_COUNTED = frozenset(
    ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "context_management")
)


def before(body: Json, rules: Rules) -> Prepared:
    """The body made fit for the model, in place. Raises JumpseatError for what cannot be."""
    fields.as_object(body, "")
    _refuse_thread(body)
    work = Work(body, rules)
    body["model"] = rules.model.id
    _drop_unknown(work)
    _clean_max_tokens(work)
    _clean_system(work)
    _clean_stops(work)
    clean_tools(work)
    has_image = limit_images(work, clean_turns(work))
    clean_thinking(work)
    clean_output_config(work)
    clean_sampling(work)
    _clean_context_management(work)
    _clean_metadata(work)
    drop_learned_extras(work)
    clean_marks(work)
    betas = betas_for(body, rules)
    if unsent := [beta for beta in rules.client_betas if beta not in betas]:
        work.note("anthropic-beta", f"{', '.join(unsent)[:400]} removed, not needed or not taken upstream")
    return Prepared(body, work.repairs, work.notes, betas, has_image)


def for_counting(body: Json) -> Json:
    """Of a body that went through `before`, what `count_tokens` takes."""
    return {key: value for key, value in body.items() if key in _COUNTED}


def _refuse_thread(body: Json) -> None:
    """Server-kept threads do not exist here; the SDK then sends the whole history."""
    if body.get("thread") is not None:
        details = {"error_code": "thread_unsupported_request", "unsupported": []}
        message = "thread: conversations are not kept here. Send the whole history in messages."
        raise JumpseatError(Fault(400, Kind.INVALID, message, param="thread", details=details))


def _drop_unknown(work: Work) -> None:
    for key in [key for key in work.body if key not in _TAKEN]:
        if work.body[key] is None:
            del work.body[key]
        else:
            work.drop(key, "dropped, not taken upstream")


def _clean_max_tokens(work: Work) -> None:
    clamp_max_tokens(work, "max_tokens")
    if "max_tokens" not in work.body:
        work.body["max_tokens"] = work.rules.model.max_output_tokens or DEFAULT_MAX_TOKENS
        work.note("max_tokens", f"{work.body['max_tokens']}, as the client named none")


def _clean_system(work: Work) -> None:
    """Drops Claude Code's billing line, which differs by conversation and spoils the cache."""
    system = work.body.get("system")
    if isinstance(system, str) and system.startswith(BILLING_LINE):
        system = system.partition("\n")[2]
        work.note("system", "billing line removed")
    if isinstance(system, list):
        system = [block for index, block in enumerate(system) if _keeps_block(work, block, index)]
    elif system is not None and not isinstance(system, str):
        fields.as_list(system, "system")
    if not system or (isinstance(system, str) and is_blank(system)):
        work.body.pop("system", None)
    else:
        work.body["system"] = system


def _keeps_block(work: Work, block: object, index: int) -> bool:
    path = fields.at("system", index)
    text = fields.get_str(fields.as_object(block, path), "text", path)
    if text is not None and text.startswith(BILLING_LINE):
        work.note("system", "billing line removed")
        return False
    if is_blank(text):
        work.note("system", "empty texts dropped, Claude refuses them")
        return False
    return True


def _clean_stops(work: Work) -> None:
    stops = fields.get_list(work.body, "stop_sequences")
    kept = [stop for stop in stops if not is_blank(stop)]
    if len(kept) != len(stops):
        work.note("stop_sequences", "empty ones dropped, Claude refuses them")
    work.body["stop_sequences"] = kept
    if not kept:
        del work.body["stop_sequences"]


def _clean_context_management(work: Work) -> None:
    """Goes with its beta. Clearing of thinking is refused where there is no thinking."""
    value = fields.get_object(work.body, "context_management")
    if value is None:
        work.body.pop("context_management", None)
        return
    if "no_context_management" in work.facts:
        work.drop("context_management", "dropped, the model refuses it")
        return
    thinking = work.body.get("thinking")
    edits = value.get("edits")
    if not isinstance(edits, list) or (isinstance(thinking, dict) and thinking.get("type") != "disabled"):
        return
    kept = [edit for edit in edits if not _clears_thinking(edit)]
    if len(kept) == len(edits):
        return
    value["edits"] = kept
    work.note("context_management", "clearing of thinking dropped, there is none")
    if not kept:
        del work.body["context_management"]


def _clears_thinking(edit: object) -> bool:
    return isinstance(edit, dict) and str(edit.get("type", "")).startswith("clear_thinking")


def _clean_metadata(work: Work) -> None:
    """Account and device ids stay here; the session's id may go."""
    metadata = fields.get_object(work.body, "metadata")
    if metadata is None:
        work.body.pop("metadata", None)
        return
    user_id = metadata.get("user_id")
    clean: Json = {}
    if session := session_of_user_id(user_id):
        clean = {"user_id": session}
        work.note("metadata.user_id", "reduced to the session")
    elif isinstance(user_id, str) and not user_id.startswith("{") and "_account_" not in user_id and user_id:
        clean = {"user_id": user_id}
    elif user_id is not None:
        work.note("metadata.user_id", "dropped")
    if metadata.keys() - {"user_id"}:
        work.note("metadata", "only user_id is taken upstream")
    work.body["metadata"] = clean
    if not clean:
        del work.body["metadata"]
