"""`jumpseat serve` as a process of its own, in front of a simulated Copilot in the test's process."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.harness import Reply
from tray_app.simulated import SimulatedCopilot

KEPT = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR")


@dataclass
class Process:
    """`url` is where it listens; after `end`, `out` and `err` are all it wrote."""

    process: asyncio.subprocess.Process
    home: Path
    url: str
    http: aiohttp.ClientSession
    out: str = ""
    err: str = ""

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"data": body} if isinstance(body, bytes) or hasattr(body, "__aiter__") else {"json": body}
        async with self.http.request(method, self.url + path, headers=named, **sent) as response:
            return Reply(response.status, dict(response.headers), await response.read())

    async def end(self, how: int = signal.SIGTERM) -> int:
        """Its exit status."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.ended()

    async def ended(self) -> int:
        """Its exit status, once it has ended by itself or by a signal sent before."""
        out, err = await asyncio.wait_for(self.process.communicate(), 20)
        self.out += out.decode()
        self.err += err.decode()
        assert self.process.returncode is not None
        return self.process.returncode

    def log(self) -> str:
        return "".join(path.read_text() for path in self.home.glob("logs/*"))

    def memory_kb(self, field: str = "VmHWM") -> int:
        """A figure of /proc; VmHWM is the most memory it ever held."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise AssertionError(field)


def environment(sim: SimulatedCopilot, home: Path, **settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        "HOME": str(home),
        "JUMPSEAT_HOME": str(home),
        "JUMPSEAT_COPILOT_GITHUB_URL": sim.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": sim.github_api_url,
        "COPILOT_GITHUB_TOKEN": sim.github_token,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": os.getcwd(),
        **settings,
    }


@contextlib.asynccontextmanager
async def serving(
    sim: SimulatedCopilot, home: Path, *arguments: str, **settings: str
) -> AsyncIterator[Process]:
    """Started and ready. `settings` are JUMPSEAT_ variables; the process is gone afterwards."""
    home.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tray_app", "serve", *(arguments or ("--port", "0")),
        env=environment(sim, home, **settings), cwd=home,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    try:
        async with aiohttp.ClientSession() as http:
            yield Process(process, home, line.strip().rpartition(" ")[2], http, out=line)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
