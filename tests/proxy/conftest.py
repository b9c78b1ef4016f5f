"""A running Jumpseat for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot


@pytest.fixture
async def jumpseat(sim: SimulatedCopilot, tmp_path: Path) -> AsyncIterator[Jumpseat]:
    """A Jumpseat with the settings as they come, in front of `sim`, signed in."""
    async with running(sim, tmp_path / "home") as started:
        yield started
