"""The data plane: open an exchange with Copilot, read its answer, cancel it.

Retries happen here and only before the first byte of an answer: connection errors and statuses that a
later try can mend, with exponential backoff, jitter and the upstream's own Retry-After. A lapsed token
is refreshed once, a wrong host looked up once. Rules: copilot-wire 2.5, 2.6, 10.2, 10.3.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import uuid4

import aiohttp

from tray_app.copilot.answer import Answer, HttpAnswer, Refusal, read_refusal
from tray_app.copilot.http import explain
from tray_app.copilot.identity import data_plane_headers
from tray_app.copilot.retries import RetryPlan
from tray_app.copilot.token import CopilotToken
from tray_app.errors import Silent
from tray_app.settings import Live

_LARGE_BODY = 512 * 1024
_PIECE = 256 * 1024
FRAME_BYTES = 16 * 1024 * 1024  # of one message on a WebSocket, wire 6.8
_HEARTBEAT_SECONDS = 30.0  # balancers drop what is idle for a minute
_GOODBYE_SECONDS = 2.0  # for the other side's half of a close


class TokenSource(Protocol):
    """What upstream needs of `CopilotTokens`."""

    async def current(self) -> CopilotToken: ...

    async def refuse(self, token: CopilotToken) -> None: ...

    async def re_resolve(self) -> None: ...

    @property
    def api_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request for the data plane. `body` is None for GET. `max_retries` None: as the settings say.

    `content` is the body before it was encoded, of a request that may go over a WebSocket as well.
    """

    path: str
    body: bytes | None
    intent: str = "conversation-agent"
    initiator: str = "user"
    vision: bool = False
    betas: tuple[str, ...] = ()
    interaction_type: str | None = None
    interaction_id: str | None = None
    max_retries: int | None = None
    content: Mapping[str, Any] | None = None


# The outcome of one try, and the monotonic second at which it began.
Tried = Callable[[Answer | Refusal | Exception, float], None]


class Upstream:
    """Opens exchanges. One per running proxy."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        tokens: TokenSource,
        live: Live,
        *,
        on_headers: Callable[[Mapping[str, str]], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._http, self._tokens, self._live = http, tokens, live
        self._on_headers, self._sleep, self._rng = on_headers, sleep, rng

    async def open(
        self,
        call: Call,
        attempted: Callable[[], None] = lambda: None,
        mended: Callable[[str], None] = lambda _: None,
        tried: Tried = lambda _outcome, _begun: None,
    ) -> Answer | Refusal:
        """Send `call`, as often as the retry rules allow; `attempted` is called for each try and `tried` at
        its end, `mended` with what was put right before the next one.

        Raises SignedOut and the other account errors, Unreachable, Silent.
        """
        plan = self.retry_plan(call)
        while True:
            token = await self._tokens.current()
            attempted()
            begun = time.monotonic()
            try:
                outcome = await self._send(call, token)
            except (aiohttp.ClientError, OSError, Silent) as error:
                tried(error, begun)
                if isinstance(error, Silent):
                    raise
                if (pause := plan.after_error(error)) is None:
                    raise explain(error, self._tokens.api_url) from error
                await self._sleep(pause)
                continue
            tried(outcome, begun)
            if isinstance(outcome, Answer):
                self._on_headers(outcome.headers)
                return outcome
            if plan.refresh_token(outcome):
                await self._tokens.refuse(token)
                mended(f"Copilot token renewed after status {outcome.status}")
            elif plan.find_host(outcome):
                await self._tokens.re_resolve()
                mended("Copilot's host looked up again after status 421")
            elif (pause := plan.after_status(outcome)) is not None:
                await self._sleep(pause)
            else:
                return outcome

    async def dial(self, call: Call, token: CopilotToken) -> aiohttp.ClientWebSocketResponse[Literal[False]]:
        """A WebSocket to where `call` goes, its headers those of `call`.

        Raises aiohttp.ClientError (WSServerHandshakeError: refused with a status), OSError.
        """
        async with asyncio.timeout(self._live.now.copilot.connect_timeout_seconds or None):
            return await self._http.ws_connect(
                self._tokens.api_url + call.path,
                headers=self._headers(call, token),
                timeout=aiohttp.ClientWSTimeout(ws_close=_GOODBYE_SECONDS),
                heartbeat=_HEARTBEAT_SECONDS,
                max_msg_size=FRAME_BYTES,
                decode_text=False,
            )

    @property
    def tokens(self) -> TokenSource:
        return self._tokens

    @property
    def silence_limit(self) -> float:
        """Seconds of silence that an answer may have in it; 0: any."""
        return self._live.now.copilot.read_timeout_seconds

    def retry_plan(self, call: Call) -> RetryPlan:
        """For one request's further tries."""
        most = self._live.now.copilot.max_connection_retries
        return RetryPlan(most if call.max_retries is None else call.max_retries, self._rng)

    async def pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    def _headers(self, call: Call, token: CopilotToken) -> dict[str, str]:
        return data_plane_headers(
            self._live.now.copilot,
            token,
            intent=call.intent,
            initiator=call.initiator,  # type: ignore[arg-type]
            vision=call.vision,
            request_id=str(uuid4()),
            interaction_type=call.interaction_type,
            interaction_id=call.interaction_id,
            betas=call.betas,
        )

    async def _send(self, call: Call, token: CopilotToken) -> Answer | Refusal:
        settings = self._live.now.copilot
        silence = settings.read_timeout_seconds
        headers = self._headers(call, token)
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(len(call.body))
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=None,
            sock_connect=settings.connect_timeout_seconds,
            sock_read=silence or None,
        )
        try:
            response = await self._http.request(
                "GET" if call.body is None else "POST",
                self._tokens.api_url + call.path,
                data=_payload(call.body),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            )
        except aiohttp.SocketTimeoutError as error:
            raise Silent(silence) from error
        if 200 <= response.status < 300:
            return HttpAnswer(response, silence)
        return await read_refusal(response)


def _payload(body: bytes | None) -> bytes | AsyncIterator[memoryview] | None:
    """Large bodies are sent piece by piece: the socket's buffer copies what it gets."""
    return _pieces(body) if body is not None and len(body) > _LARGE_BODY else body


async def _pieces(body: bytes) -> AsyncIterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]
