"""PURE. What the parts know, in the form that people are shown."""

from datetime import datetime

from tray_app.controls import ApprovalView, QuotaView
from tray_app.copilot.quota_readings import QuotaSnapshot
from tray_app.proxy.approvals import Waiting


def quota_view(
    leading: QuotaSnapshot, lasts_until: datetime | None, *, plan: str | None, reset_date: str | None
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
        lasts_until=lasts_until,
        plan=plan,
    )


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
