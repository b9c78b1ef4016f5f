"""Runs a command where there is no network but one port, and writes down every host it looks up.

Started in namespaces of its own (`sealing.py`): python sealed.py PORT FOLDER COMMAND…
127.0.0.1:PORT leads to FOLDER/door, a Unix socket that the outside serves; names go to FOLDER/names.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
_NO_SUCH_NAME = 0x8183
_PIECE = 65536


def main() -> int:
    port, folder, command = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    _start_loopback()
    _serve_names(folder)
    _open_door(port, str(folder / "door"))
    return subprocess.run(command).returncode


def _start_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = struct.pack("16sh", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _GET_FLAGS, name), 16)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP))


def _serve_names(folder: Path) -> None:
    """A name server that knows no name; the system's resolver is pointed at it."""
    settings = folder / "resolv.conf"
    settings.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", str(settings), os.path.realpath("/etc/resolv.conf")], check=True)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=_answer_names, args=(server, folder / "names"), daemon=True).start()


def _answer_names(server: socket.socket, log: Path) -> None:
    while True:
        question, sender = server.recvfrom(4096)
        with log.open("a") as names:
            names.write(_name(question) + "\n")
        server.sendto(question[:2] + struct.pack(">H", _NO_SUCH_NAME) + question[4:], sender)


def _name(question: bytes) -> str:
    labels, at = [], 12
    while at < len(question) and question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii", "replace"))
        at += question[at] + 1
    return ".".join(labels)


def _open_door(port: int, door: str) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    threading.Thread(target=_let_through, args=(listener, door), daemon=True).start()


def _let_through(listener: socket.socket, door: str) -> None:
    while True:
        inside, _ = listener.accept()
        outside = socket.socket(socket.AF_UNIX)
        outside.connect(door)
        for one, other in ((inside, outside), (outside, inside)):
            threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            end.close()


if __name__ == "__main__":
    sys.exit(main())
