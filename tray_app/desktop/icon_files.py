"""The tray icon's picture as a file, drawn by a short-lived process.

Pillow in the tray process would take 4 MB for as long as it runs, for a picture that changes now and then.
The looks without a ring, with which each start begins, are files of the program (`make icons`).
"""

import json
import logging
import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from tray_app.desktop.icon_look import Figure, Look, Theme
from tray_app.desktop.window import command, without_secrets
from tray_app.redaction import redact

log = logging.getLogger(__name__)

SIZE = 48  # px; the panel scales it
KEPT = 24  # pictures on the disk: a panel may read one a little late
OURS = Path(__file__).parent / "icons"
THEMES = (Theme.DARK, Theme.EITHER)  # those that a bar on Linux can have

_SECONDS = 10.0  # for a process that needs a quarter of one


def name_of(look: Look, theme: Theme) -> str:
    """The file's name: another one for every picture, as some panels keep a picture by its name."""
    ring = "unknown" if look.ring is None else f"{look.ring}-{look.level}"
    return f"{theme}-{look.figure}-{ring}{'-recording' if look.is_recording else ''}.png"


def order(folder: Path, theme: Theme, looks: list[Look]) -> str:
    """What the process is told (`icon_drawing.main`)."""
    return json.dumps({"folder": str(folder), "theme": theme, "looks": [asdict(look) for look in looks]})


class IconFiles:
    """Pictures in `folder`. `file` is for one thread, and may wait; `close` may come from any."""

    def __init__(
        self, folder: Path, theme: Theme, start: Callable[[], list[str]] = lambda: command("--draw-icons")
    ) -> None:
        self._folder, self._theme, self._start = folder, theme, start
        self._drawn: dict[str, Path] = {}  # the one used last is the last
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._is_closed = self._draws_here = False

    def file(self, look: Look) -> Path | None:
        """The look's picture; None when it cannot be had, which the log explains."""
        name = name_of(look, self._theme)
        ready = OURS / name
        if ready.exists():
            return ready
        if not (self._folder / name).exists() and not self._draw(_likely_with(look)):
            return None
        self._keep(name)
        return self._folder / name

    def close(self) -> None:
        """End the process that draws, if there is one; there will be no other."""
        with self._lock:
            self._is_closed = True
            if self._process is not None:
                self._process.kill()

    def _keep(self, name: str) -> None:
        for other in self._folder.glob("*.png"):
            self._drawn.setdefault(other.name, other)
        self._drawn[name] = self._drawn.pop(name, self._folder / name)
        for old in list(self._drawn)[:-KEPT]:
            self._drawn.pop(old).unlink(missing_ok=True)

    def _draw(self, looks: list[Look]) -> bool:
        if not self._draws_here:
            reason = self._by_process(looks)
            if self._is_closed:
                return False
            if not reason:
                return True
            log.info("The process that draws the icon failed: %s", reason)
            self._draws_here = True
        from tray_app.desktop.icon_drawing import draw_files

        try:
            draw_files(self._folder, self._theme, looks[:1])
        except OSError as error:
            log.warning("The icon's picture cannot be written: %s", error)
            return False
        return True

    def _by_process(self, looks: list[Look]) -> str:
        """Why it did not work; empty when it did."""
        try:
            process = self._begun()
        except OSError as error:
            return str(error)
        if process is None:
            return "too late"
        try:
            _, said = process.communicate(order(self._folder, self._theme, looks), _SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"it was not done within {_SECONDS:.0f} s"
        finally:
            self._process = None
        if process.returncode or not (self._folder / name_of(looks[0], self._theme)).exists():
            return redact(said.strip().rpartition("\n")[2]) or f"status {process.returncode}"
        return ""

    def _begun(self) -> "subprocess.Popen[str] | None":
        with self._lock:
            if self._is_closed:
                return None
            self._process = subprocess.Popen(  # noqa: S603  this very program
                self._start(),
                env=without_secrets(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
            return self._process


def _likely_with(look: Look) -> list[Look]:
    """This look first, then those that a request, a question or trouble will make of it."""
    others = [replace(look, figure=figure) for figure in Figure if figure is not look.figure]
    return [look, *others]
