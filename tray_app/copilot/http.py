"""The one connection pool towards GitHub and Copilot, and what its failures mean in plain words."""

import asyncio
import contextlib
import errno
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from yarl import URL

from tray_app.copilot.pool import Clocks, Pool
from tray_app.copilot.system_proxy import SystemProxy, UnsupportedProxy, is_loopback
from tray_app.copilot.trust import issuer_of, system_context
from tray_app.errors import SettingsFault, Unreachable
from tray_app.settings import CopilotSettings

_KEEPALIVE_SECONDS = 30
_IDLE_SECONDS = 45.0  # an idle connection is kept; GitHub's balancers drop them after a minute
_DNS_SECONDS = 60
_UNHEARD_SECONDS = 60  # what was sent and never acknowledged


@contextlib.asynccontextmanager
async def open_http(
    settings: CopilotSettings,
    now: Callable[[], CopilotSettings] | None = None,
    clocks: Clocks = (time.time, time.monotonic),
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for GitHub and Copilot: system trust, system proxies, keepalive, no cookies.

    `now` gives the settings in force, so that `use_system_proxy` applies without a restart. There is no
    limit on a request's duration: callers set their own.
    """
    current = now or (lambda: settings)
    connector = Pool(
        clocks,
        ssl=system_context(),
        limit=0,
        ttl_dns_cache=_DNS_SECONDS,
        keepalive_timeout=_IDLE_SECONDS,
        socket_factory=_socket,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_seconds),
        middlewares=(SystemProxy(lambda: current().use_system_proxy),),
        max_line_size=64 * 1024,
        max_field_size=64 * 1024,
    ) as session:
        yield session


def check_url(url: str, key: str) -> None:
    """Raise SettingsFault unless `url` is https, or http to this machine. `key` names the setting."""
    try:
        parsed = URL(url)
        host = parsed.host
    except ValueError as error:
        raise SettingsFault(key, f"{_shown(url)} is not a URL.") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise SettingsFault(key, f"{_shown(url)} is not an http or https URL.")
    if parsed.user or parsed.password or parsed.query_string or parsed.fragment:
        raise SettingsFault(key, "The URL must not hold a user, a password, a query or a fragment.")
    if parsed.scheme == "http" and not is_loopback(host):
        raise SettingsFault(key, f"{_shown(url)} must be https; plain http is only for this machine.")


async def read_bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body up to about `limit` bytes; the rest of a longer one is left unread."""
    parts: list[bytes] = []
    size = 0
    while size < limit and (part := await response.content.readany()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def explain(error: BaseException, url: str | URL) -> Unreachable:
    """The plain sentence for a failed connection: what happened and what to do about it."""
    if isinstance(error, Unreachable):
        return error
    asked = _host(url)
    for test, sentence in _CAUSES:
        if test(error):
            code, text = sentence(error, asked)
            return Unreachable(text, code=code)
    return Unreachable(f"The connection to {asked} failed. {_CHECK}", code="upstream_unreachable")


def _socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket with keepalive: a model that thinks for minutes must not lose its connection on the way."""
    family, kind, protocol, _, _ = info
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE_SECONDS),
        ("TCP_KEEPALIVE", _KEEPALIVE_SECONDS),  # macOS's name for the same
        ("TCP_KEEPINTVL", _KEEPALIVE_SECONDS),
        ("TCP_KEEPCNT", 4),
        # A kept connection whose other end a sleep or another network took away fails soon; then a new one.
        ("TCP_USER_TIMEOUT", _UNHEARD_SECONDS * 1000),
    ):
        if (option := getattr(socket, name, None)) is not None:
            with contextlib.suppress(OSError):
                made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


# --- explain ---------------------------------------------------------------------------------------

_CHECK = "Check your network; `jumpseat doctor` shows what is reachable."
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_RESET = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}
_Sentence = tuple[str, str]  # code, text


def _host(url: str | URL) -> str:
    try:
        return URL(str(url)).host or "GitHub"
    except ValueError:
        return "GitHub"


def _shown(url: str) -> str:
    return repr(url[:100])


def _errno(error: BaseException) -> int | None:
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    return number if isinstance(number, int) else None


def _chain(error: BaseException) -> list[BaseException]:
    """The error, what it wraps and what it came from; at most eight."""
    found: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in found and len(found) < 8:
        found.append(step)
        step = getattr(step, "certificate_error", None) or step.__cause__ or getattr(step, "os_error", None)
    return found


def _is_dns(error: BaseException) -> bool:
    return isinstance(error, aiohttp.ClientConnectorDNSError) or any(
        isinstance(step, socket.gaierror) for step in _chain(error)
    )


def _is_certificate(error: BaseException) -> bool:
    kinds = (aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError)
    return any(isinstance(step, kinds) for step in _chain(error))


def _is_tls(error: BaseException) -> bool:
    return any(isinstance(step, aiohttp.ClientSSLError | ssl.SSLError) for step in _chain(error))


def _dns(error: BaseException, asked: str) -> _Sentence:
    missing = str(getattr(error, "host", None) or asked)
    if missing != asked:
        return _proxy(error, asked)
    return "no_network", (
        f"{asked} could not be found. There is no network, or its DNS does not answer, "
        f"or a proxy is needed (HTTPS_PROXY). {_CHECK}"
    )


def _certificate(error: BaseException, asked: str) -> _Sentence:
    issuer = next(filter(None, map(issuer_of, _chain(error))), None)
    by = f' It was issued by "{issuer}".' if issuer else ""
    expired = any("expired" in str(getattr(step, "verify_message", "")) for step in _chain(error))
    clock = " It has expired: check this computer's date." if expired else ""
    return "tls_untrusted", (
        f"The certificate shown for {asked} is not trusted here.{by}{clock} Usually a company proxy or a "
        "virus scanner reads along: add its root certificate to the system's store, or name its file in "
        "SSL_CERT_FILE. `jumpseat doctor` shows more."
    )


def _tls(error: BaseException, asked: str) -> _Sentence:
    return "tls_failed", (
        f"No secure connection to {asked} could be set up; something on the way does not speak TLS. "
        "A captive portal or a proxy may be in between: open a web page in your browser, then try again."
    )


def _proxy_answer(error: BaseException, asked: str) -> _Sentence:
    status = getattr(error, "status", 0)
    if status == 407:
        return "proxy_authentication", (
            f"The proxy on the way to {asked} wants a name and password. Put them into HTTPS_PROXY, as in "
            "http://name:password@proxy.example:8080, or ask whoever runs the proxy."
        )
    return "proxy_refused", (
        f"The proxy on the way to {asked} refused the connection (status {status}). Ask whoever runs it to "
        "allow this host, or switch use_system_proxy off if no proxy is needed."
    )


def _proxy(error: BaseException, asked: str) -> _Sentence:
    host, port = getattr(error, "host", None), getattr(error, "port", None)
    name = f" {host}:{port}" if host else ""
    return "proxy_unreachable", (
        f"The proxy{name} that the system names for {asked} does not answer. Correct HTTPS_PROXY or the "
        "system's proxy settings, or switch use_system_proxy off."
    )


def _unsupported(error: BaseException, asked: str) -> _Sentence:
    scheme = _url_of(error).scheme
    return "proxy_unsupported", (
        f"The system names a {scheme} proxy for {asked}. Jumpseat speaks to HTTP proxies only: set "
        "HTTPS_PROXY to an http:// address, or switch use_system_proxy off."
    )


def _url_of(error: BaseException) -> URL:
    url = getattr(error, "url", None)
    return url if isinstance(url, URL) else URL()


def _timeout(error: BaseException, asked: str) -> _Sentence:
    return "upstream_timeout", (
        f"{asked} did not answer in time. The network is slow or blocks the connection, or a proxy is "
        f"needed (HTTPS_PROXY). {_CHECK}"
    )


def _refused(error: BaseException, asked: str) -> _Sentence:
    return "connection_refused", (
        f"{asked} refused the connection. A firewall may be in between, or the address in the [copilot] "
        f"settings is wrong. {_CHECK}"
    )


def _no_route(error: BaseException, asked: str) -> _Sentence:
    return "no_network", f"There is no way to {asked} from this network. {_CHECK}"


def _reset(error: BaseException, asked: str) -> _Sentence:
    return "connection_reset", f"{asked} closed the connection before it answered. Try again. {_CHECK}"


# First match wins; each line: is it this, and what to say.
_CAUSES: tuple[
    tuple[Callable[[BaseException], bool], Callable[[BaseException, str], _Sentence]],
    ...,
] = (
    (lambda e: isinstance(e, UnsupportedProxy), _unsupported),
    (lambda e: isinstance(e, aiohttp.ClientHttpProxyError), _proxy_answer),
    (lambda e: isinstance(e, aiohttp.ClientProxyConnectionError), _proxy),
    (_is_certificate, _certificate),
    (_is_dns, _dns),
    (_is_tls, _tls),
    (lambda e: isinstance(e, TimeoutError | asyncio.TimeoutError) or _errno(e) == errno.ETIMEDOUT, _timeout),
    (lambda e: _errno(e) == errno.ECONNREFUSED, _refused),
    (lambda e: _errno(e) in _NO_ROUTE, _no_route),
    (lambda e: isinstance(e, aiohttp.ServerDisconnectedError) or _errno(e) in _RESET, _reset),
)
