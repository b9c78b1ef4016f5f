"""How much to think, where dialects count it differently: effort words and budgets of tokens.

Source: copilot-wire 7.4, 7.5 and 11.1.
"""

from tray_app.dialects.capabilities import Model
from tray_app.dialects.neutral import Note, Reasoning

ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_BUDGETS = {
    "minimal": 1024,
    "low": 4096,
    "medium": 16_000,
    "high": 24_576,
    "xhigh": 32_000,
    "max": 64_000,
}


def effort_of_budget(budget: int) -> str:
    if budget <= 4096:
        return "low"
    return "medium" if budget <= 16_384 else "high"


def budget_of_effort(effort: str) -> int:
    return _BUDGETS.get(effort, _BUDGETS["medium"])


def is_off(reasoning: Reasoning) -> bool:
    return reasoning.mode == "off" or reasoning.effort == "none"


def wanted_effort(reasoning: Reasoning) -> str | None:
    """The effort the client asked for, in words; "none" when it wants no thinking."""
    if is_off(reasoning):
        return "none"
    if reasoning.effort is not None:
        return reasoning.effort
    return None if reasoning.budget is None else effort_of_budget(reasoning.budget)


def fit_effort(effort: str, model: Model, field: str) -> tuple[str | None, list[Note]]:
    """The effort as this model takes it: the nearest declared one below, else above. None: send none."""
    declared = model.reasoning_effort
    if declared is None or effort in declared:
        return effort, []
    nearest = None if effort == "none" else _nearest(effort, declared)
    if nearest is None:
        return None, [Note(field, f"dropped: {model.id} does not take effort {effort}")]
    return nearest, [Note(field, f"{effort} became {nearest}, the nearest that {model.id} takes")]


def _nearest(effort: str, declared: tuple[str, ...]) -> str | None:
    if effort not in ORDER:
        return None
    place = ORDER.index(effort)
    ranks = sorted(ORDER.index(word) for word in declared if word in ORDER and word != "none")
    below = [rank for rank in ranks if rank <= place]
    if below:
        return ORDER[below[-1]]
    return ORDER[ranks[0]] if ranks else None
