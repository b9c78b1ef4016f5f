"""Which icon this desktop can show, found out without showing one."""

import contextlib
import ctypes
import importlib.util
import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tray_app.controls import TrayKind

log = logging.getLogger(__name__)

WATCHER = "org.kde.StatusNotifierWatcher"

# What brings the menu, by the way a distribution installs things.
_PACKAGES = {
    "apt": "sudo apt install python3-gi gir1.2-gtk-3.0 gir1.2-ayatanaappindicator3-0.1",
    "dnf": "sudo dnf install python3-gobject gtk3 libayatana-appindicator-gtk3",
    "pacman": "sudo pacman -S python-gobject gtk3 libayatana-appindicator",
    "zypper": "sudo zypper install python3-gobject typelib-1_0-Gtk-3_0 typelib-1_0-AyatanaAppIndicator3-0_1",
}
_FAMILIES = {
    "apt": {"debian", "ubuntu"},
    "dnf": {"fedora", "rhel"},
    "pacman": {"arch"},
    "zypper": {"suse", "opensuse"},
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What can be shown, by which of pystray's backends, and a sentence about what is missing."""

    kind: TrayKind
    hint: str = ""
    backend: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found on a Linux desktop."""

    has_display: bool
    has_gtk: bool = False
    has_indicator: bool = False
    has_xlib: bool = False
    has_watcher: bool = False  # somebody shows StatusNotifier icons
    has_xembed_tray: bool = False  # somebody shows XEmbed icons
    desktop: str = ""  # XDG_CURRENT_DESKTOP
    os_release: str = ""  # the text of /etc/os-release
    forced: str = ""  # PYSTRAY_BACKEND


def probe(environ: Mapping[str, str] | None = None) -> Probe:
    """Look at this desktop. Imports nothing of the desktop where there is no display."""
    environ = os.environ if environ is None else environ
    if sys.platform == "win32":
        return Probe(TrayKind.MENU, backend="win32")
    if sys.platform == "darwin":
        return Probe(TrayKind.MENU, backend="darwin")
    return judge(_findings(environ))


def judge(found: Findings) -> Probe:
    """What these findings mean."""
    if not found.has_display:
        return Probe(TrayKind.HEADLESS, "There is no desktop here. `jumpseat serve` runs the proxy alone.")
    backend = found.forced or _backend(found)
    if not backend:
        return Probe(TrayKind.NONE, menu_hint(found.os_release))
    # The indicator speaks both protocols, the other two only the older one.
    hosts = found.has_xembed_tray or (backend == "appindicator" and found.has_watcher)
    if not hosts:
        return Probe(TrayKind.NONE, host_hint(found.desktop), backend)
    if backend == "xorg":
        return Probe(TrayKind.CLICK, menu_hint(found.os_release), backend)
    return Probe(TrayKind.MENU, backend=backend)


def _backend(found: Findings) -> str:
    if found.has_gtk and found.has_indicator:
        return "appindicator"
    if found.has_gtk and found.has_xembed_tray:
        return "gtk"
    return "xorg" if found.has_xlib else ""


def menu_hint(os_release: str) -> str:
    """Which packages bring the menu, in the words of this distribution."""
    names = set()
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key in ("ID", "ID_LIKE"):
            names |= set(value.strip().strip("\"'").lower().replace("-", " ").split())
    for way, family in _FAMILIES.items():
        if names & family:
            return f"For a menu, install the libraries for it: {_PACKAGES[way]}"
    return "For a menu, install PyGObject, GTK 3 and the typelib of Ayatana AppIndicator."


def host_hint(desktop: str) -> str:
    """Why no icon can be seen, and what shows one."""
    if "gnome" in desktop.lower():
        return (
            "GNOME shows no tray icons by itself. Install and switch on the extension AppIndicator "
            "(package gnome-shell-extension-appindicator), then sign in again."
        )
    return "No panel here shows tray icons. Add a system tray to your panel; the icon appears by itself."


def _findings(environ: Mapping[str, str]) -> Findings:
    display, wayland = environ.get("DISPLAY", ""), environ.get("WAYLAND_DISPLAY", "")
    if not display and not wayland:
        return Findings(has_display=False)
    x_works, xembed = _x11(display) if display else (False, False)
    if not x_works and not (wayland and _wayland_answers(wayland, environ)):
        return Findings(has_display=False)
    has_gtk, has_indicator = _typelibs()
    return Findings(
        has_display=True,
        has_gtk=has_gtk,
        has_indicator=has_indicator,
        has_xlib=x_works,
        has_watcher=has_gtk and _watcher(),
        has_xembed_tray=xembed,
        desktop=environ.get("XDG_CURRENT_DESKTOP", ""),
        os_release=_os_release(),
        forced=environ.get("PYSTRAY_BACKEND", ""),
    )


def _wayland_answers(name: str, environ: Mapping[str, str]) -> bool:
    """Whether a compositor listens there: an absolute path, or a name in XDG_RUNTIME_DIR."""
    place = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}", name)
    try:
        with socket.socket(socket.AF_UNIX) as compositor:
            compositor.settimeout(1)
            compositor.connect(str(place))
    except OSError as problem:
        log.info("cannot reach the compositor at %s: %s", place, problem)
        return False
    return True


def _x11(name: str) -> tuple[bool, bool]:
    """Whether the display can be opened, and whether somebody on it shows XEmbed icons."""
    # GTK loads this library anyway; python-xlib would stay in memory with 2 MB for two questions.
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return _x11_without_library(name)
    for function in (x11.XOpenDisplay, x11.XInternAtom, x11.XGetSelectionOwner):
        function.restype = ctypes.c_void_p  # a pointer, or a number as long as one; 0 is None
    display = ctypes.c_void_p(x11.XOpenDisplay(name.encode()))
    if not display:
        log.info("cannot open display %s", name)
        return False, False
    try:
        tray = f"_NET_SYSTEM_TRAY_S{x11.XDefaultScreen(display)}".encode()
        atom = ctypes.c_void_p(x11.XInternAtom(display, tray, False))
        return True, x11.XGetSelectionOwner(display, atom) is not None
    finally:
        x11.XCloseDisplay(display)


def _x11_without_library(name: str) -> tuple[bool, bool]:
    """The same by python-xlib, which pystray brings."""
    from Xlib import X, error
    from Xlib.display import Display

    try:
        display = Display(name)
    except (error.DisplayError, error.XauthError, OSError, OverflowError, ValueError) as problem:
        log.info("cannot open display %s: %s", name, problem)
        return False, False
    try:
        atom = display.intern_atom(f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}")
        return True, display.get_selection_owner(atom) != X.NONE
    finally:
        display.close()


def _typelibs() -> tuple[bool, bool]:
    """Whether GTK 3 and an AppIndicator are installed; neither is loaded by asking."""
    if importlib.util.find_spec("gi") is None:
        return False, False
    try:
        import gi
    except ImportError as problem:  # installed for another Python, or its library is gone
        log.info("PyGObject does not load: %s", problem)
        return False, False
    indicators = ("AppIndicator3", "AyatanaAppIndicator3")
    return _has(gi, "Gtk", "3.0"), any(_has(gi, name, "0.1") for name in indicators)


def _has(gi: Any, name: str, version: str) -> bool:
    try:
        gi.require_version(name, version)
    except ValueError:
        return False
    return True


def _watcher() -> bool:
    """Whether somebody on the session bus shows StatusNotifier icons."""
    from gi.repository import Gio, GLib

    try:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        answer = bus.call_sync(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "NameHasOwner",
            GLib.Variant("(s)", (WATCHER,)),
            None,
            Gio.DBusCallFlags.NONE,
            1000,
            None,
        )
    except GLib.Error as problem:
        log.info("no session bus: %s", problem)
        return False
    return bool(answer.unpack()[0])


def _os_release() -> str:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        with contextlib.suppress(OSError):
            return Path(path).read_text("utf-8", "replace")
    return ""
