"""Thinking and effort as the Messages endpoint takes them. Source: copilot-wire 7.4, 7.5."""

from tray_app.dialects import effort
from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask, Note, Reasoning

_DEFAULT_BUDGET = 16_000
_LEAST_BUDGET = 1024


def write_thinking(ask: Ask, model: Model, body: Json, notes: list[Note]) -> bool:
    """Set `thinking` and `output_config.effort`. Returns whether the model will think.

    `body` has its max_tokens already. Nothing is said when the client said nothing.
    """
    reasoning = ask.reasoning
    if reasoning is None:
        return False
    if effort.is_off(reasoning):
        body["thinking"] = {"type": "disabled"}
        return False
    _effort(reasoning, model, body, notes)
    if ask.tool_choice is not None and ask.tool_choice.mode in ("required", "tool") and body.get("tools"):
        notes.append(Note("thinking", "dropped: not possible together with a forced tool"))
        return False
    if model.adaptive_thinking:
        display = "summarized" if reasoning.show else "omitted"
        body["thinking"] = {"type": "adaptive", "display": display}
        return True
    if not (model.thinking or model.max_thinking_budget):
        notes.append(Note("thinking", f"dropped: {model.id} does not think"))
        return False
    if _lost_its_thinking(body["messages"]):
        notes.append(Note("thinking", "dropped: the thinking before this turn's tool calls is lost"))
        return False
    budget = _budget(reasoning, model, body["max_tokens"])
    if budget is None:
        notes.append(Note("thinking", "dropped: max_tokens leaves no room for it"))
        return False
    body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    return True


def _lost_its_thinking(messages: list[Json]) -> bool:
    """Whether tool results answer calls that no thinking stands before. With a budget that is refused:
    "a final `assistant` message must start with a thinking block" (Anthropic's documentation)."""
    if len(messages) < 2 or messages[-1]["content"][0]["type"] != "tool_result":
        return False
    first = messages[-2]["content"][0]["type"]
    return messages[-2]["role"] == "assistant" and first not in ("thinking", "redacted_thinking")


def _effort(reasoning: Reasoning, model: Model, body: Json, notes: list[Note]) -> None:
    """The effort where the model has levels; older ones get a budget instead."""
    wanted = effort.wanted_effort(reasoning)
    if wanted is None or (reasoning.effort is None and not model.adaptive_thinking):
        return
    if model.reasoning_effort is None and not model.adaptive_thinking:
        return  # no levels known: the effort goes into the budget
    fitting, changed = effort.fit_effort(wanted, model, "effort")
    if fitting is None and not model.adaptive_thinking:
        return
    notes += changed
    if fitting is not None:
        body["output_config"] = {**body.get("output_config", {}), "effort": fitting}


def _budget(reasoning: Reasoning, model: Model, max_tokens: int) -> int | None:
    wanted = reasoning.budget
    if wanted is None:
        wanted = effort.budget_of_effort(reasoning.effort) if reasoning.effort else _DEFAULT_BUDGET
    least = model.min_thinking_budget or _LEAST_BUDGET
    most = min(model.max_thinking_budget or wanted, max_tokens - 1)
    return max(least, min(wanted, most)) if most >= least else None
