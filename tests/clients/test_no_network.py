"""The tools work through Jumpseat where nothing else can be reached, and hardly ask for anything else."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from coding_tools import Run, claude, codex, opencode
from sealing import is_possible, sealed

from tests.harness import Jumpseat

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(not is_possible(), reason="this machine does not let us make network namespaces"),
]


@pytest.mark.parametrize(
    ("tool", "model", "asks_for"),
    [
        pytest.param(claude, "claude-sonnet-5", set(), id="claude-code"),
        pytest.param(codex, "gpt-5.3-codex", set(), id="codex"),
        pytest.param(opencode, "gpt-4.1", {"registry.npmjs.org"}, id="opencode"),
    ],
)
async def test_no_other_host_is_needed(
    jumpseat: Jumpseat,
    tmp_path: Path,
    tool: Callable[..., Awaitable[Run]],
    model: str,
    asks_for: set[str],
) -> None:
    async with sealed(tmp_path / "sealed", jumpseat.url) as room:
        run = await tool(
            room.place, jumpseat.url, model, "create file here.txt with content `here` MARKER-here"
        )
        assert run.file("here.txt") == "here", run
        assert "MARKER-here" in run.final
        assert room.looked_up <= asks_for
