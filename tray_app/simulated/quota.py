"""What a seat has left, and what a request costs it (copilot-wire 5.8, 9)."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tray_app.simulated.ledger import Usage
from tray_app.simulated.models import Model
from tray_app.simulated.refused import Refused, error

_FREE_COMPLETIONS = 2000
NANO = 1_000_000_000  # nano-AIU in one AI credit


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan's terms. `entitlement` is AI credits when token-billed, else premium requests; -1 no cap."""

    name: str
    sku: str
    entitlement: float
    token_billing: bool
    tier: str  # the word in a model's `restricted_to`
    overage: bool = False


PLANS = {
    plan.name: plan
    for plan in (
        Plan("free", "free_limited_copilot", 200, False, "free"),
        Plan("free_legacy", "free_limited_copilot", 50, False, "free"),  # the older shape of the seat page
        Plan("individual", "monthly_subscriber_quota", 300, False, "pro"),
        Plan("individual_edu", "free_educational_quota", 300, False, "edu"),
        Plan("individual_pro", "plus_monthly_subscriber_quota", 1500, True, "pro"),
        Plan("individual_pro_plus", "plus_yearly_subscriber_quota", 7000, True, "pro_plus", True),
        Plan("business", "copilot_for_business_seat_quota", 300, False, "business", True),
        Plan("enterprise", "copilot_enterprise_seat_quota", 10_000_000, True, "enterprise", True),
        Plan("enterprise_inverted", "copilot_enterprise_seat_quota", 10_000_000, True, "enterprise", True),
        Plan("unlimited", "copilot_enterprise_seat_multi_quota", -1, False, "enterprise"),
    )
}


@dataclass(slots=True)
class Quota:
    """The premium bucket of one account."""

    plan: Plan
    remaining: float
    overage: float = 0.0
    pool_spent: bool = False  # an unlimited seat whose organisation's pool is empty

    @classmethod
    def full(cls, plan: Plan) -> "Quota":
        return cls(plan, max(plan.entitlement, 0))

    @property
    def unlimited(self) -> bool:
        return self.plan.entitlement < 0

    @property
    def percent(self) -> float:
        return 100.0 if self.unlimited else round(100 * self.remaining / self.plan.entitlement, 1)

    @property
    def is_free(self) -> bool:
        """Free seats pay with chat messages, whatever the model."""
        return self.plan.tier == "free"

    @property
    def has_quota(self) -> bool:
        if self.unlimited:
            return not self.pool_spent
        return self.remaining > 0 or self.plan.overage

    def exhaust(self) -> None:
        self.remaining = 0.0
        self.pool_spent = self.unlimited

    def admit(self, model: Model, *, reset: str) -> None:
        """Raise 402 when nothing is left for a model that is not included."""
        if self.has_quota or (model.multiplier == 0 and not self.is_free):
            return
        code = "free_quota_exceeded" if self.is_free else "quota_exceeded"
        raise error("You have no quota", code, status=402, headers={"Retry-After": reset})

    def charge(self, premium: float, nano_aiu: int) -> None:
        if self.unlimited:
            return
        cost = nano_aiu / NANO if self.plan.token_billing else premium
        if cost < 0 < self.overage:  # given back: what was paid beyond the plan comes first
            back = min(-cost, self.overage)
            self.overage, cost = self.overage - back, cost + back
        self.remaining -= cost
        if self.remaining < 0 and self.plan.overage:
            self.overage -= self.remaining
            self.remaining = 0.0


def reset_date(now: float) -> dt.datetime:
    """The first of the next month."""
    today = dt.datetime.fromtimestamp(now, dt.UTC)
    month = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return month.replace(hour=0, minute=0, second=0, microsecond=0)


def headers(quota: Quota, now: float) -> dict[str, str]:
    """The x-quota-snapshot headers of a successful answer."""
    reset = quote(reset_date(now).strftime("%Y-%m-%dT%H:%M:%SZ"), safe="")
    permitted = str(quota.plan.overage).lower()
    entitlement = (
        f"{quota.plan.entitlement:g}" if quota.plan.entitlement < 1e6 else f"{quota.plan.entitlement:.0f}"
    )
    used = (
        f"ent={entitlement}&ov={quota.overage:.1f}&ovPerm={permitted}&rem={quota.percent:.1f}"
        f"&rst={reset}&totRem={quota.remaining:.1f}"
    )
    free = f"ent=-1&ov=0.0&ovPerm=false&rem=100.0&rst={reset}"
    if quota.is_free:
        completions = f"ent={_FREE_COMPLETIONS}&ov=0.0&ovPerm=false&rem=100.0&rst={reset}"
        named = {"chat": used, "completions": completions}
    else:
        named = {"chat": free, "completions": free, "premium_interactions": used, "premium_models": used}
    snapshots = {f"x-quota-snapshot-{name}": value for name, value in named.items()}
    return snapshots | {
        "x-usage-ratelimit-session": "ent=100&ov=0.0&ovPerm=false&rem=97.5&rst=",
        "x-usage-ratelimit-weekly": f"ent=100&ov=0.0&ovPerm=false&rem=88.0&rst={reset}",
    }


def snapshots(quota: Quota, now: float) -> dict[str, Any]:
    """The `quota_snapshots` of /copilot_internal/user."""
    stamp = dt.datetime.fromtimestamp(now, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    entitlement = quota.plan.entitlement
    used: dict[str, Any] = {
        "entitlement": max(entitlement, 0),
        "remaining": math.floor(quota.remaining),
        "quota_remaining": round(quota.remaining, 1),
        "percent_remaining": quota.percent,
        "unlimited": quota.unlimited,
        "overage_count": round(quota.overage, 1),
        "overage_permitted": quota.plan.overage,
        "has_quota": quota.has_quota,
        "timestamp_utc": stamp,
    }
    if quota.plan.token_billing:
        used["credits_used"] = round(entitlement - quota.remaining + quota.overage, 1)
    free = {
        "entitlement": 0,
        "remaining": 0,
        "quota_remaining": 0.0,
        "percent_remaining": 100.0,
        "unlimited": True,
        "overage_count": 0,
        "overage_permitted": False,
        "timestamp_utc": stamp,
    }
    buckets = {"chat": free, "completions": free, "premium_interactions": used}
    if quota.is_free:
        many = {"entitlement": _FREE_COMPLETIONS, "remaining": _FREE_COMPLETIONS}
        completions = free | many | {"quota_remaining": float(_FREE_COMPLETIONS), "unlimited": False}
        none = free | {"unlimited": False, "has_quota": False, "percent_remaining": 0.0}
        buckets = {"chat": used, "completions": completions, "premium_interactions": none}
    if quota.plan.name == "enterprise_inverted":
        buckets["premium_interactions"] = used | _inverted(quota)
    return {name: {"quota_id": name, **values} for name, values in buckets.items()}


def legacy(quota: Quota, now: float) -> dict[str, Any]:
    """The fields of an older Free seat, on the seat page instead of snapshots (copilot-wire 9.1)."""
    return {
        "limited_user_quotas": {"chat": math.floor(quota.remaining), "completions": _FREE_COMPLETIONS},
        "monthly_quotas": {"chat": int(quota.plan.entitlement), "completions": _FREE_COMPLETIONS},
        "limited_user_reset_date": f"{reset_date(now):%Y-%m-%d}",
    }


def _inverted(quota: Quota) -> dict[str, Any]:
    """Used and left the wrong way round, as one peer reads enterprise seats (copilot-wire 9.4)."""
    used = quota.plan.entitlement - quota.remaining
    return {
        "remaining": math.floor(used),
        "quota_remaining": round(used, 1),
        "percent_remaining": round(100 - quota.percent, 1),
        "credits_used": round(quota.remaining, 1),
    }


def bill(model: Model, usage: Usage) -> dict[str, Any]:
    """`copilot_usage`: total = sum of token_count x cost_per_batch / batch_size."""
    prices = (model.entry.get("billing") or {}).get("token_prices")
    if not prices:
        return {"total_nano_aiu": 0, "token_details": []}
    tier = prices["default"]
    if usage.input > tier.get("context_max", usage.input) and "long_context" in prices:
        tier = prices["long_context"]
    counts = {
        "input": (usage.input - usage.cached - usage.cache_write, tier["input_price"]),
        "cache_read": (usage.cached, tier["cache_price"]),
        "cache_write": (usage.cache_write, tier.get("cache_write_price", tier["input_price"])),
        "output": (usage.output, tier["output_price"]),
    }
    batch = int(prices["batch_size"])
    details = [
        {"token_type": kind, "token_count": tokens, "batch_size": batch, "cost_per_batch": int(price * NANO)}
        for kind, (tokens, price) in counts.items()
        if tokens
    ]
    total = sum(int(line["token_count"]) * int(line["cost_per_batch"]) // batch for line in details)  # type: ignore[call-overload]
    return {"total_nano_aiu": total, "token_details": details}


__all__ = ["NANO", "PLANS", "Plan", "Quota", "Refused", "bill", "headers", "reset_date", "snapshots"]
