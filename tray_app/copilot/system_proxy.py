"""Which proxy a request goes through: the environment's, or the one set in Windows and macOS.

Read in a thread, as Windows may ask DNS about its exceptions, and kept for a minute or until a connection
fails (a laptop that changed networks). Loopback never goes through a proxy.

aiohttp's own `trust_env` is not used: it also reads ~/.netrc and then refuses our Authorization header.
"""

import asyncio
import ipaddress
import time
import urllib.request
from collections.abc import Awaitable, Callable
from functools import lru_cache

import aiohttp
from aiohttp import ClientRequest, ClientResponse
from aiohttp.helpers import strip_auth_from_url
from yarl import URL

_KEPT_SECONDS = 60.0
_HTTP_SCHEMES = ("http", "https")


class UnsupportedProxy(aiohttp.InvalidURL):
    """The system names a proxy of a kind we do not speak, SOCKS mostly."""


class SystemProxy:
    """A client middleware that sends each request through the proxy its host needs."""

    def __init__(
        self,
        enabled: Callable[[], bool] = lambda: True,
        find: Callable[[str, str], str | None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._enabled, self._find, self._monotonic = enabled, find or find_proxy, monotonic
        self._known: dict[tuple[str, str], tuple[float, str | None]] = {}

    async def __call__(
        self, request: ClientRequest, send: Callable[[ClientRequest], Awaitable[ClientResponse]]
    ) -> ClientResponse:
        host = request.url.host or ""
        if not self._enabled() or is_loopback(host):
            return await send(request)
        if found := await self._proxy(request.url.scheme, host):
            proxy, auth = strip_auth_from_url(_usable(found))
            request.update_proxy(proxy, auth, None)
        try:
            return await send(request)
        except aiohttp.ClientConnectionError:
            self._known.clear()
            raise

    async def _proxy(self, scheme: str, host: str) -> str | None:
        now = self._monotonic()
        known = self._known.get((scheme, host))
        if known is not None and now - known[0] < _KEPT_SECONDS:
            return known[1]
        found = await asyncio.to_thread(self._find, scheme, host)
        self._known[scheme, host] = (now, found)
        return found


def find_proxy(scheme: str, host: str) -> str | None:
    """The proxy that environment or system name for this host, or None. May ask DNS on Windows."""
    proxies = urllib.request.getproxies()
    found = proxies.get({"ws": "http", "wss": "https"}.get(scheme, scheme)) or proxies.get("all")
    if not found or urllib.request.proxy_bypass(host):
        return None
    return found


@lru_cache(maxsize=16)
def is_loopback(host: str) -> bool:
    """Whether the host of a URL is this machine, by name or by address."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _usable(found: str) -> URL:
    url = URL(found if "://" in found else f"http://{found}")
    if url.scheme not in _HTTP_SCHEMES or not url.host:
        raise UnsupportedProxy(URL.build(scheme=url.scheme or "http", host=url.host or "proxy"))
    return url
