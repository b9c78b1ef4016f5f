"""The owner's own limits: a gap between requests, a cap for the day, approval of each request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date

from tray_app.errors import Fault, JumpseatError, Kind
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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._percent_left, self._monotonic, self._today, self._sleep = percent_left, monotonic, today, sleep
        self._next_mono = 0.0
        self._turn = asyncio.Lock()
        self._day: date | None = None
        self._left_at_start: float | None = None

    async def admit(self, limits: LimitSettings) -> None:
        """Return when the request may go. Raises JumpseatError: 429 with Retry-After, 402 at the cap,
        403 where approval is wanted and nobody can be asked."""
        if limits.manual_approval:
            raise JumpseatError(_NO_APPROVAL)
        if limits.daily_quota_percent:
            self._check_cap(limits.daily_quota_percent)
        if limits.rate_limit_seconds:
            await self._gap(limits)

    async def _gap(self, limits: LimitSettings) -> None:
        wait = self._next_mono - self._monotonic()
        if (wait > 0 or self._turn.locked()) and not limits.rate_limit_wait:
            raise JumpseatError(_too_fast(wait, limits.rate_limit_seconds))
        async with self._turn:  # one after the other; who leaves meanwhile takes nobody's place
            if (wait := self._next_mono - self._monotonic()) > 0:
                await self._sleep(wait)
            self._next_mono = self._monotonic() + limits.rate_limit_seconds

    def _check_cap(self, percent: float) -> None:
        left = self._percent_left()
        if left is None:
            return
        if self._day != self._today() or self._left_at_start is None or left > self._left_at_start:
            self._day, self._left_at_start = self._today(), left
        if self._left_at_start - left >= percent:
            raise JumpseatError(_capped(percent))


_NO_APPROVAL = Fault(
    403,
    Kind.FORBIDDEN,
    "manual_approval is on in the [limits] settings, and there is no desktop here to ask on. Switch it off "
    "with `jumpseat config set limits.manual_approval false`.",
    code="approval_unavailable",
)


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
        "[limits] settings). It starts anew tomorrow.",
        code="daily_cap_reached",
    )
