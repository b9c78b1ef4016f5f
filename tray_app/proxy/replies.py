"""Answers that are written at once: JSON, and errors in the caller's dialect."""

from collections.abc import Mapping
from html import escape
from typing import Any

import orjson
from aiohttp import web

from tray_app.dialects import faults
from tray_app.dialects.neutral import DialectName
from tray_app.errors import Fault, Kind

# Upstream's headers worth keeping for the client (wire 3.5); everything else stays behind.
KEPT_HEADERS = ("x-request-id", "x-github-request-id", "x-copilot-service-request-id", "x-ratelimit-exceeded")
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

CLIENT_LEFT = 499  # in the record only; nobody is there to read it
STOPPING = Fault(503, Kind.OVERLOADED, "Jumpseat is stopping; please try again.", code="stopping")
BROKEN = Fault(
    500, Kind.UPSTREAM, "Jumpseat made a mistake here; its log has the details.", code="internal_error"
)
NO_WEBSOCKET = Fault(
    426, Kind.INVALID, "WebSocket is not served here; use POST on the same path.", code="upgrade_required"
)


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return raw_json(orjson.dumps(body), status=status, headers=headers)


def raw_json(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=body, status=status, content_type="application/json", headers={**SAFE_HEADERS, **(headers or {})}
    )


def fault_response(
    dialect: DialectName, fault: Fault, *, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An error as the dialect shapes it. A 429 always says when: Codex gives up on one that does not.
    A 401 always says how (RFC 9110, 15.5.2)."""
    extra = dict(headers or {})
    if fault.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    retry_after = fault.retry_after or ("5" if fault.status == 429 else None)
    if retry_after:
        extra["Retry-After"] = _one_line(retry_after)
    if fault.request_id:
        extra.setdefault("x-request-id", _one_line(fault.request_id))
    return json_response(faults.render(dialect, fault), status=fault.status, headers=extra)


def fault_page(fault: Fault, hint: str = "") -> web.Response:
    """An error for a person who opened a page; `hint` is what else to know."""
    head = "<!doctype html><html lang=en><meta charset=utf-8><title>Jumpseat</title>"
    headers = SAFE_HEADERS | ({"WWW-Authenticate": "Bearer"} if fault.status == 401 else {})
    return web.Response(
        text=f"{head}<p>{escape(fault.message)}<p>{escape(hint)}",
        status=fault.status,
        content_type="text/html",
        headers=headers,
    )


def _one_line(value: str) -> str:
    return "".join(c for c in value if c.isprintable())[:200]


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in KEPT_HEADERS if name in headers}
