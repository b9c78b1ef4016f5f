"""Whether WebSockets to Copilot are worth a try. PURE but for the clock."""

import time
from collections.abc import Callable

MOST_FALL_BACKS = 3  # in a row; then HTTP for a while (wire 6.8)
REST_SECONDS = 300.0


class Confidence:
    """None for a while after three failures in a row. One per running proxy."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._until = 0.0

    @property
    def is_lost(self) -> bool:
        return self._monotonic() < self._until

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= MOST_FALL_BACKS:
            self._failures, self._until = 0, self._monotonic() + REST_SECONDS

    def worked(self) -> None:
        self._failures = 0
