"""Signing in at GitHub with a code typed into a browser (OAuth device flow, RFC 8628; copilot-wire 1).

GitHub answers 200 also for errors, so the body decides. Every address comes from the settings: a GitHub
Enterprise tenant moves as a whole.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from yarl import URL

from tray_app.copilot.credentials import GitHubToken, UnusableToken, github_token
from tray_app.copilot.http import check_url, explain, read_bounded
from tray_app.copilot.identity import github_headers, sign_in_headers
from tray_app.errors import LocalFault, SettingsFault
from tray_app.github_hosts import github_api_url, github_url
from tray_app.settings import CopilotSettings

SCOPE = "read:user"  # `models` earns invalid_scope; no other right is needed
GRANT = "urn:ietf:params:oauth:grant-type:device_code"

_ANSWER_SECONDS = 30.0
_ANSWER_BYTES = 64 * 1024
_USUAL_INTERVAL, _USUAL_LIFE = 5.0, 900.0
_SLOWER_BY = 5.0  # seconds, when slow_down names no interval
_JITTER = 1.0  # polling exactly at the interval earns slow_down


class SignInFailed(LocalFault):
    """The sign-in cannot go on. `code` is GitHub's error word, or our own."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the person needs: the code, where to type it, and for how many seconds it is good.

    The device code is as good as the token until it is exchanged, so it does not print.
    """

    user_code: str
    verification_uri: str
    expires_in: float
    interval: float
    device_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """An account as GitHub names it."""

    login: str
    id: int | None


class DeviceFlow:
    """One sign-in: `start`, show the code, `poll_until_done`, `who_am_i`."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: CopilotSettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http, self._settings = http, settings
        self._sleep, self._monotonic = sleep, monotonic
        self._github = github_url(settings)
        self._api = github_api_url(settings)

    async def start(self) -> DeviceCode:
        """Ask for a code. Raises SignInFailed, Unreachable."""
        body = {"client_id": self._settings.client_id, "scope": SCOPE}
        try:
            status, answer = await self._post("/login/device/code", body)
        except (aiohttp.ClientError, OSError) as error:
            raise explain(error, self._github) from error
        code, shown = answer.get("device_code"), answer.get("user_code")
        if not (isinstance(code, str) and code and isinstance(shown, str) and shown):
            raise self._no_code(status, answer)
        return DeviceCode(
            shown,
            self._verification_uri(answer.get("verification_uri")),
            _seconds(answer.get("expires_in"), _USUAL_LIFE) or _USUAL_LIFE,
            _seconds(answer.get("interval"), _USUAL_INTERVAL),
            code,
        )

    async def poll_until_done(self, code: DeviceCode) -> GitHubToken:
        """Wait until the person has agreed. Raises SignInFailed when that can no longer happen.

        Failures of the network, and answers that are not GitHub's, are waited out: a laptop may change
        networks while its owner types.
        """
        ends = self._monotonic() + code.expires_in
        interval = code.interval
        while True:
            await self._sleep(min(interval + _JITTER, max(0.0, ends - self._monotonic())))
            answer = await self._poll(code)
            if isinstance(text := answer.get("access_token"), str) and text.strip():
                return _checked(text)
            error = answer.get("error")
            if error == "slow_down":
                interval = max(interval, _seconds(answer.get("interval"), interval + _SLOWER_BY))
            elif isinstance(error, str) and error != "authorization_pending":
                raise _final(error, answer)
            if self._monotonic() >= ends:
                raise _final("expired_token", {})

    async def who_am_i(self, token: GitHubToken) -> Login:
        """Whose token this is, from `/user`; proves that it works. Raises SignInFailed, Unreachable."""
        try:
            async with self._http.get(
                self._api + "/user",
                headers=github_headers(self._settings, token),
                timeout=self._timeout(),
                allow_redirects=False,
            ) as response:
                status, answer = response.status, await _json(response)
        except (aiohttp.ClientError, OSError) as error:
            raise explain(error, self._api) from error
        login, number = answer.get("login"), answer.get("id")
        if status == 200 and isinstance(login, str) and login:
            return Login(login, number if isinstance(number, int) else None)
        if status == 401:
            raise SignInFailed(
                "token_revoked",
                f"{self._host(self._api)} does not accept this token: it was revoked, has expired, or "
                "belongs to another GitHub host.",
                "Sign in with `jumpseat login`.",
            )
        raise self._strange(status, answer, self._api)

    async def _poll(self, code: DeviceCode) -> dict[str, Any]:
        """One question; an empty answer means "nothing known, ask again"."""
        body = {
            "client_id": self._settings.client_id,
            "device_code": code.device_code,
            "grant_type": GRANT,
        }
        try:
            _, answer = await self._post("/login/oauth/access_token", body)
        except (aiohttp.ClientError, OSError):
            return {}
        return answer

    async def _post(self, path: str, body: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        async with self._http.post(
            self._github + path,
            data=body,
            headers=sign_in_headers(self._settings),
            timeout=self._timeout(),
            allow_redirects=False,
        ) as response:
            return response.status, await _json(response)

    def _timeout(self) -> aiohttp.ClientTimeout:
        connect = self._settings.connect_timeout_seconds
        return aiohttp.ClientTimeout(total=_ANSWER_SECONDS + connect, sock_connect=connect)

    def _verification_uri(self, value: object) -> str:
        """GitHub's page for the code, or the usual one of this host if the answer names none to trust."""
        if isinstance(value, str) and value.isprintable():
            try:
                check_url(value, "verification_uri")
            except SettingsFault:
                pass
            else:
                return value
        return f"{self._github}/login/device"

    def _no_code(self, status: int, answer: Mapping[str, Any]) -> SignInFailed:
        error = answer.get("error")
        if isinstance(error, str) and error in _FINAL:
            return _final(error, answer)
        if status == 404 or error == "Not Found":
            return _final("incorrect_client_credentials", answer)
        if status == 429:
            return SignInFailed(
                "rate_limited", "GitHub has had too many sign-ins from here.", "Wait some minutes."
            )
        return self._strange(status, answer, self._github)

    def _strange(self, status: int, answer: Mapping[str, Any], url: str) -> SignInFailed:
        said = _said(answer, "error_description", "message", "error")
        host = self._host(url)
        if said:
            later = "Try again in a moment; https://www.githubstatus.com shows outages."
            return SignInFailed(
                "github_refused",
                f'{host} refused (status {status}): "{said}"',
                later if status >= 500 else "",
            )
        return SignInFailed(
            "github_unexpected",
            f"The answer of {host} (status {status}) does not look like GitHub's.",
            "A captive portal or a proxy may be in between, or the URLs in the [copilot] settings are wrong.",
        )

    @staticmethod
    def _host(url: str) -> str:
        return URL(url).host or "GitHub"


_AGAIN = "Start again with `jumpseat login`."
_SET_UP = "Check client_id, github_url and github_api_url in the [copilot] settings, then start again."

# GitHub's error word -> what it means, what to do (copilot-wire 1.2).
_FINAL = {
    "expired_token": ("The code has expired before it was confirmed.", _AGAIN),
    "token_expired": ("The code has expired before it was confirmed.", _AGAIN),
    "access_denied": ("The sign-in was cancelled in the browser.", _AGAIN),
    "incorrect_device_code": ("GitHub does not know this code any more.", _AGAIN),
    "incorrect_client_credentials": ("GitHub does not know the app that asks.", _SET_UP),
    "unsupported_grant_type": ("This GitHub does not know the device flow.", _SET_UP),
    "device_flow_disabled": ("The device flow is switched off for the app that asks.", _SET_UP),
    "unauthorized_client": ("The app that asks may not use the device flow.", _SET_UP),
    "invalid_scope": ("GitHub refused the right that was asked for (read:user).", _SET_UP),
}


def _final(error: str, answer: Mapping[str, Any]) -> SignInFailed:
    known = _FINAL.get(error)
    if known is not None:
        return SignInFailed(error, *known)
    said = _said(answer, "error_description") or error
    return SignInFailed("github_refused", f'GitHub ended the sign-in: "{said[:300]}"', _AGAIN)


def _checked(text: str) -> GitHubToken:
    try:
        return github_token(text)
    except UnusableToken as fault:
        raise SignInFailed("unusable_token", fault.message, _SET_UP) from fault


def _said(answer: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        if isinstance(text := answer.get(name), str) and text.strip():
            return " ".join(text.split())[:300]
    return None


def _seconds(value: object, otherwise: float) -> float:
    """A number of seconds, also as text; `otherwise` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return otherwise
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return otherwise
    return number if 0 <= number <= 24 * 3600 else otherwise


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The body as an object, whatever its content type says; empty if it is none."""
    try:
        answer = orjson.loads(await read_bounded(response, _ANSWER_BYTES))
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
