"""PURE. From the name a client sends to a model of the catalog, and to the endpoint that serves it.

    resolve            name -> Resolved, or UnknownModel (404) that says why and what is near
    choose_endpoint    model, the client's own endpoint -> upstream endpoint
    background_model   the model set for background calls, if one is

A name is looked for in this order: the settings (whole name, then longest prefix), the catalog as it
stands, other spellings, tiers, side names. A tier is never left: sonnet never becomes opus.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tray_app.copilot.catalog import CatalogView
from tray_app.dialects.capabilities import CHAT, MESSAGES, RESPONSES, WEBSOCKET, Endpoint, Model
from tray_app.proxy.model_names import (
    MAX_NAME,
    SIDE_NAMES,
    canonical,
    dashed,
    is_gemini_embedding,
    split_1m,
    tier,
    version,
    without_prefix,
)
from tray_app.proxy.unknown_model import UnknownModel, no_such, unavailable, wrong_kind
from tray_app.settings import ModelSettings

Purpose = Literal["chat", "embeddings"]
LONG_CONTEXT = 200_000  # [1m] means something above this window only
# Calls that a client marks and that need no more than a small model. Compaction and subagents do real work.
SMALL_CALLS = frozenset({"title", "warmup", "background"})
_GPT = re.compile(r"^gpt-(\d+)")
_STAND_INS = {"gemini flash-lite": "gemini flash", "gemini flash": "gemini flash-lite"}
_MINI = re.compile(r"^gpt-.*-(?:mini|nano)\b")


@dataclass(frozen=True, slots=True)
class Resolved:
    """`wants_1m` asks for the long context and holds only where the model has it. `how` is a sentence
    for the request's record, "" when the name was the model's id."""

    model: Model
    wants_1m: bool = False
    how: str = ""

    def with_note(self, note: str) -> "Resolved":
        return replace(self, how=_join(self.how, note))


def resolve(name: str, catalog: CatalogView, settings: ModelSettings, purpose: Purpose = "chat") -> Resolved:
    """The model behind a client's name. Raises UnknownModel."""
    if len(name) > MAX_NAME:
        raise no_such(name, catalog.models, purpose)
    bare, wants_1m = split_1m(name)
    target, source = _configured(name, bare, settings)
    if target is None and (exact := catalog.by_id.get(bare)) is not None:
        _check(exact, purpose)
        model, how = exact, ""
    elif target is None:
        model, how = _find(bare, catalog.models, settings, purpose)
    else:
        target, target_1m = split_1m(target)
        wants_1m = wants_1m or target_1m
        model, how = _find_configured(target, source, name, catalog.models, settings, purpose)
    return _with_context(model, wants_1m, how, catalog)


def background_model(
    background: str | None, catalog: CatalogView, settings: ModelSettings
) -> Resolved | None:
    """The `small_model` of the settings, when one is set and the client marked its call as small.

    None, so the model as asked, also when the account has no such model: a title must not fail for that.
    """
    if not settings.small_model or background not in SMALL_CALLS:
        return None
    try:
        found = resolve(settings.small_model, catalog, settings)
    except UnknownModel:
        return None
    return Resolved(found.model, found.wants_1m, f"{background} call: models.small_model = {found.model.id}")


# --- the endpoint ---------------------------------------------------------------------------------


def choose_endpoint(
    model: Model, own: Endpoint | None, *, native_messages: bool = True, lacking: Container[str] = ()
) -> Endpoint:
    """The upstream endpoint: the client's own dialect if the model has it, else its maker's native one.
    `own` is None for a dialect that Copilot does not speak.

    With `native_messages` off, Messages is used only by a model that has nothing else. `lacking` are
    endpoints that the model turned out not to have, whatever the catalog says.
    """
    order: list[Endpoint] = [*([own] if own else []), *_native_order(model)]
    if not native_messages:
        order = [*(endpoint for endpoint in order if endpoint != MESSAGES), MESSAGES]
    for endpoint in order:
        if model.has(endpoint) and endpoint not in lacking:
            return endpoint
    last: Endpoint = RESPONSES if model.has(WEBSOCKET) else CHAT
    others: tuple[Endpoint, ...] = (MESSAGES, CHAT) if model.is_claude else (CHAT, RESPONSES)
    return next((endpoint for endpoint in (last, *others) if endpoint not in lacking), last)


def _native_order(model: Model) -> tuple[Endpoint, ...]:
    if model.is_claude:
        return (MESSAGES, CHAT, RESPONSES)
    if (found := _GPT.match(model.id)) and int(found[1]) >= 5:
        return (RESPONSES, CHAT, MESSAGES)
    return (CHAT, RESPONSES, MESSAGES)


# --- the settings ---------------------------------------------------------------------------------


def _configured(name: str, bare: str, settings: ModelSettings) -> tuple[str | None, str]:
    """The target of a mapping, and the setting's key. A key that names `[1m]` goes first."""
    for asked, shortest in ((name, len(bare)), (bare, 0)):
        if asked in settings.exact:
            return settings.exact[asked], f'models.exact["{asked}"]'
        if (prefix := _longest_prefix(asked, settings, shortest)) is not None:
            return settings.prefix[prefix], f'models.prefix["{prefix}"]'
    return None, ""


def _longest_prefix(name: str, settings: ModelSettings, longer_than: int) -> str | None:
    fitting = [prefix for prefix in settings.prefix if name.startswith(prefix) and len(prefix) > longer_than]
    return max(fitting, key=len, default=None)


def _find_configured(
    target: str, source: str, name: str, models: Sequence[Model], settings: ModelSettings, purpose: Purpose
) -> tuple[Model, str]:
    try:
        model, _ = _find(target, models, settings, purpose)
    except UnknownModel as error:
        raise UnknownModel(f'The setting {source} turns "{name}" into "{target}". {error}') from error
    return model, f"{source} = {model.id}"


# --- the catalog ----------------------------------------------------------------------------------


def _find(name: str, models: Sequence[Model], settings: ModelSettings, purpose: Purpose) -> tuple[Model, str]:
    if (spelled := _spelled(name, models)) is not None:
        _check(spelled, purpose)
        return spelled, "" if spelled.id == name else f'"{name}" is {spelled.id}'
    usable = [model for model in models if model.type == purpose and unavailable(model) is None]
    if purpose == "chat" and (found := _by_tier(name, usable) or _side(name, usable, settings)) is not None:
        return found
    if purpose == "embeddings" and (model := _embedding(name, usable)) is not None:
        return model, f'"{name}" is Google\'s; {model.id} embeds for it'
    raise no_such(name, models, purpose)


def _check(model: Model, purpose: Purpose) -> None:
    if (reason := unavailable(model)) is not None:
        raise UnknownModel(reason)
    if model.type != purpose:
        raise wrong_kind(model, purpose)


def _spelled(name: str, models: Sequence[Model]) -> Model | None:
    """The model that a name spells: exactly, then with dots for dashes, then without dates and endings.

    A name that fits several models (a release and its preview) prefers one that can be used.
    """
    plain = dashed(without_prefix(name))
    tests = (
        lambda model: model.id == name,
        lambda model: dashed(model.id) == plain,
        lambda model: canonical(model.id) == canonical(name),
    )
    for fits in tests:
        if found := [model for model in models if fits(model)]:
            return min(found, key=lambda model: (unavailable(model) is not None, model.preview))
    return None


def _by_tier(name: str, usable: Sequence[Model]) -> tuple[Model, str] | None:
    """The newest model of the name's tier. Flash and flash-lite stand in for one another."""
    wanted = tier(name)
    for candidate in (wanted, _STAND_INS.get(wanted or "")):
        if candidate and (same := [model for model in usable if tier(model.id) == candidate]):
            model = max(same, key=_newest)
            return model, f'"{name}" is not in the catalog; {model.id} is its newest {candidate}'
    return None


def _newest(model: Model) -> tuple[bool, tuple[int, ...]]:
    """Those of the picker before hidden ones, then by version. (`-1m` and `-fast` variants, which cost a
    multiple, belong to no tier: nobody gets one without naming it.)"""
    return model.picker_enabled, version(model.id)


def _side(name: str, usable: Sequence[Model], settings: ModelSettings) -> tuple[Model, str] | None:
    """A small model for a name that no person chose."""
    if canonical(name) not in SIDE_NAMES:
        return None
    model = _small_setting(usable, settings) or smallest(usable)
    return (model, f'"{name}" is a name for side requests; {model.id} answers it') if model else None


def _embedding(name: str, usable: Sequence[Model]) -> Model | None:
    """The newest model for embeddings, for a name of Google's."""
    if not is_gemini_embedding(name):
        return None
    return max(usable, key=lambda model: (model.picker_enabled, version(model.id)), default=None)


def _small_setting(usable: Sequence[Model], settings: ModelSettings) -> Model | None:
    if not settings.small_model:
        return None
    spelled = _spelled(split_1m(settings.small_model)[0], usable)
    return spelled if spelled in usable else None


def smallest(usable: Sequence[Model]) -> Model | None:
    """The cheapest small model, the newest of equals: one of OpenAI's, where such names come from, else
    what the catalog calls lightweight, else what costs nothing."""
    groups = (
        [model for model in usable if _MINI.match(model.id)],
        [model for model in usable if model.raw.get("model_picker_category") == "lightweight"],
        [model for model in usable if model.multiplier == 0],
    )
    small = next((group for group in groups if group), [])
    return max(small, key=lambda model: (-_price(model), version(model.id)), default=None)


def _price(model: Model) -> float:
    return model.multiplier if model.multiplier is not None else 1.0


def _with_context(model: Model, wants_1m: bool, how: str, catalog: CatalogView) -> Resolved:
    """`[1m]` holds where the window allows it, on a sibling model if that is where it is."""
    if not wants_1m:
        return Resolved(model, False, how)
    if (model.context_window or 0) <= LONG_CONTEXT:
        sibling = catalog.by_id.get(f"{model.id}-1m")
        if sibling is None or unavailable(sibling) is not None:
            return Resolved(model, False, _join(how, f"[1m] has no effect: {model.id} has no longer window"))
        model, how = sibling, _join(how, f"[1m] is {sibling.id}")
    return Resolved(model, True, how)


def _join(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second
