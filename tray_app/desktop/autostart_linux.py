"""Start at login by an XDG autostart file (Desktop Application Autostart 0.5, Desktop Entry 1.5).

Desktops and their tools add lines of their own to it, so only ours are changed.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tray_app.errors import LocalFault
from tray_app.paths import cannot_write, write_private

_NAME = "jumpseat.desktop"
_GROUP = "[Desktop Entry]"
_LARGEST = 64 * 1024
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_OFF = (("Hidden", "true"), ("X-GNOME-Autostart-enabled", "false"), ("X-MATE-Autostart-enabled", "false"))


class DesktopFile:
    """`jumpseat.desktop` in the person's autostart folder."""

    def __init__(self, program: Sequence[str], folder: Path | None = None) -> None:
        """Raises LocalFault when no such file can start this program."""
        self._exec = exec_line(program)
        self._path = (folder or autostart_folder()) / _NAME

    def is_enabled(self) -> bool:
        found = self._read()
        return bool(found.get("Exec")) and not any(found.get(key, "").lower() == value for key, value in _OFF)

    def is_stale(self) -> bool:
        return self.is_enabled() and self._read().get("Exec") != self._exec

    def enable(self) -> None:
        ours = {
            "Type": "Application",
            "Name": "Jumpseat",
            "Comment": "Use your GitHub Copilot seat with every coding tool",
            "Exec": self._exec,
            "Icon": "jumpseat",
            "Terminal": "false",
            "X-GNOME-Autostart-enabled": "true",
        }
        others = {key for key, _ in _OFF} | {"TryExec"}
        write_private(self._path, "\n".join(_changed(self._text(), ours, others)) + "\n")

    def disable(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def _text(self) -> str:
        try:
            with self._path.open(encoding="utf-8", errors="replace") as file:
                return file.read(_LARGEST)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise LocalFault(f"{self._path} cannot be read: {error.strerror or error}.") from error

    def _read(self) -> dict[str, str]:
        return dict(pair for _, pair in _pairs(self._text().splitlines()) if pair)


def autostart_folder(environ: Mapping[str, str] = os.environ) -> Path:
    config = environ.get("XDG_CONFIG_HOME", "")
    return (Path(config) if os.path.isabs(config) else Path.home() / ".config") / "autostart"


def exec_line(program: Sequence[str]) -> str:
    """The value of Exec. Raises LocalFault for a path with a line break, which it cannot hold."""
    if any(letter < " " for part in program for letter in part):
        raise LocalFault("The program's path holds a control character, so it cannot start at login.")
    # GLib looks for the program before it puts a single % in the place of two.
    return " ".join(map(_quoted, ["env", *program] if "%" in program[0] else program))


def _quoted(part: str) -> str:
    """Quoted as for a shell, then escaped as every text of a desktop file; a % would be a field code."""
    if _PLAIN.fullmatch(part):
        return part
    shell = re.sub(r'(["`$\\])', r"\\\1", part)
    return f'"{shell}"'.replace("\\", "\\\\").replace("%", "%%")


def _pairs(lines: list[str]) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Each line, and the key and value that it sets in the main group."""
    group = ""
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("["):
            group = stripped
        key, equals, value = line.partition("=")
        is_pair = bool(equals) and group == _GROUP and not stripped.startswith("#")
        yield line, (key.strip(), value.strip()) if is_pair else None


def _changed(text: str, ours: Mapping[str, str], dropped: set[str]) -> list[str]:
    """The lines with our keys set right behind the group's head, and without those to drop."""
    lines = text.splitlines()
    if _GROUP not in (line.strip() for line in lines):
        lines = [_GROUP]
    set_now = [f"{key}={value}" for key, value in ours.items()]
    found: list[str] = []
    for line, pair in _pairs(lines):
        if pair is None or pair[0] not in {*ours, *dropped}:
            found.append(line)
        if line.strip() == _GROUP:
            found += set_now
            set_now = []
    return found
