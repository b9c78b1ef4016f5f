"""Gemini CLI: the address and the key in `.env`, how to sign in and when to compress in `settings.json`.

It takes every model for one with a window of 2^20 tokens, so the threshold is that share of it that fits the
real window. Source: Gemini CLI 0.61.0.
"""

from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import value_at
from tray_app.clients.env_text import Env
from tray_app.clients.json_text import Json
from tray_app.clients.places import Place
from tray_app.errors import LocalFault

ASSUMED_WINDOW = 1_048_576


def folder(place: Place) -> Path:
    return place.folder("GEMINI_CLI_HOME") / ".gemini"


def files(place: Place) -> tuple[ConfigFile, ...]:
    return (ConfigFile(folder(place) / ".env", Env()), ConfigFile(folder(place) / "settings.json", Json()))


def wishes(context: Context, contents: Contents) -> Wishes:
    main = context.main(context.models.gemini() or context.models.main())
    if main is None:
        raise LocalFault("Your seat has no model that Gemini CLI could use.")
    env, settings = files(context.place)
    variables: dict[edits.Path, Any] = {
        ("GEMINI_API_KEY",): context.key,
        ("GOOGLE_GEMINI_BASE_URL",): context.base_url,
        ("GEMINI_MODEL",): main.id,
    }
    sign_in: dict[edits.Path, Any] = {("security", "auth", "selectedType"): "gemini-api-key"}
    offer: dict[edits.Path, Any] = {}
    if main.compact_at and main.compact_at < ASSUMED_WINDOW:
        offer["model", "compressionThreshold"] = round(main.compact_at / ASSUMED_WINDOW, 3)
    return Wishes((Wish(env, variables), Wish(settings, sign_in, offer)), (main.id,))


def target(place: Place, contents: Contents) -> str | None:
    url = value_at(contents.get(files(place)[0].path, {}), ("GOOGLE_GEMINI_BASE_URL",))
    return url if isinstance(url, str) and url else None


CLIENT = Client(
    name="gemini-cli",
    title="Gemini CLI",
    programs=("gemini",),
    folder=folder,
    files=files,
    wishes=wishes,
    target=target,
    restart="Restart Gemini CLI where it is running.",
    dialect="gemini",
)
