"""The WebSockets of clients that are open, so that a stop ends them properly."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

MOST = 64  # at once; who comes then is sent to HTTP
_TURNED_AWAY_SECONDS = 600.0
_MOST_TURNED_AWAY = 256


class OpenSocket(Protocol):
    """One connection of a client to the listener at `port`."""

    port: int

    def refuse(self) -> None:
        """Take no more requests; what runs may end."""
        ...

    async def close(self) -> None:
        """Say goodbye (1001)."""
        ...


class Sockets:
    """All of them, of every listener."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._open: set[OpenSocket] = set()
        self._monotonic = monotonic
        self._turned_away: OrderedDict[str, float] = OrderedDict()  # session -> until when

    @property
    def is_full(self) -> bool:
        return len(self._open) >= MOST

    def __len__(self) -> int:
        return len(self._open)

    def add(self, socket: OpenSocket) -> None:
        self._open.add(socket)

    def remove(self, socket: OpenSocket) -> None:
        self._open.discard(socket)

    def turn_away(self, session: str) -> None:
        """The session's model is not served this way. Codex asks six more times before it uses HTTP, but goes
        there at once when it is refused while it connects: so that is what comes next."""
        self._turned_away[session] = self._monotonic() + _TURNED_AWAY_SECONDS
        if len(self._turned_away) > _MOST_TURNED_AWAY:
            self._turned_away.popitem(last=False)

    def is_turned_away(self, session: str | None) -> bool:
        return self._monotonic() < self._turned_away.get(session or "", 0.0)

    def refuse(self, port: int) -> None:
        """The listener at `port` is about to stop."""
        for socket in self._at(port):
            socket.refuse()

    async def close(self, port: int) -> None:
        """End those of a listener that has stopped."""
        await asyncio.gather(*(socket.close() for socket in self._at(port)))

    def _at(self, port: int) -> list[OpenSocket]:
        return [socket for socket in self._open if socket.port == port]
