"""A client that is signed in at the simulated Copilot."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from plain_client import Seat

from tray_app.simulated import SimulatedCopilot


@pytest.fixture
async def seat(sim: SimulatedCopilot) -> AsyncIterator[Seat]:
    async with aiohttp.ClientSession() as http:
        client = Seat(sim, http)
        await client.sign_in()
        yield client
