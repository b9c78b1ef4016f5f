"""PURE. Why a model cannot be used, in words that help: policy, plan, region, kind, or no such name."""

import difflib
from collections.abc import Sequence

from tray_app.dialects.capabilities import Model
from tray_app.errors import BadRequest
from tray_app.proxy.model_names import MAX_NAME, canonical, maker

FEATURES = "https://github.com/settings/copilot/features"
_NEAREST = 5


class UnknownModel(BadRequest):
    """404: the account has no model of that name, or has it and cannot use it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "model", code="model_not_found", status=404)


def unavailable(model: Model) -> str | None:
    """Why a listed model cannot be called, as a sentence with its remedy; None when it can."""
    if model.type == "completion":
        return f"{model.id} only completes text inside an editor; Copilot does not serve it for chat."
    if model.policy_state in (None, "enabled"):
        return None
    state = "switched off" if model.policy_state == "disabled" else "not yet switched on"
    return (
        f"{model.id} is {state} for this account. Enable it at {FEATURES} "
        f"(on a business or enterprise seat the organisation's owner does that).{_plans(model)}"
    )


def refused_though_listed(model: Model) -> str:
    """What can be behind Copilot's `model_not_supported` for a model of the list."""
    return (
        f"Copilot lists {model.id} but refuses to serve it. Possible reasons: it is not enabled at"
        f" {FEATURES} (the organisation's owner does that on a business seat); the plan does not include it;"
        f" its maker is not offered in your country or from your network address.{_plans(model)}"
    )


def _plans(model: Model) -> str:
    if not model.restricted_to:
        return ""
    plans = ", ".join(plan.replace("_plus", "+") for plan in model.restricted_to)
    return f" Plans that include it: {plans}."


def wrong_kind(model: Model, purpose: str) -> UnknownModel:
    """An embeddings model asked for chat, or the reverse."""
    if purpose == "embeddings":
        return UnknownModel(f"{model.id} is a chat model and gives no embeddings. Use it for chat.")
    return UnknownModel(f"{model.id} is an embeddings model and cannot chat. Use it with /v1/embeddings.")


def no_such(name: str, models: Sequence[Model], purpose: str) -> UnknownModel:
    """The name with its nearest neighbours, and the likely reason when a whole maker is absent."""
    shown = name if len(name) <= MAX_NAME else f"{name[:60]}…"
    usable = [model for model in models if model.type == purpose and unavailable(model) is None]
    texts = [f'This Copilot account has no model "{shown}".']
    if near := nearest(name, usable):
        texts.append(f"Nearest: {', '.join(near)}.")
    texts.append(_missing_maker(name, models))
    return UnknownModel(" ".join(text for text in texts if text))


def nearest(name: str, models: Sequence[Model]) -> list[str]:
    """Ids close in spelling, then others of the same maker; at most five."""
    spellings = {canonical(model.id): model.id for model in reversed(models)}
    close = difflib.get_close_matches(canonical(name[:MAX_NAME]), spellings, _NEAREST, cutoff=0.5)
    own = maker(name[:MAX_NAME])
    same_maker = [model.id for model in models if own and maker(model.id) == own and model.picker_enabled]
    others = [] if own else [model.id for model in models if model.picker_enabled]
    found = [*(spellings[spelling] for spelling in close), *same_maker]
    return list(dict.fromkeys(found or others or [model.id for model in models]))[:_NEAREST]


def _missing_maker(name: str, models: Sequence[Model]) -> str:
    own = maker(name[:MAX_NAME])
    if not own:
        return ""
    listed = [model for model in models if maker(model.id) == own]
    reasons = [reason for model in listed if model.type != "completion" and (reason := unavailable(model))]
    if not listed:
        return (
            f"GitHub lists no {own} models for this account: they may be off at {FEATURES},"
            " outside the plan, or not offered in your country or from your network address."
        )
    return reasons[0] if reasons and len(reasons) == len(listed) else ""
