"""Responses over a WebSocket to Copilot: one connection for one client connection, and HTTP where it fails.

The socket is opened for the first request that can use it and again when it has to be: after an hour, with
another token, for the first image (the header that announces one is part of the handshake), after a failure.
Rules: copilot-wire 6.6, 6.8. A request that was not answered at all goes over HTTP, with the whole input.
"""

import time
from collections.abc import Callable

import aiohttp

from tray_app.copilot.answer import Answer, Refusal
from tray_app.copilot.confidence import Confidence
from tray_app.copilot.retries import RetryPlan
from tray_app.copilot.socket_line import Line, Lost, SocketAnswer
from tray_app.copilot.token import CopilotToken
from tray_app.copilot.upstream import FRAME_BYTES, Call, Tried, Upstream
from tray_app.dialects.fields import Json
from tray_app.dialects.responses import continuation
from tray_app.tasks import Tasks

ENDPOINT = "ws:/responses"  # as the catalog names it
_OLD = "websocket_connection_limit_reached"
_FORGOTTEN = "previous_response_not_found"


class UpstreamSocket:
    """What one client connection asks Copilot through. Opens nothing before it is asked."""

    def __init__(self, upstream: Upstream, confidence: Confidence, tasks: Tasks) -> None:
        self._upstream, self._confidence, self._tasks = upstream, confidence, tasks
        self._line: Line | None = None

    async def open(
        self,
        call: Call,
        attempted: Callable[[], None],
        mended: Callable[[str], None],
        tried: Tried,
    ) -> tuple[Answer | Refusal, str]:
        """As `Upstream.open`, with the endpoint that answered."""
        message = self._message(call)
        if message is not None and not self._confidence.is_lost:
            try:
                return await self._ask(call, message, attempted, mended, tried), ENDPOINT
            except Lost as lost:
                self._confidence.failed()
                mended(f"sent over HTTP because {lost}")
        return await self._upstream.open(call, attempted, mended, tried), call.path

    def close(self) -> None:
        """The client connection is over, or asks for a fresh start."""
        line, self._line = self._line, None
        if line is not None:
            line.hang_up()

    def _message(self, call: Call) -> Json | None:
        """The whole request as one message, if it may go this way and fits."""
        if call.content is None or call.body is None or len(call.body) > FRAME_BYTES - 1024:
            return None
        return continuation.frame(call.content, call.initiator)

    async def _ask(
        self,
        call: Call,
        message: Json,
        attempted: Callable[[], None],
        mended: Callable[[str], None],
        tried: Tried,
    ) -> Answer | Refusal:
        """Raises Lost when no answer can be had this way, and what `TokenSource.current` raises."""
        plan = self._upstream.retry_plan(call)
        was_lost = False
        while True:
            token = await self._upstream.tokens.current()
            attempted()
            begun = time.monotonic()
            reused = self._is_usable(call, token)
            try:
                line = await self._connected(call, token)
                outcome = await self._exchange(line, message)
            except Lost as lost:
                tried(lost, begun)
                self.close()
                if await self._renewed(lost, token, plan, mended):
                    continue
                if not reused or was_lost:
                    raise
                was_lost = True  # an idle connection that had ended meanwhile
                mended(f"asked again over a new WebSocket because {lost}")
                continue
            tried(outcome, begun)
            if isinstance(outcome, Answer):
                self._confidence.worked()
                return outcome
            if not await self._mended(outcome, token, plan, mended):
                return outcome

    async def _renewed(
        self, lost: Lost, token: CopilotToken, plan: RetryPlan, mended: Callable[[str], None]
    ) -> bool:
        """Whether a handshake that was refused can be tried again: with a new token, or at another host."""
        if lost.refused is None:
            return False
        if plan.refresh_token(lost.refused):
            await self._upstream.tokens.refuse(token)
            mended(f"Copilot token renewed after status {lost.refused.status}")
            return True
        if plan.find_host(lost.refused):
            await self._upstream.tokens.re_resolve()
            mended("Copilot's host looked up again after status 421")
            return True
        return False

    async def _mended(
        self, refusal: Refusal, token: CopilotToken, plan: RetryPlan, mended: Callable[[str], None]
    ) -> bool:
        """Whether a refused request can be sent again: over a new connection, in full, or later."""
        if _OLD in refusal.text and plan.once(_OLD):
            self.close()
            mended("asked again over a new WebSocket because the old one had reached its hour")
        elif _FORGOTTEN in refusal.text and plan.once(_FORGOTTEN):
            self.close()
            mended("asked again with the whole input because Copilot had forgotten the last response")
        elif plan.refresh_token(refusal):
            self.close()
            await self._upstream.tokens.refuse(token)
            mended(f"Copilot token renewed after status {refusal.status}")
        elif (pause := plan.after_status(refusal)) is not None:
            await self._upstream.pause(pause)
        else:
            return False
        return True

    def _is_usable(self, call: Call, token: CopilotToken) -> bool:
        line = self._line
        return line is not None and line.is_free and line.token == token and (line.vision or not call.vision)

    async def _connected(self, call: Call, token: CopilotToken) -> Line:
        """The connection as it is, or a new one. Raises Lost."""
        if not self._is_usable(call, token):
            self.close()
            try:
                socket = await self._upstream.dial(call, token)
            except aiohttp.WSServerHandshakeError as error:
                headers = {name.lower(): value for name, value in (error.headers or {}).items()}
                refused = Refusal(error.status, headers, b"")
                raise Lost(f"the WebSocket was refused with status {error.status}", refused) from error
            except (aiohttp.ClientError, OSError) as error:
                raise Lost(f"the WebSocket could not be opened ({type(error).__name__})") from error
            self._line = Line(socket, token, call.vision, self._upstream.silence_limit, self._tasks)
        assert self._line is not None
        return self._line

    async def _exchange(self, line: Line, message: Json) -> Answer | Refusal:
        """Send, and wait for the first event. Raises Lost, Silent."""
        answer = SocketAnswer(line, message)
        try:
            return await answer.begin()
        except BaseException:
            line.hang_up()
            raise
