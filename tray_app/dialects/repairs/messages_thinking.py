"""Thinking, effort, format and sampling of a Messages body, as the model takes them (wire 7.4, 7.5)."""

from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Rules
from tray_app.dialects.repairs.common import Work, facts, is_since, nearest_effort
from tray_app.errors import BadRequest

DEFAULT_BUDGET = 16_000
LEAST_BUDGET = 1024
NO_SAMPLING_SINCE = (4, 7)
_SAMPLING = ("temperature", "top_p", "top_k")
_DISPLAYS = ("summarized", "omitted")


def is_adaptive(rules: Rules) -> bool:
    """Whether thinking is asked for as `adaptive`: by the catalog, corrected by what was learned."""
    known = facts(rules)
    if "no_adaptive" in known:
        return False
    return rules.model.adaptive_thinking or "adaptive_thinking" in known


def effort_of_budget(budget: int) -> str:
    if budget <= 8191:
        return "low"
    return "medium" if budget <= 24_575 else "high"


def clean_thinking(work: Work) -> None:
    """Raises BadRequest for a wrong type."""
    thinking = fields.get_object(work.body, "thinking")
    if thinking is None:
        work.body.pop("thinking", None)
        return
    kind = fields.get_str(thinking, "type", "thinking")
    if kind not in ("enabled", "adaptive", "disabled"):
        raise BadRequest(
            "thinking.type: expected enabled, adaptive or disabled.", "thinking.type", code="invalid_value"
        )
    adaptive = is_adaptive(work.rules)
    if not (adaptive or _has_thinking(work.rules)):
        work.drop("thinking", "dropped, the model has none")
    elif kind == "disabled":
        _disabled(work)
    elif _forces_tool(work.body):
        del work.body["thinking"]
        work.repaired("dropped thinking, it may not go with a forced tool choice")
    elif adaptive:
        _adaptive(work, thinking, kind)
    else:
        _enabled(work, thinking, kind)


def _has_thinking(rules: Rules) -> bool:
    return rules.model.reasons and "no_thinking" not in facts(rules)


def _disabled(work: Work) -> None:
    if "no_disabled" in work.facts:
        work.drop("thinking", "the model cannot switch it off")
    else:
        work.body["thinking"] = {"type": "disabled"}


def _forces_tool(body: Json) -> bool:
    choice = body.get("tool_choice")
    return isinstance(choice, dict) and choice.get("type") in ("any", "tool")


def _display(work: Work, thinking: Json, *, default: str | None) -> Json:
    """`{"display": ...}` or nothing. Absent, adaptive models leave their thinking out silently."""
    display = thinking.get("display", default)
    if display is None or "no_display" in work.facts:
        return {}
    if display not in _DISPLAYS:
        work.note("thinking.display", "set to summarized")
        display = "summarized"
    return {"display": display}


def _adaptive(work: Work, thinking: Json, kind: str) -> None:
    if kind == "enabled":
        work.repaired("changed thinking from enabled to adaptive")
        budget = fields.get_int(thinking, "budget_tokens", "thinking")
        _suggest_effort(work, effort_of_budget(DEFAULT_BUDGET if budget is None else budget))
    elif "budget_tokens" in thinking:
        work.note("thinking.budget_tokens", "removed, adaptive thinking has none")
    if "display" not in thinking:
        work.note("thinking.display", "summarized, so that thinking is not left out")
    work.body["thinking"] = {"type": "adaptive", **_display(work, thinking, default="summarized")}


def _suggest_effort(work: Work, effort: str) -> None:
    config = fields.get_object(work.body, "output_config") or {}
    levels = work.rules.model.reasoning_effort
    fitting = effort if levels is None else nearest_effort(effort, levels)
    if fitting and config.get("effort") is None and "no_effort" not in work.facts:
        work.body["output_config"] = {**config, "effort": fitting}


def _enabled(work: Work, thinking: Json, kind: str) -> None:
    if _turn_lost_its_thinking(work.body):
        del work.body["thinking"]
        work.repaired("dropped thinking, the turn's own is missing before its tool calls")
        return
    if kind == "adaptive":
        work.repaired("changed thinking from adaptive to enabled with a budget")
    wanted = fields.get_int(thinking, "budget_tokens", "thinking") if kind == "enabled" else None
    budget = _budget(work, wanted)
    if budget is None:
        work.drop("thinking", "dropped, max_tokens leaves no room for it")
        return
    if wanted is not None and wanted != budget:
        work.note("thinking.budget_tokens", f"{wanted} set to {budget}")
    work.body["thinking"] = {
        "type": "enabled",
        "budget_tokens": budget,
        **_display(work, thinking, default=None),
    }


def _turn_lost_its_thinking(body: Json) -> bool:
    """Whether tool results answer calls that no thinking stands before: refused beside a budget. Claude
    Code 2.1 leaves thinking out when the answer's model is not spelled as it asked for it."""
    messages = body.get("messages") or [{}]
    results, calls = messages[-1], messages[-2] if len(messages) > 1 else {}
    if not _first_is(results, "tool_result") or calls.get("role") != "assistant":
        return False
    return not (_first_is(calls, "thinking") or _first_is(calls, "redacted_thinking"))


def _first_is(message: Json, kind: str) -> bool:
    content = message.get("content")
    first = content[0] if isinstance(content, list) and content else {}
    return isinstance(first, dict) and first.get("type") == kind


def _budget(work: Work, wanted: int | None) -> int | None:
    """A budget between the model's limits and below max_tokens, which is raised if that is the only way."""
    model = work.rules.model
    least = max(LEAST_BUDGET, model.min_thinking_budget or 0)
    budget = max(least, wanted if wanted is not None else DEFAULT_BUDGET)
    budget = min(budget, model.max_thinking_budget or budget)
    limit = work.body.get("max_tokens")
    if not isinstance(limit, int) or budget < limit:
        return budget
    if limit - 1 >= least:
        return limit - 1
    raised = least + limit
    if wanted is None or raised > (model.max_output_tokens or raised):
        return None
    work.body["max_tokens"] = raised
    work.note("max_tokens", f"{limit} raised to {raised}, so that thinking has room")
    return least


# --- output_config --------------------------------------------------------------------------------------


def clean_output_config(work: Work) -> None:
    if (old := work.body.pop("output_format", None)) is not None:
        work.body["output_config"] = {"format": old, **(fields.get_object(work.body, "output_config") or {})}
        work.note("output_format", "moved into output_config")
    config = fields.get_object(work.body, "output_config")
    if config is None:
        work.body.pop("output_config", None)
        return
    clean: Json = {}
    for key, value in config.items():
        cleaned = _CONFIG[key](work, value) if key in _CONFIG else None
        if cleaned is not None:
            clean[key] = cleaned
        if key not in _CONFIG:
            work.note(f"output_config.{key}"[:80], "dropped, not known upstream")
    work.body["output_config"] = clean
    if not clean:
        del work.body["output_config"]


def _effort(work: Work, value: Any) -> str | None:
    if value is None:
        return None
    effort = fields.as_str(value, "output_config.effort")
    levels = work.rules.model.reasoning_effort
    takes = is_adaptive(work.rules) if levels is None else effort in levels
    if takes and "no_effort" not in work.facts:
        return effort
    work.note("output_config.effort", f"{effort[:40]!r} dropped, not a level of the model")
    return None


def _format(work: Work, value: Any) -> Json | None:
    if value is None:
        return None
    format = fields.as_object(value, "output_config.format")
    nested = format.get("json_schema")
    schema = format.get("schema") or (nested.get("schema") if isinstance(nested, dict) else None)
    if format.get("type") != "json_schema" or not isinstance(schema, dict):
        work.note("output_config.format", "dropped, only a JSON schema is taken")
        return None
    if "no_format" in work.facts:
        work.note("output_config.format", "dropped, the model refuses it")
        return None
    if format.keys() - {"type", "schema"}:
        work.note("output_config.format", "reduced to type and schema")
    if "$schema" in schema:
        schema = {key: item for key, item in schema.items() if key != "$schema"}
        work.note("output_config.format", "$schema removed")
    return {"type": "json_schema", "schema": schema}


_CONFIG = {"effort": _effort, "format": _format}


# --- sampling ---------------------------------------------------------------------------------------------


def clean_sampling(work: Work) -> None:
    """One of temperature and top_p, none from 4.7 on, and only what may stand beside thinking."""
    body = work.body
    for key in _SAMPLING:
        if body.get(key) is None:
            body.pop(key, None)
        fields.get_number(body, key)
    if "no_sampling" in work.facts or is_since(work.rules.model.id, NO_SAMPLING_SINCE):
        for key in _SAMPLING:
            work.drop(key, "dropped, the model takes no sampling parameters")
        return
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") != "disabled":
        work.drop("top_k", "dropped, not with thinking")
        if body.get("temperature", 1) != 1:
            work.drop("temperature", "dropped, not with thinking")
        if body.get("top_p", 1) < 0.95:
            work.drop("top_p", "dropped, not with thinking")
    if "temperature" in body and body["temperature"] > 1:
        work.note("temperature", "lowered to 1, the most Claude takes")
        body["temperature"] = 1
    if "temperature" in body:
        work.drop("top_p", "dropped, Claude refuses it beside temperature")
