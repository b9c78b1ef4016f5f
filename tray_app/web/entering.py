"""The way in: the running program's control key gets a ticket, a ticket gets a session."""

import asyncio
import hmac
from html import escape
from urllib.parse import quote, urlencode

from aiohttp import web

from tray_app.controls import Controls
from tray_app.errors import Fault, JumpseatError, Kind
from tray_app.proxy.replies import json_response
from tray_app.proxy.route import Route
from tray_app.proxy.seat import Seat
from tray_app.web.asked import is_local_page, page_of, read_object
from tray_app.web.headers import PAGE_HEADERS
from tray_app.web.neighbour import End, is_another_account
from tray_app.web.sessions import Sessions, cookie

_WRONG_KEY = Fault(
    403,
    Kind.FORBIDDEN,
    "This needs the control key of the running Jumpseat, which `jumpseat open` knows.",
    code="wrong_control_key",
)
_NOT_YOURS = Fault(
    403, Kind.FORBIDDEN, "This dashboard belongs to another account of this machine.", code="forbidden"
)
_USED = (
    "This link was used already, or is older than a minute. Open the dashboard from the tray icon or with "
    "jumpseat open."
)


def port_of(request: web.BaseRequest) -> int:
    """The port at which the request came in; 0 when its connection is gone."""
    own = _end(request, "sockname")
    return own[1] if own else 0


def _end(request: web.BaseRequest, name: str) -> End | None:
    """`peername` or `sockname` of its connection."""
    found = request.transport.get_extra_info(name) if request.transport else None
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) and len(found) > 1 else None


def _is_of_another_account(request: web.BaseRequest) -> bool:
    """Blocks."""
    client, own = _end(request, "peername"), _end(request, "sockname")
    return client is None or own is None or is_another_account(client, own)


class Entrance:
    """Tickets, and what they open."""

    def __init__(self, sessions: Sessions, controls: Controls, control_key: str) -> None:
        self._sessions, self._controls, self._control_key = sessions, controls, control_key
        self.routes = (
            Route("POST", "/api/tickets", "chat", "A link that opens the dashboard, signed in",
                  handler=self._tickets, open_always=True, body="PageRequest"),
            Route("POST", "/api/window", "chat", "Open the window of the tray", handler=self._window,
                  open_always=True, body="PageRequest"),
            Route("GET", "/enter", "chat", "Enter the dashboard with a ticket", handler=self._enter,
                  open_always=True, query=("ticket", "page"), produces="text/html"),
            Route("GET", "/api/session", "chat", "Whether this is a dashboard session",
                  handler=self._session, open_always=True),
        )  # fmt: skip

    def path(self, page: str) -> str:
        """A path that enters once, within a minute, and leads to `page`."""
        return f"/enter?{urlencode({'ticket': self._sessions.ticket(), 'page': page}, quote_via=quote)}"

    def has_session(self, request: web.BaseRequest) -> bool:
        return self._sessions.known_among(request.cookies.items())

    def _check_control_key(self, request: web.BaseRequest) -> None:
        scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
        given = offered.strip().encode("utf-8", "surrogateescape")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, self._control_key.encode()):
            raise JumpseatError(_WRONG_KEY)

    async def _tickets(self, _: Seat, request: web.BaseRequest) -> web.Response:
        self._check_control_key(request)
        path = self.path(page_of(await read_object(request)))
        return json_response({"url": f"http://{request.headers['Host']}{path}", "path": path})

    async def _window(self, _: Seat, request: web.BaseRequest) -> web.Response:
        self._check_control_key(request)
        await self._controls.open_window(page_of(await read_object(request)))
        return json_response({"opened": True})

    async def _enter(self, _: Seat, request: web.BaseRequest) -> web.Response:
        if request.method == "HEAD":  # a look is no entry
            return web.Response(headers=PAGE_HEADERS, content_type="text/html")
        if await asyncio.to_thread(_is_of_another_account, request):
            raise JumpseatError(_NOT_YOURS)  # and the ticket stays good for whom it was made
        session = self._sessions.enter(request.query.get("ticket", ""))
        if session is None:
            return web.Response(
                text=_plain(_USED), status=403, content_type="text/html", headers=PAGE_HEADERS
            )
        page = request.query.get("page", "/")
        place = page if is_local_page(page) else "/"
        headers = {**PAGE_HEADERS, "Location": place, "Set-Cookie": cookie(port_of(request), session)}
        return web.Response(status=303, headers=headers)

    async def _session(self, _: Seat, request: web.BaseRequest) -> web.Response:
        return json_response({"session": self.has_session(request)})


def _plain(sentence: str) -> str:
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Jumpseat</title>'
    return f"{head}<h1>Jumpseat</h1><p>{escape(sentence)}</p>"
