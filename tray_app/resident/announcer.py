"""Tells who is interested that the state has changed: soon, never too often, never the same state twice."""

import asyncio
from collections.abc import Callable

from tray_app.controls import AppState

SHORTEST_GAP = 0.25  # seconds between two states


class Announcer:
    """Belongs to one event loop. `state` makes the state as it is now."""

    def __init__(self, state: Callable[[], AppState], gap: float = SHORTEST_GAP) -> None:
        self._state, self._gap = state, gap
        self._subscribers: list[Callable[[AppState], None]] = []
        self._told: AppState | None = None
        self._told_at = float("-inf")  # the loop's clock
        self._due: asyncio.TimerHandle | None = None

    def subscribe(self, changed: Callable[[AppState], None]) -> Callable[[], None]:
        """`changed(state)` after every change, on the loop. Returns its end."""
        self._subscribers.append(changed)

        def end() -> None:
            if changed in self._subscribers:
                self._subscribers.remove(changed)

        return end

    def touch(self) -> None:
        """Something may have changed."""
        if self._due is None:
            loop = asyncio.get_running_loop()
            wait = max(0.0, self._told_at + self._gap - loop.time())
            self._due = loop.call_later(wait, self._tell)

    def _tell(self) -> None:
        self._due = None
        loop, state = asyncio.get_running_loop(), self._state()
        if state == self._told:
            return
        self._told, self._told_at = state, loop.time()
        for changed in tuple(self._subscribers):
            loop.call_soon(changed, state)  # one that fails does not keep it from the others

    def close(self) -> None:
        self._subscribers.clear()
        if self._due is not None:
            self._due.cancel()
