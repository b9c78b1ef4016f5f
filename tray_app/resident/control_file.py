"""The file `control` in Jumpseat's home: how other commands of the same user reach the running program.

url    the proxy, where a ticket to the dashboard is good; empty while it does not listen
door   takes `/api/tickets` and `/api/window` as long as the program runs
key    opens both; made anew by each run
pid    of the program
"""

import contextlib
import json
import logging
import os
from dataclasses import asdict, dataclass, field

from tray_app.errors import LocalFault
from tray_app.paths import Paths, write_private

log = logging.getLogger(__name__)

_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Control:
    url: str
    door: str
    key: str = field(repr=False)
    pid: int


def write(paths: Paths, url: str, door: str, key: str) -> None:
    """Put it there, for its owner only. In a read-only home the other commands do without."""
    text = json.dumps(asdict(Control(url, door, key, os.getpid())))
    try:
        write_private(paths.control, text)
    except LocalFault as fault:
        log.warning("Other commands cannot find this run: %s", fault)


def read(paths: Paths) -> Control | None:
    """What the running program wrote, or one that was killed; None when there is nothing to read."""
    try:
        with open(paths.control, encoding="utf-8") as file:
            said = json.loads(file.read(_LARGEST))
        return Control(str(said["url"]), str(said["door"]), str(said["key"]), int(said["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(paths: Paths) -> None:
    """Take it away, unless another run has put its own there."""
    found = read(paths)
    if found is not None and found.pid == os.getpid():
        with contextlib.suppress(OSError):
            paths.control.unlink()
