"""Who may call. Loopback is not a wall: any web page in the browser can send requests to it.

`admit` looks at Host (DNS rebinding), at Origin and Sec-Fetch-Site (web pages) and at the API key, in
that order, before a byte of the body is read. PURE but for the constant-time comparison.
"""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from multidict import MultiMapping

from tray_app.errors import Fault, Kind
from tray_app.settings import ServerSettings

_DEFAULT_PORTS = {"http": 80, "https": 443}
_USUAL = ("localhost", "127.0.0.1", "::1")
_LONGEST_HOST = 300  # a name has at most 253 characters


Headers = MultiMapping[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`fault` None lets the request in; `cors` are headers for an allowed foreign origin."""

    fault: Fault | None = None
    cors: Mapping[str, str] = field(default_factory=dict)


def admit(
    headers: Headers,
    server: ServerSettings,
    bound_port: int,
    *,
    query_key: str | None = None,
    key_needed: bool = True,
) -> Verdict:
    """Let a request in, or say why not. `query_key` is the `?key=` of a Gemini path."""
    if (host := _host_of(headers)) is None or not _host_allowed(host, server):
        return Verdict(_forbidden(_HOST_TEXT))
    verdict = _origin(headers, server, bound_port, _name_of(host))
    if verdict.fault is None and key_needed and not _has_key(headers, server.api_keys, query_key):
        return Verdict(_key_missing(), verdict.cors)
    return verdict


_HOST_TEXT = (
    "This Host is not one that Jumpseat answers to. If the name is yours, add it to allowed_hosts in the "
    "[server] settings."
)
_ORIGIN_TEXT = (
    "Web pages of other origins may not use Jumpseat. If the page is yours, add its origin to "
    "allowed_origins in the [server] settings."
)


def _forbidden(text: str) -> Fault:
    return Fault(403, Kind.FORBIDDEN, text, code="forbidden")


def _key_missing() -> Fault:
    return Fault(
        401,
        Kind.UNAUTHENTICATED,
        "This Jumpseat wants an API key: one of api_keys in its [server] settings, as Authorization: Bearer, "
        "x-api-key or x-goog-api-key.",
        code="invalid_api_key",
    )


# --- Host ---------------------------------------------------------------------------------------


def _host_of(headers: Headers) -> str | None:
    values = headers.getall("Host", [])
    return values[0].strip() if len(values) == 1 and len(values[0]) <= _LONGEST_HOST else None


@lru_cache(maxsize=64)
def _name_of(host: str) -> str | None:
    """The name in `name[:port]`, lower-case, without brackets; None if it cannot be one."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname


@lru_cache(maxsize=64)
def is_loopback(name: str) -> bool:
    """`localhost`, 127.0.0.0/8 and ::1, and nothing that merely resolves there."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host_allowed(host: str, server: ServerSettings) -> bool:
    name = _name_of(host)
    if not name:
        return False
    if is_loopback(name) or name == server.host.strip("[]").lower():
        return True
    return any(allowed.lower() in (name, host.lower()) for allowed in server.allowed_hosts)


# --- Origin -------------------------------------------------------------------------------------


def _origin(headers: Headers, server: ServerSettings, bound_port: int, asked: str | None) -> Verdict:
    origins = headers.getall("Origin", [])
    if len(origins) > 1:
        return Verdict(_forbidden(_ORIGIN_TEXT))
    if origins:
        if shared := cors(headers, server):
            return Verdict(cors=shared)
        if not _is_own(origins[0].strip().lower(), server, bound_port, asked):
            return Verdict(_forbidden(_ORIGIN_TEXT))
    # "same-site" is another port of this machine: a different program's page.
    if any(site not in ("same-origin", "none") for site in headers.getall("Sec-Fetch-Site", ())):
        return Verdict(_forbidden(_ORIGIN_TEXT))
    return Verdict()


def cors(headers: Headers, server: ServerSettings) -> dict[str, str]:
    """The headers that let an allowed foreign origin read an answer; none for anybody else."""
    origin = headers.get("Origin", "").strip()
    if origin.lower() not in {allowed.rstrip("/").lower() for allowed in server.allowed_origins}:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After, x-request-id",
        "Vary": "Origin",
    }


def _is_own(origin: str, server: ServerSettings, bound_port: int, asked: str | None) -> bool:
    """Of this very listener: another program may have the same port at 127.0.0.2. `asked` is the Host."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return False
    if parts.scheme != "http" or port != bound_port or not parts.hostname:
        return False
    return parts.hostname in (*_USUAL, asked, server.host.strip("[]").lower())


def is_own_page(headers: Headers) -> bool:
    """The browser says that a page of this very origin asks. For requests that `admit` has let in, which
    compares the Origin; a request that names none must say it the other way."""
    return "Origin" in headers or headers.get("Sec-Fetch-Site") == "same-origin"


def is_for_a_person(headers: Headers) -> bool:
    """A browser that opens a page, not a program."""
    return "text/html" in headers.get("Accept", "")


def preflight(headers: Headers, cors: Mapping[str, str]) -> dict[str, str]:
    """The answer to a preflight of an allowed origin: what it asked for, and no more."""
    wanted = headers.get("Access-Control-Request-Headers") or ""
    # Browsers ask this when a page of the internet calls a local address.
    local = "Access-Control-Allow-Private-Network"
    asks_local = headers.get("Access-Control-Request-Private-Network") == "true"
    return {
        **cors,
        **({local: "true"} if asks_local else {}),
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": wanted,
        "Access-Control-Max-Age": "600",
    }


# --- key ----------------------------------------------------------------------------------------


def _has_key(headers: Headers, keys: tuple[str, ...], query_key: str | None) -> bool:
    if not keys:
        return True
    offered = [headers.get("x-api-key"), headers.get("x-goog-api-key"), query_key]
    scheme, _, value = (headers.get("Authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        offered.append(value.strip())
    matches = [
        hmac.compare_digest(one.encode("utf-8", "surrogateescape"), key.encode())
        for one in offered
        if one
        for key in keys
    ]
    return any(matches)
