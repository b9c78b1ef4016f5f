"""Checks of the way to GitHub and Copilot."""

import asyncio
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp

from tray_app.copilot.http import explain, open_http
from tray_app.copilot.system_proxy import find_proxy, is_loopback
from tray_app.copilot.token import CopilotTokens
from tray_app.doctor.finding import Finding
from tray_app.errors import JumpseatError, LocalFault
from tray_app.github_hosts import github_api_url, github_url
from tray_app.settings import CopilotSettings

_SECONDS = 20


class Seat(Protocol):
    """The parts that are looked at."""

    @property
    def tokens(self) -> CopilotTokens: ...

    @property
    def catalog(self) -> "Catalog": ...


class Catalog(Protocol):
    async def current(self) -> Any:
        """A view with `models`. Raises JumpseatError."""


async def network(settings: CopilotSettings) -> list[Finding]:
    """The proxy in use, and whether GitHub's two hosts answer with a certificate that is trusted."""
    async with open_http(settings) as http:
        hosts = dict.fromkeys((github_url(settings), github_api_url(settings)))
        answers = [await _reached(http, url) for url in hosts]
    return [await _proxy(settings), *answers]


async def _proxy(settings: CopilotSettings) -> Finding:
    url = urlsplit(github_api_url(settings))
    host = url.hostname or ""
    if is_loopback(host):
        return Finding("proxy", "ok", "none for this machine itself")
    found = await asyncio.to_thread(find_proxy, url.scheme, host)
    if not found:
        return Finding("proxy", "ok", "none")
    shown = urlsplit(found if "://" in found else f"http://{found}")
    name = f"{shown.hostname}:{shown.port}" if shown.port else shown.hostname
    if settings.use_system_proxy:
        return Finding("proxy", "ok", f"{name}")
    return Finding("proxy", "notice", f"The system names {name}; copilot.use_system_proxy is off.")


async def _reached(http: aiohttp.ClientSession, url: str) -> Finding:
    name = urlsplit(url).hostname or url
    try:
        async with http.head(
            url, timeout=aiohttp.ClientTimeout(total=_SECONDS), allow_redirects=False
        ) as response:
            status, issuer = response.status, _issuer(response)
    except (aiohttp.ClientError, OSError) as error:  # a timeout is an OSError
        return Finding(name, "wrong", explain(error, url).fault.message)
    by = f", certificate issued by {issuer}" if issuer else ""
    return Finding(name, "ok", f"answers (status {status}){by}")


def _issuer(response: aiohttp.ClientResponse) -> str | None:
    """Who issued the certificate: a company's name here means that it reads along."""
    transport = response.connection.transport if response.connection else None
    certificate = transport.get_extra_info("peercert") if transport else None
    parts = {key: value for group in (certificate or {}).get("issuer", ()) for key, value in group}
    return parts.get("organizationName") or parts.get("commonName")


async def copilot_token(seat: Seat) -> Finding:
    """Whether GitHub gives a Copilot token for this account."""
    try:
        await asyncio.wait_for(seat.tokens.current(), _SECONDS)
    except JumpseatError as error:
        return Finding("seat", "wrong", error.fault.message)
    except LocalFault as fault:
        return Finding("seat", "wrong", fault.message, fault.remedy)
    except TimeoutError:
        return Finding(
            "seat", "wrong", f"GitHub gave no Copilot token within {_SECONDS} s.", "Try again later."
        )
    state = seat.tokens.state()
    plan = state.get("sku") or "a plan without a name"
    return Finding("seat", "ok", f"{plan}; Copilot is at {seat.tokens.api_url}")


async def models(seat: Seat) -> Finding:
    """Whether Copilot names its models."""
    try:
        view = await asyncio.wait_for(seat.catalog.current(), _SECONDS)
    except JumpseatError as error:
        return Finding("models", "wrong", error.fault.message)
    except TimeoutError:
        return Finding("models", "wrong", f"Copilot named no models within {_SECONDS} s.", "Try again later.")
    return Finding("models", "ok", f"{len(view.models)}")
