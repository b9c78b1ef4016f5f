"""The icon in the tray: carries the state to pystray, and clicks back.

pystray owns the main thread. The state may come from any thread; one thread of ours makes menu and picture
from the newest, a few times a second at most, and hands them over only when they changed. Clicks are
answered on another, so that whatever they lead to never holds up the menu.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from tray_app.controls import AppState, TrayKind
from tray_app.desktop.icon_look import Look, Theme, look_of
from tray_app.desktop.language import system_language
from tray_app.desktop.menu import Action, Entry, menu
from tray_app.desktop.menu_status import tooltip
from tray_app.desktop.tray_host import Host, host_for
from tray_app.desktop.tray_probe import Probe, probe
from tray_app.desktop.wording import Wording, wording
from tray_app.errors import LocalFault

__all__ = ["Probe", "Tray", "probe"]

log = logging.getLogger(__name__)

PAUSE = 0.2  # seconds between two changes of what is shown


class Tray:
    """The tray icon. `act(action, argument)` is called for each click, on a thread of the tray's."""

    def __init__(self, act: Callable[[str, str], None], name: str = "jumpseat") -> None:
        self._act = act
        self._name = name
        self._newest: AppState | None = None
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._work = ThreadPoolExecutor(1, "tray-clicks")
        self._pystray: Any = None
        self._icon: Any = None
        self._host: Host | None = None
        self._language = system_language(os.environ)
        self._texts: Wording = wording("system", self._language)
        self._look = Look()
        self._theme = Theme.EITHER
        self._title = ""
        self._rows: tuple[Entry, ...] = ()

    def run(self, first: AppState) -> None:
        """Show the icon, on the main thread, until `stop` or until the display is gone.

        Raises LocalFault where there can be no icon.
        """
        found = probe()
        self._pystray = _load(found)
        self._host = host = host_for(found.backend)(lambda: self._look)
        self._texts = wording(first.language, self._language)
        self._look, self._theme = host.at_once(look_of(first)), host.theme
        self._rows = menu(first, self._texts)
        self._icon = self._pystray.Icon(self._name, self._look, "Jumpseat", self._menu(self._rows))
        host.mend(self._icon)
        host.entitle(self._icon, tooltip(first, self._texts))
        updates = threading.Thread(target=self._follow, args=(host, first), name="tray-updates", daemon=True)
        if self._look != look_of(first):
            self._changed.set()
        updates.start()
        try:
            with _broken_bus_is_no_crash():
                self._icon.run(self._ready)
        finally:
            self._end(host)

    def update(self, state: AppState) -> None:
        """Show this state soon. From any thread, at any time."""
        self._newest = state
        self._changed.set()

    def notify(self, title: str, text: str) -> None:
        """Show a notification where the desktop can. From any thread; never raises, never waits."""
        if self._host is not None:
            self._later(partial(self._host.notify, self._icon, title, text))

    def stop(self) -> None:
        """Let `run` return. From any thread, at any time, also before `run`."""
        self._ended.set()
        self._changed.set()
        if self._host is not None and self._icon is not None:
            self._host.on_loop(self._icon.stop)

    def _ready(self, icon: Any) -> None:
        """On a thread of pystray's, once its loop runs."""
        if self._ended.is_set():
            icon.stop()
        elif self._host is not None:
            self._host.on_loop(partial(setattr, icon, "visible", True))

    def _follow(self, host: Host, first: AppState) -> None:
        """Show the newest state, again and again. The pause lets a storm of changes become one."""
        while not self._ended.is_set():
            self._changed.wait()
            self._changed.clear()
            if not self._ended.is_set():
                self._show(host, self._newest or first)
            self._ended.wait(PAUSE)

    def _show(self, host: Host, state: AppState) -> None:
        self._texts = wording(state.language, self._language)
        look, theme, rows = look_of(state), host.theme, menu(state, self._texts)
        title = tooltip(state, self._texts)
        if title != self._title:
            self._title = title
            host.on_loop(partial(host.entitle, self._icon, title))
        if rows != self._rows:
            self._rows = rows
            host.on_loop(partial(setattr, self._icon, "menu", self._menu(rows)))
        if (look, theme) != (self._look, self._theme):
            host.prepare(look)  # last: this may take a moment
            self._look, self._theme = look, theme
            host.on_loop(partial(setattr, self._icon, "icon", look))

    def _menu(self, rows: tuple[Entry, ...]) -> Any:
        return self._pystray.Menu(*(self._row(entry) for entry in rows))

    def _row(self, entry: Entry) -> Any:
        if entry.is_separator:
            return self._pystray.Menu.SEPARATOR
        return self._pystray.MenuItem(
            entry.label,
            self._menu(entry.submenu) if entry.submenu else lambda *_: self._clicked(entry),
            checked=None if entry.ticked is None else lambda _: bool(entry.ticked),
            radio=entry.is_radio,
            default=entry.is_default,
            enabled=entry.enabled,
        )

    def _clicked(self, entry: Entry) -> None:
        """On pystray's loop."""
        if entry.action is Action.COPY_URL:
            self._later(partial(self._copy, entry.argument))
        elif entry.action is not None:
            self._later(partial(self._act, str(entry.action), entry.argument))

    def _copy(self, url: str) -> None:
        if self._host is not None and not self._host.copy(url):
            title, text = self._texts.notice_copy_failed
            self._host.notify(self._icon, title, text.format(url=url))

    def _later(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended
            self._work.submit(call).add_done_callback(_log_failure)

    def _end(self, host: Host) -> None:
        self._ended.set()
        self._changed.set()
        if not self._icon._running:
            self._icon._Icon__queue.put(True)  # its loop never ran: let its other thread go
        self._work.shutdown(wait=False, cancel_futures=True)
        host.close()


def _load(found: Probe) -> Any:
    """pystray with the backend that works here: it chooses on import, and opens the display then."""
    if found.kind is TrayKind.HEADLESS or not found.backend:
        raise LocalFault("There can be no tray icon here.", found.hint)
    # GTK opens OpenGL as soon as it opens the display: 56 MB for a menu that never draws with it.
    with _environment("PYSTRAY_BACKEND", found.backend), _environment("GDK_GL", "disable"):
        try:
            import pystray
        except (ImportError, ValueError) as error:
            raise LocalFault(f"The tray icon cannot be shown: {error}.", found.hint) from error
    return pystray


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _broken_bus_is_no_crash() -> Iterator[None]:
    """GLib.Error is a RuntimeError that pystray lets through when the session bus fails it."""
    try:
        yield
    except RuntimeError as error:
        if type(error).__module__.split(".")[0] != "gi":
            raise
        log.warning("the tray icon ended: %s", error)


def _log_failure(work: "Future[None]") -> None:
    if not work.cancelled() and (failure := work.exception()) is not None:
        log.error("a click in the menu failed", exc_info=failure)
