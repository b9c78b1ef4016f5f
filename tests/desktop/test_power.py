"""Sleep and other networks are noticed, each once, and nothing else is."""

import asyncio
import contextlib
import ipaddress
import time

import pytest

from tests.harness import settings_for
from tray_app import app
from tray_app.desktop.power import LOOK_SECONDS, Power, own_addresses
from tray_app.errors import LocalFault, Unreachable
from tray_app.paths import Paths
from tray_app.settings_file import load

HOME, CAFE = ("192.168.1.5",), ("10.0.0.7", "2001:db8::7")


class Machine:
    """Time and network of a machine. Each step: how far both clocks move, and the network then."""

    def __init__(self, *steps):
        self.wall, self.mono, self.network = 1e9, 100.0, HOME
        self.steps = list(steps)

    async def sleep(self, seconds):
        assert seconds == LOOK_SECONDS
        if not self.steps:
            raise asyncio.CancelledError
        wall, mono, self.network = self.steps.pop(0)
        self.wall += wall
        self.mono += mono


async def told(*steps, fault=None):
    """How many steps were told."""
    machine, count = Machine(*steps), 0

    async def changed():
        nonlocal count
        count += 1
        if fault:
            raise fault

    power = Power(
        changed,
        wall_clock=lambda: machine.wall,
        monotonic=lambda: machine.mono,
        sleep=machine.sleep,
        addresses=lambda: machine.network,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await power.run()
    assert not machine.steps
    return count


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([(20, 20, HOME)] * 5, 0, id="a quiet day"),
        pytest.param([(27, 27, HOME), (20, 20, HOME)], 0, id="a busy machine"),
        pytest.param([(3600, 20, HOME), (20, 20, HOME)], 1, id="slept on Linux or macOS"),
        pytest.param([(3600, 3600, HOME), (20, 20, HOME)], 1, id="slept on Windows"),
        pytest.param([(-7200, 20, HOME), (20, 20, HOME)], 0, id="the wall clock was put back"),
        pytest.param([(20, 20, CAFE), (20, 20, CAFE)], 1, id="another network"),
        pytest.param([(20, 20, ()), (20, 20, ()), (20, 20, HOME)], 1, id="lost and back"),
        pytest.param([(3600, 20, ()), (20, 20, CAFE), (20, 20, CAFE)], 2, id="slept, the network came later"),
        pytest.param([(3600, 20, CAFE)], 1, id="both at once is one"),
    ],
)
async def test_what_is_noticed(steps, expected):
    assert await told(*steps) == expected


@pytest.mark.parametrize("fault", [LocalFault("No keyring."), Unreachable("No network.")])
async def test_a_failure_afterwards_does_not_end_the_watch(fault):
    assert await told((3600, 20, HOME), (20, 20, CAFE), fault=fault) == 2


def test_the_own_addresses_are_addresses_and_cost_nothing():
    begun = time.perf_counter()
    for _ in range(20):
        found = own_addresses()
    assert time.perf_counter() - begun < 0.5
    assert all(ipaddress.ip_address(address) for address in found)


def test_without_a_network_there_are_none(monkeypatch):
    def no_way(*_):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", no_way)
    assert own_addresses() == ()


async def test_the_program_asks_again_in_another_network(sim, tmp_path, monkeypatch):
    """The whole of it: the account's quota is asked anew."""
    settings = settings_for(sim).copilot
    environ = {
        "COPILOT_GITHUB_TOKEN": sim.github_token,
        "JUMPSEAT_COPILOT_GITHUB_URL": settings.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": settings.github_api_url,
    }
    network = HOME

    async def briefly(_seconds):
        await asyncio.sleep(0.02)

    monkeypatch.setattr("tray_app.copilot.quota._SHORTEST_GAP", 0.0)
    monkeypatch.setattr(
        app, "Power", lambda changed: Power(changed, sleep=briefly, addresses=lambda: network)
    )
    paths = Paths(tmp_path / "home")
    async with app.reside(load(paths, environ), paths, environ) as resident:
        quota = await first(lambda: resident.state().quota)
        await asyncio.sleep(0.2)
        assert resident.state().quota.as_of == quota.as_of
        network = CAFE
        await first(lambda: resident.state().quota.as_of > quota.as_of)


async def first(look, seconds=10.0):
    end = asyncio.get_running_loop().time() + seconds
    while not (found := look()):
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.02)
    return found
