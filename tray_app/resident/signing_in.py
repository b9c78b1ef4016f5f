"""Signing in from the desktop: a code, a wait for GitHub in the background, an account."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from tray_app.accounts import Accounts
from tray_app.controls import SignInView
from tray_app.copilot.device_flow import DeviceCode, DeviceFlow
from tray_app.errors import JumpseatError, LocalFault
from tray_app.tasks import Tasks

log = logging.getLogger(__name__)

_COMMAND = "jumpseat login"  # remedies speak of it, who sits before a window has a button


class SigningIn:
    """One sign-in at a time. Belongs to the event loop. `flow` makes a device flow with the settings of now;
    `done` is called when somebody has signed in."""

    def __init__(
        self,
        accounts: Accounts,
        flow: Callable[[], DeviceFlow],
        changed: Callable[[], None],
        done: Callable[[], Awaitable[None]],
    ) -> None:
        self._accounts, self._flow, self._changed, self._done = accounts, flow, changed, done
        self._tasks = Tasks()
        self._waiting: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.view: SignInView | None = None

    async def begin(self) -> SignInView:
        """Ask for a code and wait for the person in the background; a sign-in that waits goes on.

        Raises SignInFailed, Unreachable.
        """
        async with self._turn:
            if self.view is not None and self.view.status == "waiting" and self._is_waiting:
                return self.view
            self._put(SignInView("starting"))
            flow = self._flow()
            try:
                code = await flow.start()
            except (LocalFault, JumpseatError) as error:
                self._put(_failed(error))
                raise
            view = _waiting(code)
            self._put(view)
            self._waiting = self._tasks.start(self._wait(flow, code), "sign-in")
            return view

    async def cancel(self) -> None:
        """Forget it, also one that has ended."""
        async with self._turn:
            if self._waiting is not None:
                self._waiting.cancel()
            self._waiting = None
            self._put(None)

    async def close(self) -> None:
        await self._tasks.close()

    @property
    def _is_waiting(self) -> bool:
        return self._waiting is not None and not self._waiting.done()

    async def _wait(self, flow: DeviceFlow, code: DeviceCode) -> None:
        try:
            token = await flow.poll_until_done(code)
            who = await flow.who_am_i(token)
            fault = await self._accounts.add(who.login, token)
        except (LocalFault, JumpseatError) as error:
            log.info("Sign-in failed: %s", error)
            self._put(_failed(error))
            return
        log.info("Signed in as %s", who.login)
        message, remedy = (fault.message, fault.remedy) if fault is not None else ("", "")
        self._put(SignInView("done", login=who.login, message=message, remedy=remedy))
        await self._done()

    def _put(self, view: SignInView | None) -> None:
        self.view = view
        self._changed()


def _waiting(code: DeviceCode) -> SignInView:
    expires = datetime.now(UTC) + timedelta(seconds=code.expires_in)
    return SignInView("waiting", code.user_code, code.verification_uri, expires)


def _failed(error: LocalFault | JumpseatError) -> SignInView:
    if isinstance(error, JumpseatError):
        return SignInView("failed", message=error.fault.message)
    remedy = "" if _COMMAND in error.remedy else error.remedy
    return SignInView("failed", message=error.message, remedy=remedy)
