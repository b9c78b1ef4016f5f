"""The connections that are kept for the next request."""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import aiohttp

Clocks = tuple[Callable[[], float], Callable[[], float]]  # wall, monotonic; both in seconds

_SLEPT_SECONDS = 5.0  # the clocks part by more than any correction of the time


class Pool(aiohttp.TCPConnector):
    """Keeps connections for a while, but none over a sleep of the machine: whoever was at the other end has
    long forgotten it, and what is sent to it may meet silence until the read timeout.

    aiohttp ages idle connections by the monotonic clock, which stands still while Linux and macOS sleep.
    """

    def __init__(self, clocks: Clocks, **options: Any) -> None:
        super().__init__(**options)
        self._wall, self._mono = clocks
        self._apart = self._wall() - self._mono()

    async def connect(self, *request: Any, **options: Any) -> Any:
        apart = self._wall() - self._mono()
        if abs(apart - self._apart) > _SLEPT_SECONDS:
            self.drop_idle()
        self._apart = apart
        return await super().connect(*request, **options)

    def drop_idle(self) -> None:
        """Close what is kept for later, and ask for names anew. What is in use stays."""
        kept, self._conns = self._conns, defaultdict(deque)  # aiohttp has no public way but to close them all
        for connections in kept.values():
            for protocol, _ in connections:
                protocol.close()
        self.clear_dns_cache()


def drop_idle(session: aiohttp.ClientSession) -> None:
    """The machine woke up or its network changed: kept connections may be dead, names may lead elsewhere."""
    if isinstance(session.connector, Pool):
        session.connector.drop_idle()
