"""pystray's two GTK backends, mended where they break (0.19.5).

- The picture goes into a private folder under a name of its own: pystray writes to a guessable name in /tmp,
  and some panels keep a picture by its name.
- Notifications are sent without waiting, each as a new one. pystray's own waits for the bus on GTK's loop,
  and its farewell to the last notification ends `run()` with GLib.Error where nobody shows notifications.
- A click does not build the menu anew: whoever has it open would lose it.
- Ctrl-C stays with whoever handles it: pystray would let it kill the program without a farewell.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tray_app.desktop.icon_bar import bar_theme
from tray_app.desktop.icon_files import IconFiles
from tray_app.desktop.icon_look import Look, Theme
from tray_app.desktop.tray_host import Host

log = logging.getLogger(__name__)

NOTICES = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications")


class GtkHost(Host):
    """The backends `appindicator` and `gtk`."""

    def __init__(self, look: Callable[[], Look]) -> None:
        super().__init__(look)
        from gi.repository import Gio

        self._theme = bar_theme(os.environ, Gio)
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        base = runtime if runtime and os.access(runtime, os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="jumpseat-icon-", dir=base))
        self._files = IconFiles(self._folder, self._theme)
        self._path = ""

    @property
    def theme(self) -> Theme:
        return self._theme

    def at_once(self, look: Look) -> Look:
        first = Look(look.figure)  # its picture is a file of ours
        self.prepare(first)
        return first

    def prepare(self, look: Look) -> None:
        path = self._files.file(look)
        if path is not None:
            self._path = str(path)

    def mend(self, icon: Any) -> None:
        def update_fs_icon() -> None:
            icon._icon_path = self._path
            icon._icon_valid = True

        def remove_fs_icon() -> None:
            icon._icon_path = None
            icon._icon_valid = False

        def handler(row: Any) -> Callable[[Any], None]:
            def activated(_item: Any) -> None:
                row(icon)
                if row.checked is not None:
                    icon.update_menu()  # GTK has turned the tick, but a tick shows facts

            return activated

        if hasattr(icon, "_status_icon"):
            icon._status_icon.set_name(icon.name)  # the class of its window
        icon._handler = handler
        icon._update_fs_icon = update_fs_icon
        icon._remove_fs_icon = remove_fs_icon
        icon._initialize = icon._mark_ready
        icon._finalize = remove_fs_icon

    def notify(self, icon: Any, title: str, text: str) -> None:
        from gi.repository import GLib

        GLib.idle_add(_send_notice, title, text, icon._icon_path or "")

    def copy(self, text: str) -> bool:
        from gi.repository import GLib

        GLib.idle_add(_put_into_clipboard, text)
        return True

    def close(self) -> None:
        self._files.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _send_notice(title: str, text: str, picture: str) -> bool:
    """On GTK's loop. The answer is only looked at for the log."""
    from gi.repository import Gio, GLib

    def answered(bus: Any, result: Any) -> None:
        try:
            bus.call_finish(result)
        except GLib.Error as error:
            log.info("no notification was shown: %s", error.message)

    body: tuple[object, ...] = ("Jumpseat", 0, picture, title, GLib.markup_escape_text(text), [], {}, -1)
    try:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    except GLib.Error as error:
        log.info("no notification was shown: %s", error.message)
        return False
    parameters = GLib.Variant("(susssasa{sv}i)", body)
    bus.call(*NOTICES, "Notify", parameters, None, Gio.DBusCallFlags.NONE, 5000, None, answered)
    return False


def _put_into_clipboard(text: str) -> bool:
    """On GTK's loop."""
    from gi.repository import Gdk, Gtk

    clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
    clipboard.set_text(text, -1)
    clipboard.store()  # where something keeps clipboards, it keeps the text beyond our end
    return False
