"""Repairs of the items of a Responses input that Copilot refused (wire 6.2, 6.5).

Each gives another body, or None if it finds nothing to change. No repair leaves an empty input.
"""

import re
from collections.abc import Callable
from typing import Any

from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules

_CALL_ID = re.compile(r"\bcall(?:_?id)?\W+([\w-]+)", re.IGNORECASE)
_ITEM_PARAM = re.compile(r"input\[(\d{1,6})\]\.type")
_NEEDED_ITEMS = ("message", "function_call", "function_call_output", "compaction", "compaction_trigger")


def items_of(body: Json) -> list[Json]:
    """The input items of a body, none where it is a text."""
    items = body.get("input")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def drop_encrypted_outputs(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Outputs that only another connection could read become a sentence."""

    def cured(item: Json) -> Json:
        output = item.get("output")
        if not isinstance(output, list):
            return item
        return item | {"output": [_readable(part) for part in output]}

    return each_item(body, cured, "encrypted tool outputs replaced", fresh_connection=True)


def _readable(part: Any) -> Any:
    if isinstance(part, dict) and "encrypted_content" in part:
        return {"type": "input_text", "text": "(this output cannot be read any more)"}
    return part


def drop_reasoning(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Without the reasoning items, the ids that tie other items to them go too."""

    def cured(item: Json) -> Json | None:
        return None if item.get("type") == "reasoning" else without_id(item)

    if not any(item.get("type") == "reasoning" for item in items_of(body)):
        return None
    return each_item(body, cured, "reasoning that Copilot could not read removed")


def drop_ids(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Ids first; if they are gone already, the reasoning that cannot be without one."""
    recovery = each_item(body, without_id, "item ids removed", fresh_connection=True)
    if recovery is not None or "previous_response_id" in body:
        kept = {
            key: value
            for key, value in (recovery.body if recovery else body).items()
            if key != "previous_response_id"
        }
        return Recovery(kept, "item ids removed", fresh_connection=True)
    return drop_reasoning(body, said, rules)


def without_id(item: Json) -> Json:
    """The item without its id, where Copilot can do without."""
    if item.get("type") in ("reasoning", "compaction") or "id" not in item:
        return item
    return {key: value for key, value in item.items() if key != "id"}


def drop_previous(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Copilot keeps no answers to go on from."""
    if "previous_response_id" not in body:
        return None
    kept = {key: value for key, value in body.items() if key != "previous_response_id"}
    return Recovery(kept, "previous_response_id removed")


def drop_orphans(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Calls and outputs with the ids that the text names."""
    ids = set(_CALL_ID.findall(said.message))

    def cured(item: Json) -> Json | None:
        return None if item.get("call_id") in ids else item

    return each_item(body, cured, "tool calls and outputs without their counterpart removed")


def drop_item_kind(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Items of a kind the model does not know. A compaction without its trigger would be no compaction."""
    named = _ITEM_PARAM.fullmatch(said.param or "")
    items = items_of(body)
    if named is None or int(named[1]) >= len(items):
        return None
    kind = items[int(named[1])].get("type")
    if not isinstance(kind, str) or kind in _NEEDED_ITEMS:
        return None
    return each_item(body, lambda item: None if item.get("type") == kind else item, f"{kind} items removed")


def each_item(
    body: Json, cured: Callable[[Json], Json | None], repair: str, *, fresh_connection: bool = False
) -> Recovery | None:
    """Every item as `cured` gives it; None takes it out. None where all stay as they are, or none does."""
    items = items_of(body)
    kept = [new for item in items if (new := cured(item)) is not None]
    if not kept or (len(kept) == len(items) and all(a is b for a, b in zip(kept, items, strict=True))):
        return None
    return Recovery(body | {"input": kept}, repair, fresh_connection=fresh_connection)
