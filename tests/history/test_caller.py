"""Which process called."""

import os
import socket
import sys

import pytest

from tray_app.history.caller import UNKNOWN, Callers

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")


@linux_only
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_process_of_this_machine_is_found_by_its_port(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family is socket.AF_INET else "::1"
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no IPv6 here")
    with server, socket.create_connection(server.getsockname()[:2]) as client:
        name, folder = Callers().find(client.getsockname()[1])
    assert name
    assert folder == os.getcwd()


@linux_only
def test_a_port_that_nobody_has_is_nobody_s() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
        assert Callers().find(free) == UNKNOWN  # a listener calls nobody
    assert Callers().find(free) == UNKNOWN


@linux_only
def test_many_at_once_are_looked_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from tray_app.history import caller

    looks = []
    read = caller._inodes
    monkeypatch.setattr(caller, "_inodes", lambda: looks.append(1) or read())
    callers = Callers()
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        clients = [socket.create_connection(server.getsockname()) for _ in range(30)]
        found = [callers.find(client.getsockname()[1]) for client in clients]
        for client in clients:
            client.close()
    assert UNKNOWN not in found
    assert len(looks) < 5
