"""What taking a file over would make of config.toml, and writing exactly that."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from tray_app.errors import LocalFault
from tray_app.importing.taking import Taken
from tray_app.paths import Paths, write_private
from tray_app.settings import ServerSettings, Settings
from tray_app.settings_file import check_binding, file_text, load
from tray_app.settings_keys import KEYS
from tray_app.settings_save import save

_HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True)
class Plan:
    """`before` and `after` are the texts of config.toml; `changed` our names, `secrets` what is not shown."""

    before: str
    after: str
    changed: tuple[str, ...]
    secrets: tuple[str, ...]

    @property
    def diff(self) -> str:
        """For a person: without keys."""
        names = ("config.toml", "config.toml, with what is taken over")
        lines = unified_diff(self.before.splitlines(True), self.after.splitlines(True), *names)
        text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


def make(paths: Paths, taken: Taken) -> Plan:
    """The file as it would be; names what cannot be taken over in `taken`. Raises LocalFault."""
    before = file_text(paths)
    standing = load(paths, environ={}).settings
    _keep_closed(taken, standing)
    values = {dotted: _joined(dotted, value, standing) for dotted, value in taken.values.items()}
    values = {dotted: value for dotted, value in values.items() if value != _value(dotted, standing)}
    keys = (*standing.server.api_keys, *values.get("server.api_keys", ()))
    return Plan(before, _written(before, values) if values else before, tuple(values), keys)


def write(paths: Paths, plan: Plan) -> None:
    """Raises LocalFault when config.toml is not what it was when the plan was made."""
    if file_text(paths) != plan.before:
        raise LocalFault("config.toml has changed meanwhile.", "Import again.")
    write_private(paths.config, plan.after)


def _keep_closed(taken: Taken, standing: Settings) -> None:
    """An address that lets others in is not taken over without a key: the proxy would refuse to start."""
    host = taken.values.get("server.host")
    keys = taken.values.get("server.api_keys") or standing.server.api_keys
    if host is None or keys:
        return
    try:
        check_binding(ServerSettings(host=host))
    except LocalFault as fault:
        del taken.values["server.host"]
        taken.leave("address", fault.message)


def _joined(dotted: str, value: Any, standing: Settings) -> Any:
    """Tables and lists are added to what stands; what is imported wins over an entry of the same name."""
    old = _value(dotted, standing)
    if isinstance(value, Mapping):
        return {**old, **value}
    if isinstance(value, tuple):
        return tuple(dict.fromkeys((*old, *value)))
    return value


def _value(dotted: str, settings: Settings) -> Any:
    key = KEYS[dotted]
    return getattr(getattr(settings, key.section), key.name)


def _written(before: str, values: Mapping[str, Any]) -> str:
    """The text with every value in it, by way of a copy, so that our own file changes once or not at all."""
    with tempfile.TemporaryDirectory(prefix="jumpseat-") as folder:
        copy = Paths(Path(folder))
        write_private(copy.config, before)
        for dotted, value in values.items():
            save(copy, dotted, value)
        return file_text(copy)
