"""`jumpseat` without a command."""

import argparse
import os
import sys

from tray_app.errors import NotPossibleHere


def start(_arguments: argparse.Namespace) -> int:
    """Says what works in this build. Raises NotPossibleHere."""
    remedy = "`jumpseat serve` runs the proxy in this terminal, `jumpseat --help` lists the rest."
    if not has_display():
        raise NotPossibleHere("There is no display for the tray application here.", remedy)
    raise NotPossibleHere("The tray application is not part of this build yet.", remedy)


def has_display() -> bool:
    """Whether a desktop can be there: always on Windows and macOS, with X11 or Wayland elsewhere."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
