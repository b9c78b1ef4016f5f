"""A place without a network: only the running Jumpseat can be reached from it (Linux, `sealed.py`)."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from coding_tools import Place

_UNSHARE = ("unshare", "--net", "--mount", "--map-root-user")


def is_possible() -> bool:
    """Whether this machine lets us make namespaces; many containers do not."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True).returncode == 0


@dataclass(frozen=True, slots=True)
class Sealed:
    """`place` is where to run; `looked_up` the outside hosts that were asked for."""

    place: Place
    folder: Path

    @property
    def looked_up(self) -> set[str]:
        names = self.folder / "names"
        return set(names.read_text().split()) if names.exists() else set()


@contextlib.asynccontextmanager
async def sealed(root: Path, url: str) -> AsyncIterator[Sealed]:
    """`url` is reachable from inside as it is, and nothing else."""
    root.mkdir()
    port = url.rsplit(":", 1)[1]
    command = (*_UNSHARE, sys.executable, str(Path(__file__).with_name("sealed.py")), port, str(root))

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server, at_server = await asyncio.open_connection("127.0.0.1", int(port))
        async with asyncio.TaskGroup() as copies:
            copies.create_task(_copy(reader, at_server))
            copies.create_task(_copy(to_server, writer))
        for end in (writer, at_server):
            end.close()

    server = await asyncio.start_unix_server(let_in, root / "door")
    try:
        yield Sealed(Place(root / "client", command), root)
    finally:
        server.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()
        target.write_eof()
