import pytest

from tests.harness import running
from tests.sdk.talks import talking


@pytest.fixture
async def jumpseat(sim, tmp_path):
    """A proxy in front of the simulator."""
    async with running(sim, tmp_path) as proxy:
        yield proxy


@pytest.fixture
async def talk(jumpseat):
    """Begins a conversation: `talk(dialect, model, stream=…, thinks=…)`."""
    async with talking(jumpseat.url) as begin:
        yield begin
