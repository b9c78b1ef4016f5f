"""What the icon stands on: a dark bar, a light one, or one that nobody can tell."""

import contextlib
import logging
import sys
from collections.abc import Mapping
from typing import Any

from tray_app.desktop.icon_look import Theme

log = logging.getLogger(__name__)

PREFERS_DARK = 1  # org.freedesktop.appearance color-scheme; 2 is light, 0 says nothing


def theme_of(
    platform: str, desktop: str, windows_light: bool | None = None, colour_scheme: int | None = None
) -> Theme:
    """The theme for `sys.platform` and `XDG_CURRENT_DESKTOP` and what the system tells about its colours.

    On Linux a preference for light windows says nothing about the panel: several desktops combine light
    windows with a dark panel.
    """
    if platform == "darwin":
        return Theme.TEMPLATE
    if platform == "win32":
        return {True: Theme.LIGHT, False: Theme.DARK, None: Theme.EITHER}[windows_light]
    names = {name.strip().lower() for name in desktop.split(":")}
    if names & {"gnome", "unity", "pantheon"}:
        return Theme.DARK  # the top bar is dark in both styles
    return Theme.DARK if colour_scheme == PREFERS_DARK else Theme.EITHER


def bar_theme(environ: Mapping[str, str], gio: Any = None) -> Theme:
    """The theme here and now. `gio` is the module `gi.repository.Gio` where there is one."""
    scheme = _colour_scheme(gio) if gio is not None else None
    return theme_of(sys.platform, environ.get("XDG_CURRENT_DESKTOP", ""), _windows_light(), scheme)


def _windows_light() -> bool | None:
    if sys.platform == "win32":
        import winreg

        path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        # Not there before Windows 10 1903: the bar is as the person coloured it.
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
            return bool(winreg.QueryValueEx(key, "SystemUsesLightTheme")[0])
    return None


def _colour_scheme(gio: Any) -> int | None:
    """What the desktop portal says, within a fifth of a second."""
    from gi.repository import GLib

    try:
        bus = gio.bus_get_sync(gio.BusType.SESSION, None)
        answer = bus.call_sync(
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            "org.freedesktop.portal.Settings",
            "Read",
            GLib.Variant("(ss)", ("org.freedesktop.appearance", "color-scheme")),
            None,
            gio.DBusCallFlags.NO_AUTO_START,
            200,
            None,
        )
        value = answer.unpack()[0]
    except GLib.Error as error:
        log.debug("no colour scheme from the portal: %s", error)
        return None
    return value if isinstance(value, int) else None
