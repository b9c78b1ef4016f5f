"""Continue: entries in the `models` of `config.yaml`, known by their names, which end in "(Jumpseat)".

It keeps a prompt to `contextLength` less `maxTokens`. Source: Continue CLI 1.5.47.
"""

from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import ABSENT, Item, value_at
from tray_app.clients.models import Offered
from tray_app.clients.places import Place
from tray_app.clients.yaml_text import Yaml
from tray_app.errors import LocalFault

MARK = " (Jumpseat)"
# Continue wants these three in every file.
_HEAD: dict[edits.Path, Any] = {("name",): "Local Config", ("version",): "1.0.0", ("schema",): "v1"}


def folder(place: Place) -> Path:
    return place.folder("CONTINUE_GLOBAL_DIR", ".continue")


def files(place: Place) -> tuple[ConfigFile, ...]:
    return (ConfigFile(folder(place) / "config.yaml", Yaml()),)


def wishes(context: Context, contents: Contents) -> Wishes:
    file = files(context.place)[0]
    if not contents and (folder(context.place) / "config.json").exists():
        raise LocalFault(
            f"Continue still uses config.json in {folder(context.place)}, and would no longer read it "
            "next to a config.yaml.",
            "Move it to config.yaml first (Continue offers that), and connect then.",
        )
    models = _chosen(context)
    if not models:
        raise LocalFault("Your seat has no model that Continue could use.")
    config = contents.get(file.path, {})
    put: dict[edits.Path, Any] = {
        path: value for path, value in _HEAD.items() if value_at(config, path) in (ABSENT, value)
    }
    offer: dict[edits.Path, Any] = {}
    for model in models:
        item = ("models", Item("name", model.name + MARK))
        put |= {(*item, key): value for key, value in _entry(context, model).items()}
        offer |= {(*item, "defaultCompletionOptions", key): limit for key, limit in _limits(model).items()}
    own = tuple(("models", Item("name", model.name + MARK)) for model in models)
    names = tuple(model.id for model in models)
    return Wishes(
        (Wish(file, put, offer, own),), names, ("Choose one of them in Continue's list of models.",)
    )


def _chosen(context: Context) -> tuple[Offered, ...]:
    """The model that was asked for, and the newest of each line; Continue lets people switch."""
    seat = context.models
    main, small = context.main(seat.main()), context.small(seat.small())
    lines = (seat.claude("opus"), seat.claude("sonnet"), seat.claude("haiku"), seat.codex(), seat.gpt())
    found = (main, small, *lines, seat.gemini())
    return tuple(dict.fromkeys(model for model in found if model is not None))


def _entry(context: Context, model: Offered) -> dict[str, Any]:
    return {
        "name": model.name + MARK,
        "provider": "openai",
        "model": model.id,
        "apiBase": f"{context.base_url}/v1",
        "apiKey": context.key,
        "useResponsesApi": model.id.startswith("gpt-") and "/responses" in model.endpoints,
        "roles": ["chat", "edit", "apply"],
        "capabilities": ["tool_use", *(["image_input"] if model.vision else [])],
    }


def _limits(model: Offered) -> dict[str, int]:
    if not model.input_limit or not model.output:
        return {}
    room = min(model.window or model.input_limit, model.input_limit + model.output)
    return {"contextLength": room, "maxTokens": model.output}


def target(place: Place, contents: Contents) -> str | None:
    """Where our entries lead; Continue may have others beside them."""
    models = value_at(contents.get(files(place)[0].path, {}), ("models",))
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and str(model.get("name", "")).endswith(MARK):
            url = model.get("apiBase")
            return url if isinstance(url, str) else None
    return None


CLIENT = Client(
    name="continue",
    title="Continue",
    programs=("cn",),
    folder=folder,
    files=files,
    wishes=wishes,
    target=target,
)
