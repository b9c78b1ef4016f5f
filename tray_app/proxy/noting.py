"""Keeps an eye on quota and catalog, and notes in the history what changed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tray_app.copilot.quota_readings import QuotaSnapshot
from tray_app.errors import JumpseatError
from tray_app.history.chronicle import History
from tray_app.history.forecast import Forecast, forecast
from tray_app.history.noted import Reading, keep_models, keep_readings, readings_since
from tray_app.proxy.limits import Left
from tray_app.proxy.seat import Seat

LOOK_SECONDS = 30.0
_SAME = frozenset({"premium_interactions", "premium_models"})  # one allowance (copilot-wire 9.2)
_DAYS = 40  # back to the beginning of any period
_Known = dict[tuple[str, str, str | None], tuple[float | None, float | None]]


async def note_down(seat: Seat) -> None:
    """Until cancelled: every reading that differs from the one before, every list of models that is new."""
    known: _Known = {}
    loaded_at: datetime | None = None
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not seat.live.now.history.enabled:
            continue
        await note_quota(seat, known)
        view = seat.catalog.view
        if view is not None and view.loaded_at != loaded_at:
            loaded_at = view.loaded_at
            await seat.history.write(keep_models, [model.id for model in view.models], datetime.now(UTC))


async def note_quota(seat: Seat, known: _Known) -> None:
    """Put the readings into the history whose figures are not `known` yet."""
    new = []
    for one in readings_now(seat):
        key, figures = (one.source, one.sku, one.login), (one.remaining, one.percent_remaining)
        if known.get(key) != figures:
            known[key] = figures
            new.append(one)
    if new:
        await seat.history.write(keep_readings, new)


def readings_now(seat: Seat) -> list[Reading]:
    """Every allowance as it was last read."""
    login = seat.quota.as_json()["login"]
    return [
        *_readings("quota", seat.quota.snapshots(), login),
        *_readings("rate", seat.quota.rates(), login),
    ]


def _readings(source: str, snapshots: Mapping[str, QuotaSnapshot], login: str | None) -> list[Reading]:
    now = datetime.now(UTC)
    return [
        Reading(
            now, source, sku, login, one.entitlement, one.remaining, one.percent_remaining, one.unlimited,
            one.resets_at,
        )
        for sku, one in snapshots.items()
        if one.applies
    ]  # fmt: skip


async def quota_history(seat: Seat, days: float = _DAYS) -> list[Reading]:
    """The readings of the active account, oldest first; the last ones are those of now."""
    now = readings_now(seat)
    login = now[0].login if now else seat.quota.as_json()["login"]
    since = datetime.now(UTC) - timedelta(days=days)
    try:
        past = await seat.history.read(readings_since, since, login)
    except JumpseatError:
        past = []  # what is left now can be told all the same
    return [*past, *now]


async def most_noted_today(history: History, left: Left) -> float | None:
    """The most percent of an allowance that the history has of today, None if it has nothing."""
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        noted = await history.read(readings_since, midnight, left.login)
    except JumpseatError:
        return None  # the cap counts from now
    wanted = [one.percent_remaining for one in noted if (one.source, one.sku) == ("quota", left.sku)]
    return max((percent for percent in wanted if percent is not None), default=None)


async def quota_forecast(seat: Seat) -> Forecast | None:
    """Until when the leading allowance lasts; None while nothing is known of it."""
    leading = seat.quota.leading()
    if leading is None:
        return None
    names = _SAME if leading.sku in _SAME else {leading.sku}
    readings = [
        one
        for one in await quota_history(seat)
        if one.source == "quota" and one.sku in names and one.entitlement == leading.entitlement
    ]
    found = forecast(readings, datetime.now(UTC))
    return replace(found, sku=leading.sku) if found else None
