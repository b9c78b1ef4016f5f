"""Taking over one foreign file: what fits becomes values of ours, what does not is named with why. Pure.

The tables of `ghc_proxy.py` and `copilot_api.py` say for each of their keys which of ours it is, or why none.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tray_app.settings_keys import KEYS

_MOST_LEFT = 200


@dataclass(frozen=True, slots=True)
class Left:
    """Something of the file that is not taken over; `line` where it can be told."""

    key: str
    line: int | None
    why: str

    def __str__(self) -> str:
        return f"{self.key} (line {self.line}): {self.why}" if self.line else f"{self.key}: {self.why}"


@dataclass(slots=True)
class Taken:
    """What came of a file. `values` by our names, checked; tables and lists are to be added to ours."""

    program: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def leave(self, key: str, why: str) -> None:
        if len(self.left) < _MOST_LEFT:
            self.left.append(Left(key, _line_of(self.text, key), why))

    def put(self, key: str, ours: str, value: Any) -> None:
        """One value, if it is one that our setting takes."""
        try:
            self.values[ours] = KEYS[ours].check(value)
        except ValueError as error:
            self.leave(key, f"{error}, for {ours}")

    def put_entries(self, key: str, ours: str, table: Any) -> None:
        """The entries of a table of texts; the wrong ones are named."""
        if not isinstance(table, Mapping):
            self.leave(key, f"must be a table, for {ours}")
            return
        for name, value in table.items():
            self.put_entry(f"{key}.{name}", ours, name, value)

    def put_entry(self, key: str, ours: str, name: Any, value: Any) -> None:
        if isinstance(name, str) and isinstance(value, str) and name and value:
            self.values[ours] = {**self.values.get(ours, {}), name: value}
        else:
            self.leave(key, f"must be text, for {ours}")


Rule = Callable[[Taken, str, Any], None]


def goes_to(ours: str) -> Rule:
    return lambda taken, key, value: taken.put(key, ours, value)


def entries_of(ours: str) -> Rule:
    return lambda taken, key, value: taken.put_entries(key, ours, value)


def opposite_of(ours: str) -> Rule:
    def rule(taken: Taken, key: str, value: Any) -> None:
        taken.put(key, ours, not value if isinstance(value, bool) else value)

    return rule


def no_place(why: str) -> Rule:
    return lambda taken, key, value: taken.leave(key, why)


def take(program: str, rules: Mapping[str, Rule], document: Mapping[Any, Any], text: str) -> Taken:
    """Every key of the file by its rule. What is empty there says nothing and is passed over."""
    taken = Taken(program, text)
    for key, value in document.items():
        if value is None or value in ("", [], {}):
            continue
        rule = rules.get(key) if isinstance(key, str) else None
        if rule is None:
            taken.leave(str(key)[:100], f"is no setting that {program} documents")
        else:
            rule(taken, str(key), value)
    return taken


def _line_of(text: str, key: str) -> int | None:
    """The line of a key, by its last name; None where it stands in no line of its own."""
    for name in (key, key.rpartition(".")[2]):
        pattern = rf"^[\s{{,]*[\"']?{re.escape(name[:200])}[\"']?\s*:"
        if found := re.search(pattern, text, re.MULTILINE):
            return text.count("\n", 0, found.end()) + 1
    return None
