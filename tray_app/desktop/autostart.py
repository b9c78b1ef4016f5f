"""Start at login: off until somebody asks for it, and read from the system each time it is shown.

The system's own switch wins. Who turned us off there stays unbothered; only an entry that is on and starts
a program that has moved is mended.
"""

import logging
import sys
import sysconfig
from pathlib import Path
from typing import Protocol

from tray_app.errors import LocalFault

log = logging.getLogger(__name__)

_TRAY = "jumpseat-tray"


class Entry(Protocol):
    """Where a system keeps what starts at login. Every call may block and raise LocalFault."""

    def is_enabled(self) -> bool: ...

    def is_stale(self) -> bool:
        """It is on and starts something else than this program as it runs now."""

    def enable(self) -> None: ...

    def disable(self) -> None: ...


class Autostart:
    """Start at login on this system."""

    def __init__(self, entry: Entry | None) -> None:
        """`entry` is None where the system has no such thing."""
        self._entry = entry

    @classmethod
    def here(cls) -> "Autostart":
        """For this system, and for the program that runs now."""
        return cls(_entry(command()))

    def is_enabled(self) -> bool | None:
        """As the system says it now; None: not possible here."""
        if self._entry is None:
            return None
        try:
            return self._entry.is_enabled()
        except LocalFault as fault:
            log.info("%s", fault)
            return None

    def set(self, enabled: bool) -> None:
        """Raises LocalFault."""
        if self._entry is None:
            raise LocalFault("Start at login is not possible here.", "`jumpseat serve` can run as a service.")
        if enabled:
            self._entry.enable()
        else:
            self._entry.disable()

    def repair(self) -> None:
        """At each start: an entry that is on follows the program to where it is now. Never raises."""
        try:
            if self._entry is not None and self._entry.is_stale():
                self._entry.enable()
                log.info("Start at login now starts this program")
        except LocalFault as fault:
            log.warning("Start at login could not be mended: %s", fault)


def command() -> list[str]:
    """What is to run at login: the tray application as it is installed here, without a window."""
    suffix = ".exe" if sys.platform == "win32" else ""
    folder = Path(sys.executable).parent if _is_frozen() else Path(sysconfig.get_path("scripts"))
    program = folder / (_TRAY + suffix)
    if program.is_file():
        return [str(program), "--hidden"]
    if _is_frozen():
        return [sys.executable, "--hidden"]
    return [sys.executable, "-m", "tray_app", "--hidden"]


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _entry(program: list[str]) -> Entry | None:
    if sys.platform == "win32":
        from tray_app.desktop.autostart_windows import RunKey, UserRegistry

        return RunKey(program, UserRegistry())
    if sys.platform == "darwin":
        from tray_app.desktop.autostart_mac import LaunchAgent

        return LaunchAgent(program)
    if sys.platform.startswith(("linux", "freebsd", "openbsd")):
        from tray_app.desktop.autostart_linux import DesktopFile

        return DesktopFile(program)
    return None
