"""aider: `.aider.conf.yml` for the address and the models, `.aider.model.metadata.json` for their limits.

Without the second, aider knows no window for these names and never shortens a chat. Source: aider 0.86.2.
"""

from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import value_at
from tray_app.clients.json_text import Json
from tray_app.clients.models import Offered
from tray_app.clients.places import Place
from tray_app.clients.yaml_text import Yaml
from tray_app.errors import LocalFault


def folder(place: Place) -> Path:
    """Where aider keeps its cache: a sign that it has been used."""
    return place.home / ".aider"


def files(place: Place) -> tuple[ConfigFile, ...]:
    return (
        ConfigFile(place.home / ".aider.conf.yml", Yaml()),
        ConfigFile(place.home / ".aider.model.metadata.json", Json()),
    )


def wishes(context: Context, contents: Contents) -> Wishes:
    main = context.main(context.models.main())
    if main is None:
        raise LocalFault("Your seat has no model that aider could use.")
    small = context.small(context.models.small()) or main
    config, metadata = files(context.place)
    put: dict[edits.Path, Any] = {
        ("openai-api-base",): f"{context.base_url}/v1",
        ("openai-api-key",): context.key,
        ("model",): f"openai/{main.id}",
        ("weak-model",): f"openai/{small.id}",
    }
    kinds: dict[edits.Path, Any] = {}
    limits: dict[edits.Path, Any] = {}
    for model in dict.fromkeys((main, small)):
        kinds |= {(f"openai/{model.id}", key): value for key, value in _kind(model).items()}
        limits |= {(f"openai/{model.id}", key): value for key, value in _limits(model).items()}
    own = tuple((f"openai/{model.id}",) for model in (main, small))
    return Wishes(
        (Wish(config, put), Wish(metadata, kinds, limits, own)),
        tuple(dict.fromkeys((main.id, small.id))),
        _notes(context),
    )


def _kind(model: Offered) -> dict[str, Any]:
    return {"litellm_provider": "openai", "mode": "chat", "supports_vision": model.vision}


def _limits(model: Offered) -> dict[str, int]:
    limits = {
        "max_input_tokens": model.input_limit,
        "max_output_tokens": model.output,
        "max_tokens": model.output,
    }
    return {key: limit for key, limit in limits.items() if limit}


def _notes(context: Context) -> tuple[str, ...]:
    return tuple(
        f"{name} is set in your shell; it goes before the file."
        for name in ("AIDER_MODEL", "AIDER_OPENAI_API_BASE", "OPENAI_API_BASE")
        if context.place.environ.get(name)
    )


def target(place: Place, contents: Contents) -> str | None:
    url = value_at(contents.get(files(place)[0].path, {}), ("openai-api-base",))
    return url if isinstance(url, str) and url else None


CLIENT = Client(
    name="aider", title="aider", programs=("aider",), folder=folder, files=files, wishes=wishes, target=target
)
