"""Whether there is a newer version: asked once a day, only where the owner names the address to ask.

Jumpseat never replaces itself. What was found is kept with the time of the question, so that no restart asks
more often.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from tray_app import __version__
from tray_app.copilot.releases import Release
from tray_app.errors import LocalFault
from tray_app.proxy.seat import Seat
from tray_app.resident.noticed import Noticed

log = logging.getLogger(__name__)

Newest = Callable[[str], Awaitable[Release | None]]

LOOK_SECONDS = 30.0  # between two looks whether it is time to ask
DAY_SECONDS = 86_400.0
_FACT = "release"


class Updates:
    """Keeps `seat.newer` true. Belongs to the event loop."""

    def __init__(self, seat: Seat, noticed: Noticed, newest: Newest, changed: Callable[[], None]) -> None:
        self._seat, self._noticed, self._newest, self._changed = seat, noticed, newest, changed

    async def look_again_and_again(self) -> None:
        """Until cancelled."""
        while True:
            await self.look(time.time())
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, now: float) -> None:
        """Ask if a day has passed since the last question to this address; `now` in Unix seconds."""
        feed = self._seat.live.now.desktop.update_feed
        fact = self._noticed.fact(_FACT)
        fact = fact if feed and isinstance(fact, dict) and fact.get("feed") == feed else {}
        asked = fact.get("asked_at")
        if feed and not (isinstance(asked, int | float) and 0 <= now - asked < DAY_SECONDS):
            found = await self._newest(feed)
            fact = {"feed": feed, "asked_at": now, "found": asdict(found) if found else fact.get("found")}
            await self._keep(fact)
        newer = _newer(fact.get("found"))
        if newer != self._seat.newer:
            self._seat.newer = newer
            self._changed()

    async def _keep(self, fact: dict[str, Any]) -> None:
        try:
            await asyncio.to_thread(self._noticed.remember, _FACT, fact)
        except LocalFault as fault:
            log.warning("A restart will ask again: %s", fault)


def _newer(found: object) -> Release | None:
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in Release.__slots__):
        return None
    release = Release(*(found[name] for name in Release.__slots__))
    return release if release.is_above(__version__) else None
