"""What goes into the package and what stays out; build.spec asks here."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

Entry = tuple[str, str, str]  # name inside of the package, file it comes from, kind: as PyInstaller has them

# Chosen by name at run time, so that no scan of imports finds them.
_CHOSEN = {
    "linux": ["pystray._appindicator", "pystray._xorg", "webview.platforms.gtk", "uvloop"],
    "darwin": ["pystray._darwin", "webview.platforms.cocoa", "uvloop"],
    "win32": ["pystray._win32", "webview.platforms.winforms", "webview.platforms.edgechromium", "winloop"],
}
_TOOLKITS = ["android", "cef", "cocoa", "edgechromium", "gtk", "mshtml", "qt", "winforms"]
_TRAYS = ["_appindicator", "_darwin", "_dummy", "_gtk", "_win32", "_xorg"]

_NEVER = [
    *("tkinter", "unittest", "pydoc", "lib2to3", "ensurepip", "uvloop._testbase"),
    *("PIL._avif", "PIL._webp", "PIL._imagingcms", "PIL._imagingft", "PIL._imagingtk", "PIL.ImageTk"),
    *("requests", "urllib3", "certifi", "charset_normalizer"),  # tiktoken's downloader: nothing is fetched
]

# The system has these; their modules are made at run time from its type libraries.
_GOBJECT = [
    *("AppIndicator3", "Atk", "AyatanaAppIndicator3", "DBus", "DBusGLib", "GIRepository", "GLib", "GLibUnix"),
    *("GLibWin32", "GModule", "GObject", "Gdk", "GdkPixbuf", "GdkX11", "Gio", "GioUnix", "GioWin32", "Gtk"),
    *("HarfBuzz", "JavaScriptCore", "Notify", "Pango", "PangoCairo", "Soup", "WebKit2", "cairo"),
    *("freetype2", "xlib"),
]

# Under the LGPL and in Python: left as files of their own, so that they can be exchanged.
EXCHANGEABLE = {"pystray": "pyc", "Xlib": "pyc", "gi": "pyc"}


def chosen_by_name(platform: str) -> list[str]:
    """Modules to take along on `platform` (as sys.platform) that are imported by name."""
    return _CHOSEN[platform]


def left_out(platform: str) -> list[str]:
    """Modules that stay out: other systems' toolkits, and what is never used."""
    others = [f"webview.platforms.{name}" for name in _TOOLKITS] + [f"pystray.{name}" for name in _TRAYS]
    gobject = [f"gi.repository.{name}" for name in _GOBJECT] if platform == "linux" else ["gi", "cairo"]
    return [*_NEVER, *gobject, *(name for name in others if name not in _CHOSEN[platform])]


def icon(platform: str) -> str | None:
    """The icon inside of the programs."""
    return {"win32": "assets/jumpseat.ico", "darwin": "assets/jumpseat.icns"}.get(platform)


def missing_pages(static: Path) -> str:
    """The first file of the built pages that is not there; empty when all are."""
    manifest = static / "manifest.json"
    if not manifest.exists():
        return manifest.name
    files = ["index.html", *json.loads(manifest.read_text("utf-8"))["files"]]
    return next((name for name in files if not (static / name).exists()), "")


def without_the_systems(entries: Iterable[Entry]) -> list[Entry]:
    """On Linux: libraries of Python and of its packages. The others come with the package's dependencies.

    A bundled copy would share a process with the system's GTK and WebKit, and be older than they want.
    """
    return [entry for entry in entries if not _is_the_systems(Path(entry[1]).resolve())]


def _is_the_systems(path: Path) -> bool:
    if "python" in path.name or any(part.startswith("python3") for part in path.parts):
        return False
    ours = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()} - {Path("/usr")}
    return not any(path.is_relative_to(folder) for folder in ours)
