"""OpenCode: `opencode.json` or `.jsonc`, one provider with every model, each in its own dialect.

It compacts at `limit.input` less a reserve: that limit is the real one of prompts. Source: OpenCode 1.18.33.
"""

from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import PROVIDER, Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import value_at
from tray_app.clients.json_text import Json
from tray_app.clients.models import Offered
from tray_app.clients.places import Place
from tray_app.errors import LocalFault

CHAT, RESPONSES, MESSAGES = "@ai-sdk/openai-compatible", "@ai-sdk/openai", "@ai-sdk/anthropic"
_NAMES = ("opencode.jsonc", "opencode.json", "config.json")  # the first one found has the last word


def folder(place: Place) -> Path:
    return place.xdg_config / "opencode"


def files(place: Place) -> tuple[ConfigFile, ...]:
    found = [folder(place) / name for name in _NAMES if (folder(place) / name).exists()]
    return (ConfigFile(found[0] if found else folder(place) / "opencode.json", Json()),)


def wishes(context: Context, contents: Contents) -> Wishes:
    main = context.main(context.models.main())
    if main is None:
        raise LocalFault("Your seat has no model that OpenCode could use.")
    small = context.small(context.models.small()) or main
    ours = ("provider", PROVIDER)
    put: dict[edits.Path, Any] = {
        (*ours, "npm"): CHAT,
        (*ours, "name"): "Jumpseat",
        (*ours, "options", "baseURL"): f"{context.base_url}/v1",
        (*ours, "options", "apiKey"): context.key,
        ("model",): f"{PROVIDER}/{main.id}",
        ("small_model",): f"{PROVIDER}/{small.id}",
    }
    offer: dict[edits.Path, Any] = {}
    for model in dict.fromkeys((main, small, *(model for model in context.models.all if model.tools))):
        put |= {(*ours, "models", model.id, *path): value for path, value in _about(model).items()}
        offer |= {(*ours, "models", model.id, "limit", key): limit for key, limit in _limits(model).items()}
    file = files(context.place)[0]
    if not contents:
        offer["$schema",] = "https://opencode.ai/config.json"
    return Wishes(
        (Wish(file, put, offer, (ours,)),),
        tuple(dict.fromkeys((main.id, small.id))),
        _notes(context, contents.get(file.path, {})),
    )


def _about(model: Offered) -> dict[tuple[str, ...], Any]:
    about: dict[tuple[str, ...], Any] = {("name",): model.name}
    if (package := _package(model)) != CHAT:
        about["provider", "npm"] = package
    if model.reasons:
        about["reasoning",] = True
    if model.vision:
        about["attachment",] = True
        about["modalities",] = {"input": ["text", "image"], "output": ["text"]}
    return about


def _package(model: Offered) -> str:
    """The package for the API that the model has upstream: bytes then pass untranslated."""
    if model.is_claude and "/v1/messages" in model.endpoints:
        return MESSAGES
    return RESPONSES if model.id.startswith("gpt-") and "/responses" in model.endpoints else CHAT


def _limits(model: Offered) -> dict[str, int]:
    """OpenCode wants context and output together or not at all."""
    if not model.window or not model.output:
        return {}
    limits = {"context": model.window, "output": model.output}
    return limits | ({"input": model.input_limit} if model.input_limit else {})


def _notes(context: Context, config: Any) -> tuple[str, ...]:
    notes = [
        f"{name} is set in your shell; what it names goes before this file."
        for name in ("OPENCODE_CONFIG", "OPENCODE_CONFIG_CONTENT", "OPENCODE_CONFIG_DIR")
        if context.place.environ.get(name)
    ]
    enabled, disabled = (value_at(config, (f"{word}_providers",)) for word in ("enabled", "disabled"))
    if (isinstance(enabled, list) and PROVIDER not in enabled) or (
        isinstance(disabled, list) and PROVIDER in disabled
    ):
        notes.append(f"Your list of providers in the file leaves {PROVIDER} out; add it there.")
    return tuple(notes)


def target(place: Place, contents: Contents) -> str | None:
    """The address of the provider that the default model belongs to; of ours where none is set."""
    config = contents.get(files(place)[0].path, {})
    model = value_at(config, ("model",))
    provider = model.partition("/")[0] if isinstance(model, str) else PROVIDER
    url = value_at(config, ("provider", provider, "options", "baseURL"))
    return url if isinstance(url, str) and url else None


CLIENT = Client(
    name="opencode",
    title="OpenCode",
    programs=("opencode",),
    folder=folder,
    files=files,
    wishes=wishes,
    target=target,
    restart="Restart OpenCode where it is running.",
)
