"""What Copilot says is left, from the account endpoint and from response headers. PURE.

A number that is missing is unknown (None), never zero; what does not parse is left out (copilot-wire 9).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

FREE_SKU = "free_limited_copilot"
SNAPSHOT_HEADER = "x-quota-snapshot-"
RATE_HEADER = "x-usage-ratelimit-"
_ROUNDING = 0.051  # percentages come with one decimal


@dataclass(frozen=True, slots=True)
class QuotaSnapshot:
    """One reading of one allowance, in the plan's unit (premium requests or AI credits).

    `remaining` and `percent_remaining` are negative when overdrawn. `unlimited` has neither. `exhausted` is
    what a pooled seat says with `has_quota: false`. `applies` is False for a bucket this plan does not have.
    """

    sku: str
    unlimited: bool = False
    entitlement: float | None = None
    remaining: float | None = None
    percent_remaining: float | None = None
    overage_count: float | None = None
    overage_permitted: bool | None = None
    exhausted: bool = False
    applies: bool = True
    resets_at: datetime | None = None
    read_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "unlimited": self.unlimited,
            "entitlement": _plain(self.entitlement),
            "remaining": _plain(self.remaining),
            "percent_remaining": _plain(self.percent_remaining),
            "overage_count": _plain(self.overage_count),
            "overage_permitted": self.overage_permitted,
            "exhausted": self.exhausted,
            "applies": self.applies,
            "reset_at": rfc3339(self.resets_at),
            "as_of": rfc3339(self.read_at),
        }


def rfc3339(moment: datetime | None) -> str | None:
    """UTC with a Z, to the second."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- the account endpoint --------------------------------------------------------------------------


def read_account(answer: Mapping[str, Any], read_at: datetime) -> dict[str, QuotaSnapshot]:
    """Every bucket of a `/copilot_internal/user` answer, by SKU; the old shape of Free included."""
    resets = reset_of(answer)
    snapshots = answer.get("quota_snapshots")
    found = {}
    for sku, fields in snapshots.items() if isinstance(snapshots, dict) else ():
        if isinstance(fields, dict):
            found[str(sku)] = _from_fields(str(sku), fields, resets, read_at)
    return found or _old_free(answer, resets, read_at)


def reset_of(answer: Mapping[str, Any]) -> datetime | None:
    """When the period ends."""
    for name in ("quota_reset_date_utc", "quota_reset_date", "limited_user_reset_date"):
        if (moment := _moment(answer.get(name))) is not None:
            return moment
    return None


def _from_fields(
    sku: str, fields: Mapping[str, Any], resets: datetime | None, read_at: datetime
) -> QuotaSnapshot:
    entitlement = number(fields.get("entitlement"))
    unlimited = fields.get("unlimited") is True or entitlement == -1
    empty = fields.get("has_quota") is False
    if empty and not unlimited and entitlement == 0:  # 0 of 0 would look like one that is used up
        return QuotaSnapshot(sku, applies=False, resets_at=resets, read_at=read_at)
    remaining = number(fields.get("quota_remaining"))
    if remaining is None:
        remaining = number(fields.get("remaining"))
    return _snapshot(
        sku,
        unlimited,
        entitlement,
        remaining,
        number(fields.get("percent_remaining")),
        overage_count=number(fields.get("overage_count")),
        overage_permitted=_flag(fields.get("overage_permitted")),
        exhausted=empty,
        resets_at=_moment(fields.get("reset_date")) or resets,
        read_at=read_at,  # by our clock, as the headers: `timestamp_utc` is GitHub's
    )


def _snapshot(
    sku: str,
    unlimited: bool,
    entitlement: float | None,
    remaining: float | None,
    percent: float | None,
    **more: Any,
) -> QuotaSnapshot:
    """Absolute numbers first: one step of the percentage can be 10,000 credits, and some say 100 for ever."""
    if unlimited:
        return QuotaSnapshot(sku, unlimited=True, **more)
    if entitlement and entitlement > 0 and remaining is not None:
        exact = 100 * remaining / entitlement
        overdrawn = remaining < 0 and percent is not None and percent < 0  # then -1 only says "below zero"
        if percent is None or (abs(exact - percent) > _ROUNDING and not overdrawn):
            percent = _rounded(exact)
    return QuotaSnapshot(sku, entitlement=entitlement, remaining=remaining, percent_remaining=percent, **more)


def _old_free(
    answer: Mapping[str, Any], resets: datetime | None, read_at: datetime
) -> dict[str, QuotaSnapshot]:
    """Free before the snapshots: `limited_user_quotas` is what is left of `monthly_quotas`."""
    left, monthly = answer.get("limited_user_quotas"), answer.get("monthly_quotas")
    if not isinstance(left, dict):
        return {}
    monthly = monthly if isinstance(monthly, dict) else {}
    return {
        str(sku): _snapshot(
            str(sku),
            False,
            number(monthly.get(sku)),
            number(remaining),
            None,
            overage_permitted=False,
            resets_at=resets,
            read_at=read_at,
        )
        for sku, remaining in left.items()
    }


# --- response headers ------------------------------------------------------------------------------


def read_headers(headers: Mapping[str, str], prefix: str, read_at: datetime) -> dict[str, QuotaSnapshot]:
    """The readings among the headers whose names start with `prefix` (lower case), by what follows it."""
    found = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith(prefix) and len(lower) > len(prefix):
            sku = lower[len(prefix) :]
            if (snapshot := _from_header(sku, value, read_at)) is not None:
                found[sku] = snapshot
    return found


def _from_header(sku: str, value: str, read_at: datetime) -> QuotaSnapshot | None:
    """`ent=1500&ov=0.0&ovPerm=true&rem=80.2&rst=…&totRem=1203.4`: `rem` in percent, `totRem` absolute."""
    try:
        pairs = dict(parse_qsl(value, keep_blank_values=True, max_num_fields=32))
    except ValueError:
        return None
    entitlement, percent, total = (number(pairs.get(name)) for name in ("ent", "rem", "totRem"))
    if entitlement is None and percent is None and total is None:
        return None
    unlimited = entitlement == -1
    return _snapshot(
        sku,
        unlimited,
        entitlement,
        total,
        percent,
        overage_count=number(pairs.get("ov")),
        overage_permitted=_flag(pairs.get("ovPerm")),
        resets_at=_moment(pairs.get("rst")),
        read_at=read_at,
    )


def merged(account: QuotaSnapshot | None, header: QuotaSnapshot) -> QuotaSnapshot:
    """A header's reading on top of the account's. The newer counts; a bare percentage only if it differs."""
    if account is None:
        return _with_remaining(header)
    if account.read_at and header.read_at and header.read_at < account.read_at:
        return account
    both = replace(
        header,
        entitlement=header.entitlement if header.entitlement is not None else account.entitlement,
        applies=account.applies or bool(header.entitlement),
        resets_at=header.resets_at or account.resets_at,
    )
    if _says_the_same(account, header):
        return replace(both, remaining=account.remaining, percent_remaining=account.percent_remaining)
    return _with_remaining(both)


def _says_the_same(account: QuotaSnapshot, header: QuotaSnapshot) -> bool:
    """A percentage without an absolute figure, no finer than what the account endpoint said."""
    a, h = account.percent_remaining, header.percent_remaining
    return header.remaining is None and a is not None and h is not None and abs(a - h) <= 2 * _ROUNDING


def _with_remaining(snapshot: QuotaSnapshot) -> QuotaSnapshot:
    entitlement, percent = snapshot.entitlement, snapshot.percent_remaining
    if snapshot.remaining is not None or entitlement is None or percent is None:
        return snapshot
    return replace(snapshot, remaining=entitlement * percent / 100)


def inverted(account: QuotaSnapshot, header: QuotaSnapshot) -> bool:
    """Whether the account endpoint counts what is used where it should count what is left (wire 9.4).

    Believed only when both percentages add up to about 100 and differ; near 50 nothing can be told.
    """
    a, h = account.percent_remaining, header.percent_remaining
    if a is None or h is None:
        return False
    return abs(a + h - 100) <= 1 and abs(a - h) > 5


def turned(account: QuotaSnapshot) -> QuotaSnapshot:
    """The reading with used and left exchanged."""
    left, all_of_it, percent = account.remaining, account.entitlement, account.percent_remaining
    return replace(
        account,
        remaining=None if left is None or all_of_it is None else all_of_it - left,
        percent_remaining=None if percent is None else _rounded(100 - percent),
    )


# --- values ----------------------------------------------------------------------------------------


def number(value: object) -> float | None:
    """A finite number, also as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e18 else None  # also refuses NaN and infinity


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 4)


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    """A date, an RFC 3339 time or Unix seconds, as UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC) if value > 0 else None
        if not isinstance(value, str) or not value.strip():
            return None
        moment = datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
