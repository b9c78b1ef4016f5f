"""The window, seen from the tray process: a child process that lives only while it is open.

Whatever happens to it, the proxy does not notice. Where no web view can be had the pages open in the
ordinary browser instead.
"""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tray_app.desktop import window_words as words
from tray_app.desktop.browser import bare, open_in_browser
from tray_app.errors import LocalFault
from tray_app.redaction import redact

log = logging.getLogger(__name__)

START_SECONDS = 30.0  # until the window is there; a first start on a slow disk takes several
END_SECONDS = 4.0  # for it to close by itself
_LONGEST_LINE = 10_000
_SECRET = re.compile(r"(TOKEN|_KEYS?|SECRET|PASSWORD)$")


@dataclass(frozen=True, slots=True)
class Look:
    """How a window begins. `place` is the file that keeps its size; `theme` gives the setting in force."""

    place: Path | None = None
    title: str = "Jumpseat"
    theme: Callable[[], str] = lambda: "system"


def command(option: str = "--window") -> list[str]:
    """The same program again, as the window's process or another one."""
    if getattr(sys, "frozen", False):
        return [sys.executable, option]
    return [sys.executable, "-m", "tray_app", option]


class Window:
    """At most one window. May be used from any thread; the callbacks come from threads of its own.

    `entry(page)` gives an address with a fresh ticket; it may block and raise LocalFault. `closed(reason)` is
    called when the window is gone, with an empty reason when a person closed it. `elsewhere(reason,
    address)` is called when there can be no window: the browser was asked to show the page, which is at this
    address, ticket left out; nobody knows whether it did. An empty address: there is no page either.
    """

    def __init__(
        self,
        entry: Callable[[str], str],
        *,
        look: Look | None = None,
        closed: Callable[[str], None] = lambda _reason: None,
        elsewhere: Callable[[str, str], None] = lambda _reason, _address: None,
        event: Callable[[str], None] = lambda _name: None,
        browse: Callable[[str], None] = open_in_browser,
        start: Callable[[], list[str]] = command,
    ) -> None:
        self._entry, self._look, self._browse, self._start = entry, look or Look(), browse, start
        self._closed, self._elsewhere, self._event = closed, elsewhere, event
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._child: _Child | None = None

    @property
    def is_open(self) -> bool:
        return self._child is not None

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.process.pid if child else None

    def open(self, page: str = "/") -> None:
        """Show `page`, in the window that is open or in a new one. Returns at once."""
        threading.Thread(target=self._open, args=(page,), name="opening the window", daemon=True).start()

    def _open(self, page: str) -> None:
        with self._opening:  # a second click waits, and then finds the window
            try:
                address = self._entry(page)
                if self._child is not None and self._child.tell(words.show(address)):
                    return
                child = _Child(self._start(), self._hello(address))
            except (LocalFault, OSError) as fault:
                log.warning("No window: %s", fault)
                self._elsewhere(str(fault), "")
                return
            with self._lock:
                self._child = child
        threading.Thread(target=self._attend, args=(child, page), name="window", daemon=True).start()

    def _hello(self, address: str) -> words.Hello:
        look = self._look
        return words.Hello(address, look.title, look.theme(), str(look.place) if look.place else None)

    def close(self) -> None:
        """Close the window and wait for its end, some seconds at most."""
        with self._opening:
            child = self._child
        if child is not None:
            child.close()

    def _attend(self, child: "_Child", page: str) -> None:
        """Until the process is gone; then say what became of it."""
        child.follow(self._event)
        with self._lock:
            if self._child is not child:
                return  # another one is open already
            self._child = None
        if child.was_shown or child.asked_to_end:
            log.info("The window is closed%s", f": {child.reason}" if child.reason else "")
            self._closed(child.reason)
            return
        log.warning("No window: %s", child.reason)
        try:
            address = self._entry(page)  # the ticket of the first one may be used up
        except LocalFault as fault:
            self._elsewhere(str(fault), "")
            return
        self._browse(address)
        self._elsewhere(child.reason, bare(address))


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a window needs: no tokens and keys, which every web process would inherit."""
    return {name: value for name, value in environ.items() if not _SECRET.search(name.upper())}


class _Child:
    """The process: started, listened to, ended."""

    def __init__(self, argv: list[str], hello: words.Hello) -> None:
        """Raises OSError."""
        self.process = subprocess.Popen(  # noqa: S603  this very program
            argv,
            env=without_secrets(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self.was_shown = self.asked_to_end = False
        self.reason = ""
        self._is_over = False
        self._last_line = ""
        self._lock = threading.Lock()
        self.tell(hello.line())

    def tell(self, line: str) -> bool:
        """False when nobody listens any more, or the window is closed and its process about to end."""
        if self._is_over:
            return False
        pipe: IO[str] | None = self.process.stdin
        with self._lock:
            try:
                assert pipe is not None
                pipe.write(line)
                pipe.flush()
            except (OSError, ValueError):
                return False
        return self.process.poll() is None

    def close(self) -> None:
        self.asked_to_end = True
        self.tell(words.close())
        for end in (self.process.terminate, self.process.kill):
            try:
                self.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                end()
            else:
                return

    def follow(self, event: Callable[[str], None]) -> None:
        """Read what it says until it has ended."""
        # The web engine's own processes hold the pipe open as well: the end of the output is not the end.
        reader = threading.Thread(target=self._read, args=(event,), name="window output", daemon=True)
        reader.start()
        hurry = threading.Timer(START_SECONDS, self._give_up)
        hurry.daemon = True
        hurry.start()
        status = self.process.wait()
        hurry.cancel()
        reader.join(1.0)
        if status and not self.reason and not self.asked_to_end:
            self.reason = self._last_line or f"Its process ended with status {status}."
        with self._lock, suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()

    def _give_up(self) -> None:
        if not self.was_shown:
            self.reason = f"It did not appear within {START_SECONDS:.0f} s."
            self.process.kill()

    def _read(self, event: Callable[[str], None]) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            while line := lines.readline(_LONGEST_LINE):
                said = words.read_event(line)
                if said is not None:
                    self._hear(*said)
                    event(said[0])
                elif line.strip():
                    self._last_line = redact(line.strip())
                    log.debug("window: %s", self._last_line)

    def _hear(self, name: str, reason: str) -> None:
        self.was_shown = self.was_shown or name == words.SHOWN
        self._is_over = self._is_over or name in (words.CLOSED, words.FAILED)
        if name == words.FAILED:
            self.reason = reason or "It failed."
