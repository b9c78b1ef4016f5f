"""`connect`, `disconnect` and `clients`: point coding tools at Jumpseat, and put everything back."""

import argparse
import sys
from typing import Any

from tray_app.cli.ask import NotRunning, address, ask
from tray_app.cli.briefly import ask_briefly
from tray_app.cli.config import loaded_with_warnings
from tray_app.cli.output import say, say_json, say_table, warn
from tray_app.clients import desk, wsl
from tray_app.clients.client import Change, ClientState, Context, State
from tray_app.clients.models import Models
from tray_app.clients.places import Place
from tray_app.clients.registry import find, is_served
from tray_app.paths import Paths
from tray_app.settings import Settings


def connect(arguments: argparse.Namespace) -> int:
    """Show the change, ask, write. Status 1 when it was not written."""
    is_served(find(arguments.client), or_raise=True)  # before GitHub is asked for models
    context = _context(arguments, with_models=True)
    change = desk.preview(arguments.client, context)
    done = f"{change.title} is connected to Jumpseat at {context.base_url}."
    return _go_through(arguments, context, change, done)


def disconnect(arguments: argparse.Namespace) -> int:
    """As `connect`, the way back."""
    context = _context(arguments, with_models=False)
    change = desk.preview_back(arguments.client, context)
    return _go_through(arguments, context, change, f"{change.title} is as it was before.")


def clients(arguments: argparse.Namespace) -> int:
    states = desk.list_clients(_context(arguments, with_models=False))
    if arguments.json:
        say_json({"clients": [_state_json(state) for state in states]})
    else:
        say_table((state.name, _state_text(state), _about(state)) for state in states)
    return 0


# --- what it is about -----------------------------------------------------------------------------


def _context(arguments: argparse.Namespace, *, with_models: bool) -> Context:
    paths, settings = Paths.find(), loaded_with_warnings().settings
    place, base_url = Place.here(), address(paths, settings.server).rstrip("/")
    if distribution := getattr(arguments, "wsl", None):
        place, base_url = wsl.reach(distribution, base_url, settings.server.host)
    keys = settings.server.api_keys
    return Context(
        place,
        paths,
        base_url,
        keys[0] if keys else "jumpseat",
        _models(paths, settings) if with_models else Models(()),
        getattr(arguments, "model", None),
        getattr(arguments, "small_model", None),
    )


def _models(paths: Paths, settings: Settings) -> Models:
    """Of the running proxy, else of one that lives for this question only."""
    try:
        answer = ask(paths, settings, "/v1/models")
    except NotRunning:
        answer = ask_briefly(paths, settings, "/v1/models")
    return Models.read(answer)


# --- show, ask, write -----------------------------------------------------------------------------


def _go_through(arguments: argparse.Namespace, context: Context, change: Change, done: str) -> int:
    if not arguments.json:
        _show(change)
    may_write = not arguments.dry_run and (arguments.yes or (not arguments.json and _agreed(change)))
    backups = desk.make(change, context) if may_write else ()
    if arguments.json:
        say_json(_change_json(change, written=may_write, backups=[str(backup) for backup in backups]))
        return 0 if may_write or arguments.dry_run else _not_written()
    if not may_write:
        return 0 if arguments.dry_run else _not_written()
    say(done if change.is_change else f"{done} Nothing had to be changed.")
    for backup in backups:
        say(f"The file as it was before: {backup}")
    if change.is_change and change.restart:
        say(change.restart)
    return 0


def _show(change: Change) -> None:
    if change.is_change:
        say(change.diff.rstrip("\n"))
    for note in change.notes:
        warn(note)


def _agreed(change: Change) -> bool:
    """Nothing to write needs no answer; where nobody can answer, it is no."""
    if not change.is_change:
        return True
    if not sys.stdin or not sys.stdin.isatty():
        return False
    try:
        return input("Write this? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _not_written() -> int:
    warn("Nothing was written. Add --yes to write it without being asked.")
    return 1


# --- for people and for scripts -------------------------------------------------------------------


def _change_json(change: Change, *, written: bool, backups: list[str]) -> dict[str, Any]:
    return {
        "client": change.client,
        "base_url": change.base_url or None,
        "models": list(change.models),
        "notes": list(change.notes),
        "changed": change.is_change,
        "written": written and change.is_change,
        "files": [
            {
                "path": str(file.path),
                "change": _kind(file.before, file.after),
                "diff": file.diff,
            }
            for file in change.files
        ],
        "backups": backups,
    }


def _kind(before: str | None, after: str | None) -> str:
    if before == after:
        return "none"
    if before is None:
        return "create"
    return "remove" if after is None else "edit"


def _state_json(state: ClientState) -> dict[str, Any]:
    return {
        "name": state.name,
        "title": state.title,
        "state": state.state.value,
        "reason": state.reason or None,
        "program": state.program,
        "files": [str(file) for file in state.files],
        "base_url": state.target,
        "models": list(state.models),
        "can_connect": state.can_connect,
        "can_disconnect": state.can_disconnect,
    }


def _state_text(state: ClientState) -> str:
    return state.state.value if state.can_connect or state.state is State.NOT_FOUND else "not served yet"


def _about(state: ClientState) -> str:
    if state.reason:
        return state.reason
    if state.state is State.CONNECTED:
        return ", ".join(state.models)
    return state.program or (str(state.files[0]) if state.state is State.NOT_CONNECTED else "")
