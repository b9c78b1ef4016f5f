"""Where a user's tools live: the home, the environment and the system, as values that tests can make up."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _which(name: str) -> str | None:
    return shutil.which(name)


@dataclass(frozen=True, slots=True)
class Place:
    """One user's side of one system. `wsl` is the distribution when it is looked at from Windows."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    system: str = sys.platform  # as sys.platform: linux, darwin, win32
    which: Callable[[str], str | None] = _which
    wsl: str | None = None

    @classmethod
    def here(cls) -> "Place":
        return cls(Path.home(), dict(os.environ))

    def folder(self, variable: str, *default: str) -> Path:
        """The folder that a variable names, else this one of the home."""
        named = self.environ.get(variable, "").strip()
        return Path(named).expanduser() if named else self.home.joinpath(*default)

    @property
    def xdg_config(self) -> Path:
        """On every system: tools that follow XDG do so on Windows and macOS too, if they are from Node."""
        return self.folder("XDG_CONFIG_HOME", ".config")

    def application(self, name: str) -> Path:
        """The system's folder for an application's settings."""
        if self.system == "win32":
            return self.folder("APPDATA", "AppData", "Roaming") / name
        if self.system == "darwin":
            return self.home / "Library" / "Application Support" / name
        return self.xdg_config / name

    def program(self, *names: str) -> str | None:
        """The first of the programs that is installed, with its path."""
        return next((found for name in names if (found := self.which(name))), None)
