"""Who asks, as an exchange sees them: what they sent beside the body, the way upstream, the way back."""

from collections.abc import Mapping
from typing import Protocol

from aiohttp import web

from tray_app.copilot.answer import Answer, Refusal
from tray_app.copilot.upstream import Call
from tray_app.history.record import Record
from tray_app.proxy import recording
from tray_app.proxy.gate import cors
from tray_app.proxy.seat import Seat


class Sink(Protocol):
    """Takes the bytes of a streamed answer."""

    async def write(self, data: bytes) -> None: ...


class Caller(Protocol):
    """`headers` have lower-case names."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    async def open(self, call: Call, record: Record) -> Answer | Refusal:
        """Ask upstream. Raises as `Upstream.open`."""
        ...

    def renew(self) -> None:
        """The next `open` wants a connection of its own."""
        ...

    async def begin(self, headers: Mapping[str, str]) -> Sink:
        """Start a streamed answer."""
        ...


class HttpCaller:
    """An HTTP request. `response` is there once a streamed answer has begun."""

    def __init__(self, seat: Seat, request: web.BaseRequest) -> None:
        self._seat, self._request = seat, request
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.response: web.StreamResponse | None = None

    async def open(self, call: Call, record: Record) -> Answer | Refusal:
        return await self._seat.upstream.open(
            call, record.attempted, record.repaired, recording.attempts(record)
        )

    def renew(self) -> None:
        """Over HTTP no two requests have anything to do with each other."""

    async def begin(self, headers: Mapping[str, str]) -> Sink:
        shared = cors(self._request.headers, self._seat.live.now.server)
        self.response = web.StreamResponse(headers={**headers, **shared})
        await self.response.prepare(self._request)
        return self.response
