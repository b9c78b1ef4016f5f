"""The person's own browser."""

import logging
import threading
import webbrowser
from urllib.parse import urlsplit

log = logging.getLogger(__name__)


def open_in_browser(address: str) -> None:
    """Show a web address in the browser, without waiting for it. Other kinds of address go nowhere.

    Nobody learns whether that worked: systems say yes although the browser died at once. So whoever calls
    this shows the address too.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        return

    def run() -> None:
        try:
            webbrowser.open(address)
        except (OSError, webbrowser.Error) as error:
            log.info("No browser could be started: %s", error)

    threading.Thread(target=run, name="browser", daemon=True).start()


def bare(address: str) -> str:
    """The address without its ticket: for texts and logs."""
    url = urlsplit(address)
    return f"{url.scheme}://{url.netloc}/"
