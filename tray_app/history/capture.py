"""Capture: storing what was said, on purpose and for a while. It switches itself off."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Capture:
    """Whether bodies are stored now. Belongs to the event loop."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._until: datetime | None = None
        self._watchers: list[Callable[[], None]] = []

    @property
    def until(self) -> datetime | None:
        """When it ends, None while it is off."""
        if self._until is not None and self._clock() >= self._until:
            self._until = None
        return self._until

    @property
    def is_on(self) -> bool:
        return self.until is not None

    def start(self, hours: float) -> None:
        """From now on for `hours`, whatever was said before."""
        self._until = self._clock() + timedelta(hours=hours)
        self._tell()

    def stop(self) -> None:
        self._until = None
        self._tell()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """`watcher()` after each start and stop by hand; the other end is the clock's. Returns its end."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()
