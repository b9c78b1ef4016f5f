"""Rules for single settings that a type and a range cannot say. Pure.

Each takes the value and gives it back, tidied, or raises ValueError with a sentence for the user.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_HEADERS = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection"})


def shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that name or address."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return _host_url(value)


def _host_url(value: str) -> str:
    """https anywhere, http on this machine only: tokens travel on it."""
    if not value:
        return value
    try:
        url = urlsplit(value)
        named = url.hostname and url.port != 0
    except ValueError:
        named, url = None, urlsplit("")
    if url.username or url.password:
        raise ValueError("must not hold a name or a password")
    if not named or url.scheme not in ("http", "https") or url.query or url.fragment:
        raise ValueError(f"must be a URL like https://github.example.com, not {shown(value)}")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError("must begin with https://; plain http is for this machine only")
    return value.rstrip("/")


def _collector(value: str) -> str:
    try:
        return _host_url(value)
    except ValueError as error:
        raise ValueError(str(error).replace("github.example.com", "collector.example.com")) from None


def _headers(lines: tuple[str, ...]) -> tuple[str, ...]:
    for line in lines:
        name, found, value = line.partition(":")
        known = _HEADER_NAME.fullmatch(name) and name.lower() not in _OWN_HEADERS
        if not (found and known and value.strip() and line.isascii() and line.isprintable()):
            raise ValueError("each must be one header, as Authorization: Bearer TOKEN")
    return lines


def _header(value: str) -> str:
    if value and value.isascii() and value.isprintable() and value == value.strip():
        return value
    raise ValueError("must be plain text without line breaks: it is sent as a header")


def _api_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    for key in keys:
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("each key must be plain text without blanks, and not empty")
    return keys


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_origin(origin) for origin in origins)


def _origin(origin: str) -> str:
    url = urlsplit(origin)
    if url.scheme and url.hostname and "*" not in origin and url.path in ("", "/") and not url.query:
        return origin.rstrip("/")
    raise ValueError(f"{shown(origin)} is not an origin; write it as https://example.org, without wildcards")


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        if not host or "/" in host or "*" in host:
            raise ValueError(f"{shown(host)} is not a host name; write it as it stands in the address bar")
    return hosts


def _host(host: str) -> str:
    if host and host == host.strip() and "/" not in host:
        return host.strip("[]")
    raise ValueError("must be an address or a host name, as 127.0.0.1")


def _percents(values: tuple[int, ...]) -> tuple[int, ...]:
    if all(0 < value < 100 for value in values):
        return values
    raise ValueError("each must be between 1 and 99")


RULES: dict[str, Callable[[Any], Any]] = {
    "server.host": _host,
    "server.api_keys": _api_keys,
    "server.allowed_hosts": _hosts,
    "server.allowed_origins": _origins,
    "copilot.github_url": _url,
    "copilot.github_api_url": _url,
    "copilot.api_url": _host_url,
    "copilot.client_id": _header,
    "copilot.editor_version": _header,
    "copilot.plugin_version": _header,
    "copilot.integration_id": _header,
    "copilot.api_version": _header,
    "history.otlp_endpoint": _collector,
    "history.otlp_headers": _headers,
    "desktop.quota_alerts": _percents,
    "desktop.update_feed": _host_url,
}
