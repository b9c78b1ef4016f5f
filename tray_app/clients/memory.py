"""What we wrote into other programs' files, kept in our home so that it can be taken back.

Only our own keys and what stood in their place, never a whole file: `connected.json`, 0600.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.edits import ABSENT, Item
from tray_app.clients.undo import Hunk, Key, Written
from tray_app.errors import LocalFault
from tray_app.paths import Paths, write_private


@dataclass(frozen=True, slots=True)
class Remembered:
    """One connected tool."""

    base_url: str
    models: tuple[str, ...]
    files: Mapping[Path, Written]
    folders: tuple[Path, ...] = field(default=())  # that we made


def recall(paths: Paths, name: str) -> Remembered | None:
    """What we did to a tool; None when we did nothing, or no longer know."""
    entry = _all(paths).get(name)
    try:
        return _remembered(entry) if isinstance(entry, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def remember(paths: Paths, name: str, what: Remembered | None) -> None:
    """Keep it, or forget the tool. Raises LocalFault when it cannot be written."""
    entries = _all(paths)
    if what is None:
        if entries.pop(name, None) is None:
            return
    else:
        entries[name] = _as_json(what)
    write_private(_file(paths), json.dumps(entries, indent=1, ensure_ascii=False, default=str) + "\n")


def _file(paths: Paths) -> Path:
    return paths.home / "connected.json"


def _all(paths: Paths) -> dict[str, Any]:
    try:
        entries = json.loads(_file(paths).read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        return {}
    except OSError as error:
        raise LocalFault(f"{_file(paths)} cannot be read: {error.strerror or error}.") from error
    return entries if isinstance(entries, dict) else {}


def _as_json(what: Remembered) -> dict[str, Any]:
    return {
        "base_url": what.base_url,
        "models": list(what.models),
        "folders": [str(folder) for folder in what.folders],
        "files": {str(path): _written_json(written) for path, written in what.files.items()},
    }


def _written_json(written: Written) -> dict[str, Any]:
    return {
        "existed": written.existed,
        "digest": written.digest,
        "backup": written.backup,
        "hunks": [[hunk.start, hunk.end, hunk.before] for hunk in written.hunks],
        "keys": [
            {"path": _steps(key.path), "ours": key.ours}
            | ({} if key.before is ABSENT else {"before": key.before})
            for key in written.keys
        ],
        "made": [_steps(path) for path in written.made],
        "own": [_steps(path) for path in written.own],
    }


def _steps(path: edits.Path) -> list[str | list[str]]:
    return [[step.key, step.value] if isinstance(step, Item) else step for step in path]


def _remembered(entry: dict[str, Any]) -> Remembered:
    return Remembered(
        base_url=str(entry["base_url"]),
        models=tuple(map(str, entry["models"])),
        files={Path(path): _written(written) for path, written in entry["files"].items()},
        folders=tuple(map(Path, entry["folders"])),
    )


def _written(entry: dict[str, Any]) -> Written:
    return Written(
        existed=bool(entry["existed"]),
        digest=str(entry["digest"]),
        backup=str(entry["backup"]),
        hunks=tuple(Hunk(int(start), int(end), str(before)) for start, end, before in entry["hunks"]),
        keys=tuple(Key(_path(key["path"]), key["ours"], key.get("before", ABSENT)) for key in entry["keys"]),
        made=tuple(map(_path, entry["made"])),
        own=tuple(map(_path, entry["own"])),
    )


def _path(steps: list[Any]) -> edits.Path:
    return tuple(Item(*step) if isinstance(step, list) else str(step) for step in steps)
