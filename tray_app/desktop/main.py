"""The tray process: icon on the main thread, proxy in its own, window as a child; and how all of it ends."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from tray_app.controls import AppState, Controls, Desktop, ProxyState, TrayKind, Trouble
from tray_app.desktop.acting import wish
from tray_app.desktop.attention import Attention
from tray_app.desktop.autostart import Autostart
from tray_app.desktop.language import system_language
from tray_app.desktop.notify import Notifier
from tray_app.desktop.proxy_thread import LoopFactory, ProxyThread
from tray_app.desktop.signals import Signals
from tray_app.desktop.tray import Tray
from tray_app.desktop.tray_probe import Probe
from tray_app.desktop.window import Look, Window
from tray_app.desktop.wording import Wording, wording
from tray_app.errors import JumpseatError, LocalFault
from tray_app.settings import DesktopSettings

log = logging.getLogger(__name__)

_ADDRESS_SECONDS = 15.0
_STAYS = "Jumpseat goes on when its window is closed; start it again to see the window again."

Reside = Callable[[Desktop], AbstractAsyncContextManager[Controls]]


@dataclass(frozen=True, slots=True)
class Start:
    """How the program was started. `by_hand`: a person did, and gets to see a window. `home` is the folder
    for what the desktop keeps; `autostart` None leaves the system's login alone."""

    probe: Probe
    home: Path
    by_hand: bool = True
    autostart: Autostart | None = None


class Program:
    """Built and run on the main thread; `run` returns when everything has ended."""

    def __init__(self, reside: Reside, start: Start, loop_factory: LoopFactory | None = None) -> None:
        self._start = start
        self._ended = threading.Event()
        self._quitting = threading.Event()
        self._desktop = self._described(start.probe)
        self._thread = ProxyThread(lambda: reside(self._desktop), self._changed, loop_factory)
        self._tray = Tray(self._act)
        self._notifier = Notifier(self._tray.notify)
        self._attention = Attention(
            self._notifier,
            start.home / "told.json",
            settings=self._settings,
            wording=_wording,
            act=self._act,
        )
        look = Look(place=start.home / "window.json", theme=lambda: self._thread.state.theme)
        self._window = Window(
            self._address, look=look, closed=lambda _: self._window_closed(), elsewhere=self._no_window
        )

    def run(self) -> int:
        """Until somebody quits. The exit status."""
        with Signals(self.quit):
            threading.Thread(target=self._begin, name="starting", daemon=True).start()
            try:
                self._show_icon()
                self._ended.wait()
            finally:
                self._end()
        return 0

    def quit(self) -> None:
        """Begin the end, from any thread: running answers have ten seconds."""
        if not self._quitting.is_set():
            self._quitting.set()
            threading.Thread(target=self._end, name="quitting").start()

    # --- beginning --------------------------------------------------------------------------------

    def _described(self, probe: Probe) -> Desktop:
        hint = f"{probe.hint} {_STAYS}".strip() if probe.kind is TrayKind.NONE else probe.hint
        login = self._start.autostart
        return Desktop(
            probe.kind,
            hint,
            show=self._show,
            read_autostart=login.is_enabled if login else None,
            write_autostart=login.set if login else None,
            quit=self.quit,
        )

    def _begin(self) -> None:
        """Start the proxy's thread, then show what somebody who started us by hand wants to see."""
        if self._start.autostart is not None:
            self._start.autostart.repair()
        try:
            self._thread.start()
        except LocalFault as fault:
            self._failed(fault.message, fault.remedy)
            return
        except TimeoutError:
            self._failed("The proxy did not start within a minute.", "Restart it; the log has more.")
            return
        if self._start.by_hand:
            state = self._thread.state
            is_new = not (state.signed_in or state.accounts)
            self._show("/welcome" if is_new else "/")

    def _failed(self, message: str, remedy: str) -> None:
        log.error("%s %s", message, remedy)
        trouble = Trouble("crashed", message, remedy)
        self._changed(replace(self._thread.state, proxy=ProxyState.CRASHED, trouble=trouble))

    def _show_icon(self) -> None:
        """Returns when the icon is gone, at once where there can be none."""
        if not self._start.probe.backend:
            return
        try:
            self._tray.run(self._thread.state)
        except LocalFault as fault:
            log.warning("No tray icon: %s", fault)
            self._tell_no_icon(f"{fault} {_STAYS}")
            if self._start.by_hand:
                self._show("/")

    def _tell_no_icon(self, hint: str) -> None:
        async def tell(controls: Controls) -> None:
            controls.tray_is(TrayKind.NONE, hint)

        self._thread.submit(tell)

    # --- the state, and clicks --------------------------------------------------------------------

    def _changed(self, state: AppState) -> None:
        self._tray.update(state)
        self._attention.changed(state)

    def _settings(self) -> DesktopSettings:
        state = self._thread.state
        return DesktopSettings(notifications=state.notifications, quota_alerts=state.quota_alerts)

    def _act(self, action: str, argument: str) -> None:
        """A click. Nothing here waits for its end."""
        if action == "quit":
            self.quit()
        elif action == "restart" and not self._thread.is_alive:
            threading.Thread(target=self._restart, name="restarting", daemon=True).start()
        else:
            done = self._thread.submit(wish(action, argument))
            done.add_done_callback(lambda future: self._done(action, future.exception()))

    def _restart(self) -> None:
        try:
            self._thread.restart()
        except (LocalFault, TimeoutError) as error:
            self._failed(str(error), "The log has more.")

    def _done(self, action: str, error: BaseException | None) -> None:
        if error is None:
            return
        known = isinstance(error, LocalFault | JumpseatError)
        log.log(
            logging.INFO if known else logging.ERROR,
            "%s: %s",
            action,
            error,
            exc_info=None if known else error,
        )
        self._tray.notify("Jumpseat", str(error) if known else "That did not work; the log has more.")

    # --- the window -------------------------------------------------------------------------------

    def _show(self, page: str) -> None:
        threading.Thread(target=self._open, args=(page,), name="opening the window", daemon=True).start()

    def _open(self, page: str) -> None:
        if self._quitting.is_set():
            return
        try:
            self._window.open(page)
        except LocalFault as fault:
            log.warning("No window: %s", fault)
            self._tray.notify("Jumpseat", str(fault))

    def _address(self, page: str) -> str:
        """Where the window finds a page. Raises LocalFault."""
        try:
            return self._thread.submit(lambda controls: controls.window_address(page)).result(
                _ADDRESS_SECONDS
            )
        except TimeoutError as error:
            raise LocalFault("The pages did not come up in time.", "Try again.") from error

    def _no_window(self, reason: str, address: str) -> None:
        """The browser shows the page instead, if it does; so its address is told as well."""
        title, text = _wording(self._thread.state).notice_no_window
        if address:
            self._notifier.notify("window", title, text.format(url=address, reason=reason))
        else:
            self._notifier.notify("window", "Jumpseat", reason)

    def _window_closed(self) -> None:
        self._thread.submit(lambda controls: controls.window_closed())

    # --- the end ----------------------------------------------------------------------------------

    def _end(self) -> None:
        """Everything, in order; what was ended before is not ended twice."""
        self._quitting.set()
        self._window.close()
        self._thread.stop()
        self._notifier.close()
        self._tray.stop()
        self._ended.set()


def _wording(state: AppState) -> Wording:
    return wording(state.language, system_language(os.environ))
