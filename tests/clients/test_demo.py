"""The tools at work side by side through `jumpseat demo`, the command that people try first."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from coding_tools import Place, Run, claude, codex, opencode

pytestmark = pytest.mark.clients

READY = "Jumpseat is ready at "
TASK = "use 5 turns and create file {0}.txt with content `{0}` and end with MARKER-{0}"
WORK: tuple[tuple[Callable[..., Awaitable[Run]], str], ...] = (
    (claude, "claude-sonnet-5"),
    (claude, "gpt-4.1"),
    (claude, "gpt-5.3-codex"),
    (codex, "claude-sonnet-5"),
    (codex, "gpt-4.1"),
    (codex, "gpt-5.3-codex"),
    (opencode, "gpt-4.1"),
)


@pytest.fixture
async def demo(installed: None) -> AsyncIterator[str]:
    """The URL of a running `jumpseat demo` without made-up traffic."""
    command = (sys.executable, "-m", "tray_app", "demo", "--port", "0", "--still")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode().strip()
        yield line.removeprefix(READY)
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await process.communicate()
    assert process.returncode == 0


async def test_all_tools_at_once(demo: str, tmp_path: Path) -> None:
    two = asyncio.Semaphore(2)

    async def work(number: int, tool: Callable[..., Awaitable[Run]], model: str) -> Run:
        async with two:
            return await tool(Place(tmp_path / f"client{number}"), demo, model, TASK.format(f"done{number}"))

    runs = await asyncio.gather(*(work(number, *one) for number, one in enumerate(WORK)))
    for number, run in enumerate(runs):
        assert run.file(f"done{number}.txt") == f"done{number}", run
        assert f"MARKER-done{number}" in run.final
    async with aiohttp.ClientSession() as http, http.get(f"{demo}/api/stats") as answer:
        stats = await answer.json()
    assert stats["user_initiated"] == len(WORK)
    assert stats["agent_initiated"] == 5 * len(WORK) + 1  # OpenCode's title
    assert stats["failed_requests"] == 0
    assert set(stats["by_client"]) == {"Claude Code", "Codex", "OpenCode"}
