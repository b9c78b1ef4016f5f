"""Keyring calls: off the event loop, bounded in time, their failures in plain words.

A call may open a password dialog and block until somebody answers, so each runs in a daemon thread and is
waited for only so long; a read still under way is never started twice. keyring itself is imported by
`accounts.py` alone, which hands the backend over.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any, TypeVar

from tray_app.blocking import in_daemon_thread
from tray_app.errors import KeyringFault

SERVICE = "jumpseat"

_WAITING_SECONDS = 2.0  # silence after which the person is told where to look
_WINDOWS_LONGEST = 1280  # characters of one Windows credential

T = TypeVar("T")

NO_KEYRING = (
    "On Linux, install and unlock a Secret Service (gnome-keyring or KWallet); or put a token into "
    "COPILOT_GITHUB_TOKEN."
)
_WAITING = "Waiting for your keyring: a password dialog may be open behind other windows."


class TokenKeyring:
    """The system's keyring: bounded in time, off the event loop, its errors as KeyringFault."""

    def __init__(self, backend: Callable[[], Any], seconds: float, waiting: Callable[[str], None]) -> None:
        """`backend` gives the keyring in use; like its methods, it is called in a thread."""
        self._backend, self._seconds, self._waiting = backend, seconds, waiting
        self._reads: dict[str, asyncio.Future[str | None]] = {}

    async def read(self, login: str) -> str | None:
        """The token kept for this login. A read still under way is joined, a late answer taken."""
        running = self._reads.get(login)
        if running is None or not _worth_joining(running):
            running = self._reads[login] = _started(lambda: self._backend().get_password(SERVICE, login))
        try:
            return await self._answer(running)
        finally:
            if running.done() and self._reads.get(login) is running:
                del self._reads[login]

    async def name(self) -> str:
        """The backend's name, once it has answered a question."""

        def call() -> str:
            backend = self._backend()
            backend.get_password(SERVICE, "nobody")
            return str(backend.name)

        return await self._answer(_started(call))

    async def store(self, login: str, text: str) -> None:
        """Keep a token, and look whether it was kept: a null keyring takes anything and keeps nothing."""

        def call() -> str | None:
            backend = self._backend()
            backend.set_password(SERVICE, login, text)
            kept: str | None = backend.get_password(SERVICE, login)
            return kept

        if len(text) > _WINDOWS_LONGEST and os.name == "nt":
            raise KeyringFault("The token is longer than Windows keeps in one credential.")
        self._reads.pop(login, None)
        if await self._answer(_started(call)) != text:
            raise KeyringFault("The keyring did not keep the token.", NO_KEYRING)

    async def delete(self, login: str) -> None:
        """Remove a token; one that is not there is as good as removed."""

        def call() -> None:
            try:
                self._backend().delete_password(SERVICE, login)
            except Exception as error:
                if type(error).__name__ != "PasswordDeleteError":
                    raise

        self._reads.pop(login, None)
        await self._answer(_started(call))

    async def _answer(self, running: "asyncio.Future[T]") -> T:
        soon = min(_WAITING_SECONDS, self._seconds)
        done, _ = await asyncio.wait({running}, timeout=soon)
        if not done and self._seconds > soon:
            self._waiting(_WAITING)
            done, _ = await asyncio.wait({running}, timeout=self._seconds - soon)
        if not done:
            raise KeyringFault(
                f"The keyring did not answer within {self._seconds:.0f} s.",
                "Unlock it (a password dialog may be open behind other windows), then try again; or put a "
                "token into COPILOT_GITHUB_TOKEN.",
            )
        return running.result()


def _worth_joining(running: "asyncio.Future[Any]") -> bool:
    """Whether a read belongs to this loop and has not failed."""
    if running.get_loop() is not asyncio.get_running_loop() or running.cancelled():
        return False
    return not running.done() or running.exception() is None


def _started(call: Callable[[], T]) -> "asyncio.Future[T]":
    """A keyring call in its thread. Backends raise KeyringError, RuntimeError and whatever their libraries
    raise; all of it arrives as KeyringFault."""

    def guarded() -> T:
        try:
            return call()
        except KeyringFault:
            raise
        except Exception as error:  # a foreign library; see above
            raise _fault(error) from error

    return in_daemon_thread(guarded, "keyring")


def _fault(error: Exception) -> KeyringFault:
    """What a backend's failure means. Names only, never its text: a library may quote what it was given."""
    kind = type(error).__name__
    return KeyringFault(*_FAULTS.get(kind, (f"The keyring failed ({kind}).", NO_KEYRING)))


_UNLOCK = "Unlock it, then try again; or put a token into COPILOT_GITHUB_TOKEN."
_FAULTS = {
    "NoKeyringError": ("There is no keyring on this system.", NO_KEYRING),
    "RuntimeError": ("The keyring cannot be reached.", NO_KEYRING),
    "KeyringLocked": ("The keyring is locked.", _UNLOCK),
    "InitError": ("The keyring could not be opened.", NO_KEYRING),
    "PasswordSetError": ("The keyring refused to keep the token.", _UNLOCK),
    "ModuleNotFoundError": ("The keyring named by PYTHON_KEYRING_BACKEND does not exist.", NO_KEYRING),
}
