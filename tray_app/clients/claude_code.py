"""Claude Code: `settings.json`, whose `env` it reads before anything else.

The token variable, not ANTHROPIC_API_KEY: with a key it asks the person to approve it, and after a switch
of accounts it still says "/login". Names carry family and version with dashes, since from them it tells
thinking, effort and window. Source: Claude Code 2.1.330.
"""

import re
from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.client import Client, ConfigFile, Contents, Context, Wish, Wishes
from tray_app.clients.edits import ABSENT, value_at
from tray_app.clients.json_text import Json
from tray_app.clients.models import Offered
from tray_app.clients.places import Place
from tray_app.errors import LocalFault
from tray_app.proxy.model_names import tier, version

LINES = ("opus", "sonnet", "haiku")
LEAST_WINDOW = 100_000  # it takes less for this much
ONE_MILLION = 1_000_000
# Older ones count as 200k unless the name asks for more; newer ones are known to have a million.
_LONG_BY_ITSELF = (5,)
_OVERRULES = ("ANTHROPIC_MODEL", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")


def folder(place: Place) -> Path:
    return place.folder("CLAUDE_CONFIG_DIR", ".claude")


def files(place: Place) -> tuple[ConfigFile, ...]:
    return (ConfigFile(folder(place) / "settings.json", Json()),)


def wishes(context: Context, contents: Contents) -> Wishes:
    lines = {line: context.models.claude(line) for line in LINES}
    main = context.main(lines["sonnet"] or lines["opus"] or context.models.main())
    if main is None:
        raise LocalFault("Your seat has no model that Claude Code could use.")
    if (line := _line(main)) in lines:
        lines[line] = main
    small = context.small(lines["haiku"] or context.models.small() or main)
    if context.small_model or lines["haiku"] is None:
        lines["haiku"] = small
    env: dict[str, Any] = {
        "ANTHROPIC_BASE_URL": context.base_url,
        "ANTHROPIC_AUTH_TOKEN": context.key,
        **{
            f"ANTHROPIC_DEFAULT_{line.upper()}_MODEL": name_for(model or main)
            for line, model in lines.items()
        },
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    put: dict[edits.Path, Any] = {("env", name): value for name, value in env.items()} | {
        ("model",): name_for(main)
    }
    file = files(context.place)[0]
    wish = Wish(file, put, _limits(main))
    return Wishes((wish,), (name_for(main), env["ANTHROPIC_DEFAULT_HAIKU_MODEL"]), _notes(context, contents))


def name_for(model: Offered) -> str:
    """The name as Claude Code knows it: dashes for dots, and `[1m]` where it would not expect so much."""
    if not model.is_claude:
        return model.id
    name = model.id.replace(".", "-")
    is_long = (model.window or 0) >= ONE_MILLION and version(model.id) < _LONG_BY_ITSELF
    return f"{name}[1m]" if is_long and tier(model.id) != "claude haiku" else name


def _line(model: Offered) -> str:
    return (tier(model.id) or "").removeprefix("claude ")


def _limits(main: Offered) -> dict[edits.Path, Any]:
    """The window to fit a conversation into; the room for the answer it takes off by itself."""
    limits: dict[edits.Path, Any] = {}
    if main.input_limit and main.input_limit >= LEAST_WINDOW:
        limits["env", "CLAUDE_CODE_AUTO_COMPACT_WINDOW"] = str(main.input_limit)
    return limits


def _notes(context: Context, contents: Contents) -> tuple[str, ...]:
    """What elsewhere would overrule the file, or come before it."""
    notes = [
        f"{name} is set in your shell; unset it if Claude Code does not follow its settings."
        for name in _OVERRULES
        if context.place.environ.get(name)
    ]
    settings = contents.get(files(context.place)[0].path, {})
    if value_at(settings, ("env", "ANTHROPIC_API_KEY")) is not ABSENT:
        notes.append("settings.json sets ANTHROPIC_API_KEY as well, which Claude Code may ask you about.")
    if value_at(settings, ("apiKeyHelper",)) is not ABSENT:
        notes.append("settings.json has an apiKeyHelper, whose key goes before ours; take it out.")
    return tuple(notes)


def target(place: Place, contents: Contents) -> str | None:
    url = value_at(contents.get(files(place)[0].path, {}), ("env", "ANTHROPIC_BASE_URL"))
    return re.sub(r"/+$", "", url) if isinstance(url, str) and url else None


CLIENT = Client(
    name="claude-code",
    title="Claude Code",
    programs=("claude",),
    folder=folder,
    files=files,
    wishes=wishes,
    target=target,
    restart="Restart Claude Code where it is running.",
    dialect="messages",
)
