"""Who is signed in. The only module that imports keyring.

The GitHub token of each account lives in the system's keyring (service `jumpseat`, user = login) and,
once read, in memory. A keyring cannot list what it holds, so the logins, and which one is active, stand in
`accounts.json`: no secrets. Another GitHub than github.com has a file of its own, and the keyring's user is
`login@host` there: a token never goes to a host that did not give it. Nothing here protects a token from
other programs of the same user.

How keyring calls are kept from blocking anything is in `token_keyring.py`.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tray_app.accounts_file import AccountsFile, check_login, file_of, load, mark_of, rewrite
from tray_app.blocking import in_daemon_thread
from tray_app.copilot.credentials import Account, GitHubToken, UnusableToken, github_token
from tray_app.errors import KeyringFault, LocalFault
from tray_app.token_keyring import NO_KEYRING, TokenKeyring

log = logging.getLogger(__name__)

KEYRING, THIS_RUN = "keyring", "this run"  # sources; the others are names of variables
BEFORE_KEYRING = ("COPILOT_GITHUB_TOKEN",)
AFTER_KEYRING = ("GH_TOKEN", "GITHUB_TOKEN")

_KEYRING_SECONDS = 15.0
_FILE_LOOK_SECONDS = 1.0  # another process may sign in or out: how often its file is looked at


@dataclass(frozen=True, slots=True)
class Known:
    """A signed-in account. `in_keyring` is False for a sign-in that ends with this process."""

    login: str
    active: bool
    in_keyring: bool


@dataclass(slots=True)
class _Seen:
    """Which file the memory was read from, and when it was last looked at."""

    mark: tuple[int, int] | None = None
    looked_mono: float = field(default=float("-inf"))


class Accounts:
    """The signed-in accounts of one user. Safe to use from one event loop at a time."""

    def __init__(
        self,
        home: Path,
        environ: Mapping[str, str] = os.environ,
        *,
        host: Callable[[], str] = lambda: "",
        keyring_seconds: float = _KEYRING_SECONDS,
        waiting: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`home` is JUMPSEAT_HOME, `host` as `github_hosts.accounts_host`.

        `waiting` is told when a keyring takes long; by default it is logged.
        """
        self._home, self._host = home, host
        self._at = host()
        self._file = file_of(home, self._at)
        self._environ = environ
        self._keyring = TokenKeyring(_backend, keyring_seconds, waiting or log.warning)
        self._monotonic = monotonic
        self._state = AccountsFile()
        self._seen = _Seen()
        self._tokens: dict[str, GitHubToken] = {}  # read from the keyring
        self._this_run: dict[str, GitHubToken] = {}  # signed in without a keyring

    async def active(self) -> Account | None:
        """The account in use: the first source that has a token, or None.

        Raises KeyringFault, or UnusableToken when the only token found is of a kind that cannot work.
        """
        if (found := self._from_environment(BEFORE_KEYRING)) is not None:
            return found
        self._look()
        if (login := self._state.active) is not None:
            token, source = await self._token_of(login)
            if token is not None:
                return Account(login, token, source)
        return self._from_environment(AFTER_KEYRING)

    async def list(self) -> list[Known]:
        """Every account signed in here, in the order of their sign-in."""
        self._look(now=True)
        return [
            Known(login, login == self._state.active, login not in self._this_run)
            for login in self._state.logins
        ]

    async def add(self, login: str, token: GitHubToken) -> KeyringFault | None:
        """Keep a token and make its account the active one.

        Returns None when the keyring has it. Otherwise the sign-in lasts for this run only, and the fault
        that is returned says so and why: show it. Raises UnusableToken, LocalFault for an impossible login.
        """
        check_login(login)
        token = github_token(token.reveal())
        self._look(now=True)
        known = self._state.find(login) or login
        fault = None
        try:
            await self._keyring.store(self._user(known), token.reveal())
        except KeyringFault as cause:
            fault = _for_this_run(cause)
        self._tokens.pop(known, None)
        self._this_run.pop(known, None)
        if fault is None:
            self._tokens[known] = token
            await self._write(lambda file: file.using(known))
        else:
            self._this_run[known] = token
            self._state = self._state.using(known)
        return fault

    async def remove(self, login: str) -> None:
        """Sign an account out. Nobody else becomes active by that. Raises LocalFault, KeyringFault."""
        known = self._find(login)
        try:
            await self._keyring.delete(self._user(known))
        except KeyringFault:
            if known not in self._this_run:
                raise
        self._this_run.pop(known, None)
        self._tokens.pop(known, None)
        await self._write(lambda file: file.without(known))

    async def use(self, login: str) -> None:
        """Make a signed-in account the active one. Raises LocalFault naming those there are."""
        known = self._find(login)
        if known in self._this_run:
            self._state = self._state.using(known)
        else:
            await self._write(lambda file: file.using(known))

    def mark(self) -> tuple[object, ...]:
        """Differs once anybody has signed in or out, or made another account active; asks no keyring."""
        self._look()
        return self._at, self._seen.mark, self._state

    async def keyring_name(self) -> str:
        """Which keyring is in use. Raises KeyringFault when there is none, or it does not answer."""
        return await self._keyring.name()

    def _find(self, login: str) -> str:
        self._look(now=True)
        if (known := self._state.find(login)) is not None:
            return known
        others = ", ".join(self._state.logins)
        raise LocalFault(
            f"{login[:100]!r} is not signed in here.",
            f"Signed in: {others}." if others else "Sign in with `jumpseat login`.",
        )

    def _from_environment(self, names: tuple[str, ...]) -> Account | None:
        refused: UnusableToken | None = None
        for name in names:
            text = self._environ.get(name, "")
            if not text.strip():
                continue
            try:
                return Account(None, github_token(text), name)
            except UnusableToken as fault:
                refused = refused or UnusableToken(
                    f"{name} is set, but cannot be used. {fault.message}",
                    f"Sign in with `jumpseat login`, or put a gho_ or ghu_ token into {name}.",
                )
        if refused is not None:
            raise refused
        return None

    async def _token_of(self, login: str) -> tuple[GitHubToken | None, str]:
        if (token := self._this_run.get(login)) is not None:
            return token, THIS_RUN
        if (token := self._tokens.get(login)) is not None:
            return token, KEYRING
        text = await self._keyring.read(self._user(login))
        if text is None or not text.strip():
            return None, KEYRING
        self._tokens[login] = token = github_token(text)
        return token, KEYRING

    # --- accounts.json ---------------------------------------------------------------------------

    def _look(self, *, now: bool = False) -> None:
        """Take over what another process changed: its sign-out must hold here too."""
        moment = self._monotonic()
        if self._host() != self._at:
            self._move()
            now = True
        if not now and moment - self._seen.looked_mono < _FILE_LOOK_SECONDS:
            return
        self._seen.looked_mono = moment
        mark = mark_of(self._file)
        if mark == self._seen.mark:
            return
        self._seen.mark = mark
        self._take(load(self._file))

    def _move(self) -> None:
        """Another GitHub now: nothing of the former one may serve there. Its sign-ins for this run end."""
        self._at = self._host()
        self._file = file_of(self._home, self._at)
        self._state, self._seen = AccountsFile(), _Seen()
        self._tokens, self._this_run = {}, {}

    def _user(self, login: str) -> str:
        return f"{login}@{self._at}" if self._at else login

    def _take(self, file: AccountsFile) -> None:
        """The file's accounts, and those of this run behind them. Tokens are read from the keyring anew."""
        self._tokens = {}
        active = self._state.active
        logins = file.logins + tuple(login for login in self._this_run if login not in file.logins)
        self._state = AccountsFile(logins, active if active in self._this_run else file.active)

    async def _write(self, change: Callable[[AccountsFile], AccountsFile]) -> None:
        """Change the file as it is now: the tray and the command line may both write."""
        file = await in_daemon_thread(lambda: rewrite(self._file, change), "accounts.json")
        self._seen = _Seen(mark_of(self._file), self._monotonic())
        self._state = change(self._state)
        kept = self._tokens
        self._take(file)
        self._tokens = {login: kept[login] for login in file.logins if login in kept}


def _for_this_run(cause: KeyringFault) -> KeyringFault:
    fault = KeyringFault(
        f"{cause.message} You are signed in for this run only: the token is in memory and nowhere else.",
        cause.remedy,
    )
    fault.__cause__ = cause
    return fault


def _backend() -> Any:
    """The keyring in use. Backends that write plain files, or ask on the terminal, are not used."""
    import keyring

    backend: Any = keyring.get_keyring()
    if type(backend).__module__ == "keyring.backends.fail":
        backend = _looked_for_again()
    parts = getattr(type(backend), "backends", None)  # the chainer tries its parts in this order
    first = parts[0] if isinstance(parts, list) and parts else backend
    if type(first).__module__.startswith(("keyrings.alt", "keyrings.cryptfile", "sagecipher")):
        raise KeyringFault(
            "The only keyring here keeps its secrets in a file, which Jumpseat does not.", NO_KEYRING
        )
    return backend


def _looked_for_again() -> Any:
    """keyring looks for one only once; whoever starts at login may be there before the keyring is."""
    from keyring import backend, core

    with contextlib.suppress(KeyError):  # it has not looked yet: PYTHON_KEYRING_BACKEND named one
        backend.get_all_keyring.reset()
    core.init_backend()
    return core.get_keyring()
