"""Notifications. Whoever asks for one never waits and never hears of a failure.

On Linux over D-Bus, with buttons where the desktop has them; without PyGObject by `notify-send`; on the
other systems by the tray icon. Where nobody shows notifications the program goes on without.
"""

import contextlib
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from tray_app.desktop.menu_status import clipped

log = logging.getLogger(__name__)

# What Windows takes (characters); longer ones raise there.
TITLE_LENGTH, TEXT_LENGTH, BUTTON_LENGTH = 63, 255, 60
_SEND_SECONDS = 10

Button = tuple[str, str]  # id, label


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification, cut to size. `on_action(id)` is called with a button's id, or "" for a click."""

    kind: str
    title: str
    text: str
    actions: tuple[Button, ...] = ()
    on_action: Callable[[str], None] = lambda _id: None


class Shows(Protocol):
    """Something that shows notices. Belongs to the thread that `open`s it; `post` may come from any."""

    def post(self, call: Callable[[], None]) -> None:
        """Have `call` made on that thread."""

    def run(self) -> None:
        """Until `stop`."""

    def show(self, notice: Notice) -> None:
        """Raises OSError, RuntimeError."""

    def withdraw(self, kind: str) -> None:
        """Take the notice of this kind away, if it is still there. Raises OSError, RuntimeError."""

    def stop(self) -> None:
        """End `run`."""


class Notifier:
    """One per tray process. Its thread starts with the first notification; `close` ends it."""

    def __init__(self, show_in_tray: Callable[[str, str], None], *, icon: Path | None = None) -> None:
        """`show_in_tray(title, text)` shows it where the system has no other way."""
        self._in_tray, self._icon = show_in_tray, icon
        self._lock = threading.Lock()
        self._shows: Shows | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def notify(
        self,
        kind: str,
        title: str,
        text: str,
        actions: Sequence[Button] = (),
        on_action: Callable[[str], None] = lambda _id: None,
    ) -> None:
        """Show it soon. One of the same kind that is still there is replaced. `on_action` is called on the
        notifier's thread."""
        buttons = tuple((name, clipped(label, BUTTON_LENGTH)) for name, label in actions)
        notice = Notice(kind, clipped(title, TITLE_LENGTH), clipped(text, TEXT_LENGTH), buttons, on_action)
        self._do(lambda shows: shows.show(notice))

    def withdraw(self, kind: str) -> None:
        """Take it away again, where the desktop can."""
        if self._shows is not None:
            self._do(lambda shows: shows.withdraw(kind))

    def close(self) -> None:
        """No notifications from now on."""
        with self._lock:
            self._is_closed = True
            shows, thread = self._shows, self._thread
        if shows is not None and thread is not None:
            shows.post(shows.stop)
            thread.join(2)

    def _do(self, work: Callable[[Shows], None]) -> None:
        with self._lock:
            if self._is_closed:
                return
            if self._shows is None:
                self._shows = _best(self._in_tray, self._icon)
                self._thread = threading.Thread(target=self._shows.run, name="notifications", daemon=True)
                self._thread.start()
            shows = self._shows
        shows.post(lambda: _quietly(work, shows))


def _quietly(work: Callable[[Shows], None], shows: Shows) -> None:
    try:
        work(shows)
    except (OSError, RuntimeError) as error:
        log.debug("No notification: %s", error)


def _best(in_tray: Callable[[str, str], None], icon: Path | None) -> Shows:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError, ValueError):
            from tray_app.desktop.notify_bus import BusNotices

            return BusNotices(icon)
        if program := shutil.which("notify-send"):
            return _Plain(lambda notice: _send(program, notice, icon))
    return _Plain(lambda notice: in_tray(notice.title, notice.text))


class _Plain:
    """Shows a title and a text and no more, by `show`."""

    def __init__(self, show: Callable[[Notice], None]) -> None:
        self.show = show
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._is_running = True

    def post(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def run(self) -> None:
        while self._is_running:
            self._calls.get()()

    def withdraw(self, kind: str) -> None:
        """It cannot be taken away."""

    def stop(self) -> None:
        self._is_running = False


def _send(program: str, notice: Notice, icon: Path | None) -> None:
    pictured = ["--icon", str(icon)] if icon else []
    command = [program, "--app-name", "Jumpseat", *pictured, "--", notice.title, notice.text]
    try:
        subprocess.run(command, check=True, timeout=_SEND_SECONDS, capture_output=True)  # noqa: S603
    except subprocess.SubprocessError as error:
        raise RuntimeError(f"notify-send: {error}") from error
