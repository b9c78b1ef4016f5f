"""`jumpseat` without a command: the tray application, or the window of the one that runs already."""

import argparse
import contextlib
import gc
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from tray_app import log
from tray_app.cli.output import say, warn
from tray_app.errors import LocalFault, NotPossibleHere, SettingsFault
from tray_app.paths import Paths
from tray_app.settings_file import Loaded, load, load_anyway

if TYPE_CHECKING:
    from tray_app.controls import Controls, Desktop
    from tray_app.desktop.autostart import Autostart
    from tray_app.desktop.main import Reside
    from tray_app.desktop.tray_probe import Probe

_REMEDY = "`jumpseat serve` runs the proxy in this terminal, `jumpseat --help` lists the rest."
_STARTING_SECONDS = 15.0  # another start of the same moment has so long to come up


def launch() -> int:
    """`jumpseat-tray`: the same without a console. Its exit status."""
    from tray_app.cli import main

    return main()


def start(arguments: argparse.Namespace) -> int:
    """Until somebody quits. Raises NotPossibleHere without a display, LocalFault."""
    probe = desktop_here()
    paths = Paths.find()
    by_hand = not getattr(arguments, "hidden", False)
    log.set_up(paths, verbose=arguments.verbose, debug=arguments.debug)
    from tray_app.desktop.single import OneInstance

    instance = OneInstance(paths.lock)
    if not instance.take():
        return _show_running(paths, by_hand=by_hand)
    try:
        if _serves_already(paths, by_hand=by_hand):
            return 0
        from tray_app.desktop.autostart import Autostart

        loaded, is_good = _loaded(paths)
        reside = _resident(paths, loaded, starts=is_good)
        return run(reside, probe, paths.home, by_hand=by_hand, autostart=Autostart.here())
    finally:
        instance.give_back()


def run(
    reside: "Reside", probe: "Probe", home: Path, *, by_hand: bool, autostart: "Autostart | None" = None
) -> int:
    """The tray process around a program that resides; `home` keeps what the desktop remembers."""
    from tray_app.cli.loading import lean, share_one_heap
    from tray_app.cli.running import loop_factory

    with lean():
        from tray_app.desktop.main import Program, Start
        from tray_app.desktop.tray_host import host_for

        host_for(probe.backend)

    share_one_heap()
    program = Program(reside, Start(probe, home, by_hand, autostart), loop_factory())
    gc.collect()
    gc.freeze()  # the program itself is no garbage: looking through it takes time and dirties memory
    return program.run()


def desktop_here() -> "Probe":
    """What this desktop can show of us. Raises NotPossibleHere when there is none."""
    if not has_display():
        raise NotPossibleHere("There is no display for the tray application here.", _REMEDY)
    from tray_app.controls import TrayKind
    from tray_app.desktop.tray_probe import probe

    found = probe()
    if found.kind is TrayKind.HEADLESS:
        raise NotPossibleHere("The display that DISPLAY or WAYLAND_DISPLAY names cannot be opened.", _REMEDY)
    return found


def has_display() -> bool:
    """Whether a desktop can be there: always on Windows and macOS, with X11 or Wayland elsewhere."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _loaded(paths: Paths) -> tuple[Loaded, bool]:
    """The settings, and whether the proxy may start with them: a file that cannot be read may hold the
    keys that keep others out."""
    try:
        return load(paths), True
    except SettingsFault:
        return load_anyway(paths), False


def _resident(paths: Paths, loaded: Loaded, *, starts: bool) -> "Reside":
    from tray_app.cli.loading import lean
    from tray_app.cli.running import Address

    with lean():
        from tray_app import app

    @contextlib.asynccontextmanager
    async def reside(desktop: "Desktop") -> "AsyncIterator[Controls]":
        noted = Address(paths)
        async with app.reside(
            loaded,
            paths,
            desktop=desktop,
            moved=noted.moved,
            starts=starts and loaded.settings.desktop.start_proxy,
        ) as resident:
            yield resident

    return reside


# --- one that runs already ------------------------------------------------------------------------


def _show_running(paths: Paths, *, by_hand: bool) -> int:
    """Ask the instance that holds the lock for its window; it may be starting just now."""
    from tray_app.cli.ask import NotRunning
    from tray_app.cli.knocking import open_window

    if not by_hand:
        return 0
    ends = time.monotonic() + _STARTING_SECONDS
    while True:
        try:
            open_window(paths, "/")
        except NotRunning:
            if time.monotonic() > ends:
                raise LocalFault(
                    "Another Jumpseat runs already, but does not answer.",
                    "Quit it from its tray icon, or end its process.",
                ) from None
            time.sleep(0.2)
        else:
            say("Jumpseat runs already; its window is open.")
            return 0


def _serves_already(paths: Paths, *, by_hand: bool) -> bool:
    """Whether `jumpseat serve` runs in the same home: then its dashboard is opened instead. What a tray left
    behind that was killed is no such thing: it has a door besides the proxy's."""
    from tray_app.cli.ask import NotRunning
    from tray_app.cli.knocking import ticket
    from tray_app.cli.opening import show
    from tray_app.resident import control_file

    control = control_file.read(paths)
    if control is None or not control.url or control.door != control.url:
        return False
    try:
        url = ticket(paths, "/")
    except NotRunning:
        return False
    except LocalFault as fault:
        warn(str(fault))
        return True
    say("`jumpseat serve` runs already, and so does its dashboard; end it first for the tray icon.")
    if by_hand and url:
        show(url)
    return True
