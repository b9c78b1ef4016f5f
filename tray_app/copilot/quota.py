"""How much of the seat is left: asked once at start, at most once a minute, and read off every response."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import orjson

from tray_app.copilot.credentials import Account
from tray_app.copilot.http import explain, read_bounded
from tray_app.copilot.identity import github_headers
from tray_app.copilot.quota_readings import (
    FREE_SKU,
    RATE_HEADER,
    SNAPSHOT_HEADER,
    QuotaSnapshot,
    inverted,
    merged,
    read_account,
    read_headers,
    rfc3339,
    turned,
)
from tray_app.errors import JumpseatError, LocalFault
from tray_app.github_hosts import github_api_url
from tray_app.settings import CopilotSettings
from tray_app.tasks import Tasks

__all__ = ["Quota", "QuotaSnapshot"]

log = logging.getLogger(__name__)

_SHORTEST_GAP = 60.0  # seconds between two questions
_ANSWER_SECONDS = 30.0
_ANSWER_BYTES = 1024 * 1024
_SAME_TIME = timedelta(seconds=60)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PAID = ("premium_interactions", "premium_models")
_PLAN_OF_SKU = {FREE_SKU: "free"}


@dataclass(frozen=True, slots=True)
class _Reading:
    """The last good answer of the account endpoint."""

    answer: Mapping[str, Any]
    quotas: Mapping[str, QuotaSnapshot]
    read_at: datetime


class Quota:
    """What the active account has left. Belongs to one event loop; `close` it there."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: Callable[[], CopilotSettings],
        account: Callable[[], Awaitable[Account | tuple[Any, ...] | None]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`account` gives (login or None, GitHubToken, source) or None, as `Accounts.active` does."""
        self._http, self._settings, self._account = http, settings, account
        self._monotonic, self._clock = monotonic, clock
        self._tasks = Tasks()
        self._asking: asyncio.Task[None] | None = None
        self._asked_mono, self._asked_at = float("-inf"), _LONG_AGO
        self._key: tuple[str, str] | None = None
        self._login: str | None = None
        self._reading: _Reading | None = None
        self._from_headers: dict[str, QuotaSnapshot] = {}
        self._rates: dict[str, QuotaSnapshot] = {}
        self._unread: dict[str, tuple[str, datetime]] = {}
        self.problem: str | None = None
        self.failure: JumpseatError | None = None  # GitHub was not reached at the last question

    async def refresh(self) -> None:
        """Ask GitHub, unless it was asked within the last minute. Never raises for a failed question: the
        old reading stays, with its time, and `problem` says what went wrong."""
        await self._note_account()
        if self._asking is None or self._asking.done():
            if self._is_early():
                return
            self._asked_mono, self._asked_at = self._monotonic(), self._clock()
            self._asking = self._tasks.start(self._ask(), "quota")
        await asyncio.shield(self._asking)

    def _is_early(self) -> bool:
        """By both clocks: the monotonic one stands still while the machine sleeps."""
        return (
            self._monotonic() - self._asked_mono < _SHORTEST_GAP
            and (self._clock() - self._asked_at).total_seconds() < _SHORTEST_GAP
        )

    def headers(self, headers: Mapping[str, str]) -> None:
        """Read what a data-plane answer says on the way. Unreadable values leave the last reading."""
        for name, value in headers.items():
            lower = name.lower()
            if lower.startswith((SNAPSHOT_HEADER, RATE_HEADER)):
                self._unread[lower] = (value, self._clock())

    def _read_headers(self) -> None:
        """Take in what came since the last look: every answer carries these, few are looked at."""
        while self._unread:
            name, (value, at) = self._unread.popitem()
            self._from_headers.update(read_headers({name: value}, SNAPSHOT_HEADER, at))
            self._rates.update(read_headers({name: value}, RATE_HEADER, at))

    def snapshots(self) -> dict[str, QuotaSnapshot]:
        """Every bucket by SKU, each from its newer source."""
        self._read_headers()
        found = dict(self._reading.quotas) if self._reading else {}
        for sku, header in self._from_headers.items():
            found[sku] = merged(found.get(sku), header)
        return found

    def rates(self) -> dict[str, QuotaSnapshot]:
        """The rolling limits (session, weekly) that headers named, by name."""
        self._read_headers()
        return dict(self._rates)

    def leading(self) -> QuotaSnapshot | None:
        """The bucket that matters: `chat` on Free, the premium one on paid plans (wire 9.2)."""
        known = self.snapshots()
        order = (("chat",), _PAID) if self._plan() == "free" else (_PAID, ("chat",))
        for bucket in order:
            found = [known[sku] for sku in bucket if sku in known and known[sku].applies]
            if found:
                return max(found, key=lambda snapshot: snapshot.read_at or _LONG_AGO)
        return None

    def as_json(self) -> dict[str, Any]:
        """The body of `/usage`. What GitHub has not said is null."""
        answer: Mapping[str, Any] = self._reading.answer if self._reading else {}
        quotas = self.snapshots()
        leading = self.leading()
        return {
            "plan": self._plan(),
            "login": _text(answer.get("login")) or self._login,
            "token_based_billing": _flag(answer.get("token_based_billing")),
            "quota_reset_date": _reset_date(answer, leading),
            "as_of": rfc3339(_newest(quotas.values(), self._reading)),
            "quotas": {sku: snapshot.as_json() for sku, snapshot in quotas.items()},
            "leading": leading.sku if leading else None,
            "rate_limits": {name: snapshot.as_json() for name, snapshot in self._rates.items()},
            "problem": self.problem,
            "copilot_plan": answer.get("copilot_plan"),
            "quota_snapshots": answer.get("quota_snapshots"),
        }

    async def close(self) -> None:
        await self._tasks.close()

    def _plan(self) -> str | None:
        answer: Mapping[str, Any] = self._reading.answer if self._reading else {}
        by_sku = _PLAN_OF_SKU.get(_text(answer.get("access_type_sku")) or "")
        return by_sku or _text(answer.get("copilot_plan"))

    async def _note_account(self) -> Account | None:
        """Whose quota it is now; another account's figures are dropped at once."""
        try:
            found = await self._account()
        except LocalFault as fault:
            self.problem = str(fault)
            return None  # a locked keyring says nothing about the figures
        account = Account(*found) if found is not None else None
        self._login = account.login if account else None
        key = (account.token.reveal(), github_api_url(self._settings())) if account else None
        if key != self._key:
            if self._key is not None:
                self._reading, self._from_headers, self._rates, self._unread = None, {}, {}, {}
            self._key = key
            self._asked_mono = float("-inf")
        return account

    async def _ask(self) -> None:
        account = await self._note_account()
        if account is None:
            return
        key = self._key
        try:
            status, answer = await self._get(account)
        except (aiohttp.ClientError, OSError) as error:
            self._fail(explain(error, github_api_url(self._settings())))
            return
        self.failure = None
        if key != self._key:
            return  # the account changed while GitHub answered
        if status != 200 or not isinstance(answer, dict):
            self.problem = f"GitHub did not say how much is left (status {status})."
            log.info("%s", self.problem)
            return
        now = self._clock()
        self._reading = _Reading(answer, self._checked(read_account(answer, now), now), now)
        self.problem = None

    def _fail(self, error: JumpseatError) -> None:
        self.failure, self.problem = error, error.fault.message
        log.info("Quota not read: %s", error)

    def _checked(self, quotas: dict[str, QuotaSnapshot], now: datetime) -> dict[str, QuotaSnapshot]:
        """Turn a reading round that a header of the same minute shows to be upside down (wire 9.4)."""
        self._read_headers()
        for sku, snapshot in quotas.items():
            header = self._from_headers.get(sku)
            if header and header.read_at and now - header.read_at <= _SAME_TIME:
                quotas[sku] = turned(snapshot) if inverted(snapshot, header) else snapshot
        return quotas

    async def _get(self, account: Account) -> tuple[int, object]:
        settings = self._settings()
        async with self._http.get(
            github_api_url(settings) + "/copilot_internal/user",
            headers=github_headers(settings, account.token),
            timeout=aiohttp.ClientTimeout(
                total=_ANSWER_SECONDS, sock_connect=settings.connect_timeout_seconds
            ),
            allow_redirects=False,
        ) as response:
            body = await read_bounded(response, _ANSWER_BYTES)
        try:
            return response.status, orjson.loads(body)
        except orjson.JSONDecodeError:
            return response.status, None


def _reset_date(answer: Mapping[str, Any], leading: QuotaSnapshot | None) -> str | None:
    """GitHub's own text, else the moment the leading bucket names."""
    text = _text(answer.get("quota_reset_date"))
    if text or leading is None or leading.resets_at is None:
        return text
    return leading.resets_at.date().isoformat()


def _newest(snapshots: Any, reading: _Reading | None) -> datetime | None:
    times = [snapshot.read_at for snapshot in snapshots if snapshot.read_at]
    if reading:
        times.append(reading.read_at)
    return max(times, default=None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
