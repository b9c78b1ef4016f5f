"""Repairs of fields and words of a Responses body that Copilot refused by their names (wire 6.2)."""

import re

from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.body_paths import without_path
from tray_app.dialects.repairs.responses_item_cures import each_item, without_id

# A name is tried from its beginning only: error texts are long, and not always Copilot's.
_QUOTED = r"(?<![\w.\[\]])[`'\"]?([a-zA-Z_][\w.\[\]]*)[`'\"]?"
_NAMED = (
    re.compile(
        rf"[Uu]n(?:supported|known|recognized|expected) (?:parameter|field|argument|value)s?:? {_QUOTED}"
    ),
    re.compile(rf"^{_QUOTED}:? (?:is|are) not (?:supported|allowed|permitted)"),
    re.compile(rf"{_QUOTED} is not supported (?:with|by|for) this model"),
    re.compile(rf"{_QUOTED}: Extra inputs are not permitted"),
)
_VALUE = re.compile(r"(?:Unsupported|Invalid) value: ['\"`]([\w-]+)['\"`]")
_WORDS = ("reasoning.summary", "reasoning.effort", "text.verbosity", "truncation", "prompt_cache_retention")
_MAX_LEARNED = 64  # facts about one model; clients choose the names of unknown fields


def drop_include(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Only the value of `include` that was refused."""
    values = body.get("include")
    if not isinstance(values, list):
        return None
    kept = [value for value in values if not (isinstance(value, str) and f"'{value}'" in said.message)]
    if not kept or len(kept) == len(values):
        return None
    return Recovery(body | {"include": kept}, "an unsupported include removed")


def drop_named(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Leave out the field at fault, in every item that has it. It is gone then, so this happens once per
    field."""
    named = [found[1] for pattern in _NAMED if (found := pattern.search(said.message))]
    for path in [said.param, *named] if said.param else named:
        everywhere = re.sub(r"\[\d+\]", "[]", path or "")
        if everywhere == "input[].id":
            return each_item(body, without_id, "item ids removed")
        if (changed := without_path(body, everywhere)) is None:
            continue
        # `unsupported_value` also comes for fields that Copilot does not know at all.
        is_value = said.code == "invalid_value" or re.search(
            r"(?i)(?:unsupported|invalid) value", said.message
        )
        is_lasting = not is_value and len(rules.learned) < _MAX_LEARNED and len(everywhere) < 80
        learned = f"without {everywhere}" if is_lasting else None
        return Recovery(changed, f"{everywhere} removed because Copilot refused it", learned=learned)
    return None


def drop_value(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """A word that the model does not take, where the text names the word only."""
    found = _VALUE.search(said.message)
    for path in _WORDS if found else ():
        owner, _, key = path.rpartition(".")
        holder = body.get(owner) if owner else body
        if not isinstance(holder, dict) or not found or holder.get(key) != found[1]:
            continue
        if path == "reasoning.summary" and found[1] != "auto":
            changed = body | {"reasoning": holder | {"summary": "auto"}}
            return Recovery(changed, f"reasoning.summary {found[1]} sent as auto because Copilot refused it")
        if (without := without_path(body, path)) is not None:
            return Recovery(without, f"{path} {found[1]} removed because Copilot refused it")
    return None
