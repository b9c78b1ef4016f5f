"""What we wrote into other programs' files, kept in our home so that it can be taken back.

Only our own lines and keys with what stood in their place, never a whole file: `connected/NAME.json`, 0600.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.edits import ABSENT, Item
from tray_app.clients.undo import Hunk, Key, Written
from tray_app.errors import LocalFault
from tray_app.paths import Paths, cannot_write, write_private


@dataclass(frozen=True, slots=True)
class Remembered:
    """One connected tool."""

    base_url: str
    models: tuple[str, ...]
    files: Mapping[Path, Written]
    folders: tuple[Path, ...] = ()  # that we made
    key: str = ""  # digest of the key that was written, to notice another one


def recall(paths: Paths, name: str) -> Remembered | None:
    """What we did to a tool; None when we did nothing, or no longer know. Raises LocalFault."""
    file = _file(paths, name)
    try:
        entry = json.loads(file.read_bytes())
        return _remembered(entry)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LocalFault(f"{file} cannot be read: {error.strerror or error}.") from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None  # not as we write it: whoever changed it gave up the way back


def remember(paths: Paths, name: str, what: Remembered | None) -> None:
    """Keep it, or forget the tool. Raises LocalFault when it cannot be written."""
    file = _file(paths, name)
    if what is not None:
        write_private(file, json.dumps(_as_json(what), indent=1, ensure_ascii=False, default=str) + "\n")
        return
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(file, error) from error


def _file(paths: Paths, name: str) -> Path:
    return paths.home / "connected" / f"{name}.json"


def _as_json(what: Remembered) -> dict[str, Any]:
    return {
        "base_url": what.base_url,
        "models": list(what.models),
        "key": what.key,
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
        key=str(entry["key"]),
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
