"""Which notifications a change of the state asks for. Pure: two states in, few and useful notices out.

alerts   what to tell now, and what has been told since
over     the kinds of notices that have lost their point
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tray_app.controls import ApprovalView, AppState, QuotaView, Trouble
from tray_app.desktop.icon_look import percent_left
from tray_app.desktop.menu import Action, Entry, size_text, units_text
from tray_app.desktop.menu_status import quota_line
from tray_app.desktop.wording import Wording
from tray_app.settings import DesktopSettings

SIGNED_OUT, QUOTA, LIMIT, PORT, CRASHED, APPROVAL = (
    "signed-out",
    "quota",
    "limit",
    "port",
    "crashed",
    "approval",
)
_PERIODS_KEPT = 8
_EXPIRED = "sign_in_expired"
_REARMED = 10  # percent above a threshold, where nobody says when a period ends


@dataclass(frozen=True, slots=True)
class Alert:
    """One notification. A new one takes the place of the old one of its kind. `page`: for a click on it."""

    kind: str
    title: str
    text: str
    buttons: tuple[Entry, ...] = ()
    page: str = "/"


@dataclass(frozen=True, slots=True)
class Told:
    """What people know already; outlasts a restart. `quota`: period -> the thresholds that were told."""

    quota: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    expired: str | None = None  # the login whose sign-in has expired

    def as_json(self) -> dict[str, Any]:
        return {"quota": {period: list(told) for period, told in self.quota.items()}, "expired": self.expired}

    @classmethod
    def read(cls, said: object) -> "Told":
        """From JSON; nothing told where it makes no sense."""
        if not isinstance(said, Mapping):
            return cls()
        quota, expired = said.get("quota"), said.get("expired")
        periods = {
            period: tuple(number for number in told if isinstance(number, int))
            for period, told in (quota.items() if isinstance(quota, Mapping) else ())
            if isinstance(told, list)
        }
        return cls(periods, expired if isinstance(expired, str) else None)


def alerts(
    before: AppState | None, after: AppState, settings: DesktopSettings, told: Told, wording: Wording
) -> tuple[tuple[Alert, ...], Told]:
    """What to tell now that `before` (None at the start) has become `after`, and what has been told then.

    With notifications switched off nothing is told, and nothing is told later either.
    """
    expired, told = _expired(after, told, wording)
    quota, told = _quota(after, settings.quota_alerts, told, wording)
    found = (*expired, *quota, *_trouble(before, after, wording), *_limit(before, after, wording))
    asked = {approval.id for approval in before.approvals} if before else set()
    waiting = [_approval(one, wording) for one in after.approvals if one.id not in asked]
    return ((*found, *waiting) if settings.notifications else ()), told


def over(before: AppState, after: AppState) -> tuple[str, ...]:
    """Notices to take away: answered, or mended."""
    left = {approval.id for approval in after.approvals}
    gone = [f"{APPROVAL}-{one.id}" for one in before.approvals if one.id not in left]
    for kind, code in ((PORT, "port_in_use"), (CRASHED, "crashed"), (SIGNED_OUT, _EXPIRED)):
        if _code(before) == code and _code(after) != code:
            gone.append(kind)
    if before.cap_reached and not after.cap_reached:
        gone.append(LIMIT)
    return tuple(gone)


def _code(state: AppState | None) -> str:
    return state.trouble.code if state and state.trouble else ""


def _expired(after: AppState, told: Told, wording: Wording) -> tuple[tuple[Alert, ...], Told]:
    """Once per account, until it is signed in again. Who signs out knows it already."""
    if after.signed_in:
        return (), replace(told, expired=None)
    login = after.login or "GitHub"
    if _code(after) != _EXPIRED or told.expired == login:
        return (), told
    title, text = wording.notice_signed_out
    button = Entry(wording.sign_in, Action.SIGN_IN)
    alert = Alert(SIGNED_OUT, title, text.format(login=login), (button,), "/welcome")
    return (alert,), replace(told, expired=login)


def _quota(
    after: AppState, thresholds: tuple[int, ...], told: Told, wording: Wording
) -> tuple[tuple[Alert, ...], Told]:
    """Once per threshold and period; several at once make one notice, of the lowest."""
    quota, percent = after.quota, percent_left(after.quota)
    if quota is None or percent is None or quota.unlimited or after.is_demo:
        return (), told
    period = f"{after.login or ''}/{quota.sku}/{quota.reset_date or ''}"
    known = told.quota.get(period, ())
    if not quota.reset_date:
        known = tuple(number for number in known if percent < number + _REARMED)
    reached = tuple(number for number in thresholds if percent <= number and number not in known)
    periods = {name: numbers for name, numbers in told.quota.items() if name != period}
    latest = dict([*periods.items(), (period, (*known, *reached))][-_PERIODS_KEPT:])
    found = (_quota_alert(after, quota, percent, wording),) if reached else ()
    return found, replace(told, quota=latest)


def _quota_alert(after: AppState, quota: QuotaView, percent: int, wording: Wording) -> Alert:
    title, text = wording.notice_quota
    stop = "。" if wording.language.startswith("zh") else "."
    button = Entry(wording.usage, Action.OPEN, "/usage")
    shown = text.format(outlook=quota_line(after, wording) + stop)
    return Alert(QUOTA, title.format(percent=percent), shown, (button,), "/usage")


def _trouble(before: AppState | None, after: AppState, wording: Wording) -> tuple[Alert, ...]:
    trouble = after.trouble
    if trouble is None or trouble == (before.trouble if before else None):
        return ()
    if trouble.code == "port_in_use":
        return (_port(trouble, wording),)
    if trouble.code == "crashed":
        title, text = wording.notice_crashed
        button = Entry(wording.restart, Action.RESTART)
        return (Alert(CRASHED, title, text.format(reason=trouble.message), (button,)),)
    return ()


def _port(trouble: Trouble, wording: Wording) -> Alert:
    title, text = wording.notice_port
    if trouble.offer_port is None:
        return Alert(PORT, title, f"{trouble.message} {trouble.remedy}".strip())
    offer = str(trouble.offer_port)
    button = Entry(wording.start_on_port.format(port=offer), Action.START, offer)
    return Alert(PORT, title, text.format(reason=trouble.message, offer=offer), (button,))


def _limit(before: AppState | None, after: AppState, wording: Wording) -> tuple[Alert, ...]:
    if before is None or before.cap_reached or not after.cap_reached:
        return ()
    title, text = wording.notice_limit
    return (Alert(LIMIT, title, text, (Entry(wording.one_more_hour, Action.LIFT_CAP, "1"),)),)


def _approval(one: ApprovalView, wording: Wording) -> Alert:
    title, text = wording.notice_approval
    told = {
        "model": one.model,
        "size": size_text(one.size_bytes),
        "units": units_text(one, wording),
        "time": wording.time(one.expires_at),
    }
    buttons = (
        Entry(wording.allow, Action.ALLOW, one.id),
        Entry(wording.deny, Action.DENY, one.id),
        Entry(wording.allow_client.format(client=one.client), Action.ALLOW_CLIENT, one.id),
    )
    return Alert(f"{APPROVAL}-{one.id}", title.format(client=one.client), text.format(**told), buttons)
