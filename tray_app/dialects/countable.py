"""PURE. The parts of a request that a tokenizer counts, and reading them from any JSON.

Countable, Group   what to count
Pile, Counted      where texts and extra tokens gather while a body is walked (`counting.py`)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.image_size import UNKNOWN, image_tokens

PER_REQUEST = 3
PER_MESSAGE = 3
PER_NAME = 1
CALL_FACTOR = 1.5
TOOLS = 16
PER_TOOL = 8
TOOL_FACTOR = 1.1
OPAQUE_BYTES_PER_TOKEN = 8

# Values of these keys are data for machines: cache marks, ids of media, kinds.
_SILENT = frozenset({"type", "cache_control", "media_type", "mimeType", "mime_type", "detail", "status"})
_OPAQUE = frozenset(
    {"encrypted_content", "reasoning_opaque", "data", "file_data", "signature", "thoughtSignature"}
)


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that share a factor: floor((tokens of the texts + extra) × factor)."""

    texts: tuple[str, ...] = ()
    extra: int = 0
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Countable:
    """A request, ready for a tokenizer. Its count is the sum of its groups."""

    groups: tuple[Group, ...]


@dataclass(slots=True)
class Pile:
    """Texts and extra tokens that gather while a body is walked."""

    texts: list[str] = field(default_factory=list)
    extra: int = 0

    def text(self, value: object) -> None:
        if isinstance(value, str) and value:
            self.texts.append(value)

    def opaque(self, value: object) -> None:
        """Encoded bytes: a quarter of base64 is overhead."""
        if isinstance(value, str):
            self.extra += len(value) * 3 // 4 // OPAQUE_BYTES_PER_TOKEN

    def image(self, value: object, detail: object = None) -> None:
        self.extra += image_tokens(value, str(detail)) if isinstance(value, str) else UNKNOWN

    def strings(self, value: object, *, keys: bool = False) -> None:
        """Every string in a value, however deep; with `keys` the names of its members too."""
        for text in strings_of(value, keys):
            self.text(text)

    def group(self, factor: float = 1.0) -> Group:
        return Group(tuple(self.texts), self.extra, factor)


@dataclass(slots=True)
class Counted:
    """The three piles of a request."""

    plain: Pile = field(default_factory=lambda: Pile(extra=PER_REQUEST))
    calls: list[Pile] = field(default_factory=list)
    tools: Pile = field(default_factory=Pile)
    tool_count: int = 0

    def message(self, role: object) -> Pile:
        self.plain.extra += PER_MESSAGE
        self.plain.text(role)
        return self.plain

    def call(self, *strings: object) -> None:
        pile = Pile(extra=PER_NAME)
        for value in strings:
            pile.strings(value, keys=True)
        self.calls.append(pile)

    def tool(self, *parts: object) -> None:
        self.tool_count += 1
        for part in parts:
            self.tools.strings(part, keys=True)

    def countable(self) -> Countable:
        groups = [self.plain.group(), *(pile.group(CALL_FACTOR) for pile in self.calls)]
        if self.tool_count:
            self.tools.extra += TOOLS + PER_TOOL * self.tool_count
            groups.append(self.tools.group(TOOL_FACTOR))
        return Countable(tuple(groups))


def objects(value: object) -> Iterator[Json]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def either(of: Json, first: str, second: str) -> Any:
    return of.get(first, of.get(second))


def dig(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def strings_of(value: object, keys: bool) -> Iterator[str]:
    """Texts in a value without recursion: hostile bodies are deep."""
    pending = [value]
    while pending:
        match pending.pop():
            case str(text):
                yield text
            case list(items):
                pending.extend(reversed(items))
            case dict(members):
                if keys:
                    yield from members
                    pending.extend(reversed(list(members.values())))
                else:
                    kept = [item for key, item in members.items() if key not in _SILENT | _OPAQUE]
                    pending.extend(reversed(kept))
            case int() | float() as number if keys and not isinstance(number, bool):
                yield str(number)
