"""Start at login by the Run key of the person's registry. From documentation, not run here.

Task Manager and Settings keep their own switch beside it: StartupApproved, whose first byte is odd when the
entry is off.
"""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from tray_app.errors import LocalFault

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
NAME = "Jumpseat"


class Registry(Protocol):
    """The values of HKEY_CURRENT_USER. Raises OSError; a value that is not there is None."""

    def read(self, key: str, name: str) -> str | bytes | None: ...

    def write(self, key: str, name: str, text: str) -> None: ...

    def remove(self, key: str, name: str) -> None: ...


class RunKey:
    """One value of the Run key."""

    def __init__(self, program: Sequence[str], registry: Registry) -> None:
        self._line = subprocess.list2cmdline(program)
        self._registry = registry

    def is_enabled(self) -> bool:
        with _faults():
            line, switch = self._registry.read(RUN, NAME), self._registry.read(APPROVED, NAME)
        is_off = isinstance(switch, bytes) and bool(switch[:1]) and switch[0] % 2 == 1
        return bool(line) and not is_off

    def is_stale(self) -> bool:
        with _faults():
            return self.is_enabled() and self._registry.read(RUN, NAME) != self._line

    def enable(self) -> None:
        with _faults():
            self._registry.write(RUN, NAME, self._line)
            self._registry.remove(APPROVED, NAME)  # no word there means on

    def disable(self) -> None:
        with _faults():
            self._registry.remove(RUN, NAME)


class _faults:  # noqa: N801  used as a statement
    """Turns the registry's refusals into a sentence."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise LocalFault(
                f"The registry does not allow it: {error.strerror or error}.",
                "A rule of your organization may forbid programs that start at login.",
            ) from error


if sys.platform == "win32":
    import winreg

    class UserRegistry:
        """The real one."""

        def read(self, key: str, name: str) -> str | bytes | None:
            with suppress(FileNotFoundError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                value = winreg.QueryValueEx(opened, name)[0]
                return value if isinstance(value, str | bytes) else None
            return None

        def write(self, key: str, name: str, text: str) -> None:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)

        def remove(self, key: str, name: str) -> None:
            with (
                suppress(FileNotFoundError),
                winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, access=winreg.KEY_SET_VALUE) as opened,
            ):
                winreg.DeleteValue(opened, name)
