"""The whole program, with mishaps that cannot be had from outside. Arguments as for `jumpseat`.

Orders come in on the FIFO that ODD_ORDERS names: `break` stops the proxy's event loop in the middle of its
work, `sleep` lets an hour pass on the clock as a lid that was closed does. ODD_PATIENCE: seconds until a
request that waits for approval is denied.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tray_app.cli import main, running
from tray_app.copilot import quota
from tray_app.proxy import approvals

Factory = Callable[[], asyncio.AbstractEventLoop]


class Odd:
    """Knows the newest event loop of the proxy's thread."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock, self._slept = time.time, 0.0
        time.time = lambda: self._clock() + self._slept

    def loop(self) -> asyncio.AbstractEventLoop:
        self._loop = self._factory()
        return self._loop

    def follow(self, orders: str) -> None:
        with open(orders) as lines:
            for line in lines:
                if line.strip() == "break" and self._loop is not None:
                    self._loop.call_soon_threadsafe(self._loop.stop)
                elif line.strip() == "sleep":
                    self._slept += 3600


def start() -> int:
    if patience := os.environ.get("ODD_PATIENCE"):
        _default(approvals.Approvals, patience=float(patience))
    _default(quota.Quota, clock=lambda: datetime.fromtimestamp(time.time(), UTC))
    if orders := os.environ.get("ODD_ORDERS"):
        odd = Odd(running.loop_factory() or asyncio.new_event_loop)
        running.loop_factory = lambda: odd.loop
        threading.Thread(target=odd.follow, args=(orders,), daemon=True).start()
    return main()


def _default(kind: type, **changed: object) -> None:
    """Another default of an argument for whoever makes one of these."""
    defaults = kind.__init__.__kwdefaults__  # type: ignore[misc]
    assert defaults.keys() >= changed.keys()
    defaults.update(changed)


if __name__ == "__main__":
    sys.exit(start())
