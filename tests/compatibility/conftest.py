"""A running Jumpseat in front of the simulated Copilot, for every test here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.compatibility.clients import CLIENTS, Client
from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.catalog import MESSAGES, built_in


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedCopilot]:
    """The usual seat, and a Claude model of the newer kind that only has the Messages endpoint."""
    models = built_in()
    newer = next(entry for entry in models if entry["id"] == "claude-sonnet-5")
    models.append({**newer, "id": "claude-sonnet-6", "supported_endpoints": [MESSAGES]})
    async with SimulatedCopilot(models=models) as simulated:
        yield simulated


@pytest.fixture
async def jumpseat(sim: SimulatedCopilot, tmp_path: Path) -> AsyncIterator[Jumpseat]:
    async with running(sim, tmp_path / "home") as started:
        yield started


@pytest.fixture
def chat() -> Client:
    return CLIENTS["chat"]


@pytest.fixture
def responses() -> Client:
    return CLIENTS["responses"]


@pytest.fixture
def messages() -> Client:
    return CLIENTS["messages"]
