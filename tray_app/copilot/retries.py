"""Whether one more try is worth it, and when. PURE but for the dice. Rules: copilot-wire 2.6, 10.2, 10.3."""

import email.utils
import time
from collections.abc import Callable

import aiohttp

from tray_app.copilot.answer import Refusal

LONGEST_WAITS = 20.0  # seconds, all waits of one request together
LONGEST_RETRY_AFTER = 10.0  # seconds; a longer one is the client's to decide
_RETRYABLE = frozenset({429, 500, 502, 503, 504, 529})
_TOKEN_CODES = ("expired_token", "invalid_token", "token_expired", "IDE token expired", "token expired")


class RetryPlan:
    """Decides on one request's further tries."""

    def __init__(self, tries: int, rng: Callable[[], float]) -> None:
        self._left, self._rng = tries, rng
        self._step = 0
        self._waited = 0.0
        self._refreshed = self._resolved = False
        self._met: set[str] = set()

    def after_error(self, error: Exception) -> float | None:
        """Seconds to wait after a failed connection, or None to give up."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):
            return None  # stays wrong
        return self._backoff()

    def after_status(self, refusal: Refusal) -> float | None:
        """Seconds to wait before the same request again, or None to hand the refusal on."""
        limited = refusal.status == 400 and b'"rate_limited"' in refusal.body
        if refusal.status == 408:
            return self._backoff() if self._step < 2 else None
        if refusal.status not in _RETRYABLE and not limited:
            return None
        wanted = retry_after_seconds(refusal.headers.get("retry-after"))
        if wanted is None:
            return self._backoff()
        if wanted > LONGEST_RETRY_AFTER:
            return None
        return self._backoff(at_least=wanted)

    def refresh_token(self, refusal: Refusal) -> bool:
        """Whether the refusal is about the token, for the first time in this request."""
        if self._refreshed or not _is_about_token(refusal):
            return False
        self._refreshed = True
        return True

    def find_host(self, refusal: Refusal) -> bool:
        if refusal.status != 421 or self._resolved:
            return False
        self._resolved = True
        return True

    def once(self, cause: str) -> bool:
        """Whether this is the first time in this request that `cause` calls for another try."""
        is_first = cause not in self._met
        self._met.add(cause)
        return is_first

    def _backoff(self, at_least: float = 0.0) -> float | None:
        if self._left <= 0:
            return None
        pause = max(at_least, min(8.0, 0.5 * 2.0**self._step) * (0.5 + self._rng() / 2))
        if self._waited + pause > LONGEST_WAITS:
            return None
        self._left -= 1
        self._step += 1
        self._waited += pause
        return pause


def _is_about_token(refusal: Refusal) -> bool:
    """401 and 403 that a new Copilot token can mend (wire 2.6, 10.2)."""
    text = refusal.text
    if refusal.status == 401:
        # The "connection" 401 of a stale item id is no matter of tokens, nor is a missing consent.
        return "does not belong to this connection" not in text and "authorize_url" not in text
    if refusal.status == 403:
        opaque = text.strip().lower() == "forbidden" and "retry-after" not in refusal.headers
        return opaque or any(code in text for code in _TOKEN_CODES)
    return False


def retry_after_seconds(value: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds of a Retry-After header: a number or an HTTP date. None if absent or unreadable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment: float = email.utils.parsedate_to_datetime(value).timestamp()
        return max(0.0, moment - now())
    except (ValueError, TypeError):
        return None
