"""The owner's own limits: a gap between requests, a cap for the day, approval of each request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tray_app.errors import Fault, JumpseatError, Kind
from tray_app.proxy.approvals import Approvals, Wanted
from tray_app.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class Left:
    """The share of an allowance that is left, 0 to 100. Those of two accounts or buckets do not compare."""

    login: str | None
    sku: str
    percent: float


async def _nothing_noted(_: Left) -> float | None:
    return None


class Limits:
    """Admits requests one after the other, as the [limits] settings say.

    `left` gives what is left now, None if unknown; `noted` the most that was left of the same today as far as
    the history knows: the day's cap outlives the program.
    """

    def __init__(
        self,
        left: Callable[[], Left | None],
        *,
        noted: Callable[[Left], Awaitable[float | None]] = _nothing_noted,
        monotonic: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self.approvals = Approvals()
        self._left, self._noted = left, noted
        self._monotonic, self._today, self._sleep = monotonic, today, sleep
        self._next_mono = 0.0
        self._turn = asyncio.Lock()
        self._day: date | None = None
        self._most: dict[tuple[str | None, str], float] = {}  # that was left today
        self._recalled: set[tuple[str | None, str]] = set()
        self._lifted_until: datetime | None = None

    async def admit(self, limits: LimitSettings, wanted: Wanted) -> None:
        """Return when the request may go. Raises JumpseatError: 429 with Retry-After, 402 at the cap,
        403 where its owner does not allow it or cannot be asked."""
        if limits.daily_quota_percent:
            await self._recall()
            if self.is_cap_reached(limits) and not self.lifted_until:
                raise JumpseatError(_capped(limits.daily_quota_percent))
        self._refuse_if_too_soon(limits)  # before anybody is asked in vain
        if limits.manual_approval:
            await self.approvals.ask(wanted)
        if limits.rate_limit_seconds:
            await self._gap(limits)

    def is_cap_reached(self, limits: LimitSettings) -> bool:
        """Whether today's share of the quota is used up, lifted or not; False while nothing is known."""
        percent, left = limits.daily_quota_percent, self._left()
        if not percent or left is None:
            return False
        return self._most_today(left) - left.percent >= percent

    def _most_today(self, left: Left, noted: float = 0.0) -> float:
        """What the day began with; a period that begins anew during the day begins it anew."""
        if self._day != self._today():
            self._day = self._today()
            self._most.clear()
            self._recalled.clear()
        which = left.login, left.sku
        self._most[which] = max(self._most.get(which, 0.0), left.percent, noted)
        return self._most[which]

    async def _recall(self) -> None:
        """Once a day for each allowance: what was left before this program was started."""
        left = self._left()
        if left is None:
            return
        self._most_today(left)
        if (which := (left.login, left.sku)) not in self._recalled:
            self._recalled.add(which)
            self._most_today(left, await self._noted(left) or 0.0)

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
