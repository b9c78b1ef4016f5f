"""The shape of a client: what each module of a tool has to tell, and what the desk makes of it."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tray_app.clients import edits
from tray_app.clients.edits import Format
from tray_app.clients.memory import Remembered
from tray_app.clients.models import Models, Offered
from tray_app.clients.places import Place
from tray_app.clients.undo import lines_of
from tray_app.paths import Paths
from tray_app.redaction import redact

PROVIDER = "jumpseat"  # the name under which tools know us


@dataclass(frozen=True, slots=True)
class Context:
    """What to connect to. `base_url` has no path; `key` is any text where the proxy wants none."""

    place: Place
    paths: Paths
    base_url: str
    key: str = "jumpseat"
    models: Models = field(default_factory=lambda: Models(()))
    model: str | None = None  # as the user named them; None: the tool's default
    small_model: str | None = None

    def main(self, default: Offered | None) -> Offered | None:
        return self.models.named(self.model) if self.model else default

    def small(self, default: Offered | None) -> Offered | None:
        return self.models.named(self.small_model) if self.small_model else default


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file of a tool, there or not."""

    path: Path
    format: Format


@dataclass(frozen=True, slots=True)
class Wish:
    """One file as it should be. `put` is every key that is ours; `offer` those that never replace a
    user's own value; what lies under `own` is ours as a whole and goes as a whole."""

    file: ConfigFile
    put: Mapping[edits.Path, Any]
    offer: Mapping[edits.Path, Any] = field(default_factory=dict)
    own: tuple[edits.Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What connecting would write: `models` for the user to read, `notes` what else to know."""

    files: tuple[Wish, ...]
    models: tuple[str, ...]
    notes: tuple[str, ...] = ()


Contents = Mapping[Path, Any]  # what each file says, for those that are there


@dataclass(frozen=True, slots=True)
class Client:
    """One tool.

    `files` are those that it reads and we may write, `wishes` what to write (raises LocalFault),
    `target` the address that the tool is set to now, None when it is set to its own.
    """

    name: str
    title: str
    programs: tuple[str, ...]
    folder: Callable[[Place], Path]
    files: Callable[[Place], tuple[ConfigFile, ...]]
    wishes: Callable[[Context, Contents], Wishes]
    target: Callable[[Place, Contents], str | None]
    restart: str = ""  # a sentence for after the change
    dialect: str = "chat"  # what it speaks to us


class State(StrEnum):
    CONNECTED = "connected"
    ELSEWHERE = "elsewhere"
    NOT_CONNECTED = "not connected"
    NOT_FOUND = "not found"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ClientState:
    """One row of the list. `reason` is a sentence about what is not as it should be."""

    name: str
    title: str
    state: State
    reason: str = ""
    program: str | None = None
    files: tuple[Path, ...] = ()
    target: str | None = None
    models: tuple[str, ...] = ()
    can_connect: bool = True
    can_disconnect: bool = False


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after; None where it does not exist."""

    path: Path
    before: str | None
    after: str | None

    @property
    def is_change(self) -> bool:
        return self.before != self.after

    @property
    def diff(self) -> str:
        """A unified diff for people, known kinds of secrets hidden."""
        old = "/dev/null" if self.before is None else str(self.path)
        new = "/dev/null" if self.after is None else str(self.path)
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), old, new)
        shown = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
        return redact("".join(shown).replace("\r\n", "\n"))


def _lines(text: str | None) -> list[str]:
    return [] if text is None else lines_of(text.removeprefix(edits.BOM))


@dataclass(frozen=True, slots=True)
class Change:
    """A whole change of one tool, ready to be shown and then made."""

    client: str
    title: str
    files: tuple[FileChange, ...]
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    base_url: str = ""
    restart: str = ""
    remembered: Remembered | None = field(default=None, repr=False)  # for the way back; None: forget

    @property
    def is_change(self) -> bool:
        return any(file.is_change for file in self.files)

    @property
    def diff(self) -> str:
        return "".join(file.diff for file in self.files if file.is_change)
