"""What GitHub answers to the token exchange: a seat. PURE. Refusals are in `refusals.py`.

`GET /copilot_internal/v2/token`, copilot-wire 2.2 to 2.5. Only the token and its lifetime matter; any other
field may be absent or of an odd type without harm.
"""

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from yarl import URL

from tray_app.copilot.credentials import CopilotToken
from tray_app.copilot.system_proxy import is_loopback
from tray_app.github_hosts import github_url
from tray_app.settings import CopilotSettings

_USUAL_REFRESH = 1500.0  # seconds
_GRACE = 60.0  # Microsoft's client trusts a token this long after refresh_in
_LONGEST_LIFE = 7 * 24 * 3600.0
_LARGEST_MARGIN = 300.0


@dataclass(frozen=True, slots=True)
class Seat:
    """A Copilot token with what came along. Seconds count from the moment it arrived.

    `refresh_after` is when a new one should be asked for, `dies_after` when this one ends. `notice` is
    GitHub's own message to the person, to be shown once.
    """

    token: CopilotToken
    refresh_after: float
    dies_after: float
    api_url: str | None = None
    sku: str | None = None
    individual: bool | None = None
    notice: str | None = None


def read_seat(body: bytes, headers: Mapping[str, str]) -> Seat | None:
    """The seat in a 200 answer, or None if there is no token in it."""
    answer = object_of(body)
    text = answer.get("token")
    if not isinstance(text, str) or not text or not text.isprintable() or not text.isascii():
        return None
    refresh_after, dies_after = _lifetime(answer, headers)
    endpoints = answer.get("endpoints")
    return Seat(
        CopilotToken(text),
        refresh_after,
        dies_after,
        _base_url(endpoints.get("api") if isinstance(endpoints, dict) else None),
        line_of(answer.get("sku")),
        answer.get("individual") if isinstance(answer.get("individual"), bool) else None,
        _notice(answer.get("user_notification")),
    )


def _lifetime(answer: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until refresh and until death, by GitHub's clock alone: ours may be wrong by hours.

    `refresh_in` is relative. `expires_at` is absolute, so it is held against the answer's own Date.
    """
    life = _life_by_date(answer.get("expires_at"), headers.get("Date"))
    wanted = _positive(answer.get("refresh_in"))
    if wanted is None:
        wanted = life * 5 / 6 if life else _USUAL_REFRESH
    life = life or wanted + _GRACE
    soon = min(wanted, life)
    return soon - min(_LARGEST_MARGIN, soon / 5), life


def _life_by_date(expires_at: object, date: str | None) -> float | None:
    moment = _positive(expires_at)
    if moment is None or not date:
        return None
    try:
        life = moment - email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return life if 0 < life <= _LONGEST_LIFE else None


def _positive(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < 1e12 else None


def _base_url(value: object) -> str | None:
    """The data plane's address: https, or http on this machine (tests). Anything else is not believed."""
    if not isinstance(value, str):
        return None
    try:
        url = URL(value)
        host = url.host or ""
    except ValueError:
        return None
    if url.user or url.password or url.query_string or url.fragment or not value.isprintable():
        return None
    if not host or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(host))):
        return None
    return value.rstrip("/")


def _notice(value: object) -> str | None:
    if not isinstance(value, dict) or not (message := line_of(value.get("message"))):
        return None
    url = line_of(value.get("url"))
    return f"{message} {url}" if url else message


# --- the host when the token names none ------------------------------------------------------------

_PLAN_HOSTS = {
    "individual": "https://api.individual.githubcopilot.com",
    "business": "https://api.business.githubcopilot.com",
    "enterprise": "https://api.enterprise.githubcopilot.com",
}
_ANY_PLAN = "https://api.githubcopilot.com"


def fallback_api_url(settings: CopilotSettings, seat: Seat | None) -> str:
    """The data plane by tenant, by `account_type` or by the seat's SKU (wire 1.4, 2.5)."""
    tenant = URL(github_url(settings)).host or ""
    if tenant.endswith(".ghe.com"):
        return f"https://copilot-api.{tenant}"
    if settings.account_type in _PLAN_HOSTS:
        return _PLAN_HOSTS[settings.account_type]
    sku = (seat.sku or "").lower() if seat else ""
    return next((host for plan, host in _PLAN_HOSTS.items() if plan in sku), _ANY_PLAN)


def line_of(value: object) -> str | None:
    """One line of printable text, bounded; None for anything else."""
    if not isinstance(value, str):
        return None
    line = "".join(letter if letter.isprintable() else " " for letter in value[:500])
    return " ".join(line.split()) or None


def object_of(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
