"""Which process called, and in which folder it works. Linux only: /proc tells without asking anybody.

macOS and Windows have system calls for it (proc_pidfdinfo, GetExtendedTcpTable); they are not used yet, so
the answer there is "not known".
"""

import os
import sys
import time
from pathlib import Path

_PROC = Path("/proc")
_LOOK_AGAIN = 2.0  # seconds between two looks through all processes
_REMEMBER = 60.0  # a connection's port goes to nobody else for so long
_MOST_KNOWN = 2_000
Caller = tuple[str | None, str | None]
UNKNOWN: Caller = (None, None)


class Callers:
    """Answers from a list of who holds which socket, made anew when somebody unknown calls."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}  # socket inode -> process
        self._looked_mono = float("-inf")
        self._known: dict[int, tuple[float, Caller]] = {}

    def find(self, port: int) -> Caller:
        """The command and the working folder of whoever holds the client's `port` on this machine."""
        if not sys.platform.startswith("linux"):
            return UNKNOWN
        now = time.monotonic()
        if (known := self._known.get(port)) is not None and now - known[0] < _REMEMBER:
            return known[1]
        caller = UNKNOWN
        if inode := _inode(port):
            if inode not in self._pids and now - self._looked_mono >= _LOOK_AGAIN:
                self._pids, self._looked_mono = _holders(), now
            if (pid := self._pids.get(inode)) is not None:
                caller = _describe(pid)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[port] = now, caller
        return caller


def _inode(port: int) -> str | None:
    """The socket whose local port this is, connected to us on this machine (proc(5), /proc/net/tcp)."""
    wanted = f":{port:04X}"
    for name in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            if wanted in line:
                fields = line.split()
                if fields[1].endswith(wanted) and fields[9] != "0":
                    return fields[9]
    return None


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
