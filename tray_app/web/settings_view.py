"""PURE. Settings as the page shows them: each key with its value, its bounds and where the value is from."""

from collections.abc import Mapping
from typing import Any

from tray_app.settings import Settings
from tray_app.settings_file import Finding, Loaded
from tray_app.settings_keys import KEYS, SECTIONS, Key

_KINDS = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}


def value_of(settings: Settings, key: Key) -> Any:
    return getattr(getattr(settings, key.section), key.name)


def sections(loaded: Loaded) -> list[dict[str, Any]]:
    return [
        {
            "name": section,
            "keys": [key_json(key, loaded) for key in KEYS.values() if key.section == section],
        }
        for section in SECTIONS
    ]


def key_json(key: Key, loaded: Loaded) -> dict[str, Any]:
    """One key. Of a secret the page learns how many there are, and nothing else."""
    value = value_of(loaded.settings, key)
    source, detail = source_of(key, loaded)
    why_not = why_not_editable(key, loaded)
    shown: dict[str, Any] = {"value": None, "count": len(value)} if key.secret else {"value": _plain(value)}
    return {
        "key": key.dotted,
        "name": key.name,
        "kind": _KINDS[key.kind],
        "item": _KINDS[key.item] if key.kind is list else None,
        "default": _plain(key.default),
        **shown,
        "source": source,
        "source_detail": detail,
        "help": key.help,
        "low": key.low,
        "high": key.high,
        "choices": list(key.choices),
        "secret": key.secret,
        "restart": key.restart,
        "editable": not why_not,
        "why_not": why_not,
    }


def source_of(key: Key, loaded: Loaded) -> tuple[str, str]:
    """`default`, `file`, `environment` or `command line`, and the place in it."""
    told = loaded.sources.get(key.dotted, "default")
    if told == key.variable:
        return "environment", told
    if told.startswith("config.toml"):
        return "file", told
    return told, ""


def why_not_editable(key: Key, loaded: Loaded) -> str:
    """What overrules config.toml, as a sentence; empty where nothing does."""
    source, detail = source_of(key, loaded)
    if source == "environment":
        return f"The environment variable {detail} sets this."
    if source == "command line":
        return "This was given when the program was started."
    return ""


def problem_json(finding: Finding) -> dict[str, Any]:
    return {"key": finding.key, "message": finding.message, "line": finding.line}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
