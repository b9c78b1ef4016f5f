"""`/api/state` and `/api/feed`: what is so now, and what changes."""

from collections.abc import Callable

from aiohttp import web

from tray_app.controls import Controls
from tray_app.proxy.replies import SAFE_HEADERS, json_response
from tray_app.proxy.route import Route
from tray_app.proxy.seat import Seat
from tray_app.web.entering import port_of
from tray_app.web.feed import Feed
from tray_app.web.state import state_json


class StateApi:
    def __init__(
        self, controls: Controls, feed: Feed, has_session: Callable[[web.BaseRequest], bool]
    ) -> None:
        self._controls, self._feed, self._has_session = controls, feed, has_session
        self.routes = (
            Route("GET", "/api/state", "chat", "The state of the program", handler=self._state,
                  session="accepted"),
            Route("GET", "/api/feed", "chat", "What changes, as it changes", handler=self._follow,
                  session="accepted", produces="text/event-stream"),
        )  # fmt: skip

    async def _state(self, _: Seat, request: web.BaseRequest) -> web.Response:
        in_session = self._has_session(request)
        return json_response(state_json(self._controls.state(), in_session=in_session))

    async def _follow(self, _: Seat, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "HEAD":
            return web.Response(headers=SAFE_HEADERS, content_type="text/event-stream")
        return await self._feed.follow(request, port_of(request), self._has_session(request))
