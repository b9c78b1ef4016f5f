"""llm: its models in `extra-openai-models.yaml`, the key in `keys.json`, the default in `default_model.txt`.

It has no settings for windows. Source: llm 0.36.
"""

from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import PROVIDER, Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import Item
from tray_app.clients.env_text import Line
from tray_app.clients.json_text import Json
from tray_app.clients.models import Offered
from tray_app.clients.places import Place
from tray_app.clients.yaml_text import Yaml
from tray_app.errors import LocalFault


def folder(place: Place) -> Path:
    named = place.environ.get("LLM_USER_PATH")
    return Path(named) if named else place.application("io.datasette.llm")


def files(place: Place) -> tuple[ConfigFile, ...]:
    home = folder(place)
    return (
        ConfigFile(home / "extra-openai-models.yaml", Yaml()),
        ConfigFile(home / "keys.json", Json()),
        ConfigFile(home / "default_model.txt", Line()),
    )


def wishes(context: Context, contents: Contents) -> Wishes:
    main = context.main(context.models.main())
    if main is None:
        raise LocalFault("Your seat has no model that llm could use.")
    models, keys, default = files(context.place)
    put: dict[edits.Path, Any] = {}
    for model in dict.fromkeys((main, *context.models.all)):
        item = Item("model_id", _name(model))
        put |= {(item, key): value for key, value in _entry(context, model).items()}
    own = tuple(dict.fromkeys(path[:1] for path in put))
    notes = () if context.small_model is None else ("llm has no small model; the option has no effect.",)
    return Wishes(
        (
            Wish(models, put, own=own),
            Wish(keys, {(PROVIDER,): context.key}),
            Wish(default, {(Line.KEY,): _name(main)}),
        ),
        (main.id,),
        notes,
    )


def _name(model: Offered) -> str:
    return f"{PROVIDER}/{model.id}"


def _entry(context: Context, model: Offered) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "model_id": _name(model),
        "model_name": model.id,
        "api_base": f"{context.base_url}/v1",
        "api_key_name": PROVIDER,
        "supports_tools": model.tools,
        "supports_schema": True,
    }
    return entry | ({"vision": True} if model.vision else {})


def target(place: Place, contents: Contents) -> str | None:
    entries = contents.get(files(place)[0].path)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and str(entry.get("model_id", "")).startswith(f"{PROVIDER}/"):
            url = entry.get("api_base")
            return url if isinstance(url, str) else None
    return None


CLIENT = Client(
    name="llm", title="llm", programs=("llm",), folder=folder, files=files, wishes=wishes, target=target
)
