"""The window on GTK: what pywebview leaves to the program. Imported in the window's process only.

Links that lead elsewhere open in the browser, downloads ask where to go, Ctrl and + or - zoom, and a web
engine that dies is noticed.
"""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gi

from tray_app.desktop.browser import open_in_browser
from tray_app.desktop.language import system_language
from tray_app.desktop.window_place import Place, zoomed

log = logging.getLogger(__name__)

_PORTAL_MS = 500  # for the desktop to say whether it is dark
_STEPS = {"plus": 1, "equal": 1, "KP_Add": 1, "minus": -1, "KP_Subtract": -1, "0": 0, "KP_0": 0}


def name_program(name: str) -> None:
    """The name that panels look up among .desktop files. Before anything opens the display."""
    from gi.repository import GLib

    GLib.set_prgname(name)


def is_desktop_dark() -> bool:
    """What the desktop wishes, asked of its portal; False where there is none."""
    from gi.repository import Gio, GLib

    try:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        (answer,) = bus.call_sync(
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            "org.freedesktop.portal.Settings",
            "Read",
            GLib.Variant("(ss)", ("org.freedesktop.appearance", "color-scheme")),
            GLib.VariantType("(v)"),
            Gio.DBusCallFlags.NONE,
            _PORTAL_MS,
            None,
        ).unpack()
    except GLib.Error as error:
        log.debug("No word about dark or light: %s", error.message)
        return False
    return bool(answer == 1)


class GtkWindow:
    """The native side of one window. Everything here runs on GTK's own loop."""

    def __init__(
        self,
        native: Any,
        place: Place,
        *,
        is_dark: bool,
        is_ours: Callable[[str], bool],
        crashed: Callable[[str], None],
        replaced: Callable[..., Any],
    ) -> None:
        """`is_ours` tells the pages that may be shown, `crashed` gets the reason. `replaced` is pywebview's
        own rule for links, which would hand any address to the browser, file: too."""
        gi.require_version("Gtk", "3.0")
        from gi.repository import Gdk, GLib, Gtk, WebKit2

        self._gdk, self._glib, self._gtk, self._webkit = Gdk, GLib, Gtk, WebKit2
        self._native, self._is_ours, self._crashed = native, is_ours, crashed
        self._zoom = place.zoom
        self._view = _find(native, WebKit2.WebView)
        Gtk.Settings.get_default().props.gtk_application_prefer_dark_theme = is_dark
        self._view.disconnect_by_func(replaced)
        self._speak(system_language(os.environ))
        self._attend()
        self._put(place)

    def _put(self, place: Place) -> None:
        if place.x is not None and place.y is not None:
            self._native.move(place.x, place.y)
        if place.maximized:
            self._native.maximize()
        self._view.set_zoom_level(place.zoom)

    def _speak(self, locale: str) -> None:
        """Pages are in the language of the menu; WebKit alone asks only for locales that are installed."""
        if locale:
            self._view.get_context().set_preferred_languages([locale.split(".")[0].replace("_", "-")])

    def _attend(self) -> None:
        self._view.connect("decide-policy", self._decide)
        self._view.connect("web-process-terminated", self._terminated)
        self._view.get_context().connect("download-started", self._download)
        self._native.connect("key-press-event", self._key)

    def place(self) -> Place:
        """As it is now. Wayland tells no program where its window is."""
        width, height = self._native.get_size()
        x, y = self._native.get_position()
        if not type(self._native.get_display()).__name__.startswith("X11"):
            x = y = None
        return Place(width, height, x, y, self._native.is_maximized(), self._zoom)

    def dress(self, pictures: Sequence[Any]) -> None:
        """Give the window its icon, RGBA pictures of several sizes; from any thread."""
        from gi.repository import GdkPixbuf

        icons = []
        for picture in pictures:
            content = self._glib.Bytes.new(picture.tobytes())
            width, height = picture.size
            colours = GdkPixbuf.Colorspace.RGB
            icons.append(GdkPixbuf.Pixbuf.new_from_bytes(content, colours, True, 8, width, height, width * 4))
        self._glib.idle_add(self._native.set_icon_list, icons)

    def to_front(self) -> None:
        """On top and with the keyboard, from any thread. Wayland may only mark the window in the panel."""
        self._glib.idle_add(self._present)

    def _present(self) -> None:
        self._native.deiconify()
        surface = self._native.get_window()
        try:
            gi.require_version("GdkX11", "3.0")
            from gi.repository import GdkX11

            moment = GdkX11.x11_get_server_time(surface)  # an older one, and window managers refuse
        except (ImportError, ValueError, TypeError):
            moment = self._gdk.CURRENT_TIME
        self._native.present_with_time(moment)

    # --- what the page may do -----------------------------------------------------------------------

    def _decide(self, _view: Any, decision: Any, kind: Any) -> bool:
        kinds = self._webkit.PolicyDecisionType
        if kind == kinds.RESPONSE:
            return self._answer(decision)
        address = decision.get_navigation_action().get_request().get_uri() or ""
        if kind == kinds.NAVIGATION_ACTION and (self._is_ours(address) or address == "about:blank"):
            return False
        decision.ignore()
        if self._is_ours(address):
            self._view.load_uri(address)
        else:
            open_in_browser(address)
        return True

    def _answer(self, decision: Any) -> bool:
        headers = decision.get_response().get_http_headers()
        kept = (headers.get_one("Content-Disposition") or "") if headers else ""
        if kept.lower().startswith("attachment") or not decision.is_mime_type_supported():
            decision.download()
            return True
        return False

    def _download(self, _context: Any, download: Any) -> None:
        download.connect("decide-destination", self._destination)

    def _destination(self, download: Any, suggested: str) -> bool:
        """Ask where the file goes, in the Downloads folder to begin with."""
        name = Path(suggested).name or "jumpseat"
        save = self._gtk.FileChooserAction.SAVE
        chooser = self._gtk.FileChooserNative.new(name, self._native, save, None, None)
        chooser.set_do_overwrite_confirmation(True)
        chooser.set_current_folder(str(_downloads(self._glib)))
        chooser.set_current_name(name)
        chosen = chooser.get_uri() if chooser.run() == self._gtk.ResponseType.ACCEPT else None
        if chosen is None:
            download.cancel()
        else:
            download.set_allow_overwrite(True)
            download.set_destination(chosen)
        return True

    def _terminated(self, _view: Any, reason: Any) -> None:
        memory = reason == self._webkit.WebProcessTerminationReason.EXCEEDED_MEMORY_LIMIT
        self._crashed("The web engine used too much memory." if memory else "The web engine crashed.")

    def _key(self, _native: Any, event: Any) -> bool:
        if not event.state & self._gdk.ModifierType.CONTROL_MASK:
            return False
        name = self._gdk.keyval_name(event.keyval)
        if name in ("w", "W"):
            self._native.close()
        elif name in _STEPS:
            self._zoom = zoomed(self._zoom, _STEPS[name])
            self._view.set_zoom_level(self._zoom)
        else:
            return False
        return True


def _downloads(glib: Any) -> Path:
    folder = glib.get_user_special_dir(glib.UserDirectory.DIRECTORY_DOWNLOAD)
    return Path(folder) if folder else Path.home()


def _find(widget: Any, kind: Any) -> Any:
    """The first widget of this kind inside. LookupError when there is none."""
    if isinstance(widget, kind):
        return widget
    for child in widget.get_children() if hasattr(widget, "get_children") else ():
        try:
            return _find(child, kind)
        except LookupError:
            continue
    raise LookupError(kind)
