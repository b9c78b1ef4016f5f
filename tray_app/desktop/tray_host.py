"""What differs between the systems that show the icon; by default as pystray does it."""

import os
from collections.abc import Callable
from typing import Any

from tray_app.desktop import clipboard
from tray_app.desktop.icon import Theme
from tray_app.desktop.icon_bar import bar_theme
from tray_app.desktop.icon_look import Look
from tray_app.desktop.menu_status import clipped

# A notification of Windows: longer raises. The others show no more either.
TITLE_LENGTH, TEXT_LENGTH = 63, 255


class Host:
    """One of pystray's backends with what it lacks. `look` is the look of now.

    pystray keeps what it is given as icon without looking at it; `mend` replaces the places that draw it.
    """

    def __init__(self, look: Callable[[], Look]) -> None:
        self.look = look

    @property
    def theme(self) -> Theme:
        """What the icon stands on now."""
        return bar_theme(os.environ)

    def mend(self, icon: Any) -> None:
        """Replace in a new `pystray.Icon` what breaks or blurs."""

    def on_loop(self, call: Callable[[], None]) -> None:
        """Carry out a call that touches the icon. Most backends take it to their loop themselves."""
        call()

    def entitle(self, icon: Any, title: str) -> None:
        """Show another tooltip."""
        icon.title = title

    def notify(self, icon: Any, title: str, text: str) -> None:
        """Show a notification; nothing happens where that is not possible."""
        if icon.HAS_NOTIFICATION:
            icon.notify(clipped(text, TEXT_LENGTH), clipped(title, TITLE_LENGTH))

    def copy(self, text: str) -> bool:
        """Put text into the clipboard; False where there is none."""
        return clipboard.copy(text)

    def close(self) -> None:
        """Remove what was left on the disk."""
