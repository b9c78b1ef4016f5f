"""The listener's life: bind, ready, answer, drain, close. One handler admits, routes and records."""

import asyncio
import logging
from collections.abc import Callable

import orjson
from aiohttp import web

from tray_app.dialects.neutral import DialectName
from tray_app.errors import BadRequest, Fault, JumpseatError, Kind, LocalFault
from tray_app.history.record import Record
from tray_app.proxy import gate, recording
from tray_app.proxy.listener import Listener
from tray_app.proxy.replies import BROKEN, CLIENT_LEFT, NO_WEBSOCKET, STOPPING, fault_page, fault_response
from tray_app.proxy.route import Route, Router
from tray_app.proxy.routes import ROUTES, dialect_of
from tray_app.proxy.seat import Seat
from tray_app.settings import ServerSettings

log = logging.getLogger(__name__)

_NO_FORWARD_PROXY = Fault(
    400,
    Kind.INVALID,
    "Jumpseat is no proxy for the web: give its address to your tool as the base URL, not as HTTP_PROXY.",
    code="not_a_forward_proxy",
)
_HOW_TO_ENTER = "The dashboard needs none: open it from the tray icon or with jumpseat open."
_NO_SESSION = Fault(
    403,
    Kind.FORBIDDEN,
    "This is for the dashboard only. Open it from the tray icon or with `jumpseat open`.",
    code="session_required",
)
_NOT_OUR_PAGE = Fault(
    403,
    Kind.FORBIDDEN,
    "Only a page of Jumpseat itself may change this.",
    code="forbidden",
)


class ProxyServer:
    """Answers for one seat. Start and stop as often as you like."""

    def __init__(
        self,
        seat: Seat,
        router: Router | None = None,
        has_session: Callable[[web.BaseRequest], bool] = lambda _: False,
        leaving: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`has_session` tells whether a request carries a dashboard session of this run; `leaving` is told
        the port when the listener stops, for what would otherwise stay connected."""
        self._seat, self._router = seat, router or Router(ROUTES)
        self._has_session, self._leaving = has_session, leaving
        self._runner: web.ServerRunner | None = None
        self._closed: list[web.ServerRunner] = []  # of earlier starts, with connections perhaps
        self._port = 0
        self.url = ""

    async def start(self, server: ServerSettings) -> str:
        """Listen; the URL that clients use. Raises LocalFault when the address cannot be had."""
        runner = web.ServerRunner(Listener(self._handle), handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, server.host.strip("[]"), server.port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise LocalFault(
                f"Port {server.port} on {server.host} cannot be used: {error.strerror or error}.",
                "Stop the program that uses it, or choose another with --port.",
            ) from error
        self._runner = runner
        self._port = int(runner.addresses[0][1])
        host = f"[{server.host}]" if ":" in server.host and "[" not in server.host else server.host
        self.url = f"http://{host}:{self._port}"
        return self.url

    @property
    def port(self) -> int:
        """Where it listens, or did last; 0 before the first start."""
        return self._port

    async def stop(self, *, drain: bool = True) -> None:
        """Take no more, let running answers finish for a while, end the rest cleanly. `drain` False: the
        answers that run are another listener's."""
        await self.close(drain=drain)
        await self.hang_up()

    async def close(self, *, drain: bool = True) -> None:
        """The first part of `stop`: the port is free then, and no answer runs."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        self._closed.append(runner)
        for site in list(runner.sites):
            await site.stop()
        self._leaving(self._port)
        self._seat.sockets.refuse(self._port)
        if drain and self._seat.records.running:
            await self._drain()
        await self._seat.sockets.close(self._port)

    async def hang_up(self) -> None:
        """The second part: end the connections."""
        while self._closed:
            await self._closed.pop().cleanup()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._seat.pace.drain):
                await self._seat.records.idle()
        except TimeoutError:
            self._seat.running.end_all(STOPPING)
            await self._last_words()

    async def _last_words(self) -> None:
        """A second for the error events of the streams just ended to go out."""
        try:
            async with asyncio.timeout(1):
                await self._seat.records.idle()
        except TimeoutError:
            log.warning("%d requests were cut off at the stop", len(self._seat.records.running))

    # --- one request ---

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if not request.raw_path.startswith(("/", "*")):
            return fault_response(dialect_of(path), _NO_FORWARD_PROXY)
        route, methods = self._router.find(request.method, path)
        dialect = _dialect(route, request)
        server = self._seat.live.now.server
        in_session = route is not None and bool(route.session) and self._is_ours(request, server)
        verdict = gate.admit(
            request.headers,
            server,
            self._port,
            query_key=request.query.get("key") if _is_geminis(route, path) else None,
            key_needed=request.method != "OPTIONS" and not in_session and not (route and _is_open(route)),
        )
        if verdict.fault is not None:
            if verdict.fault.status == 401 and gate.is_for_a_person(request.headers):
                return fault_page(verdict.fault, _HOW_TO_ENTER)
            return fault_response(dialect, verdict.fault, headers=verdict.cors)
        if request.method == "OPTIONS" and verdict.cors:
            return web.Response(status=204, headers=gate.preflight(request.headers, verdict.cors))
        if route is not None and route.session == "required":
            if not in_session:
                return fault_response(dialect, _NO_SESSION)
            if request.method not in ("GET", "HEAD") and not gate.is_own_page(request.headers):
                return fault_response(dialect, _NOT_OUR_PAGE)
        if route is None or (_wants_upgrade(request) and not route.upgrades):
            response: web.StreamResponse = _no_route(request, dialect, methods)
        else:
            response = await self._answer(route, request, dialect)
        if verdict.cors and not response.prepared:
            response.headers.update(verdict.cors)
        return response

    def _is_ours(self, request: web.BaseRequest, server: ServerSettings) -> bool:
        """A session counts for our own pages only, whatever origin the settings let in."""
        return not gate.cors(request.headers, server) and self._has_session(request)

    async def _answer(
        self, route: Route, request: web.BaseRequest, dialect: DialectName
    ) -> web.StreamResponse:
        if route.recorded is not None:
            return await self._recorded(route, request)
        assert route.handler is not None
        try:
            return await route.handler(self._seat, request)
        except JumpseatError as error:
            return fault_response(dialect, error.fault)
        except LocalFault as fault:  # of this machine, told to a page or to the command line
            return fault_response(dialect, Fault(409, Kind.INVALID, str(fault), code="not_possible"))

    async def _recorded(self, route: Route, request: web.BaseRequest) -> web.StreamResponse:
        assert route.recorded is not None
        seat = self._seat
        record = recording.new_record(request, route.dialect, seat.monotonic())
        seat.records.begin(record)
        try:
            response = await route.recorded(seat, request, record)
            record.status = response.status
            _answered(record, response)
        except JumpseatError as error:
            response = _failed(record, route.dialect, error.fault)
        except (RecursionError, orjson.JSONEncodeError):  # read, and too deep to be written
            fault = BadRequest("The body is nested too deeply.", code="invalid_json").fault
            response = _failed(record, route.dialect, fault)
        except (asyncio.CancelledError, ConnectionError):
            record.cancelled = True
            record.status = record.status or CLIENT_LEFT
            raise
        except Exception:
            # The last resort of the program: the client gets an answer in its dialect, the log the trace.
            log.exception("%s %s failed", request.method, request.path)
            if record.status is not None:
                record.failed(str(BROKEN.code), BROKEN.message)
                raise  # bytes have gone out; only cutting the connection is honest now
            response = _failed(record, route.dialect, BROKEN)
        finally:
            recording.close(seat, record)
        return response


def _is_open(route: Route) -> bool:
    """No key is asked for: nothing to tell, or the session is asked for instead."""
    return route.open_always or route.session == "required"


def _is_geminis(route: Route | None, path: str) -> bool:
    """By the path alone: whoever asks cannot make it one of Google's by a header."""
    return (route.dialect if route else dialect_of(path)) == "gemini"


def _dialect(route: Route | None, request: web.BaseRequest) -> DialectName:
    """Paths that several dialects share: Anthropic's to whoever names its version, Google's to its SDKs."""
    dialect = route.dialect if route else dialect_of(request.path)
    shared = dialect == "chat" and not (route and route.recorded)
    if shared and "anthropic-version" in request.headers:
        return "messages"
    return "gemini" if shared and "x-goog-api-client" in request.headers else dialect


def _answered(record: Record, response: web.StreamResponse) -> None:
    """What an answer in one piece was; a streamed one is followed by its relay."""
    if isinstance(response, web.Response) and isinstance(response.body, bytes):
        record.response_bytes = len(response.body)
        if record.taken is not None:
            record.taken.answered(response.body)


def _failed(record: Record, dialect: DialectName, fault: Fault) -> web.Response:
    response = fault_response(dialect, recording.failed(record, fault))
    _answered(record, response)
    return response


def _wants_upgrade(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _no_route(request: web.BaseRequest, dialect: DialectName, methods: tuple[str, ...]) -> web.Response:
    if _wants_upgrade(request):
        return fault_response(dialect, NO_WEBSOCKET)
    if methods:
        fault = Fault(
            405, Kind.INVALID, f"{request.path} takes {', '.join(methods)}.", code="method_not_allowed"
        )
        return fault_response(dialect, fault, headers={"Allow": ", ".join(methods)})
    text = f"Jumpseat has nothing at {request.path[:200]}; /openapi.json lists what it has."
    return fault_response(dialect, Fault(404, Kind.NOT_FOUND, text, code="not_found"))
