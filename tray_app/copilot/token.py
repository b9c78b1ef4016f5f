"""The Copilot token: exchanged for the GitHub token, renewed in time, by one request however many wait.

A token is *fresh* until `refresh_after`, then *due*: it still serves while one refresh runs in the
background. After `dies_after`, or once upstream refused it, requests wait for the new one. Ages are measured
on two clocks, and the larger age counts: the monotonic one stands still while a Linux or macOS laptop
sleeps, the wall clock may jump. Neither is compared with GitHub's `expires_at`, so that a clock that is wrong
by hours costs nothing (copilot-wire 2.6).
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from tray_app.copilot.credentials import Account, CopilotToken
from tray_app.copilot.exchange_answer import Seat, fallback_api_url, read_seat
from tray_app.copilot.http import explain, read_bounded
from tray_app.copilot.identity import github_headers
from tray_app.copilot.refusals import Asker, is_transient, refusal, unreadable
from tray_app.errors import Fault, JumpseatError, Kind, LocalFault, Rejected, SignedOut, Unreachable
from tray_app.github_hosts import github_api_url, github_url
from tray_app.settings import CopilotSettings
from tray_app.tasks import Tasks

__all__ = ["CopilotToken", "CopilotTokens"]

log = logging.getLogger(__name__)

_PAUSES = (1.0, 2.0, 4.0)  # seconds before each further try of a transient failure
_REMEMBERED = 15.0  # seconds a final failure is repeated without asking GitHub again
_REMEMBERED_BRIEFLY = 3.0  # a transient one: the network may come back any moment, as after sleep
_RETRY_DUE = 30.0  # seconds until a token that is due tries again, after a failed refresh
_SAME_MISDIRECTION = 5.0  # seconds in which further 421s profit from one look-up
_EXCHANGES_PER_MINUTE = 60  # far above any use; stops a loop of refused tokens
_ANSWER_SECONDS = 30.0
_ANSWER_BYTES = 256 * 1024

_SIGNED_OUT = "You are not signed in to GitHub. Run `jumpseat login`, then try again."


@dataclass(frozen=True, slots=True)
class _Held:
    seat: Seat
    key: tuple[str, str]  # GitHub token, GitHub API
    login: str | None
    taken_mono: float
    taken_wall: float


@dataclass(frozen=True, slots=True)
class _Failed:
    error: JumpseatError
    key: tuple[str, str]
    until_mono: float


class CopilotTokens:
    """The Copilot token of the active account. Belongs to one event loop; `close` it there."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: Callable[[], CopilotSettings],
        account: Callable[[], Awaitable[Account | tuple[Any, ...] | None]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`account` gives (login or None, GitHubToken, source) or None, as `Accounts.active` does."""
        self._http, self._settings, self._account = http, settings, account
        self._monotonic, self._wall_clock, self._sleep = monotonic, wall_clock, sleep
        self._tasks = Tasks()
        self._held: _Held | None = None
        self._failed: _Failed | None = None
        self._refresh: tuple[tuple[str, str], asyncio.Task[_Held | _Failed]] | None = None
        self._not_before = 0.0  # monotonic; next background try
        self._resolved_mono = float("-inf")
        self._exchanges: deque[float] = deque(maxlen=_EXCHANGES_PER_MINUTE)

    async def current(self) -> CopilotToken:
        """A token that should work now.

        Raises SignedOut, Rejected (no seat, rate limited, versions retired) or Unreachable, each with a
        sentence that says what to do.
        """
        account = await self._whose()
        key = self._key(account)
        held = self._held if self._held is not None and self._held.key == key else None
        age = self._age(held) if held else 0.0
        if held and age < held.seat.dies_after:
            if age >= held.seat.refresh_after and self._may_try(key):
                self._start(account, key)
            return held.seat.token
        if (error := self._remembered(key)) is not None:
            raise _anew(error)
        outcome = await asyncio.shield(self._start(account, key))
        if isinstance(outcome, _Failed):
            raise _anew(outcome.error)
        return outcome.seat.token  # however short it lives: one exchange for one request

    async def refuse(self, token: CopilotToken) -> None:
        """Upstream said no to this one; the next `current` differs. Harmless for an older token."""
        if self._held is not None and self._held.seat.token == token:
            self._held = None

    async def re_resolve(self) -> None:
        """After a 421: ask GitHub again which host serves this seat. Raises as `current` does."""
        if self._settings().api_url or self._monotonic() - self._resolved_mono < _SAME_MISDIRECTION:
            return
        # Whoever comes while this runs finds no token, and so waits for the same exchange in `current`.
        self._resolved_mono = self._monotonic()
        old, self._held = self._held, None
        try:
            await self.current()
        except JumpseatError:
            self._held, self._resolved_mono = self._held or old, float("-inf")
            raise

    @property
    def api_url(self) -> str:
        """The data plane's address without a slash at its end: the setting, the token's, or the plan's."""
        settings = self._settings()
        seat = self._held.seat if self._held else None
        found = settings.api_url or (seat.api_url if seat else None) or fallback_api_url(settings, seat)
        return found.rstrip("/")

    @property
    def notice(self) -> str | None:
        """GitHub's own message to the person, as on a trial that ends; show it once."""
        return self._held.seat.notice if self._held else None

    def state(self) -> dict[str, Any]:
        """`present`, `expires_in_seconds`, `sku`, `login`: for /health, without asking anybody."""
        held = self._held
        left = held.seat.dies_after - self._age(held) if held else 0.0
        present = held is not None and left > 0
        return {
            "present": present,
            "expires_in_seconds": int(left) if present else None,
            "sku": held.seat.sku if held else None,
            "login": held.login if held else None,
        }

    async def close(self) -> None:
        await self._tasks.close()

    async def _whose(self) -> Account:
        try:
            found = await self._account()
        except LocalFault as fault:
            raise SignedOut(str(fault), code="no_usable_token") from fault
        if found is None:
            self._held = None
            raise SignedOut(_SIGNED_OUT)
        return Account(*found)

    def _key(self, account: Account) -> tuple[str, str]:
        return account.token.reveal(), github_api_url(self._settings())

    def _age(self, held: _Held) -> float:
        return max(self._monotonic() - held.taken_mono, self._wall_clock() - held.taken_wall, 0.0)

    def _may_try(self, key: tuple[str, str]) -> bool:
        return self._monotonic() >= self._not_before and self._remembered(key) is None

    def _remembered(self, key: tuple[str, str]) -> JumpseatError | None:
        failed = self._failed
        if failed is None or failed.key != key or self._monotonic() >= failed.until_mono:
            self._failed = None
            return None
        return failed.error

    def _start(self, account: Account, key: tuple[str, str]) -> asyncio.Task[_Held | _Failed]:
        """The refresh that is under way for this account, or a new one."""
        if self._refresh is not None:
            whose, task = self._refresh
            if whose == key and not task.done():
                return task
        task = self._tasks.start(self._renew(account, key), "Copilot token refresh")
        self._refresh = (key, task)
        return task

    async def _renew(self, account: Account, key: tuple[str, str]) -> _Held | _Failed:
        """One exchange with its retries. What came of it is kept, unless the account changed meanwhile."""
        outcome: _Held | _Failed
        try:
            seat = await self._exchange(account)
        except JumpseatError as error:
            log.info("No new Copilot token: %s", error)
            kept = _REMEMBERED_BRIEFLY if error.fault.status >= 500 else _REMEMBERED
            outcome = _Failed(error, key, self._monotonic() + kept)
        else:
            outcome = _Held(seat, key, account.login, self._monotonic(), self._wall_clock())
        if self._refresh is not None and self._refresh[0] == key:
            self._keep(outcome)
        return outcome

    def _keep(self, outcome: _Held | _Failed) -> None:
        if isinstance(outcome, _Held):
            self._held, self._failed, self._not_before = outcome, None, 0.0
        else:
            self._failed = outcome
            self._not_before = self._monotonic() + _RETRY_DUE

    async def _exchange(self, account: Account) -> Seat:
        for pause in (*_PAUSES, None):
            self._count()
            try:
                status, headers, body = await self._ask(account)
            except (aiohttp.ClientError, OSError) as error:
                failure: JumpseatError = explain(error, github_api_url(self._settings()))
                if isinstance(error, aiohttp.InvalidURL | aiohttp.ClientConnectorCertificateError):
                    raise failure from error
            else:
                if status == 200:
                    if (seat := read_seat(body, headers)) is not None:
                        return seat
                    raise unreadable()
                asker = Asker(account.login, account.source, github_url(self._settings()))
                failure = refusal(status, body, headers, asker)
                if not is_transient(status):
                    raise failure
            if pause is None:
                raise failure
            await self._sleep(pause)
        raise AssertionError("the last round raises")

    async def _ask(self, account: Account) -> tuple[int, Any, bytes]:
        settings = self._settings()
        async with self._http.get(
            github_api_url(settings) + "/copilot_internal/v2/token",
            headers=github_headers(settings, account.token),
            timeout=aiohttp.ClientTimeout(
                total=_ANSWER_SECONDS + settings.connect_timeout_seconds,
                sock_connect=settings.connect_timeout_seconds,
            ),
            allow_redirects=False,
        ) as response:
            return response.status, response.headers, await read_bounded(response, _ANSWER_BYTES)

    def _count(self) -> None:
        """Raise when exchanges run away, as when upstream refuses every new token."""
        now = self._monotonic()
        if len(self._exchanges) == _EXCHANGES_PER_MINUTE and now - self._exchanges[0] < 60:
            raise Rejected(Fault(429, Kind.RATE_LIMITED, _RUNAWAY, code="token_loop", retry_after="60"))
        self._exchanges.append(now)


_RUNAWAY = (
    "Copilot refused every new token for a minute. Jumpseat waits a little before it asks for more. If it "
    "stays so, sign in again with `jumpseat login`."
)


def _anew(error: JumpseatError) -> JumpseatError:
    """The same failure as a new exception: one object raised a thousand times holds all their frames."""
    if isinstance(error, SignedOut):
        return SignedOut(error.fault.message, code=error.fault.code or "not_signed_in")
    if isinstance(error, Unreachable):
        return Unreachable(error.fault.message, code=error.fault.code or "upstream_unreachable")
    return Rejected(error.fault)
