"""The dashboard as the listener sees it: a table of routes, and who may use them."""

import secrets
from collections.abc import Callable, Iterable

from aiohttp import web

from tray_app.controls import Controls
from tray_app.paths import Paths
from tray_app.proxy import openapi
from tray_app.proxy.replies import json_response
from tray_app.proxy.route import Handler, Route, Router, merged
from tray_app.proxy.routes import ROUTES
from tray_app.proxy.seat import Seat
from tray_app.settings_watch import FileWatcher
from tray_app.web import history_api
from tray_app.web.assets import STATIC
from tray_app.web.clients_api import ClientsApi
from tray_app.web.controls_api import ControlsApi
from tray_app.web.entering import Entrance
from tray_app.web.feed import Feed
from tray_app.web.pages import Pages
from tray_app.web.sessions import Sessions
from tray_app.web.settings_api import SettingsApi
from tray_app.web.state_api import StateApi


class Site:
    """The dashboard of one seat, at any number of listeners. Belongs to the seat's event loop.

        site = Site(seat, controls, paths, watcher)
        proxy = ProxyServer(seat, Router(site.table()), site.has_session, site.leaving)
        window = ProxyServer(seat, Router(site.window_table()), site.has_session, site.leaving)
        url = window.url + site.ticket("/requests")

    `control_key` opens `/api/tickets` and `/api/window`: the composition writes it to the control file.
    """

    def __init__(self, seat: Seat, controls: Controls, paths: Paths, watcher: FileWatcher) -> None:
        self.control_key = secrets.token_urlsafe(32)
        self._sessions = Sessions(seat.monotonic)
        self._entrance = Entrance(self._sessions, controls, self.control_key)
        self._feed = Feed(seat, controls)
        self._pages = Pages(controls, self.has_session, STATIC)
        self._speaks_gemini = False
        self.routes: tuple[Route, ...] = (
            *self._entrance.routes,
            *StateApi(controls, self._feed, self.has_session).routes,
            *ControlsApi(seat, controls).routes,
            *SettingsApi(paths, watcher).routes,
            *history_api.ROUTES,
            *ClientsApi(controls, self.has_session, lambda: self._speaks_gemini).routes,
        )

    def table(self, *further: Iterable[Route]) -> tuple[Route, ...]:
        """Everything that the proxy answers, the dashboard included; `further` are more rows of it."""
        rows = merged(ROUTES, self.routes, *further)
        self._speaks_gemini = any(row.dialect == "gemini" and row.method == "POST" for row in rows)
        return _described(merged(rows, self._pages.routes(_answers(rows))))

    def window_table(self, *further: Iterable[Route]) -> tuple[Route, ...]:
        """For the window's private listener: as `table`, but no model answers there."""
        return _described(tuple(route for route in self.table(*further) if route.recorded is None))

    def has_session(self, request: web.BaseRequest) -> bool:
        """Whether a request carries a dashboard session of this run."""
        return self._entrance.has_session(request)

    def ticket(self, page: str = "/") -> str:
        """A path that enters once, within a minute, and leads to `page`."""
        return self._entrance.path(page)

    @property
    def is_watched(self) -> bool:
        """Somebody has a page open now, and so sees an approval that waits."""
        return self._feed.is_watched

    def leaving(self, port: int) -> None:
        """A listener stops: what would stay connected to it ends."""
        self._feed.leave(port)

    def close(self) -> None:
        """No session is valid any more, and no page is told anything."""
        self._feed.leave()
        self._sessions.end_all()


def _described(table: tuple[Route, ...]) -> tuple[Route, ...]:
    """With a description that names every row."""

    async def describe(_: Seat, __: web.BaseRequest) -> web.StreamResponse:
        return json_response(openapi.document(rows))

    rows = merged(table, [Route("GET", "/openapi.json", "chat", "This description", handler=describe)])
    return rows


def _answers(rows: tuple[Route, ...]) -> Callable[[str], Handler | None]:
    """What a path that is also a page answers to a program."""
    router = Router(rows)

    def handler(path: str) -> Handler | None:
        found, _ = router.find("GET", "/api/requests" if path == "/requests" else path)
        return found.handler if found else None

    return handler
