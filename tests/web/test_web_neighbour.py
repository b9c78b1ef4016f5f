"""Another account of the machine sees a ticket in a command line, and cannot use it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from dashboard import Dashboard

from tray_app.web.neighbour import is_another_account, owner_of

# As /proc/net/tcp writes it: 127.0.0.1:54321 -> 127.0.0.1:8314, owned by 1001.
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:207A 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0
   1: 0100007F:D431 0100007F:207A 01 00000000:00000000 00:00000000 00000000  1001        0 222 1 0 20 4 30 10 -1
   2: 0100007F:207A 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 333 1 0 20 4 30 10 -1
""".splitlines()  # noqa: E501


CLIENT, OWN = ("127.0.0.1", 54321), ("127.0.0.1", 8314)
# 127.0.0.2:54321 -> 127.0.0.1:8314, of 1000; one that has ended at 127.0.0.3; ::1 and a mapped address.
MORE = """\
   3: 0200007F:D431 0100007F:207A 01 00000000:00000000 00:00000000 00000000 1000 0 444 1 0 20 4 30 10
   4: 0300007F:D431 0100007F:207A 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0 20 4 30 10 -1
   5: 00000000000000000000000001000000:D431 00000000000000000000000001000000:207A 01 0:0 00:0 0 1002 0 5
   6: 0000000000000000FFFF00000400007F:D431 0000000000000000FFFF00000100007F:207A 01 0:0 00:0 0 1003 0 6
""".splitlines()


def test_the_owner_of_the_client_s_end_is_found() -> None:
    assert owner_of(TABLE, CLIENT, OWN) == 1001
    assert owner_of(TABLE, OWN, CLIENT) == 1000
    assert owner_of(TABLE, CLIENT, ("127.0.0.1", 1)) is None
    assert owner_of(["", "x", "0: broken", "1: x:y z 01 a b c 7 8"], CLIENT, OWN) is None


@pytest.mark.skipif(sys.byteorder != "little", reason="the table is as a little machine writes it")
def test_the_same_port_of_another_address_is_somebody_else_s() -> None:
    lines = [*MORE, *TABLE]
    assert owner_of(lines, CLIENT, OWN) == 1001
    assert owner_of(lines, ("127.0.0.2", 54321), OWN) == 1000
    assert owner_of(lines, ("127.0.0.3", 54321), OWN) is None
    assert owner_of(lines, ("::1", 54321), ("::1", 8314)) == 1002
    assert owner_of(lines, ("127.0.0.4", 54321), OWN) == 1003
    assert owner_of(lines, ("::ffff:127.0.0.4", 54321), ("::ffff:127.0.0.1", 8314)) == 1003


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
async def test_our_own_connection_is_ours(board: Dashboard) -> None:
    host, _, port = board.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    own = writer.get_extra_info("sockname")
    table = Path("/proc/net/tcp").read_text().splitlines()
    assert owner_of(table, own, (host, int(port))) == os.getuid()
    assert not is_another_account(own, (host, int(port)))
    writer.close()


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.getuid() != 0, reason="only root can be somebody else"
)
async def test_another_account_cannot_use_a_ticket(board: Dashboard) -> None:
    path = await board.ticket("/settings")
    script = (
        "import os, sys, urllib.request, urllib.error\n"
        "''.encode('idna')\n"  # afterwards the interpreter's own files cannot be read any more
        "os.setuid(65534)\n"
        "try:\n"
        "    print(urllib.request.urlopen(sys.argv[1]).status)\n"
        "except urllib.error.HTTPError as error:\n"
        "    print(error.code, error.read().decode())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, board.url + path, stdout=asyncio.subprocess.PIPE
    )
    said = (await process.communicate())[0].decode()
    assert said.startswith("403")
    assert "another account" in said
    assert (await board.stranger.open(path)).status == 303  # it is still good for its owner


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.getuid() != 0, reason="only root can be somebody else"
)
async def test_another_account_does_not_hide_behind_a_port_of_ours(board: Dashboard) -> None:
    host, _, port = board.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))  # ours; its port can be read by anybody
    path = await board.ticket("/settings")
    script = (
        "import os, socket, sys\n"
        "os.setuid(65534)\n"
        "own = socket.socket()\n"
        "own.bind(('127.0.0.2', int(sys.argv[2])))\n"
        "own.connect(('127.0.0.1', int(sys.argv[1])))\n"
        "own.sendall(f'GET {sys.argv[3]} HTTP/1.1\\r\\nHost: 127.0.0.1:{sys.argv[1]}\\r\\n\\r\\n'.encode())\n"
        "print(own.recv(4096).decode())\n"
    )
    same = str(writer.get_extra_info("sockname")[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, port, same, path, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0].decode().startswith("HTTP/1.1 403")
    writer.close()
