"""Real coding tools in front of a running Jumpseat: installed once, each run with a home of its own."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import coding_tools
import pytest

from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot


@pytest.fixture(scope="session")
def installed() -> None:
    """The tools, as package.json names them. CI must have them; a laptop without npm skips."""
    try:
        coding_tools.install()
        for name in coding_tools.PROGRAMS:
            coding_tools.program(name)
    except coding_tools.NotInstallable as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture
async def jumpseat(installed: None, sim: SimulatedCopilot, tmp_path: Path) -> AsyncIterator[Jumpseat]:
    async with running(sim, tmp_path / "jumpseat") as started:
        yield started


@pytest.fixture
def place(tmp_path: Path) -> coding_tools.Place:
    return coding_tools.Place(tmp_path / "client")
