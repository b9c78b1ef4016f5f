"""pystray's plain X11 backend, mended (0.19.5): clicks reach it, and its picture is sharp.

It has no menu: a click runs the default item, which opens the window.
"""

import logging
import shutil
import subprocess
import threading
from typing import Any

from PIL import Image

from tray_app.desktop.icon import draw
from tray_app.desktop.icon_look import Look, Theme
from tray_app.desktop.tray_host import Host

log = logging.getLogger(__name__)

Colour = tuple[int, int, int]
UNKNOWN_BAR: Colour = (43, 45, 49)


class XorgHost(Host):
    """The backend `xorg`."""

    def mend(self, icon: Any) -> None:
        from Xlib import X

        icon._window.change_attributes(
            event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask,
            background_pixmap=X.ParentRelative,
            onerror=_other_depth,
        )

        def clicked(event: Any) -> None:
            if event.detail in (1, 2, 3):  # there is no menu for the right button either
                icon()

        def assert_icon_data(width: int, height: int) -> None:
            if icon._icon_data is None or icon._icon_data.size != (width, height):
                icon._icon_data = on_bar(self.look(), width, height, _bar_colour(icon._window))

        dock = icon._dock_window

        def dock_once() -> None:
            # pystray asks twice when it begins, and some trays throw the icon out over that.
            if icon._systray_manager is None:
                dock()

        icon._dock_window = dock_once
        icon._message_handlers[X.ButtonPress] = clicked
        icon._assert_icon_data = assert_icon_data
        icon._thread = threading.current_thread()  # set too late: its other thread may look first

    def entitle(self, icon: Any, title: str) -> None:
        # pystray sets WM_NAME, which takes Latin-1 only and raises for anything else.
        name, utf8 = (icon._display.intern_atom(word) for word in ("_NET_WM_NAME", "UTF8_STRING"))
        icon._window.change_property(name, utf8, 8, title.encode())
        icon._display.flush()

    def notify(self, icon: Any, title: str, text: str) -> None:
        program = shutil.which("notify-send")
        if program is None:
            return
        try:
            words = ["--app-name=Jumpseat", "--", title, text]
            subprocess.run([program, *words], timeout=5, check=True, capture_output=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            log.info("no notification was shown: %s", error)


def on_bar(look: Look, width: int, height: int, bar: Colour) -> Image.Image:
    """The icon at its very size on a panel of this colour: X11 icons have no transparency."""
    side = max(min(width, height), 1)
    drawn = draw(look, side, Theme.LIGHT if sum(bar) > 3 * 140 else Theme.DARK)
    plate = Image.new("RGB", (width, height), bar)
    plate.paste(drawn, ((width - side) // 2, (height - side) // 2), drawn)
    return plate


def _bar_colour(window: Any) -> Colour:
    """The panel's colour: our window shows its parent's background where nothing is drawn."""
    from Xlib import X, error

    try:
        window.clear_area(0, 0, 1, 1)
        pixel = window.get_image(0, 0, 1, 1, X.ZPixmap, 0xFFFFFFFF)
    except error.XError as problem:  # not on the screen yet
        log.debug("the panel's colour is not known: %s", problem)
        return UNKNOWN_BAR
    if pixel.depth not in (24, 32) or len(pixel.data) < 3:
        return UNKNOWN_BAR
    blue, green, red = pixel.data[:3]
    return red, green, blue


def _other_depth(problem: Any, request: Any) -> None:
    log.debug("the panel's background cannot be taken over: %s", problem)
