"""PURE. The Models page: what each model can, costs and is called, and why one cannot be used."""

from collections.abc import Iterable, Mapping
from typing import Any

from tray_app.copilot.catalog import CatalogView
from tray_app.dialects.capabilities import Model
from tray_app.errors import JumpseatError
from tray_app.history.noted import Seen
from tray_app.history.record import stamp
from tray_app.proxy import routing
from tray_app.proxy.unknown_model import FEATURES, unavailable
from tray_app.proxy.worth import prices_of
from tray_app.settings import ModelSettings

_SHORT_NAMES = (
    "opus",
    "sonnet",
    "haiku",
    "opusplan",
    "default",
    "best",
    "pro",
    "flash",
    "flash-lite",
    "auto",
)
_MAKERS = {"Anthropic": "claude", "OpenAI": "gpt", "Google": "gemini", "xAI": "grok"}
_PLANS = {
    "individual": {"pro", "individual"},
    "individual_pro": {"pro", "individual_pro"},
    "individual_pro_plus": {"pro_plus", "individual_pro_plus"},
    "individual_edu": {"edu", "individual_edu"},
    "business": {"business"},
    "enterprise": {"enterprise"},
    "free": {"free"},
}
_LIGHT, _DEAR = 0.5, 1.0  # multipliers of a premium request


def catalog_json(
    view: CatalogView, seen: Mapping[str, Seen], settings: ModelSettings, plan: str | None, *, stale: bool
) -> dict[str, Any]:
    """The body of `/api/catalog`."""
    aliases = aliases_of(view, settings)
    return {
        "models": [_model(model, seen.get(model.id, Seen()), aliases, plan) for model in view.models],
        "absent_vendors": list(_absent(view.models)),
        "loaded_at": stamp(view.loaded_at) if view.loaded_at else None,
        "stale": stale,
    }


def aliases_of(view: CatalogView, settings: ModelSettings) -> dict[str, list[str]]:
    """By model id: the short names, and the owner's own, that lead to it now."""
    found: dict[str, list[str]] = {}
    for name in (*_SHORT_NAMES, *settings.exact):
        try:
            model = routing.resolve(name, view, settings).model
        except JumpseatError:
            continue
        if name != model.id:
            found.setdefault(model.id, []).append(name)
    return found


def _model(model: Model, seen: Seen, aliases: Mapping[str, list[str]], plan: str | None) -> dict[str, Any]:
    reason, text = missing(model, plan)
    prices = prices_of(model)
    return {
        "id": model.id,
        "name": model.name,
        "vendor": model.vendor,
        "type": model.type,
        "preview": model.preview,
        "context_window": model.context_window,
        "max_prompt_tokens": model.max_prompt_tokens,
        "max_output_tokens": model.max_output_tokens,
        "endpoints": list(model.endpoints),
        "vision": model.vision,
        "tool_calls": model.tool_calls,
        "thinking": model.reasons,
        "reasoning_effort": list(model.reasoning_effort) if model.reasoning_effort is not None else None,
        "price_class": price_class(model),
        "multiplier": model.multiplier,
        "prices": prices.as_json() if prices else None,
        "aliases": aliases.get(model.id, []),
        "used": seen.used,
        "last_used": stamp(seen.last_used) if seen.last_used else None,
        "first_seen": stamp(seen.first_seen) if seen.first_seen else None,
        "is_new": seen.is_new,
        "usable": reason is None,
        "missing_reason": reason,
        "missing_text": text,
    }


def price_class(model: Model) -> str | None:
    """`model_picker_price_category` is the upstream's word; without it the multiplier decides."""
    if model.multiplier is None:
        return None
    if model.multiplier == 0:
        return "included"
    if model.multiplier < _LIGHT:
        return "light"
    return "standard" if model.multiplier <= _DEAR else "premium"


def missing(model: Model, plan: str | None) -> tuple[str | None, str | None]:
    """Why a listed model cannot be used (policy, plan, kind) with a sentence; (None, None) when it can."""
    if model.type == "completion":
        return "kind", unavailable(model)
    own = _PLANS.get(plan or "", set())
    if own and model.restricted_to and not own & set(model.restricted_to):
        plans = ", ".join(one.replace("_plus", "+") for one in model.restricted_to)
        return "plan", f"Your plan does not include {model.id}. Plans that do: {plans}."
    if (text := unavailable(model)) is not None:
        return "policy", text
    return None, None


def _absent(models: Iterable[Model]) -> Iterable[dict[str, str]]:
    listed = list(models)
    for vendor, start in _MAKERS.items():
        if not any(model.id.startswith(start) or vendor.lower() in model.vendor.lower() for model in listed):
            yield {
                "vendor": vendor,
                "reason": "policy_plan_or_region",
                "text": f"GitHub lists no {vendor} models for this account: they may be off at {FEATURES}, "
                "outside the plan, or not offered in your country or from your network address.",
            }
