"""Codex: `config.toml`, a provider of our own and the catalogue that we serve.

With the catalogue every model has its real window and apply_patch; the limits of the chosen model stand in
the file as well, for versions that do not ask for it. Source: Codex 0.169.0.
"""

from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import PROVIDER, Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import ABSENT, value_at
from tray_app.clients.models import Offered
from tray_app.clients.places import Place
from tray_app.clients.toml_text import Toml
from tray_app.errors import LocalFault


def folder(place: Place) -> Path:
    return place.folder("CODEX_HOME", ".codex")


def files(place: Place) -> tuple[ConfigFile, ...]:
    return (ConfigFile(folder(place) / "config.toml", Toml()),)


def wishes(context: Context, contents: Contents) -> Wishes:
    main = context.main(context.models.codex() or context.models.main())
    if main is None:
        raise LocalFault("Your seat has no model that Codex could use.")
    ours = ("model_providers", PROVIDER)
    put: dict[edits.Path, Any] = {
        ("model",): main.id,
        ("model_provider",): PROVIDER,
        (*ours, "name"): "Jumpseat",
        (*ours, "base_url"): f"{context.base_url}/v1",
        (*ours, "wire_api"): "responses",
        (*ours, "experimental_bearer_token"): context.key,
        (*ours, "model_catalog_url"): f"{context.base_url}/v1/models",
    }
    # Plugins are looked up at chatgpt.com and github.com, which a seat of Copilot does not come with.
    offer: dict[edits.Path, Any] = {**_limits(main), ("features", "plugins"): False}
    file = files(context.place)[0]
    notes = () if context.small_model is None else ("Codex has no small model; the option has no effect.",)
    return Wishes(
        (Wish(file, put, offer, (ours,)),), (main.id,), (*notes, *_notes(contents.get(file.path, {})))
    )


def _limits(main: Offered) -> dict[edits.Path, Any]:
    limits: dict[edits.Path, Any] = {}
    if main.window:
        limits["model_context_window",] = main.window
    if main.compact_at:
        limits["model_auto_compact_token_limit",] = main.compact_at
    return limits


def _notes(config: Any) -> tuple[str, ...]:
    profile = value_at(config, ("profile",))
    if profile is ABSENT:
        return ()
    return (f"config.toml uses the profile {profile}, which may name another model or provider.",)


def target(place: Place, contents: Contents) -> str | None:
    config = contents.get(files(place)[0].path, {})
    provider = value_at(config, ("model_provider",))
    url = value_at(config, ("model_providers", provider, "base_url")) if isinstance(provider, str) else ABSENT
    if url is ABSENT and provider in (ABSENT, "openai"):
        url = value_at(config, ("openai_base_url",))
    return url if isinstance(url, str) and url else None


CLIENT = Client(
    name="codex",
    title="Codex",
    programs=("codex",),
    folder=folder,
    files=files,
    wishes=wishes,
    target=target,
    restart="Restart Codex where it is running.",
    dialect="responses",
)
