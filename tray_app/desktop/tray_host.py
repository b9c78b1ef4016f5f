"""What differs between the systems that show the icon; by default as pystray does it."""

import os
from collections.abc import Callable
from typing import Any

from tray_app.desktop import clipboard
from tray_app.desktop.icon_bar import bar_theme
from tray_app.desktop.icon_look import Look, Theme
from tray_app.desktop.menu_status import clipped

# A notification of Windows: longer raises. The others show no more either.
TITLE_LENGTH, TEXT_LENGTH = 63, 255


class Host:
    """One of pystray's backends with what it lacks. `look` is the look of now.

    pystray keeps what it is given as icon without looking at it; `mend` replaces the places that draw it.
    """

    def __init__(self, look: Callable[[], Look]) -> None:
        self.look = look

    def at_once(self, look: Look) -> Look:
        """The look to begin with: as much of this one as can be shown without waiting."""
        return look

    def prepare(self, look: Look) -> None:
        """Make what showing this look takes. May wait: not for the loop."""

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


def host_for(backend: str) -> type[Host]:
    """Of a backend's name. Loads what its host draws with: Pillow for all but GTK's."""
    if backend == "win32":
        from tray_app.desktop.tray_windows import WindowsHost

        return WindowsHost
    if backend == "darwin":
        from tray_app.desktop.tray_mac import MacHost

        return MacHost
    if backend == "xorg":
        from tray_app.desktop.tray_xorg import XorgHost

        return XorgHost
    from tray_app.desktop.tray_gtk import GtkHost

    return GtkHost
