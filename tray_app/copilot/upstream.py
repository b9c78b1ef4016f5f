"""The data plane: open an exchange with Copilot, read its answer, cancel it.

Retries happen here and only before the first byte of an answer: connection errors and statuses that a
later try can mend, with exponential backoff, jitter and the upstream's own Retry-After. A lapsed token
is refreshed once, a wrong host looked up once. Rules: copilot-wire 2.5, 2.6, 10.2, 10.3.
"""

import asyncio
import email.utils
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

import aiohttp

from tray_app.copilot.http import explain
from tray_app.copilot.identity import data_plane_headers
from tray_app.copilot.token import CopilotToken
from tray_app.errors import Broken, Fault, Silent
from tray_app.settings import Live

ERROR_BYTES = 64 * 1024
ANSWER_BYTES = 64 * 1024 * 1024  # of an answer that is read whole, unpacked
ERROR_SECONDS = 10.0  # for the text of a refusal
_LARGE_BODY = 512 * 1024
_PIECE = 256 * 1024
LONGEST_WAITS = 20.0  # seconds, all waits of one request together
LONGEST_RETRY_AFTER = 10.0  # seconds; a longer one is the client's to decide
_RETRYABLE = frozenset({429, 500, 502, 503, 504, 529})
_TOKEN_CODES = ("expired_token", "invalid_token", "token_expired", "IDE token expired", "token expired")


class TokenSource(Protocol):
    """What upstream needs of `CopilotTokens`."""

    async def current(self) -> CopilotToken: ...

    async def refuse(self, token: CopilotToken) -> None: ...

    async def re_resolve(self) -> None: ...

    @property
    def api_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request for the data plane. `body` is None for GET. `max_retries` None: as the settings say."""

    path: str
    body: bytes | None
    intent: str = "conversation-agent"
    initiator: str = "user"
    vision: bool = False
    betas: tuple[str, ...] = ()
    interaction_type: str | None = None
    interaction_id: str | None = None
    max_retries: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Upstream said no: the status, headers (lower-case names) and at most 64 KiB of its text."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class Answer:
    """A 2xx answer whose body is still to be read. Whoever holds it closes it."""

    response: aiohttp.ClientResponse
    silence_limit: float
    aborted: Fault | None = field(default=None)
    heard_mono: float = field(default_factory=time.monotonic)  # when bytes last came

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    @property
    def content_type(self) -> str:
        return self.response.content_type

    async def chunk(self) -> bytes:
        """The next bytes as they come, b"" at the end. Raises Silent, Broken."""
        try:
            part = await self.response.content.readany()
        except aiohttp.SocketTimeoutError as error:
            raise Silent(self.silence_limit) from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise Broken() from error
        self.heard_mono = time.monotonic()
        return part

    async def whole(self) -> bytes:
        """The rest of the body. Raises Silent, Broken; also Broken when it never seems to end."""
        parts = []
        size = 0
        while part := await self.chunk():
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES:
                raise Broken("Copilot's answer is larger than any answer can be.")
        return b"".join(parts)

    def abort(self, fault: Fault) -> None:
        """End the exchange from outside; the reader gets Broken and finds `fault` in `aborted`."""
        self.aborted = fault
        self.response.close()

    def close(self, *, finished: bool) -> None:
        """Give the connection back after a whole answer; otherwise cut it, so that upstream stops."""
        if finished:
            self.response.release()
        else:
            self.response.close()


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
        plan = _RetryPlan(
            call.max_retries
            if call.max_retries is not None
            else self._live.now.copilot.max_connection_retries,
            self._rng,
        )
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

    async def _send(self, call: Call, token: CopilotToken) -> Answer | Refusal:
        settings = self._live.now.copilot
        silence = settings.read_timeout_seconds
        headers = data_plane_headers(
            settings,
            token,
            intent=call.intent,
            initiator=call.initiator,  # type: ignore[arg-type]
            vision=call.vision,
            request_id=str(uuid4()),
            interaction_type=call.interaction_type,
            interaction_id=call.interaction_id,
            betas=call.betas,
        )
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
            return Answer(response, silence)
        return await _refusal(response)


def _payload(body: bytes | None) -> bytes | AsyncIterator[memoryview] | None:
    """Large bodies are sent piece by piece: the socket's buffer copies what it gets."""
    return _pieces(body) if body is not None and len(body) > _LARGE_BODY else body


async def _pieces(body: bytes) -> AsyncIterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]


async def _refusal(response: aiohttp.ClientResponse) -> Refusal:
    """Read what upstream has to say, bounded, and drop the connection if it says more."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(ERROR_SECONDS):
            while size < ERROR_BYTES and (part := await response.content.readany()):
                parts.append(part)
                size += len(part)
    except (aiohttp.ClientError, ConnectionError, TimeoutError):
        pass  # a status with half a text is still a status
    finally:
        if response.content.at_eof() and response.status != 408:
            response.release()
        else:
            response.close()  # 408: the connection was half-dead, do not use it again
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Refusal(response.status, headers, b"".join(parts)[:ERROR_BYTES])


class _RetryPlan:
    """Decides on one request's further tries."""

    def __init__(self, tries: int, rng: Callable[[], float]) -> None:
        self._left, self._rng = tries, rng
        self._step = 0
        self._waited = 0.0
        self._refreshed = self._resolved = False

    def after_error(self, error: Exception) -> float | None:
        """Seconds to wait after a failed connection, or None to give up."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):
            return None  # stays wrong
        return self._backoff()

    def after_status(self, refusal: Refusal) -> float | None:
        """Seconds to wait before the same request again, or None to hand the refusal on."""
        limited = refusal.status == 400 and b'"rate_limited"' in refusal.body
        if refusal.status == 408:
            return self._backoff() if self._step < 2 else None
        if refusal.status not in _RETRYABLE and not limited:
            return None
        wanted = retry_after_seconds(refusal.headers.get("retry-after"))
        if wanted is None:
            return self._backoff()
        if wanted > LONGEST_RETRY_AFTER:
            return None
        return self._backoff(at_least=wanted)

    def refresh_token(self, refusal: Refusal) -> bool:
        """Whether the refusal is about the token, for the first time in this request."""
        if self._refreshed or not _is_about_token(refusal):
            return False
        self._refreshed = True
        return True

    def find_host(self, refusal: Refusal) -> bool:
        if refusal.status != 421 or self._resolved:
            return False
        self._resolved = True
        return True

    def _backoff(self, at_least: float = 0.0) -> float | None:
        if self._left <= 0:
            return None
        pause = max(at_least, min(8.0, 0.5 * 2.0**self._step) * (0.5 + self._rng() / 2))
        if self._waited + pause > LONGEST_WAITS:
            return None
        self._left -= 1
        self._step += 1
        self._waited += pause
        return pause


def _is_about_token(refusal: Refusal) -> bool:
    """401 and 403 that a new Copilot token can mend (wire 2.6, 10.2)."""
    text = refusal.text
    if refusal.status == 401:
        # The "connection" 401 of a stale item id is no matter of tokens, nor is a missing consent.
        return "does not belong to this connection" not in text and "authorize_url" not in text
    if refusal.status == 403:
        opaque = text.strip().lower() == "forbidden" and "retry-after" not in refusal.headers
        return opaque or any(code in text for code in _TOKEN_CODES)
    return False


def retry_after_seconds(value: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds of a Retry-After header: a number or an HTTP date. None if absent or unreadable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment: float = email.utils.parsedate_to_datetime(value).timestamp()
        return max(0.0, moment - now())
    except (ValueError, TypeError):
        return None
