"""One WebSocket to Copilot and the one answer that is on its way over it.

An answer looks as it does over HTTP: each message is one server-sent event. What failed is never used again,
so that no late message of one answer is taken for the beginning of the next.
"""

import asyncio
import contextlib
import time
from typing import Any, Literal

import aiohttp
import orjson
from aiohttp import WSMsgType

from tray_app.copilot.answer import Answer, Refusal
from tray_app.copilot.token import CopilotToken
from tray_app.dialects.fields import Json
from tray_app.dialects.responses import continuation
from tray_app.dialects.responses.failures import read_failure
from tray_app.dialects.sse import Event
from tray_app.errors import Broken, Fault, Silent
from tray_app.tasks import Tasks

_GOOD_ENDS = ("response.completed", "response.incomplete")
_ENDS = (*_GOOD_ENDS, "response.failed", "error")
_WORTH_READING = tuple(f'"{kind}"'.encode() for kind in (*_ENDS, "response.output_item.done"))
_TOKEN_WORDS = ("token expired", "unauthorized:", "invalid token")


class Lost(Exception):
    """No answer can be had over this WebSocket; the text says why. `refused` is the handshake's refusal."""

    def __init__(self, why: str, refused: Refusal | None = None) -> None:
        super().__init__(why)
        self.refused = refused


class Line:
    """A connection with the token and the headers it was opened with."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse[Literal[False]],
        token: CopilotToken,
        vision: bool,
        silence_limit: float,
        tasks: Tasks,
    ) -> None:
        self.token, self.vision = token, vision
        self.said: continuation.Said | None = None
        self.is_busy = False
        self._socket, self._tasks, self._silence = socket, tasks, silence_limit
        self._is_over = False

    @property
    def is_free(self) -> bool:
        """Whether it can take another request."""
        return not (self.is_busy or self._is_over or self._socket.closed)

    async def send(self, message: Json) -> None:
        """Raises Lost."""
        try:
            await self._socket.send_frame(orjson.dumps(message), WSMsgType.TEXT)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            raise Lost("the WebSocket could not be written to") from error

    async def receive(self) -> bytes:
        """The next message. Raises Lost when the connection ends, Silent."""
        try:
            async with asyncio.timeout(self._silence or None):
                message = await self._socket.receive()
        except TimeoutError as error:
            raise Silent(self._silence) from error
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            raise Lost("the WebSocket broke") from error
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: bytes = message.data
            return data
        raise Lost("Copilot closed the WebSocket" if message.type is not WSMsgType.ERROR else "it broke")

    def hang_up(self) -> None:
        """End the connection; whatever runs over it stops at once."""
        if not self._is_over:
            self._is_over = True
            self._tasks.start(self._goodbye(), "end of a WebSocket to Copilot")

    async def _goodbye(self) -> None:
        with contextlib.suppress(aiohttp.ClientError, OSError):  # it may be gone already
            await self._socket.close()


class SocketAnswer(Answer):
    """The answer to one message, as server-sent events. `begin` comes first."""

    def __init__(self, line: Line, message: Json) -> None:
        self._line, self._message = line, message
        self.status, self.headers, self.content_type = 200, {}, "text/event-stream"
        self.heard_mono = time.monotonic()
        self._first: bytes | None = None
        self._output: list[Json] = []
        self._end: Json | None = None

    async def begin(self) -> Answer | Refusal:
        """Send the message and wait for the first event: an error there is a refusal. Raises Lost, Silent."""
        line = self._line
        line.is_busy = True
        await line.send(continuation.shortened(self._message, line.said))
        line.said = None
        data = await line.receive()
        event = _parsed(data)
        if event is not None and event.get("type") == "error":
            line.is_busy = False
            return _refusal(event)
        self._first = data
        return self

    async def chunk(self) -> bytes:
        if self._end is not None:
            return b""
        data, self._first = self._first, None
        if data is None:
            try:
                data = await self._line.receive()
            except Lost as lost:
                raise Broken("Copilot's connection ended in the middle of the answer.") from lost
        self.heard_mono = time.monotonic()
        if any(word in data for word in _WORTH_READING):
            self._look(_parsed(data) or {})
        return Event("", data).encode()

    def abort(self, fault: Fault) -> None:
        self.aborted = fault
        self._line.hang_up()

    def close(self, *, finished: bool) -> None:
        if finished and self._end is not None and self._end.get("type") in _GOOD_ENDS:
            self._line.said = self._said(self._end)
            self._line.is_busy = False
        else:
            self._line.hang_up()

    def _look(self, event: Json) -> None:
        kind = event.get("type")
        if kind == "response.output_item.done" and isinstance(event.get("item"), dict):
            self._output.append(event["item"])
        elif kind in _ENDS and not (kind == "response.failed" and not _reason(event)):
            self._end = event  # a failure without a reason is followed by an error that has it

    def _said(self, end: Json) -> continuation.Said | None:
        response = end.get("response")
        id = response.get("id") if isinstance(response, dict) else None
        if not isinstance(id, str):
            return None
        return continuation.said_after(self._message, id, self._output)


def _reason(event: Json) -> object:
    response = event.get("response")
    return response.get("error") if isinstance(response, dict) else None


def _parsed(data: bytes) -> Json | None:
    try:
        event: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def _refusal(event: Json) -> Refusal:
    """An error event as what it would be over HTTP. Most name no status; their code or words do."""
    error = event.get("error") if isinstance(event.get("error"), dict) else event
    fault = read_failure(event.get("error"), event)
    status = event.get("status")
    if not isinstance(status, int) or not 400 <= status <= 599:
        says_token = any(word in fault.message for word in _TOKEN_WORDS)
        status = 401 if says_token or "does not belong to this connection" in fault.message else fault.status
    return Refusal(status, {"content-type": "application/json"}, orjson.dumps({"error": error}))
