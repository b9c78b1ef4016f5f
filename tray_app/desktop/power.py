"""Notices that the machine slept, or that its network is another one, without asking anybody outside.

One timer. Sleep shows as time that passed while the timer should have run, on the wall clock (Linux, macOS)
or on the monotonic one (Windows counts sleep there). A network shows as the address this machine would
send from; asking for it sends nothing.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable

from tray_app.errors import JumpseatError, LocalFault

log = logging.getLogger(__name__)

LOOK_SECONDS = 20.0
_LATE_SECONDS = 15.0  # later than this, and the machine must have slept
# Addresses for documentation (RFC 5737, RFC 3849): routed like any other, and nobody is there.
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def own_addresses() -> tuple[str, ...]:
    """The addresses that packets to elsewhere would come from; empty without a network. Sends nothing."""
    found = []
    for family, anywhere in _ANYWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((anywhere, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            continue  # no way out by this family
    return tuple(found)


class Power:
    """`changed` is awaited after a sleep, and when there is a network that was not there before."""

    def __init__(
        self,
        changed: Callable[[], Awaitable[None]],
        *,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        addresses: Callable[[], tuple[str, ...]] = own_addresses,
    ) -> None:
        self._changed = changed
        self._wall_clock, self._monotonic, self._sleep = wall_clock, monotonic, sleep
        self._addresses = addresses

    async def run(self) -> None:
        """Until it is cancelled."""
        network = self._addresses()
        while True:
            wall, mono = self._wall_clock(), self._monotonic()
            await self._sleep(LOOK_SECONDS)
            passed = max(self._wall_clock() - wall, self._monotonic() - mono)
            before, network = network, self._addresses()
            if passed > LOOK_SECONDS + _LATE_SECONDS:
                log.info("The machine slept for %.0f s", passed - LOOK_SECONDS)
            elif network == before:
                continue
            elif not network:
                log.info("The network is gone")
                continue  # there is nobody to ask
            else:
                log.info("The network is another one")
            await self._tell()

    async def _tell(self) -> None:
        try:
            await self._changed()
        except (JumpseatError, LocalFault) as fault:
            log.info("After sleep or another network: %s", fault)
