"""`login`, `logout`, `accounts` and `use`."""

import argparse
import asyncio
import os
import sys
from dataclasses import asdict
from math import ceil

from tray_app.accounts import AFTER_KEYRING, BEFORE_KEYRING, Accounts, Known
from tray_app.cli.config import loaded_with_warnings
from tray_app.cli.output import say, say_json, warn
from tray_app.cli.tray import has_display
from tray_app.copilot.credentials import GitHubToken
from tray_app.copilot.device_flow import DeviceFlow, Login
from tray_app.copilot.http import open_http
from tray_app.copilot.token import CopilotTokens
from tray_app.errors import JumpseatError, KeyringFault
from tray_app.github_hosts import accounts_host
from tray_app.paths import Paths
from tray_app.settings import CopilotSettings
from tray_app.settings_file import load_anyway

_FOR_ONE_RUN = "`jumpseat serve --login` signs in for one run, without a keyring."


def login(_arguments: argparse.Namespace) -> int:
    """Sign in with a code. Raises KeyringFault when there is no place to keep the token."""
    settings = loaded_with_warnings().settings.copilot
    asyncio.run(_login(settings, _accounts()))
    return 0


async def _login(settings: CopilotSettings, accounts: Accounts) -> None:
    await _check_keyring(accounts)
    who, token = await sign_in(settings)
    if (fault := await accounts.add(who.login, token)) is not None:
        # Its cause: the fault itself speaks of a sign-in for this run, which is over now.
        cause = fault.__cause__ if isinstance(fault.__cause__, KeyringFault) else fault
        raise KeyringFault(
            f"You agreed as {who.login}, but the token cannot be kept. {cause.message}",
            f"{fault.remedy} {_FOR_ONE_RUN}",
        )
    say(f"Signed in as {who.login}.")
    _tell_of_variables(BEFORE_KEYRING, "goes before this sign-in")
    await _look_at_seat(settings, accounts)


async def _check_keyring(accounts: Accounts) -> None:
    """Ask the keyring before asking the person. Raises KeyringFault."""
    try:
        await accounts.keyring_name()
    except KeyringFault as fault:
        raise KeyringFault(fault.message, f"{fault.remedy} {_FOR_ONE_RUN}") from fault


async def sign_in(settings: CopilotSettings) -> tuple[Login, GitHubToken]:
    """The device flow on stderr. Raises SignInFailed, Unreachable."""
    async with open_http(settings) as http:
        flow = DeviceFlow(http, settings)
        code = await flow.start()
        _prompt(f"Open {code.verification_uri} and type in this code: {code.user_code}")
        _open_browser(code.verification_uri)
        _prompt(f"Waiting, for {ceil(code.expires_in / 60)} minutes at most. Ctrl-C gives up.")
        token = await flow.poll_until_done(code)
        return await flow.who_am_i(token), token


def _prompt(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _open_browser(url: str) -> None:
    """Only for a person at a desktop; the address has been shown in any case."""
    if has_display() and sys.stdin.isatty():
        import webbrowser

        webbrowser.open(url)


async def _look_at_seat(settings: CopilotSettings, accounts: Accounts) -> None:
    """Say at once what would otherwise turn up at the first request: no subscription, blocked, ..."""
    async with open_http(settings) as http:
        tokens = CopilotTokens(http, lambda: settings, accounts.active)
        try:
            await tokens.current()
        except JumpseatError as error:
            warn(error.fault.message)
        finally:
            await tokens.close()


def logout(arguments: argparse.Namespace) -> int:
    accounts = _accounts()
    asyncio.run(_logout(accounts, arguments.login))
    _tell_of_variables((*BEFORE_KEYRING, *AFTER_KEYRING), "is still used")
    return 0


async def _logout(accounts: Accounts, login: str | None) -> None:
    known = await accounts.list()
    login = login or next((account.login for account in known if account.active), None)
    if login is None:
        say("Nobody is signed in.")
        return
    await accounts.remove(login)
    say(f"{login} is signed out.")
    if others := [account.login for account in known if account.login.casefold() != login.casefold()]:
        say(f"Still here: {', '.join(others)}. `jumpseat use LOGIN` makes one active.")


def accounts(arguments: argparse.Namespace) -> int:
    known = asyncio.run(_accounts().list())
    if arguments.json:
        say_json([asdict(account) for account in known])
        return 0
    for account in known:
        say(_line(account))
    if not known:
        say("Nobody is signed in. `jumpseat login` does that.")
    _tell_of_variables(BEFORE_KEYRING, "goes before all accounts")
    return 0


def _line(account: Known) -> str:
    return f"{'*' if account.active else ' '} {account.login}{' (active)' if account.active else ''}"


def use(arguments: argparse.Namespace) -> int:
    asyncio.run(_accounts().use(arguments.login))
    say(f"{arguments.login} is the active account.")
    return 0


def _accounts() -> Accounts:
    host = accounts_host(load_anyway(Paths.find()).settings.copilot)
    return Accounts(Paths.find().home, host=lambda: host, waiting=warn)


def _tell_of_variables(names: tuple[str, ...], what: str) -> None:
    for name in names:
        if os.environ.get(name, "").strip():
            warn(f"{name} is set and {what}.")
