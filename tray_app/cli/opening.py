"""`open`: the dashboard of the running proxy, signed in, in the window or the browser."""

import argparse
import threading

from tray_app.cli import knocking
from tray_app.cli.output import say
from tray_app.cli.tray import has_display
from tray_app.paths import Paths

_BROWSER_SECONDS = 5.0


def open_dashboard(arguments: argparse.Namespace) -> int:
    """Raises NotRunning; LocalFault with why there is no dashboard."""
    paths = Paths.find()
    if not (url := knocking.ticket(paths, arguments.page)):
        knocking.open_window(paths, arguments.page)
        say("The proxy is stopped; the window is open.")
        return 0
    show(url, browser=not arguments.no_browser)
    return 0


def show(url: str, *, browser: bool = True) -> None:
    """Hand the link to the browser and say it as well: whether the browser came up nobody tells."""
    if browser and has_display():
        import webbrowser

        thread = threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True)
        thread.start()
        thread.join(_BROWSER_SECONDS)
    say(f"The dashboard, for one visit within a minute: {url}")
