"""PURE. Until when the quota lasts at this pace.

The pace is what was used over the last seven days, or since the period began; from less than half a day
nothing is told, because a morning's work is no pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tray_app.history.noted import Reading
from tray_app.history.record import stamp

_LOOK_BACK = timedelta(days=7)
_LEAST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`per_day` in the plan's unit. `past_reset` True: the quota lasts until it is renewed; `lasts_until` is
    then None."""

    sku: str
    per_day: float | None = None
    lasts_until: datetime | None = None
    past_reset: bool | None = None
    reset_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "sku": self.sku,
            "lasts_until": stamp(self.lasts_until) if self.lasts_until else None,
            "past_reset": self.past_reset,
            "per_day": round(self.per_day, 3) if self.per_day is not None else None,
            "reset_at": stamp(self.reset_at) if self.reset_at else None,
        }


def forecast(readings: Sequence[Reading], now: datetime) -> Forecast | None:
    """Of one allowance, oldest reading first; the last one is what is left now. None without a reading."""
    known = [one for one in readings if one.remaining is not None and not one.unlimited]
    if not known:
        return None
    last = known[-1]
    per_day = _pace(_this_period(known), now)
    if per_day is None or last.remaining is None:
        return Forecast(last.sku, reset_at=last.resets_at)
    if last.remaining <= 0:
        return Forecast(last.sku, per_day, now, False, last.resets_at)
    if per_day <= 0:
        return Forecast(last.sku, 0.0, None, True, last.resets_at)
    days = last.remaining / per_day
    end = now + timedelta(days=days) if days < 36_500 else None
    past_reset = end is None or (last.resets_at is not None and end >= last.resets_at)
    return Forecast(last.sku, per_day, None if past_reset else end, past_reset, last.resets_at)


def _this_period(readings: Sequence[Reading]) -> Sequence[Reading]:
    """Those after the last renewal: there the remainder goes up, by more than a correction."""
    start = 0
    for at in range(1, len(readings)):
        before, after = readings[at - 1].remaining or 0.0, readings[at].remaining or 0.0
        if after - before > 0.02 * (readings[at].entitlement or after or 1.0):
            start = at
    return readings[start:]


def _pace(readings: Sequence[Reading], now: datetime) -> float | None:
    """Units a day. With too little of our own to go by, the whole period's use counts, where its beginning
    is certain."""
    last = readings[-1]
    recent = [one for one in readings if now - one.at <= _LOOK_BACK] or [last]
    first = recent[0]
    if (span := now - first.at) >= _LEAST:
        return ((first.remaining or 0.0) - (last.remaining or 0.0)) / (span / timedelta(days=1))
    if last.resets_at is None or last.entitlement is None or last.remaining is None:
        return None
    begun = _month_before(last.resets_at)
    if (span := now - begun) < timedelta(days=1):
        return None
    return (last.entitlement - last.remaining) / (span / timedelta(days=1))


def _month_before(moment: datetime) -> datetime:
    """The same day of the month before, or that month's last."""
    end_of_last = moment.replace(day=1) - timedelta(days=1)
    return end_of_last.replace(day=min(moment.day, end_of_last.day))


def period_start(reset_at: datetime | None) -> datetime | None:
    """When the period that ends at `reset_at` began."""
    return _month_before(reset_at) if reset_at else None
