"""Why GitHub gives no Copilot token, and what the person can do about it. PURE.

Statuses and notification ids: copilot-wire 2.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from tray_app.copilot.exchange_answer import line_of, object_of
from tray_app.errors import Fault, JumpseatError, Kind, Rejected, SignedOut


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose token was refused, for the sentence: the login if known, and where the token came from."""

    login: str | None
    source: str
    github_url: str

    @property
    def from_environment(self) -> bool:
        return self.source.isupper()

    @property
    def name(self) -> str:
        return f" ({self.login})" if self.login else ""

    @property
    def remedy(self) -> str:
        if self.from_environment:
            return f"Replace or remove the token in {self.source}, or sign in with `jumpseat login`."
        return "Sign in again with `jumpseat login`."


_SETTINGS = "https://github.com/settings/copilot"
_PLANS = "https://github.com/features/copilot/plans"
_SUPPORT = "https://support.github.com"

# notification_id -> what it means and what to do (ids: wire 2.4). GitHub's own words follow behind.
_REASONS = {
    "no_copilot_access": (
        f"This account has no Copilot subscription. Get one at {_PLANS}, or ask your organisation for a seat."
    ),
    "not_signed_up": (
        f"This account has not signed up for Copilot yet. Accept the terms and pick a plan at {_SETTINGS}, "
        "then try again."
    ),
    "subscription_ended": f"The Copilot subscription of this account has ended. Renew it at {_SETTINGS}.",
    "enterprise_managed_user_account": (
        "This is a managed account, and its enterprise has not given it a Copilot seat. Ask your "
        "enterprise's administrator for one."
    ),
    "feature_flag_blocked": (
        "Your organisation has blocked Copilot, or this use of it. Ask its administrator to allow Copilot "
        "in the editor for you."
    ),
    "spammy_user": f"GitHub has flagged this account and blocked Copilot for it. Write to {_SUPPORT}.",
    "billing_locked": (
        "GitHub has locked this account's billing. Correct the payment details at "
        "https://github.com/settings/billing."
    ),
    "trade_restricted": "GitHub does not offer Copilot to this account because of trade restrictions.",
    "trade_restricted_country": (
        "GitHub does not offer Copilot in this country because of trade restrictions."
    ),
    "codespaces_demo_inactive": "The Codespaces demo that this account's Copilot belongs to has ended.",
    "snippy_not_configured": (
        "Copilot needs a decision first: whether suggestions matching public code are allowed. Make it at "
        f"{_SETTINGS}, then try again."
    ),
    "expired_coupon": f"The coupon that paid for this Copilot seat has expired. Renew at {_SETTINGS}.",
    "revoked_coupon": f"The coupon that paid for this Copilot seat was revoked. Renew at {_SETTINGS}.",
    "go_http_client": (
        "GitHub refused the program that asks, not the account. Put editor_version and plugin_version of a "
        "current VS Code into the [copilot] settings."
    ),
    "programmatic_token_generation": (
        "GitHub has paused this account's Copilot because tokens were asked for by a program. Stop other "
        f"tools that use this account, wait, and write to {_SUPPORT} if it stays."
    ),
    "access_revoked": (
        f"GitHub has withdrawn Copilot from this account. Look at {_SETTINGS} and your mail from GitHub, or "
        f"write to {_SUPPORT}."
    ),
    "server_error": "GitHub could not say whether this account has Copilot. Try again in a few minutes.",
}


def refusal(status: int, body: bytes, headers: Mapping[str, str], asker: Asker) -> JumpseatError:
    """The error for an exchange that GitHub refused, in plain words with a remedy."""
    answer = object_of(body)
    if status == 403 and _is_rate_limit(answer, headers):
        return _rate_limited(headers)
    if status == 403:
        return _no_entitlement(answer, asker)
    if (make := _BY_STATUS.get(status)) is not None:
        return make(headers, asker)
    if status >= 500:
        return _rejected(502, Kind.UPSTREAM, "github_unavailable", _UNAVAILABLE.format(status=status))
    return _rejected(502, Kind.UPSTREAM, "github_unexpected", _UNEXPECTED.format(status=status))


def unreadable() -> JumpseatError:
    """The error for a 200 without a token in it."""
    return _rejected(502, Kind.UPSTREAM, "github_unexpected", _UNEXPECTED.format(status=200))


def is_transient(status: int) -> bool:
    return status >= 500 or status == 408


_UNAVAILABLE = (
    "GitHub could not give a Copilot token (status {status}). Try again in a moment; "
    "https://www.githubstatus.com shows outages."
)
_UNEXPECTED = (
    "The answer to the request for a Copilot token (status {status}) does not look like GitHub's. A captive "
    "portal or a proxy may be in between, or github_api_url in the [copilot] settings is wrong."
)


def _rejected(
    status: int, kind: Kind, code: str, message: str, retry_after: str | None = None, **details: object
) -> Rejected:
    return Rejected(Fault(status, kind, message, code=code, retry_after=retry_after, details=details or None))


def _revoked(headers: Mapping[str, str], asker: Asker) -> JumpseatError:
    host = URL(asker.github_url).host or "GitHub"
    return SignedOut(
        f"{host} no longer accepts this sign-in{asker.name}: it was revoked or has expired, or it belongs to "
        f"another GitHub host. {asker.remedy}",
        code="token_revoked",
    )


def _not_found(headers: Mapping[str, str], asker: Asker) -> JumpseatError:
    return _rejected(
        403,
        Kind.FORBIDDEN,
        "no_copilot_seat",
        f"GitHub has no Copilot token for this account{asker.name}. Either it has no Copilot seat "
        f"({_SETTINGS} shows it), or the token is of a type that cannot work: only gho_ and ghu_ tokens do. "
        f"{asker.remedy}",
    )


def _rate_limited(headers: Mapping[str, str], asker: Asker | None = None) -> JumpseatError:
    return _rejected(
        429,
        Kind.RATE_LIMITED,
        "github_rate_limited",
        "GitHub limits how often this account may ask it. Wait a little, then try again.",
        line_of(headers.get("Retry-After")) or "60",
    )


def _retired(headers: Mapping[str, str], asker: Asker) -> JumpseatError:
    return _rejected(
        502,
        Kind.CONFIGURATION,
        "api_version_retired",
        "GitHub no longer serves the versions that Jumpseat names (status 466). Update Jumpseat, or raise "
        "editor_version, plugin_version and api_version together in the [copilot] settings. If official "
        "editors fail as well, it is an outage: see https://www.githubstatus.com.",
    )


_BY_STATUS = {401: _revoked, 404: _not_found, 429: _rate_limited, 466: _retired}

_NO_REASON = (
    "GitHub gives this account{name} no Copilot token and does not say why. Usual causes: it has no Copilot "
    "seat ({settings} shows it), GitHub has flagged or limited the account (look for mail from GitHub), or "
    "the network or a VPN is blocked (try another one). {remedy}"
)


def _is_rate_limit(answer: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    said = f"{answer.get('message')} {answer.get('documentation_url')}".lower()
    return "rate limit" in said or "rate-limit" in said or headers.get("X-RateLimit-Remaining") == "0"


def _no_entitlement(answer: Mapping[str, Any], asker: Asker) -> JumpseatError:
    details = answer.get("error_details")
    details = details if isinstance(details, dict) else {}
    reason = line_of(details.get("notification_id")) or line_of(answer.get("reason"))
    said = line_of(details.get("message")) or line_of(answer.get("message"))
    if said and "personal access token" in said.lower():
        return _not_found({}, asker)
    own = _REASONS.get(reason or "")
    if own is None and not details:
        own = _NO_REASON.format(name=asker.name, settings=_SETTINGS, remedy=asker.remedy)
    sentences = (own, f'GitHub says: "{said}"' if said else None, _link(details.get("url")))
    return _rejected(
        403,
        Kind.FORBIDDEN,
        reason or "no_copilot_access",
        " ".join(filter(None, sentences)) or _NO_REASON.format(name="", settings=_SETTINGS, remedy=""),
        notification_id=reason,
    )


def _link(value: object) -> str | None:
    text = line_of(value)
    return text if text and text.startswith("https://") else None
