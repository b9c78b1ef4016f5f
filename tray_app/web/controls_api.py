"""The verbs of `Controls` as routes. All need the session; the answer is the new state, unless said."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tray_app.controls import Controls, Decision
from tray_app.errors import BadRequest, Fault, JumpseatError, Kind, LocalFault
from tray_app.proxy.replies import json_response
from tray_app.proxy.route import Route
from tray_app.proxy.seat import Seat
from tray_app.web.asked import flag_of, number_or_none, page_of, read_object, text_of
from tray_app.web.state import state_json

Body = dict[str, Any]
Verb = Callable[[Body], Awaitable[None]]

_WEEK = 168.0
_CANCELLED = Fault(499, Kind.INVALID, "Cancelled from the dashboard.", code="cancelled")


class ControlsApi:
    """Belongs to the event loop of `controls`."""

    def __init__(self, seat: Seat, controls: Controls) -> None:
        self._seat, self._controls = seat, controls
        self.routes: tuple[Route, ...] = (
            self._row("/api/proxy/start", "Start the proxy", self._start, "StartRequest"),
            self._row("/api/proxy/stop", "Stop the proxy", lambda _: controls.stop()),
            self._row("/api/proxy/restart", "Restart the proxy", lambda _: controls.restart()),
            self._row("/api/sign-in/begin", "Begin to sign in", self._begin_sign_in),
            self._row("/api/sign-in/cancel", "Forget the sign-in", lambda _: controls.cancel_sign_in()),
            self._row("/api/accounts/use", "Switch the account", self._use, "LoginRequest"),
            self._row("/api/accounts/sign-out", "Forget an account", self._sign_out, "LoginRequest"),
            self._row("/api/recording", "Store bodies for some hours", self._record, "HoursRequest"),
            self._row("/api/history/keep", "Keep a record of requests", self._keep, "EnabledRequest"),
            self._row("/api/limits/lift", "Lift today's cap for a while", self._lift, "HoursRequest"),
            self._row("/api/autostart", "Start at login", self._autostart, "EnabledRequest"),
            self._row("/api/terms-seen", "The notice was read", lambda _: controls.see_terms()),
            self._row("/api/window/open", "Open the window", self._window, "PageRequest"),
            self._row("/api/quit", "End the program", lambda _: controls.quit()),
            Route("POST", "/api/approvals/{id}", "chat", "Answer a waiting request", handler=self._decide,
                  session="required", body="DecisionRequest"),
            Route("POST", "/api/requests/{id}/cancel", "chat", "End a running request",
                  handler=self._cancel, session="required", body="NothingRequest"),
        )  # fmt: skip

    def _row(self, path: str, summary: str, verb: Verb, body: str = "NothingRequest") -> Route:
        async def handle(_: Seat, request: web.BaseRequest) -> web.Response:
            await self._do(verb(await read_object(request)), path)
            return json_response(state_json(self._controls.state(), in_session=True))

        return Route("POST", path, "chat", summary, handler=handle, session="required", body=body)

    async def _do(self, work: Awaitable[None], name: str) -> None:
        """To its end, also when the page that asked goes away. Raises LocalFault, JumpseatError."""
        fault = await asyncio.shield(self._seat.tasks.start(_outcome(work), name))
        if fault is not None:
            raise fault

    # --- verbs ---

    async def _start(self, body: Body) -> None:
        port = number_or_none(body, "port", 0, 65535)
        if port is not None and port != int(port):
            raise BadRequest("port: expected a whole number.", "port")
        await self._controls.start(None if port is None else int(port))

    async def _begin_sign_in(self, _: Body) -> None:
        await self._controls.begin_sign_in()

    async def _use(self, body: Body) -> None:
        await self._controls.use_account(text_of(body, "login"))

    async def _sign_out(self, body: Body) -> None:
        await self._controls.sign_out(text_of(body, "login"))

    async def _record(self, body: Body) -> None:
        self._controls.record_bodies(number_or_none(body, "hours", 0.1, _WEEK))

    async def _keep(self, body: Body) -> None:
        await self._controls.set_recording(flag_of(body, "enabled"))

    async def _lift(self, body: Body) -> None:
        self._controls.lift_cap(number_or_none(body, "hours", 0.1, 24) or 1.0)

    async def _autostart(self, body: Body) -> None:
        await self._controls.set_autostart(flag_of(body, "enabled"))

    async def _window(self, body: Body) -> None:
        await self._controls.open_window(page_of(body))

    # --- with answers of their own ---

    async def _decide(self, _: Seat, request: web.BaseRequest) -> web.Response:
        body = await read_object(request)
        word = body.get("decision")
        if not isinstance(word, str) or word not in tuple(Decision):
            raise BadRequest(f"decision: expected one of {', '.join(Decision)}.", "decision")
        id = request.path.rpartition("/")[2]
        return json_response({"decided": self._controls.decide(id, Decision(word))})

    async def _cancel(self, seat: Seat, request: web.BaseRequest) -> web.Response:
        await read_object(request)
        id = request.path.removesuffix("/cancel").rpartition("/")[2]
        return json_response({"cancelled": seat.running.end(id, _CANCELLED)})


async def _outcome(work: Awaitable[None]) -> LocalFault | JumpseatError | None:
    """What people are told is no failure of the task."""
    try:
        await work
    except (LocalFault, JumpseatError) as fault:
        return fault
    return None
