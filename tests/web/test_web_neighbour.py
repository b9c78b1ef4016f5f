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


def test_the_owner_of_the_client_s_end_is_found() -> None:
    assert owner_of(TABLE, 54321, 8314) == 1001
    assert owner_of(TABLE, 8314, 54321) == 1000
    assert owner_of(TABLE, 54321, 1) is None
    assert owner_of(["", "x", "0: broken"], 1, 2) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
async def test_our_own_connection_is_ours(board: Dashboard) -> None:
    host, _, port = board.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    own = writer.get_extra_info("sockname")[1]
    table = Path("/proc/net/tcp").read_text().splitlines()
    assert owner_of(table, own, int(port)) == os.getuid()
    assert not is_another_account(own, int(port))
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
