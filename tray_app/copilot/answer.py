"""What comes back of an exchange: an answer that is still to be read, or a refusal."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from tray_app.errors import Broken, Fault, Silent

ERROR_BYTES = 64 * 1024
ANSWER_BYTES = 64 * 1024 * 1024  # of an answer that is read whole, unpacked
ERROR_SECONDS = 10.0  # for the text of a refusal


@dataclass(frozen=True, slots=True)
class Refusal:
    """Upstream said no: the status, headers (lower-case names) and at most 64 KiB of its text."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Answer:
    """A 2xx answer whose body is still to be read. Whoever holds it closes it.

    `heard_mono` is when bytes last came, `aborted` the reason when it was ended from outside.
    """

    status: int
    headers: Mapping[str, str]
    content_type: str
    aborted: Fault | None = None
    heard_mono: float

    async def chunk(self) -> bytes:
        """The next bytes as they come, b"" at the end. Raises Silent, Broken."""
        raise NotImplementedError

    def abort(self, fault: Fault) -> None:
        """End the exchange from outside; the reader gets Broken and finds `fault` in `aborted`."""
        raise NotImplementedError

    def close(self, *, finished: bool) -> None:
        """Give the connection back after a whole answer; otherwise cut it, so that upstream stops."""
        raise NotImplementedError

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


class HttpAnswer(Answer):
    """The body of an HTTP response."""

    def __init__(self, response: aiohttp.ClientResponse, silence_limit: float) -> None:
        self._response, self._silence_limit = response, silence_limit
        self.status, self.headers = response.status, response.headers
        self.content_type = response.content_type
        self.heard_mono = time.monotonic()

    async def chunk(self) -> bytes:
        try:
            part = await self._response.content.readany()
        except aiohttp.SocketTimeoutError as error:
            raise Silent(self._silence_limit) from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise Broken() from error
        self.heard_mono = time.monotonic()
        return part

    def abort(self, fault: Fault) -> None:
        self.aborted = fault
        self._response.close()

    def close(self, *, finished: bool) -> None:
        if finished:
            self._response.release()
        else:
            self._response.close()


async def read_refusal(response: aiohttp.ClientResponse) -> Refusal:
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
