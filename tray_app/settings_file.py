"""Settings from their sources and back into config.toml.

First found wins: command line, JUMPSEAT_* environment, config.toml, default. A wrong key costs that key
only; it is reported by name, with its line. A file that cannot be read never replaces good settings, and
wrong API keys stop the load: without them the proxy would stand open.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tray_app.errors import SettingsFault
from tray_app.github_hosts import disagreement
from tray_app.paths import Paths
from tray_app.settings import ServerSettings, Settings
from tray_app.settings_keys import KEYS, SECTIONS, Key, check_entry, flattened, nearest
from tray_app.settings_rules import is_loopback
from tray_app.toml_lines import lines_of

_FILE = "config.toml"
_PREFIX = "JUMPSEAT_"
# Variables of that prefix that are no settings.
OTHER_VARIABLES = frozenset({"JUMPSEAT_HOME"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a setting. `key` is its dotted name, its variable, or config.toml itself."""

    key: str
    line: int | None  # in config.toml; None for other sources
    message: str

    def __str__(self) -> str:
        if self.key == _FILE:
            return f"{_FILE} line {self.line}: {self.message}" if self.line else f"{_FILE}: {self.message}"
        said = f"{self.key}: {self.message}"
        return f"{_FILE} line {self.line}: {said}" if self.line else said


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, where each value came from, and what was wrong."""

    settings: Settings
    sources: Mapping[str, str]  # key -> "default", "config.toml line 3", "JUMPSEAT_X", "command line"
    findings: tuple[Finding, ...] = ()


def load(
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
    standing: Settings | None = None,
) -> Loaded:
    """Settings from all sources. `overrides` (dotted name -> value) are the command line's.

    `standing` are the settings that a wrong key of the file keeps; the defaults if None.
    Raises SettingsFault when an override or an API key is wrong or the file as a whole cannot be read.
    """
    sources = _Sources(standing or Settings())
    sources.from_file(*_read(paths))
    sources.from_environment(environ)
    sources.from_command_line(overrides or {})
    return sources.loaded()


def load_anyway(paths: Paths, environ: Mapping[str, str] = os.environ) -> Loaded:
    """As `load`; a file that cannot be read is a finding, and the other sources count."""
    try:
        return load(paths, environ)
    except SettingsFault as fault:
        sources = _Sources(Settings())
        sources.findings.append(Finding(fault.key, fault.line, fault.said))
        sources.from_environment(environ)
        return sources.loaded()


def reload(
    previous: Loaded,
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """The settings after an edit. What is wrong keeps its running value and is reported. Never raises."""
    try:
        loaded = load(paths, environ, overrides, standing=previous.settings)
        check_binding(loaded.settings.server)
    except SettingsFault as fault:
        return replace(previous, findings=(Finding(fault.key, fault.line, fault.said),))
    return loaded


def check_binding(server: ServerSettings) -> None:
    """Raises SettingsFault when others could reach the proxy and no key keeps them out."""
    if not is_loopback(server.host) and not server.api_keys:
        raise SettingsFault(
            "server.host",
            f"{server.host} lets other machines in, and server.api_keys is empty. "
            "Set a key (jumpseat config set server.api_keys KEY) or listen on 127.0.0.1.",
        )


def file_text(paths: Paths) -> str:
    """What config.toml says; nothing when there is none. Raises SettingsFault."""
    try:
        return paths.config.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsFault("config.toml", f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SettingsFault("config.toml", "is not UTF-8 text") from error


def _read(paths: Paths) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    text = file_text(paths)
    return parse(text), lines_of(text)


def parse(text: str) -> dict[str, Any]:
    """TOML as Python values. Raises SettingsFault with the line."""
    if not text:
        return {}
    import tomllib  # most people have no config.toml

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsFault("config.toml", _what(str(error)), _line(str(error), text)) from error
    except RecursionError as error:
        raise SettingsFault("config.toml", "is nested too deeply") from error


def _what(message: str) -> str:
    """tomllib's message; what it says of doubles in plainer words."""
    if message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate")):
        return f"names a key or a section twice: {message}"
    return f"is not valid TOML: {message}"


def _line(message: str, text: str) -> int | None:
    """tomllib ends its messages with `(at line 3, column 7)` or `(at end of document)`."""
    if "at end of document" in message:
        return len(text.splitlines()) or 1
    _, _, place = message.rpartition("(at line ")
    number = place.partition(",")[0]
    return int(number) if number.isdigit() else None


class _Sources:
    """Values collected from the weakest source to the strongest."""

    def __init__(self, standing: Settings) -> None:
        self.values: dict[str, Any] = {}
        self.sources = dict.fromkeys(KEYS, "default")
        self.findings: list[Finding] = []
        self._standing = standing

    def from_file(self, document: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]) -> None:
        for section, table in document.items():
            line = lines.get((section,))
            if section not in SECTIONS:
                self.findings.append(Finding(section, line, f"is not a section{nearest(section, SECTIONS)}"))
            elif not isinstance(table, Mapping):
                self.findings.append(Finding(section, line, f"must be a section: [{section}]"))
            else:
                self._from_section(section, table, lines)

    def _from_section(
        self, section: str, table: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]
    ) -> None:
        names = {key.name for key in KEYS.values() if key.section == section}
        for name, value in table.items():
            dotted = f"{section}.{name}"
            line = _line_of(lines, section, name)
            if name not in names:
                self.findings.append(Finding(dotted, line, f"is not a setting{_meant(name, section, names)}"))
            elif KEYS[dotted].kind is dict and isinstance(value, Mapping):
                self._put(dotted, self._entries(dotted, value, lines), line)
            else:
                self._from_file_value(KEYS[dotted], value, line)

    def _from_file_value(self, key: Key, value: Any, line: int | None) -> None:
        try:
            self._put(key.dotted, key.check(value), line)
        except ValueError as error:
            if key.secret:
                raise SettingsFault(key.dotted, str(error), line) from error
            self.findings.append(Finding(key.dotted, line, str(error)))
            self.values[key.dotted] = getattr(getattr(self._standing, key.section), key.name)

    def _put(self, dotted: str, value: Any, line: int | None) -> None:
        self.values[dotted] = value
        self.sources[dotted] = f"config.toml line {line}" if line else "config.toml"

    def _entries(
        self, dotted: str, table: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]
    ) -> dict[str, str]:
        """The good entries of a table; a wrong one is reported and left out."""
        kept = {}
        for name, entry in flattened(table).items():
            try:
                check_entry(name, entry)
            except ValueError:
                path = tuple(dotted.split("."))
                line = lines.get((*path, name)) or _line_of(lines, *path, *name.split("."))
                self.findings.append(Finding(f"{dotted}.{name}", line, "must be text in quotes"))
            else:
                kept[name] = entry
        return kept

    def from_environment(self, environ: Mapping[str, str]) -> None:
        variables = {key.variable: key for key in KEYS.values()}
        for name, text in environ.items():
            if not name.startswith(_PREFIX) or name in OTHER_VARIABLES or not text:
                continue  # an empty variable counts as unset: compose files pass those on
            if name not in variables:
                self.findings.append(
                    Finding(name, None, f"is not a setting{_nearest_variable(name, variables)}")
                )
            else:
                self._from_variable(variables[name], text)

    def _from_variable(self, key: Key, text: str) -> None:
        try:
            self.values[key.dotted] = key.parse(text)
            self.sources[key.dotted] = key.variable
        except ValueError as error:
            if key.secret:
                raise SettingsFault(key.variable, str(error)) from error
            self.findings.append(Finding(key.variable, None, str(error)))

    def from_command_line(self, overrides: Mapping[str, Any]) -> None:
        for dotted, value in overrides.items():
            try:
                self.values[dotted] = KEYS[dotted].check(value)
            except ValueError as error:
                raise SettingsFault(dotted, str(error)) from error
            self.sources[dotted] = "command line"

    def loaded(self) -> Loaded:
        settings = _settings(self.values)
        if apart := disagreement(settings.copilot):
            self.findings.append(Finding("copilot.github_api_url", None, apart))
        return Loaded(settings, self.sources, tuple(self.findings))


def _line_of(lines: Mapping[tuple[str, ...], int], *path: str) -> int | None:
    """The key's line, or that of the nearest thing around it: `server = {port = 1}` is one line."""
    while path:
        if line := lines.get(path):
            return line
        path = path[:-1]
    return None


def _meant(name: str, section: str, names: set[str]) -> str:
    """The nearest name in this section, or the section that has exactly this name."""
    elsewhere = [key.section for key in KEYS.values() if key.name == name]
    return f"; it belongs into [{elsewhere[0]}]" if elsewhere else nearest(name, names)


def _nearest_variable(name: str, variables: Mapping[str, Key]) -> str:
    """The prefix, which all have in common, makes nothing near."""
    short = {variable.removeprefix(_PREFIX).lower() for variable in variables}
    before, found, close = nearest(name.removeprefix(_PREFIX), short).partition("mean ")
    return f"{before}{found}{_PREFIX}{close.upper()}" if found else ""


def _settings(values: Mapping[str, Any]) -> Settings:
    settings = Settings()
    for section in SECTIONS:
        here = {
            KEYS[dotted].name: value for dotted, value in values.items() if KEYS[dotted].section == section
        }
        settings = replace(settings, **{section: replace(getattr(settings, section), **here)})
    return settings
