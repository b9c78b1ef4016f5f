"""`jumpseat config`: look at settings and change them."""

import argparse
import json
import os
from collections.abc import Mapping
from typing import Any

from tray_app.cli.output import say, say_json, say_table, warn
from tray_app.errors import LocalFault
from tray_app.paths import Paths
from tray_app.settings import Settings
from tray_app.settings_file import Loaded, check_binding, load, load_anyway
from tray_app.settings_keys import KEYS, Key, find
from tray_app.settings_save import reset as reset_setting
from tray_app.settings_save import save


def path(_arguments: argparse.Namespace) -> int:
    say(str(Paths.find().config))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Every setting with its value and source; secrets only counted."""
    loaded = loaded_with_warnings()
    if arguments.json:
        say_json({key.dotted: _as_json(key, loaded) for key in KEYS.values()})
    else:
        say_table((key.dotted, _shown(key, loaded.settings), _source(key, loaded)) for key in KEYS.values())
    return 0


def get(arguments: argparse.Namespace) -> int:
    """One value as it is: who asks for a key by its name wants to see it."""
    key, entry = _named(arguments.key)
    value = _value(key, loaded_with_warnings().settings)
    if entry is not None:
        if entry not in value:
            raise LocalFault(f"{arguments.key} is not set.")
        value = value[entry]
    say(_plain(value))
    return 0


def set(arguments: argparse.Namespace) -> int:
    paths = Paths.find()
    key, entry = _named(arguments.key)
    try:
        value = (
            key.parse(arguments.value) if entry is None else _with_entry(key, entry, arguments.value, paths)
        )
    except ValueError as error:
        raise LocalFault(f"{key.dotted} {error}.") from error
    save(paths, key.dotted, value)
    _tell_if_overruled(key)
    return 0


def reset(arguments: argparse.Namespace) -> int:
    paths = Paths.find()
    key, entry = _named(arguments.key)
    if entry is None:
        reset_setting(paths, key.dotted)
    else:
        kept = {name: text for name, text in _in_file(key, paths).items() if name != entry}
        save(paths, key.dotted, kept)
    _tell_if_overruled(key)
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Status 1 when something is wrong."""
    loaded = load_anyway(Paths.find())
    found = [str(finding) for finding in loaded.findings]
    try:
        check_binding(loaded.settings.server)
    except LocalFault as fault:
        found.append(str(fault))
    if arguments.json:
        say_json({"ok": not found, "findings": found})
    else:
        for line in found or ["The settings are fine."]:
            say(line)
    return 1 if found else 0


def loaded_with_warnings() -> Loaded:
    """The settings for a command; what is wrong with them goes to stderr."""
    loaded = load_anyway(Paths.find())
    for finding in loaded.findings:
        warn(str(finding))
    return loaded


def _named(dotted: str) -> tuple[Key, str | None]:
    """The key, and the entry when the name goes into a table: `models.exact.gpt-4` is one of models.exact."""
    for key in KEYS.values():
        if key.kind is dict and dotted.startswith(f"{key.dotted}."):
            return key, dotted.removeprefix(f"{key.dotted}.")
    try:
        return find(dotted), None
    except ValueError as error:
        raise LocalFault(_sentence(error), "`jumpseat config show` lists all settings.") from error


def _sentence(error: ValueError) -> str:
    text = str(error)
    return text if text.endswith("?") else f"{text}."


def _with_entry(key: Key, entry: str, text: str, paths: Paths) -> Any:
    return key.check({**_in_file(key, paths), entry: text})


def _in_file(key: Key, paths: Paths) -> Mapping[str, str]:
    table: Mapping[str, str] = _value(key, load(paths, environ={}).settings)
    return table


def _tell_if_overruled(key: Key) -> None:
    if os.environ.get(key.variable):
        warn(f"{key.variable} is set and overrules config.toml.")


def _value(key: Key, settings: Settings) -> Any:
    return getattr(getattr(settings, key.section), key.name)


def _shown(key: Key, settings: Settings) -> str:
    value = _value(key, settings)
    if key.secret:
        return f"({len(value)} set)"
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _source(key: Key, loaded: Loaded) -> str:
    return loaded.sources[key.dotted]


def _as_json(key: Key, loaded: Loaded) -> dict[str, Any]:
    value = _value(key, loaded.settings)
    return {
        "value": ["[hidden]"] * len(value) if key.secret else value,
        "source": _source(key, loaded),
        "default": key.default,
    }
