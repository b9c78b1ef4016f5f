"""Repairs after refusals of thinking: foreign signatures, modes a model does not take (wire 7.4, 7.5)."""

from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.common import Work, copy_of, facts, knowing
from tray_app.dialects.repairs.messages_cache import betas_for
from tray_app.dialects.repairs.messages_thinking import clean_thinking
from tray_app.dialects.repairs.messages_turns import clean_turns
from tray_app.dialects.repairs.refusal_rows import blocks_of, messages_of


def without_thinking(body: Json, text: str, rules: Rules) -> Recovery:
    """Foreign signatures: the thinking of earlier turns goes, by model switch or another backend. It is
    left out ahead from now on, so that the thinking of later turns can stay."""
    for message in messages_of(body):
        blocks = blocks_of(message)
        for block in blocks:
            if isinstance(signature := block.get("signature"), str):
                rules.memory.refuse_seal(rules.model.id, signature)
        kept = [block for block in blocks if block.get("type") not in ("thinking", "redacted_thinking")]
        if len(kept) != len(blocks):
            message["content"] = kept
    clean_turns(Work(body, rules))
    return Recovery(body, "removed thinking of earlier turns")


def redacted_as_thinking(body: Json, text: str, rules: Rules) -> Recovery:
    """A signature in `redacted_thinking.data` belongs into an empty thinking block; else all goes."""
    changes = 0
    for message in messages_of(body):
        for block in blocks_of(message):
            if block.get("type") == "redacted_thinking":
                data = block.pop("data", "")
                block |= {"type": "thinking", "thinking": "", "signature": data}
                changes += 1
    if not changes:
        return without_thinking(body, text, rules)
    return Recovery(body, "sent redacted thinking as thinking")


def adaptive_instead(body: Json, text: str, rules: Rules) -> Recovery | None:
    """Adaptive instead, unless that was refused before."""
    if _kind(body) != "enabled":
        return None
    if rules.model.adaptive_thinking or "no_adaptive" in facts(rules):
        return no_thinking(body, text, rules)
    return _rethink(body, rules, "adaptive_thinking", "changed thinking from enabled to adaptive")


def budget_instead(body: Json, text: str, rules: Rules) -> Recovery | None:
    """A budget instead, unless that was refused before."""
    if _kind(body) != "adaptive":
        return None
    if not rules.model.adaptive_thinking or "adaptive_thinking" in facts(rules):
        return no_thinking(body, text, rules)
    return _rethink(body, rules, "no_adaptive", "changed thinking from adaptive to enabled with a budget")


def _kind(body: Json) -> object:
    thinking = body.get("thinking")
    return thinking.get("type") if isinstance(thinking, dict) else None


def _rethink(body: Json, rules: Rules, fact: str, repair: str) -> Recovery:
    known = knowing(rules, fact)
    clean_thinking(Work(body, known))
    return Recovery(body, repair, learned=fact, betas=betas_for(body, known))


def no_thinking(body: Json, text: str, rules: Rules) -> Recovery:
    """Neither thinking nor the clearing of it, this time."""
    body.pop("thinking", None)
    _drop_thinking_edits(body)
    return Recovery(body, "dropped thinking for this request")


def _drop_thinking_edits(body: Json) -> None:
    management = body.get("context_management")
    if isinstance(management, dict) and isinstance(edits := management.get("edits"), list):
        kept = [edit for edit in edits if not str(edit.get("type", "")).startswith("clear_thinking")]
        management["edits"] = kept
        if not kept:
            del body["context_management"]


def without_thinking_edits(body: Json, text: str, rules: Rules) -> Recovery | None:
    """Only this edit goes: other clearing, and that of later requests, is not at fault."""
    before = copy_of(body)
    _drop_thinking_edits(body)
    if body == before:
        return None
    return Recovery(body, "dropped the clearing of thinking", betas=betas_for(body, rules))


def without_disabled(body: Json, text: str, rules: Rules) -> Recovery | None:
    """For models that think always: their default instead of a refusal."""
    if _kind(body) != "disabled":
        return None
    del body["thinking"]
    return Recovery(body, "dropped thinking.type disabled", learned="no_disabled")


def without_display(body: Json, text: str, rules: Rules) -> Recovery | None:
    """For models that show thinking in one way only."""
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.pop("display", None) is None:
        return None
    return Recovery(body, "removed thinking.display", learned="no_display")
