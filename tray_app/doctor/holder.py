"""The program that listens on a port, as far as the system tells, and why an address cannot be had."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

from tray_app.errors import LocalFault

_LISTEN = "0A"  # the state of a listening socket in /proc/net/tcp
_SECONDS = 5
_WINDOWS_IN_USE = 10048
_FIRST_PORT, _LAST_PORT, _USUAL_PORT = 1024, 65535, 8314  # for ordinary programs


def holder_of(port: int) -> str | None:
    """Its name and process id, as `node (4711)`; None when it is not ours to see."""
    look = {"linux": _from_proc, "win32": _from_netstat}.get(sys.platform, _from_lsof)
    return look(port)


def why_not(host: str, port: int, error: OSError) -> LocalFault:
    """What is in the way of listening there. May take seconds: for a thread."""
    where = f"Port {port} on {host}"
    if error.errno in (errno.EADDRINUSE, _WINDOWS_IN_USE):
        holder = holder_of(port)
        by = f" by {holder}" if holder else ""
        return LocalFault(f"{where} is in use{by}.", _another(port))
    if error.errno in (errno.EACCES, errno.EPERM):
        return LocalFault(f"{where} is not for ordinary programs.", _another(port))
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return LocalFault(f"{host} is not an address of this machine.", "Set server.host to 127.0.0.1.")
    return LocalFault(f"{where} cannot be used: {error.strerror or error}.", _another(port))


def _another(port: int) -> str:
    other = port + 1 if _FIRST_PORT <= port < _LAST_PORT else _USUAL_PORT
    ways = f"--port {other}, or `jumpseat config set server.port {other}`"
    return f"End that program, or choose another port: {ways}."


def _from_proc(port: int) -> str | None:
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        try:
            if any(os.readlink(link) in sockets for link in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} ({process.name})"
        except OSError:
            continue  # it has ended, or is another user's
    return None


def _inodes(port: int) -> list[str]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.append(fields[9])
    return found


def _from_lsof(port: int) -> str | None:
    fields = _output(["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]).splitlines()
    named = {line[0]: line[1:] for line in fields if line}
    return f"{named['c']} ({named['p']})" if {"c", "p"} <= named.keys() else None


def _from_netstat(port: int) -> str | None:
    for row in _output(["netstat", "-ano", "-p", "TCP"]).splitlines():
        fields = row.split()
        if len(fields) == 5 and fields[3] == "LISTENING" and fields[1].endswith(f":{port}"):
            return f"process {fields[4]}"
    return None


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
