"""`GET /v1/responses` with an upgrade: Responses over a WebSocket, for models that Copilot serves that way.

One request at a time on a connection, each recorded as any other. What was said is remembered for this
connection only, and Copilot is asked over one of its own (`copilot/upstream_socket.py`). Who closes ends what
runs.
"""

import contextlib

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from tray_app.dialects.capabilities import WEBSOCKET
from tray_app.dialects.fields import Json, need_str
from tray_app.dialects.peek import session_id
from tray_app.dialects.responses import conversation, shapes
from tray_app.dialects.table import RESPONSES
from tray_app.errors import BadRequest, Fault, JumpseatError, Kind
from tray_app.history.record import Record
from tray_app.proxy import exchange, gate, recording, routing
from tray_app.proxy.body import parse
from tray_app.proxy.replies import BROKEN, CLIENT_LEFT, NO_WEBSOCKET, STOPPING
from tray_app.proxy.seat import Seat
from tray_app.proxy.socket_caller import SocketCaller
from tray_app.tasks import Tasks

PING_SECONDS = 30.0
_GOODBYE_SECONDS = 2.0
_MEGABYTE = 1024 * 1024
_BUSY = Fault(
    400,
    Kind.INVALID,
    "This connection is still busy with a request; wait for its end or open another connection.",
    code="response_in_progress",
)


async def serve(seat: Seat, request: web.BaseRequest) -> web.StreamResponse:
    """The upgrade and everything behind it. Raises JumpseatError (426) where it cannot be had."""
    session = session_id({}, {name.lower(): value for name, value in request.headers.items()})
    if seat.sockets.is_turned_away(session) or not await _is_served(seat, request):
        raise JumpseatError(NO_WEBSOCKET)
    socket = web.WebSocketResponse(
        timeout=_GOODBYE_SECONDS,
        heartbeat=PING_SECONDS,
        max_msg_size=seat.live.now.server.max_body_mb * _MEGABYTE,
    )
    if not socket.can_prepare(request):
        raise JumpseatError(NO_WEBSOCKET)
    await socket.prepare(request)
    async with Tasks() as tasks:  # who leaves ends what runs for them
        connection = Connection(seat, request, socket, tasks)
        seat.sockets.add(connection)
        try:
            await connection.listen()
        finally:
            seat.sockets.remove(connection)
            connection.caller.close()
    return socket


async def _is_served(seat: Seat, request: web.BaseRequest) -> bool:
    """Whether there is a model behind it. Without an account POST says what to do."""
    if request.headers.get("Upgrade", "").lower() != "websocket" or seat.sockets.is_full:
        return False
    try:
        catalog = await seat.catalog.current()
    except JumpseatError:
        return False
    return any(model.has(WEBSOCKET) for model in catalog.models)


class Connection:
    """One client. Implements `open_sockets.OpenSocket`."""

    def __init__(
        self, seat: Seat, request: web.BaseRequest, socket: web.WebSocketResponse[bool], tasks: Tasks
    ) -> None:
        self._seat, self._request, self._socket, self._tasks = seat, request, socket, tasks
        self._said = conversation.Conversation(seat.live.now.server.max_body_mb * _MEGABYTE)
        self.caller = SocketCaller(seat, request, socket)
        self.port = int(request.transport.get_extra_info("sockname")[1]) if request.transport else 0
        self._is_busy = self._is_stopping = self._is_turned_away = False

    def refuse(self) -> None:
        self._is_stopping = True

    async def close(self) -> None:
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"Jumpseat is stopping")

    async def listen(self) -> None:
        """Until the client leaves."""
        async for message in self._socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            if self._is_busy or self._is_stopping:
                await self._tell(_BUSY if self._is_busy else STOPPING)
                continue
            self._is_busy = True
            self._tasks.start(self._recorded(message.data), "a request of a WebSocket")

    async def _recorded(self, data: str | bytes) -> None:
        """One request with its record. A mistake of ours ends the connection; the log has the trace."""
        record = recording.new_record(self._request, "responses", self._seat.monotonic())
        record.request_bytes = len(data)
        self._seat.records.begin(record)
        is_told = False
        try:
            await self._answer(data, record)
            is_told = True
        except JumpseatError as error:
            is_told = True
            await self._tell(recording.failed(record, error.fault))
            if self._is_turned_away:
                self._tasks.start(self._socket.close(), "end of a WebSocket")
        except (RecursionError, orjson.JSONEncodeError):
            is_told = True
            fault = BadRequest("The request is nested too deeply.", code="invalid_json").fault
            await self._tell(recording.failed(record, fault))
        except ConnectionError:
            is_told = record.cancelled = True
        finally:
            if not is_told:
                self._cut(record)
            if record.cancelled:
                record.status = record.status or CLIENT_LEFT
            recording.close(self._seat, record)
            self._is_busy = False

    def _cut(self, record: Record) -> None:
        """The client left, or this program failed."""
        if self._socket.closed or self._request.transport is None:
            record.cancelled = True
            return
        record.failed(str(BROKEN.code), BROKEN.message)
        record.status = record.status or BROKEN.status
        self._seat.tasks.start(self._socket.close(code=WSCloseCode.INTERNAL_ERROR), "end of a WebSocket")

    async def _answer(self, data: str | bytes, record: Record) -> None:
        """Raises JumpseatError while nothing has gone out."""
        self._still_welcome()
        message = parse(data.encode() if isinstance(data, str) else data)
        body = self._said.whole(conversation.read_message(message))
        self.caller.next(conversation.headers_of(body, self.caller.handshake))
        await self._check_model(body)
        if body.get("generate") is False:
            await self._warm_up(body, record)
            return
        await exchange.ask(self._seat, self.caller, RESPONSES, body, record)
        if (ended := self.caller.ended) is not None:
            self._said.keep(ended.response_id, ended.output)

    def _still_welcome(self) -> None:
        """Keys and hosts may have changed since the upgrade. Raises JumpseatError."""
        verdict = gate.admit(self._request.headers, self._seat.live.now.server, self.port)
        if verdict.fault is not None:
            raise JumpseatError(verdict.fault)

    async def _check_model(self, body: Json) -> None:
        """Raises BadRequest for a model that Copilot does not serve over WebSocket."""
        name = need_str(body, "model")
        catalog = await self._seat.catalog.current()
        model = routing.resolve(name, catalog, self._seat.live.now.models).model
        if not model.has(WEBSOCKET):
            if session := session_id({}, self.caller.handshake):
                self._seat.sockets.turn_away(session)
                self._is_turned_away = True
            raise BadRequest(
                f"model: {model.id} is not served over WebSocket; send it to POST /v1/responses.",
                "model",
                code="websocket_unsupported",
                status=NO_WEBSOCKET.status,
            )

    async def _warm_up(self, body: Json, record: Record) -> None:
        """Codex's first message asks for nothing: it is remembered, and costs nothing."""
        peek = RESPONSES.peek(body, self.caller.headers)
        record.model_requested, record.stream, record.session_id = peek.model, True, peek.session_id
        record.initiator, record.background = peek.initiator, peek.background
        record.note("warm-up: answered here, Copilot was not asked")
        id = shapes.response_id("")
        self._said.keep(id, ())
        record.status = 200
        for event in conversation.warm_up(id, peek.model, int(record.started_at.timestamp())):
            await self._socket.send_frame(orjson.dumps(event), WSMsgType.TEXT)

    async def _tell(self, fault: Fault) -> None:
        message = orjson.dumps(conversation.error_message(fault))
        with contextlib.suppress(ConnectionError):  # who has left needs no reason
            await self._socket.send_frame(message, WSMsgType.TEXT)
