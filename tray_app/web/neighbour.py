"""Whether a connection comes from another account of this machine. Linux only: /proc/net/tcp tells (proc(5)).

A ticket passes through the command line of the browser that opens it, which other accounts can read while it
starts. There they may see it; here they may not use it.
"""

import ipaddress
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _STATE, _OWNER = 1, 2, 3, 7  # columns
_ESTABLISHED = "01"
_WORD = 8  # hexadecimal digits of 32 bits

End = tuple[str, int]  # address and port


def is_another_account(client: End, own: End) -> bool:
    """The client's end of the connection belongs to somebody else; False where nobody tells. Blocks."""
    if not sys.platform.startswith("linux"):
        return False
    for table in _TABLES:
        try:
            lines = table.read_text().splitlines()
        except OSError:
            continue
        owner = owner_of(lines, client, own)
        if owner is not None:
            return owner not in (os.getuid(), 0)  # the administrator can read everything anyway
    return False


def owner_of(lines: Iterable[str], client: End, own: End) -> int | None:
    """PURE. The user id of the open connection from `client` to `own`.

    Addresses count, not the ports alone: others may choose the same port at another loopback address. A
    connection that has ended belongs to nobody, and says 0.
    """
    for line in lines:
        fields = line.split()
        if len(fields) <= _OWNER or fields[_STATE] != _ESTABLISHED or not fields[_OWNER].isdigit():
            continue
        if _end(fields[_LOCAL]) == _plain(client) and _end(fields[_REMOTE]) == _plain(own):
            return int(fields[_OWNER])
    return None


def _end(text: str) -> End | None:
    """`0100007F:207A`: each word of the address as this machine has it in memory, and the port."""
    address, _, port = text.partition(":")
    try:
        words = [int(address[at : at + _WORD], 16) for at in range(0, len(address), _WORD)]
        return _plain((str(ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))), int(port, 16)))
    except (ValueError, struct.error):
        return None


def _plain(end: End) -> End:
    """An IPv4 address that comes as IPv6 is the same one."""
    address = ipaddress.ip_address(end[0].partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address), end[1]
