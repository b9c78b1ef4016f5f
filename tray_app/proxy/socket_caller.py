"""The caller behind a WebSocket: each event goes out as one message, and Copilot is asked over its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from tray_app.copilot.answer import Answer, Refusal
from tray_app.copilot.upstream import Call
from tray_app.copilot.upstream_socket import UpstreamSocket
from tray_app.dialects.fields import Json
from tray_app.dialects.frames import datas
from tray_app.history.record import Record
from tray_app.proxy import recording
from tray_app.proxy.caller import Sink
from tray_app.proxy.seat import Seat

_ENDS = (b'"response.completed"', b'"response.incomplete"')


@dataclass(frozen=True, slots=True)
class Ended:
    """A response that came to its end, as the client got it."""

    response_id: str
    output: list[Any]


class SocketCaller:
    """Implements `caller.Caller` and its `Sink`, for one request of a connection after the other."""

    def __init__(self, seat: Seat, request: web.BaseRequest, socket: web.WebSocketResponse[bool]) -> None:
        self._socket = socket
        self._upstream = UpstreamSocket(seat.upstream, seat.confidence, seat.tasks)
        self.handshake = {name.lower(): value for name, value in request.headers.items()}
        self.headers: Mapping[str, str] = self.handshake
        self.ended: Ended | None = None

    def next(self, headers: Mapping[str, str]) -> None:
        """Another request of the connection, with the headers that are its own."""
        self.headers, self.ended = headers, None

    async def open(self, call: Call, record: Record) -> Answer | Refusal:
        outcome, record.upstream_endpoint = await self._upstream.open(
            call, record.attempted, record.repaired, recording.attempts(record)
        )
        return outcome

    def renew(self) -> None:
        self._upstream.close()

    def close(self) -> None:
        """The client is gone."""
        self._upstream.close()

    async def begin(self, headers: Mapping[str, str]) -> Sink:
        return self

    async def write(self, data: bytes) -> None:
        """Whole events. Comments say nothing here: the connection has pings of its own."""
        for event in datas(data):
            if any(end in event for end in _ENDS):
                self._look(orjson.loads(event))
            await self._socket.send_frame(event, WSMsgType.TEXT)

    def _look(self, event: Json) -> None:
        response = event.get("response")
        if event.get("type") in ("response.completed", "response.incomplete") and isinstance(response, dict):
            self.ended = Ended(str(response.get("id")), response.get("output") or [])
