"""PURE. What the parts know, in the form that people are shown."""

from datetime import datetime, timedelta

from tray_app.controls import ApprovalView, QuotaView
from tray_app.copilot.quota_readings import QuotaSnapshot
from tray_app.proxy.approvals import Waiting

_PERIOD = timedelta(days=30)  # allowances are monthly
_SOONEST = timedelta(days=1)  # of a period, before its pace says anything


def quota_view(
    leading: QuotaSnapshot, now: datetime, *, plan: str | None, reset_date: str | None
) -> QuotaView:
    """The bucket that matters. A percentage below zero is an overdrawn one: nothing left."""
    percent = leading.percent_remaining
    return QuotaView(
        sku=leading.sku,
        percent_left=None if percent is None else max(0.0, min(100.0, percent)),
        remaining=leading.remaining,
        entitlement=leading.entitlement,
        unlimited=leading.unlimited,
        reset_date=reset_date,
        as_of=leading.read_at,
        lasts_until=lasts_until(leading, now),
        plan=plan,
    )


def lasts_until(leading: QuotaSnapshot, now: datetime) -> datetime | None:
    """When it is used up, if the rest of the period goes as its beginning did; None: past the reset, or
    too early to say."""
    remaining, entitlement, resets = leading.remaining, leading.entitlement, leading.resets_at
    if leading.unlimited or remaining is None or not entitlement or resets is None or resets <= now:
        return None
    gone, used = now - (resets - _PERIOD), entitlement - remaining
    if remaining <= 0:
        return now
    if gone < _SOONEST or used <= 0:
        return None
    ends = now + gone * (remaining / used)
    return ends if ends < resets else None


def approval_view(waiting: Waiting) -> ApprovalView:
    wanted = waiting.wanted
    return ApprovalView(
        waiting.id,
        wanted.client,
        wanted.model,
        wanted.size_bytes,
        wanted.estimated_units,
        waiting.asked_at,
        waiting.expires_at,
    )
