"""Members of a request body by their path, as refusals name them."""

import re
from typing import Any

from tray_app.dialects.fields import Json

_KEPT = frozenset({"model", "input", "stream", "store", "instructions", "tools"})
_KEPT_IN_ITEMS = frozenset(
    "type role name content output call_id arguments text image_url summary encrypted_content tools".split()  # noqa: SIM905
)
_STEP = re.compile(r"([^.\[\]]+)|(\[\d*\])")


def without_path(body: Json, path: str) -> Json | None:
    """The body without the member at a dotted path such as `reasoning.summary` or `input[].phase`
    (in every item); None if it is not there or cannot be done without."""
    steps = [name or "[]" for name, _ in _STEP.findall(path)]
    if not steps or steps[0] == "[]" or steps[-1] == "[]":
        return None
    if (len(steps) == 1 and steps[0] in _KEPT) or ("[]" in steps and steps[-1] in _KEPT_IN_ITEMS):
        return None
    changed = _without(body, steps)
    return changed if isinstance(changed, dict) else None


def _without(value: Any, steps: list[str]) -> Any:
    """A copy without the member, or None if there is none."""
    step, rest = steps[0], steps[1:]
    if step == "[]":
        if not isinstance(value, list) or not rest:
            return None
        changed = [_without(entry, rest) for entry in value]
        if all(entry is None for entry in changed):
            return None
        return [old if new is None else new for old, new in zip(value, changed, strict=True)]
    if not isinstance(value, dict) or step not in value:
        return None
    if not rest:
        return {key: member for key, member in value.items() if key != step}
    inner = _without(value[step], rest)
    return None if inner is None else value | {step: inner}
