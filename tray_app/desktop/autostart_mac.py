"""Start at login by a launch agent of the person's (launchd.plist(5)). From documentation, not run here."""

import plistlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from tray_app.errors import LocalFault
from tray_app.paths import cannot_write, write_private

LABEL = "io.github.jumpseat"
_LARGEST = 64 * 1024


class LaunchAgent:
    """`io.github.jumpseat.plist` in ~/Library/LaunchAgents. launchd reads it at the next login."""

    def __init__(self, program: Sequence[str], folder: Path | None = None) -> None:
        self._program = list(program)
        self._path = (folder or Path.home() / "Library" / "LaunchAgents") / f"{LABEL}.plist"

    def is_enabled(self) -> bool:
        found = self._read()
        return bool(found.get("ProgramArguments")) and found.get("RunAtLoad") is True and not _is_off(found)

    def is_stale(self) -> bool:
        return self.is_enabled() and self._read().get("ProgramArguments") != self._program

    def enable(self) -> None:
        agent = {
            "Label": LABEL,
            "ProgramArguments": self._program,
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",  # where there is a menu bar
            "ProcessType": "Interactive",
        }
        write_private(self._path, plistlib.dumps(agent).decode())

    def disable(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def _read(self) -> dict[str, Any]:
        try:
            with self._path.open("rb") as file:
                found = plistlib.loads(file.read(_LARGEST))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LocalFault(f"{self._path} cannot be read: {error.strerror or error}.") from error
        except (plistlib.InvalidFileException, ExpatError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _is_off(agent: dict[str, Any]) -> bool:
    return agent.get("Disabled") is True
