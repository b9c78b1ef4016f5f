"""What each setting is called and which values it takes, read from the dataclasses of `settings.py`.

Pure: values in, checked values or a ValueError with a sentence out. Nothing here knows a file.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, get_args

from tray_app.settings import Settings
from tray_app.settings_rules import RULES, shown


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `kind` is bool, int, float, str, `list` (with `item`) or `dict` (text to text)."""

    section: str
    name: str
    kind: type
    item: type
    default: Any
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    secret: bool
    restart: bool

    @property
    def dotted(self) -> str:
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        return f"JUMPSEAT_{self.section}_{self.name}".upper()

    def check(self, value: Any) -> Any:
        """The value as the dataclass wants it. Raises ValueError with a sentence for the user."""
        try:
            checked = _CHECKS[self.kind](self, value)
        except ValueError as error:
            if self.secret:  # the sentence quotes what it got
                raise ValueError("must be a list of texts in quotes") from error
            raise
        rule = RULES.get(self.dotted)
        return rule(checked) if rule else checked

    def parse(self, text: str) -> Any:
        """The value in an environment variable or on a command line. Raises ValueError."""
        return self.check(_PARSERS[self.kind](self, text.strip()))


def _keys() -> dict[str, Key]:
    standard = Settings()
    return {
        key.dotted: key
        for section in fields(Settings)
        for declared in fields(getattr(standard, section.name))
        for key in [_key(section.name, declared, getattr(getattr(standard, section.name), declared.name))]
    }


def _key(section: str, declared: "Field[Any]", default: Any) -> Key:
    inner = get_args(declared.type)
    kind = declared.type if not inner else (dict if isinstance(default, Mapping) else list)
    item = inner[0] if inner else str
    assert isinstance(kind, type)
    return Key(section, declared.name, kind, item, default, **_told(declared.metadata))


def _told(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: metadata[name] for name in ("help", "low", "high", "choices", "secret", "restart")}


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean X?` or nothing."""
    import difflib  # only somebody's typing mistake needs it

    close = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def find(dotted: str) -> Key:
    """The setting of that name. Raises ValueError with the nearest name."""
    if key := KEYS.get(dotted):
        return key
    raise ValueError(f"{dotted} is not a setting{nearest(dotted, KEYS)}")


# One check per kind: what TOML or JSON gave us -> what the dataclass holds.


def _flag(key: Key, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"must be true or false, not {shown(value)}")


def _whole(key: Key, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(_within(key, value))
    raise ValueError(f"must be a whole number, not {shown(value)}")


def _number(key: Key, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return _within(key, value)
    raise ValueError(f"must be a number, not {shown(value)}")


def _within(key: Key, value: float) -> float:
    if key.low is not None and value < key.low:
        raise ValueError(f"must be at least {key.low:g}, not {shown(value)}")
    if key.high is not None and value > key.high:
        raise ValueError(f"must be at most {key.high:g}, not {shown(value)}")
    return value


def _text(key: Key, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text in quotes, not {shown(value)}")
    if key.choices and value not in key.choices:
        raise ValueError(f"must be one of {', '.join(key.choices)}, not {shown(value)}")
    return _writable(value)


def _writable(text: str) -> str:
    """A terminal that speaks another encoding gives characters that no file takes. Raises ValueError."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("has characters that are not UTF-8 text") from None
    return text


def _several(key: Key, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) and key.item is str:
        value = [value]  # api_keys = "one" says clearly what is meant
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list, not {shown(value)}")
    check = _CHECKS[key.item]
    return tuple(check(key, item) for item in value)


def _table(key: Key, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a table, not {shown(value)}")
    flat = flattened(value)
    for name, entry in flat.items():
        check_entry(_writable(name), entry)
    return flat


def check_entry(name: str, entry: Any) -> None:
    """One entry of a table of texts. Raises ValueError."""
    if not isinstance(entry, str):
        raise ValueError(f"{name} must be text in quotes, not {shown(entry)}")
    _writable(entry)


def flattened(table: Mapping[str, Any]) -> dict[str, Any]:
    """`gpt-4.1 = "x"` without quotes is a table in a table for TOML; the model's name is meant."""
    flat: dict[str, Any] = {}
    for name, entry in table.items():
        if isinstance(entry, Mapping):
            flat.update({f"{name}.{rest}": deeper for rest, deeper in flattened(entry).items()})
        else:
            flat[name] = entry
    return flat


# One parser per kind: the text of a variable or an argument -> what TOML would have given.


def _parse_flag(key: Key, text: str) -> Any:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False}
    return (words | {"off": False}).get(text.lower(), text)


def _parse_whole(key: Key, text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _parse_number(key: Key, text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _parse_several(key: Key, text: str) -> Any:
    if text.startswith("["):
        return _parse_json(key, text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_PARSERS[key.item](key, part) for part in parts]


def _parse_json(key: Key, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"must be JSON: {error}") from error


_CHECKS: dict[type, Callable[[Key, Any], Any]] = {
    bool: _flag,
    int: _whole,
    float: _number,
    str: _text,
    list: _several,
    dict: _table,
}
_PARSERS: dict[type, Callable[[Key, str], Any]] = {
    bool: _parse_flag,
    int: _parse_whole,
    float: _parse_number,
    str: lambda _key, text: text,
    list: _parse_several,
    dict: _parse_json,
}
KEYS = _keys()
SECTIONS = tuple(section.name for section in fields(Settings))
