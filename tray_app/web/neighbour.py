"""Whether a connection comes from another account of this machine. Linux only: /proc/net/tcp tells (proc(5)).

A ticket passes through the command line of the browser that opens it, which other accounts can read while it
starts. There they may see it; here they may not use it.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _OWNER = 1, 2, 7  # columns


def is_another_account(peer_port: int, own_port: int) -> bool:
    """The client's end of the connection belongs to somebody else; False where nobody tells. Blocks."""
    if not sys.platform.startswith("linux"):
        return False
    for table in _TABLES:
        try:
            lines = table.read_text().splitlines()
        except OSError:
            continue
        owner = owner_of(lines, peer_port, own_port)
        if owner is not None:
            return owner not in (os.getuid(), 0)  # the administrator can read everything anyway
    return False


def owner_of(lines: Iterable[str], peer_port: int, own_port: int) -> int | None:
    """PURE. The user id of the socket at `peer_port` that is connected to `own_port`."""
    ends = f":{peer_port:04X}", f":{own_port:04X}"
    for line in lines:
        fields = line.split()
        if len(fields) > _OWNER and fields[_LOCAL].endswith(ends[0]) and fields[_REMOTE].endswith(ends[1]):
            return int(fields[_OWNER]) if fields[_OWNER].isdigit() else None
    return None
