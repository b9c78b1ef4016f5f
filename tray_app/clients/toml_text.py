"""PURE. Editing TOML: tomlkit puts keys in and keeps comments and order; lines are taken out as lines."""

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from tray_app.clients import toml_places
from tray_app.clients.edits import (
    ABSENT,
    Branch,
    Path,
    Unparsable,
    Unsafe,
    applied,
    is_same,
    newline_of,
    tree,
    value_at,
)

_LINE = re.compile(r"\(at line (\d+)")


class Toml:
    name = "TOML"

    def read(self, text: str) -> Any:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            reason = str(error)
            found = _LINE.search(reason)
            line = int(found[1]) if found else len(text.splitlines()) or 1
            raise Unparsable(reason.partition(" (at ")[0].lower(), line) from error
        except RecursionError as error:
            raise Unparsable("it is nested too deeply") from error

    def edit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        """By whole lines where that is enough; else by tomlkit, which does not always leave comments where
        they were."""
        for path in drop:
            text = self._tried(text, toml_places.without(text, path), {}, (path,))
        for path, value in put.items():
            if value_at(self.read(text), path) is ABSENT:
                text = self._tried(text, toml_places.with_key(text, path, value), {path: value}, ())
            else:
                text = self._by_tomlkit(text, {path: value}, ())
        return text

    def _tried(self, text: str, by_lines: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        try:
            if is_same(self.read(by_lines), applied(self.read(text), put, drop)):
                return by_lines
        except Unparsable:
            pass
        return self._by_tomlkit(text, put, drop)

    def _by_tomlkit(self, text: str, put: Mapping[Path, Any], drop: Collection[Path]) -> str:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            document = tomlkit.parse(text)
            for path in drop:
                _drop(document, path)
            if put:
                _merge(document, tree(put))
            after = tomlkit.dumps(document)
        except TOMLKitError as error:
            raise Unsafe("it is written in a way that cannot be edited safely") from error
        if newline_of(text) == "\r\n" and "\n" not in text.replace("\r\n", ""):
            after = after.replace("\r\n", "\n").replace("\n", "\r\n")
        return after


def _drop(container: Any, path: Path) -> None:
    for step in path[:-1]:
        container = container[step]
    del container[path[-1]]


def _merge(container: Any, wanted: dict[Any, Any]) -> None:
    for key, value in wanted.items():
        if not isinstance(value, Branch):
            container[key] = value
        elif key in container:
            _merge(container[key], value)
        else:
            container[key] = _table(value)


def _table(branch: Branch) -> Any:
    """A new table; one that only holds tables needs no header of its own."""
    import tomlkit

    table = tomlkit.table(is_super_table=all(isinstance(value, Branch) for value in branch.values()))
    for key, value in branch.items():
        table[str(key)] = _table(value) if isinstance(value, Branch) else value
    return table
