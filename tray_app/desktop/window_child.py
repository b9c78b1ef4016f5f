"""The process of the window: pywebview, one page, nothing else.

It holds no secret but the session of its page, keeps nothing on disk but the window's place, and ends when
it is closed or when the tray process is gone (the end of its stdin).
"""

import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from tray_app.desktop.browser import open_in_browser
from tray_app.desktop.window_place import (
    MIN_HEIGHT,
    MIN_WIDTH,
    Area,
    Place,
    fitting,
    read_place,
    write_place,
)
from tray_app.desktop.window_words import CLOSED, FAILED, LOADED, SHOWN, Hello, event, read_wish

log = logging.getLogger(__name__)

PROGRAM = "jumpseat"
ICON_SIZES = (16, 32, 48, 128)
DARK, LIGHT = "#14161a", "#ffffff"  # before the page is there
_END_SECONDS = 3.0  # for the toolkit to close its window
_NO_DISPLAY = "The display cannot be opened."
_NO_TOOLKIT = "No web view is installed here (on Debian and Ubuntu: gir1.2-webkit2-4.1)."
_NO_WEBVIEW2 = "Microsoft's WebView2 is not installed (https://go.microsoft.com/fwlink/p/?LinkId=2124703)."


def main() -> int:
    """Show the page that stdin names until the window is closed. Status 1 when there can be none."""
    words = _Words(_own_output())
    try:
        hello = Hello.read(sys.stdin.readline())
    except (ValueError, TypeError):
        words.say(FAILED, "This is started by the tray application.")
        return 1
    _prepare()
    import webview

    try:
        screens = _screens(webview)
        if not screens:
            words.say(FAILED, _NO_DISPLAY)
            return 1
        status = _Child(hello, words).run(webview, screens)
    except webview.errors.WebViewException as error:
        log.info("No window: %s", error)
        words.say(FAILED, _NO_TOOLKIT)
        return 1
    os._exit(status)  # there is nothing left to put away, and the toolkit takes its time over that


def _screens(webview: Any) -> list[Area]:
    """Empty where there is no display. Raises WebViewException where no toolkit is installed."""
    try:
        return [Area(one.x, one.y, one.width, one.height) for one in webview.screens]
    except AttributeError:  # how GTK's part of pywebview finds that there is no display
        return []


def _own_output() -> "IO[str]":
    """Our stdout for ourselves; what libraries print goes to stderr."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return ours


def _prepare() -> None:
    """What must be said before a toolkit starts."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")  # as root it does not start otherwise
    if sys.platform.startswith("linux"):
        # WebKitGTK without the graphics card: 50 MB less, and no blank window where its driver is at odds.
        os.environ.setdefault("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
        with suppress(ImportError, ValueError):
            from tray_app.desktop.window_gtk import name_program

            name_program(PROGRAM)


class _Words:
    """What goes to the tray process; when it is gone, nowhere."""

    def __init__(self, out: "IO[str]") -> None:
        self._out = out
        self._lock = threading.Lock()
        self._last = False

    def say(self, name: str, reason: str = "") -> None:
        """`closed` and `failed` are last words: nothing comes behind them."""
        with self._lock, suppress(OSError, ValueError):
            if not self._last:
                self._last = name in (CLOSED, FAILED)
                self._out.write(event(name, " ".join(reason.split())))
                self._out.flush()


class _Child:
    """One window and the wishes that come for it."""

    def __init__(self, hello: Hello, words: _Words) -> None:
        self._hello, self._words = hello, words
        self._ours = _origin(hello.url)
        self._window: Any = None
        self._gtk: Any = None

    def run(self, webview: Any, screens: list[Area]) -> int:
        """Until the window is closed. Raises WebViewException."""
        webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = True
        webview.settings["ALLOW_DOWNLOADS"] = sys.platform != "linux"  # GTK's are ours
        webview.settings["ALLOW_FILE_URLS"] = False
        is_dark = _is_dark(self._hello.theme)
        kept = read_place(Path(self._hello.place)) if self._hello.place else Place()
        place = fitting(kept, screens)
        self._window = webview.create_window(
            self._hello.title,
            self._hello.url,
            width=place.width,
            height=place.height,
            x=place.x,
            y=place.y,
            maximized=place.maximized,
            min_size=(min(MIN_WIDTH, place.width), min(MIN_HEIGHT, place.height)),
            background_color=DARK if is_dark else LIGHT,
            text_select=True,
            zoomable=True,
        )
        self._attend(place, is_dark)
        threading.Thread(target=self._listen, name="wishes", daemon=True).start()
        # Private: no cookie and no page is ever stored.
        webview.start(private_mode=True)
        self._words.say(CLOSED)
        return 0

    def _attend(self, place: Place, is_dark: bool) -> None:
        events = self._window.events
        events.initialized += self._accept
        events.before_show += lambda: self._begin_gtk(place, is_dark)
        events.shown += self._shown
        events.loaded += self._loaded
        events.closing += self._keep_place
        events.closed += lambda: self._words.say(CLOSED)

    def _shown(self) -> None:
        self._words.say(SHOWN)
        if self._gtk is not None:
            from tray_app.desktop.icon import draw_program

            self._gtk.dress([draw_program(size) for size in ICON_SIZES])

    def _accept(self, renderer: str) -> bool:
        """Whether this engine can show our pages: without WebView2, Windows offers Internet Explorer's."""
        if renderer != "mshtml":
            return True
        self._words.say(FAILED, _NO_WEBVIEW2)
        return False

    def _begin_gtk(self, place: Place, is_dark: bool) -> None:
        import webview

        if webview.renderer != "gtkwebkit2":
            return
        from webview.platforms.gtk import BrowserView

        from tray_app.desktop.window_gtk import GtkWindow

        self._gtk = GtkWindow(
            self._window.native,
            place,
            is_dark=is_dark,
            is_ours=self._is_ours,
            crashed=self._crashed,
            replaced=BrowserView.instances[self._window.uid].on_navigation,
        )

    def _is_ours(self, address: str) -> bool:
        return _origin(address) == self._ours

    def _loaded(self) -> None:
        """A page is there. Toolkits that cannot be asked beforehand may have followed a link out of here."""
        address = self._window.get_current_url() or ""
        if self._is_ours(address):
            self._words.say(LOADED)
        elif address.startswith("http"):
            open_in_browser(address)
            self._window.load_url(self._ours + "/")

    def _crashed(self, reason: str) -> None:
        self._words.say(FAILED, reason)
        self._end()

    def _keep_place(self) -> None:
        if self._hello.place and self._gtk is not None:
            write_place(Path(self._hello.place), self._gtk.place())
        elif self._hello.place:
            window = self._window
            write_place(Path(self._hello.place), Place(window.width, window.height, window.x, window.y))

    # --- wishes of the tray -------------------------------------------------------------------------

    def _listen(self) -> None:
        for line in sys.stdin:
            wish = read_wish(line)
            if isinstance(address := wish.get("show"), str):
                self._show(address)
            if wish.get("close"):
                break
        self._end()  # asked to, or the tray process is gone

    def _show(self, address: str) -> None:
        self._ours = _origin(address)
        self._window.load_url(address)
        if self._gtk is not None:
            self._gtk.to_front()
        else:
            self._window.restore()
            self._window.show()

    def _end(self) -> None:
        """Close the window; a toolkit that hangs does not keep the process."""
        timer = threading.Timer(_END_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()
        self._window.destroy()


def _origin(address: str) -> str:
    """`http://127.0.0.1:8314`; empty for what is no web address."""
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return ""
    if url.scheme not in ("http", "https") or not url.hostname:
        return ""
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return f"{url.scheme}://{host}" + (f":{port}" if port else "")


def _is_dark(theme: str) -> bool:
    """The colour to begin with, so that nothing flashes; the page then sees for itself."""
    if theme != "system":
        return theme == "dark"
    if sys.platform == "win32":
        import winreg

        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, _WINDOWS_LOOK) as key:
            return bool(winreg.QueryValueEx(key, "AppsUseLightTheme")[0] == 0)
    if sys.platform.startswith("linux"):
        with suppress(ImportError, ValueError):
            from tray_app.desktop.window_gtk import is_desktop_dark

            return is_desktop_dark()
    return False


_WINDOWS_LOOK = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
