"""A running program with a dashboard for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dashboard import Dashboard, dashboard

from tray_app.controls import Desktop
from tray_app.simulated import SimulatedCopilot


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The coding tools that are looked for are nobody's."""
    home = tmp_path / "person"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home


@pytest.fixture
async def board(sim: SimulatedCopilot, tmp_path: Path) -> AsyncIterator[Dashboard]:
    """With the settings as they come, signed in, entered; there can be a window."""
    async with dashboard(sim, tmp_path / "home", desktop=Desktop(show=lambda _: None)) as started:
        yield started
