"""Which process called, and in which folder it works. Linux only: /proc tells without asking anybody.

macOS and Windows have system calls for it (proc_pidfdinfo, GetExtendedTcpTable); they are not used yet, so
the answer there is "not known".
"""

import contextlib
import os
import re
import sys
import time
from pathlib import Path

_PROC = Path("/proc")
_LOOK_AGAIN = 2.0  # seconds between two looks through all processes
_READ_AGAIN = 0.2  # between two looks at all sockets: one serves what was written together
_REMEMBER = 60.0  # a connection's port goes to nobody else for so long
_MOST_KNOWN = 2_000
Caller = tuple[str | None, str | None]
UNKNOWN: Caller = (None, None)


class Callers:
    """Answers from a list of who holds which socket, made anew when somebody unknown calls."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}  # socket inode -> process
        self._looked_mono = self._read_mono = float("-inf")
        self._inodes: dict[int, str] = {}  # port -> socket inode
        self._known: dict[int, tuple[float, Caller]] = {}

    def find(self, port: int) -> Caller:
        """The command and the working folder of whoever holds the client's `port` on this machine."""
        if not sys.platform.startswith("linux"):
            return UNKNOWN
        now = time.monotonic()
        if (known := self._known.get(port)) is not None and now - known[0] < _REMEMBER:
            return known[1]
        caller = UNKNOWN
        if now - self._read_mono >= _READ_AGAIN:
            self._inodes, self._read_mono = _inodes(), now
        if inode := self._inodes.get(port):
            if inode not in self._pids and now - self._looked_mono >= _LOOK_AGAIN:
                self._pids, self._looked_mono = _holders(), now
            if (pid := self._pids.get(inode)) is not None:
                caller = _describe(pid)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[port] = now, caller
        return caller


# Local port, remote end, state (all but listening), queues, timer, retries, owner, timeout, inode.
_SOCKET = re.compile(
    rb":([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0[1-9] [0-9A-F:]+ [0-9A-F:]+ [0-9A-F]+ +\d+ +\d+ ([1-9]\d*) "
)


def _inodes() -> dict[int, str]:
    """The open sockets of this machine by their local port (proc(5), /proc/net/tcp)."""
    found: dict[int, str] = {}
    for name in ("tcp6", "tcp"):
        with contextlib.suppress(OSError):
            text = (_PROC / "net" / name).read_bytes()
            found |= {int(port, 16): inode.decode() for port, inode in _SOCKET.findall(text)}
    return found


def _holders() -> dict[str, int]:
    found: dict[str, int] = {}
    own = os.getuid()
    for name in os.listdir(_PROC):
        if not name.isdigit():
            continue
        try:
            if os.stat(f"{_PROC}/{name}").st_uid != own:
                continue
            for fd in os.scandir(f"{_PROC}/{name}/fd"):
                target = os.readlink(fd.path)
                if target.startswith("socket:["):
                    found.setdefault(target[8:-1], int(name))
        except OSError:
            continue
    return found


def _describe(pid: int) -> Caller:
    """Its name as people know it, and its folder. A name of a runtime gives way to what it runs."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        name = _name([word.decode(errors="replace") for word in words if word])
    except OSError:
        name = None
    try:
        folder: str | None = os.readlink(_PROC / str(pid) / "cwd")
    except OSError:
        folder = None
    return name, folder[:1000] if folder else None


_RUNTIMES = ("node", "python", "bun", "deno")


def _name(words: list[str]) -> str | None:
    if not words:
        return None
    name = Path(words[0]).name
    if name.startswith(_RUNTIMES):
        script = next((word for word in words[1:] if not word.startswith("-")), "")
        name = Path(script).name or name
    return "".join(c for c in name if c.isprintable())[:80] or None
