"""Changing config.toml while keeping its comments, its order and everything we do not know."""

import codecs
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Any

from tray_app.errors import LocalFault, SettingsFault
from tray_app.paths import Paths, write_private
from tray_app.settings_file import file_text, parse
from tray_app.settings_keys import Key, find

_MARK = codecs.BOM_UTF8.decode()  # some editors of Windows put it before a text
_TRIES = 5


def save(paths: Paths, dotted: str, value: Any) -> None:
    """Write one setting. Raises SettingsFault for a wrong value, LocalFault when it cannot be written."""
    key, value = _checked(dotted, value)
    _edit(paths, key, lambda section: _set(section, key, value))


def reset(paths: Paths, dotted: str) -> None:
    """Take one setting out of the file, so that its default holds again. Raises as `save`."""
    key = _found(dotted)
    section = parse(file_text(paths)).get(key.section)
    if isinstance(section, Mapping) and key.name in section:  # else there is nothing to take out
        _edit(paths, key, lambda section: section.pop(key.name, None))


def _found(dotted: str) -> Key:
    try:
        return find(dotted)
    except ValueError as error:
        raise LocalFault(f"{error}", "`jumpseat config show` lists all settings.") from error


def _checked(dotted: str, value: Any) -> tuple[Key, Any]:
    key = _found(dotted)
    try:
        return key, key.check(value)
    except ValueError as error:
        raise SettingsFault(dotted, str(error)) from error


def _edit(paths: Paths, key: Key, change: Callable[[Any], Any]) -> None:
    """Change the file as it is now: what an editor saves meanwhile is read again."""
    for _ in range(_TRIES):
        before = file_text(paths)
        after = _changed(before, key, change)
        mark = _MARK if _is_marked(paths) else ""
        if file_text(paths) == before:
            write_private(paths.config, mark + after)
            return
    raise LocalFault("config.toml is being changed by another program.", "Try again when it has finished.")


def _changed(before: str, key: Key, change: Callable[[Any], Any]) -> str:
    import tomlkit  # needed for saving only; loading has the quicker tomllib

    old = parse(before)
    document = tomlkit.parse(before)
    if key.section not in document:
        document[key.section] = tomlkit.table()
    section: Any = document[key.section]
    change(section)
    if isinstance(section, tomlkit.items.Table) and not (
        section.as_string().strip() or section.trivia.comment
    ):
        del document[key.section]  # nothing is left in it, not even a comment
    after = _with_line_ends_of(before, tomlkit.dumps(document))
    _only_that_changed(key, old, after)
    return after


def _with_line_ends_of(before: str, after: str) -> str:
    """Windows' line ends in what is new, where all the others are."""
    if "\n" not in before or before.count("\n") != before.count("\r\n"):
        return after
    return after.replace("\r\n", "\n").replace("\n", "\r\n")


def _is_marked(paths: Paths) -> bool:
    return paths.config.exists() and paths.config.read_bytes().startswith(codecs.BOM_UTF8)


def _set(section: Any, key: Key, value: Any) -> None:
    standing = section.get(key.name)
    if isinstance(value, Mapping) and isinstance(standing, Mapping):
        _set_entries(standing, value)
    elif isinstance(value, tuple) and isinstance(standing, list):
        _set_items(standing, value)
    else:
        section[key.name] = list(value) if isinstance(value, tuple) else value


def _set_items(standing: list[Any], items: tuple[Any, ...]) -> None:
    """Only what differs, so that comments beside the other items stay."""
    steps = SequenceMatcher(None, tuple(standing), items, autojunk=False).get_opcodes()
    for what, first, last, from_, to in reversed(steps):
        if what == "equal":
            continue
        for index in reversed(range(first, last)):
            del standing[index]
        for index, item in enumerate(items[from_:to], first):
            standing.insert(index, item)


def _set_entries(table: Any, entries: Mapping[str, str]) -> None:
    """Only what differs, so that comments beside the other entries stay."""
    for name in [name for name in table if name not in entries]:
        del table[name]
    for name, entry in entries.items():
        if table.get(name) != entry:
            table[name] = entry


def _only_that_changed(key: Key, old: dict[str, Any], text: str) -> None:
    """Refuse rather than write a file that says anything else than it did, but for this key."""
    import tomllib

    try:
        new = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        new = {}
    for document in (old, new):
        section = document.get(key.section)
        if isinstance(section, dict):
            section.pop(key.name, None)
    if {name: part for name, part in old.items() if part} != {
        name: part for name, part in new.items() if part
    }:
        raise LocalFault("config.toml is written in a way that cannot be edited safely.", "Edit it by hand.")
