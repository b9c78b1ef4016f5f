"""A running Jumpseat in front of the simulated Copilot, for every test here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.compatibility.clients import CLIENTS, Client
from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot


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
