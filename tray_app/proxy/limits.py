"""The owner's own limits: a gap between requests, a cap for the day, approval of each request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from tray_app.errors import Fault, JumpseatError, Kind
from tray_app.proxy.approvals import Approvals, Wanted
from tray_app.settings import LimitSettings


class Limits:
    """Admits requests one after the other, as the [limits] settings say.

    `percent_left` gives the share of the quota that is left now (0 to 100), None if unknown.
    """

    def __init__(
        self,
        percent_left: Callable[[], float | None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self.approvals = Approvals()
        self._percent_left, self._monotonic, self._today, self._sleep = percent_left, monotonic, today, sleep
        self._next_mono = 0.0
        self._turn = asyncio.Lock()
        self._day: date | None = None
        self._left_at_start: float | None = None
        self._lifted_until: datetime | None = None

    async def admit(self, limits: LimitSettings, wanted: Wanted) -> None:
        """Return when the request may go. Raises JumpseatError: 429 with Retry-After, 402 at the cap,
        403 where its owner does not allow it or cannot be asked."""
        if limits.daily_quota_percent and self.is_cap_reached(limits) and not self.lifted_until:
            raise JumpseatError(_capped(limits.daily_quota_percent))
        self._refuse_if_too_soon(limits)  # before anybody is asked in vain
        if limits.manual_approval:
            await self.approvals.ask(wanted)
        if limits.rate_limit_seconds:
            await self._gap(limits)

    def is_cap_reached(self, limits: LimitSettings) -> bool:
        """Whether today's share of the quota is used up, lifted or not; False while nothing is known."""
        percent, left = limits.daily_quota_percent, self._percent_left()
        if not percent or left is None:
            return False
        if self._day != self._today() or self._left_at_start is None or left > self._left_at_start:
            self._day, self._left_at_start = self._today(), left
        return self._left_at_start - left >= percent

    def lift_cap(self, hours: float) -> None:
        """Let requests through for a while although the cap is reached."""
        self._lifted_until = self._clock() + timedelta(hours=hours)

    @property
    def lifted_until(self) -> datetime | None:
        """Until when the cap does not count; None while it does."""
        if self._lifted_until is not None and self._clock() >= self._lifted_until:
            self._lifted_until = None
        return self._lifted_until

    def _refuse_if_too_soon(self, limits: LimitSettings) -> None:
        wait = self._next_mono - self._monotonic()
        if limits.rate_limit_seconds and not limits.rate_limit_wait and (wait > 0 or self._turn.locked()):
            raise JumpseatError(_too_fast(wait, limits.rate_limit_seconds))

    async def _gap(self, limits: LimitSettings) -> None:
        self._refuse_if_too_soon(limits)
        async with self._turn:  # one after the other; who leaves meanwhile takes nobody's place
            if (wait := self._next_mono - self._monotonic()) > 0:
                await self._sleep(wait)
            self._next_mono = self._monotonic() + limits.rate_limit_seconds


def _too_fast(wait: float, gap: float) -> Fault:
    seconds = max(1, -int(-wait // 1))
    return Fault(
        429,
        Kind.RATE_LIMITED,
        f"Your own limit: one request every {gap:g} s (rate_limit_seconds). Please try again in {seconds}s.",
        code="rate_limit_exceeded",
        retry_after=str(seconds),
    )


def _capped(percent: float) -> Fault:
    return Fault(
        402,
        Kind.BILLING,
        f"Your own limit for today is reached: {percent:g} % of the quota (daily_quota_percent in the "
        "[limits] settings). It starts anew tomorrow; the tray can allow one more hour.",
        code="daily_cap_reached",
    )
