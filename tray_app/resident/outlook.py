"""Until when the quota lasts, kept at hand for the state: the same forecast that the pages show."""

import asyncio
import time
from datetime import datetime

from tray_app.copilot.quota_readings import QuotaSnapshot
from tray_app.history.forecast import Forecast
from tray_app.proxy.noting import quota_forecast
from tray_app.proxy.seat import Seat

LOOK_SECONDS = 5.0
_OLD_SECONDS = 600.0  # the same readings foretell something else after a while
_Seen = tuple[str, str | None, float | None, float | None]


class Outlook:
    """The last forecast. Belongs to the event loop."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._seen: _Seen | None = None
        self._forecast: Forecast | None = None
        self._made_mono = float("-inf")

    async def look_again_and_again(self) -> None:
        """Until cancelled. Asks the history only when what is left has changed, or long ago."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        leading = self._seat.quota.leading()
        seen = _figures(self._seat, leading) if leading is not None else None
        if seen == self._seen and time.monotonic() - self._made_mono < _OLD_SECONDS:
            return
        self._forecast = await quota_forecast(self._seat) if seen is not None else None
        self._seen, self._made_mono = seen, time.monotonic()

    def lasts_until(self, leading: QuotaSnapshot) -> datetime | None:
        """When it is used up at this pace; None: past the reset, or not known."""
        if self._forecast is None or self._seen is None or self._seen[0] != leading.sku:
            return None
        return self._forecast.lasts_until


def _figures(seat: Seat, leading: QuotaSnapshot) -> _Seen:
    return leading.sku, seat.quota.as_json()["login"], leading.remaining, leading.entitlement
