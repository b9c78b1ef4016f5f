"""HTTP below the requests: what aiohttp's server does with connections, and with what is not HTTP."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tray_app.errors import Fault, Kind
from tray_app.proxy.replies import fault_response
from tray_app.proxy.routes import dialect_of

log = logging.getLogger(__name__)

FIRST_REQUEST_SECONDS = 60.0
_LONGEST_HEADER = 64 * 1024
_NOT_HTTP = Fault(400, Kind.INVALID, "This request is not valid HTTP.", code="invalid_http")
_BROKEN = Fault(
    500, Kind.UPSTREAM, "Jumpseat made a mistake here; its log has the details.", code="internal_error"
)


class Listener(web.Server):
    """Makes the connections. A client that leaves cancels its handler, and so ends its upstream request."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handler, handler_cancellation=True)

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # None is "none", as everywhere in aiohttp
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            auto_decompress=False,  # `compressed` does it, within the limit for bodies
        )


class _Connection(web.RequestHandler):
    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        asyncio.get_running_loop().call_later(FIRST_REQUEST_SECONDS, self._close_if_mute)

    def _close_if_mute(self) -> None:
        """A connection that never brings the head of a request must not stay for ever."""
        if self._request_count == 0:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What a client did wrong is no error of ours, and worth a line of the log at most."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client left while its answer was being written: nobody is there to tell
        if isinstance(exc, HttpProcessingError):
            log.info("not HTTP: %s", type(exc).__name__)
            fault = _NOT_HTTP
        else:
            log.error("A request failed", exc_info=exc)
            fault = _BROKEN
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        response = fault_response(dialect_of(request.path), fault)
        response.force_close()
        return response
