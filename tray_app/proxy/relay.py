"""Bytes to the client while an answer streams: keepalives, the silence limit, a proper ending, cancel.

One relay serves every dialect: a `protocol.Stream` turns upstream bytes into client bytes and knows
where its events begin and end.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

from tray_app.copilot.upstream import Answer
from tray_app.dialects.protocol import Stream
from tray_app.errors import Broken, Fault, JumpseatError, Silent
from tray_app.history.record import Record
from tray_app.tasks import Tasks

KEEPALIVE_SECONDS = 15.0


class Relay:
    """One streamed answer. `run` returns when the client has got its ending; the caller closes `answer`."""

    def __init__(
        self,
        answer: Answer,
        stream: Stream,
        response: web.StreamResponse,
        record: Record,
        *,
        keepalive: bytes,
        monotonic: Callable[[], float],
    ) -> None:
        self._answer, self._stream, self._response, self._record = answer, stream, response, record
        self._keepalive, self._monotonic = keepalive, monotonic
        self._last_mono = monotonic()
        self._sent_mono = self._last_mono
        self._longest = 0.0

    async def run(self, initial: bytes, tasks: Tasks) -> bool:
        """Send `initial`, then everything that follows. True if the upstream body was read to its end.

        A client that goes away raises out of here (CancelledError, ConnectionError).
        """
        ticker = tasks.start(self._keep_alive(), "keepalive")
        try:
            return await self._pass_on(initial)
        finally:
            ticker.cancel()
            self._record.longest_silence_ms = round(
                max(self._longest, self._record.longest_silence_ms or 0.0), 1
            )

    async def _pass_on(self, initial: bytes) -> bool:
        stream = self._stream
        await self._send(initial)
        try:
            while not stream.ended:
                chunk = await self._answer.chunk()
                self._heard()
                if not chunk:
                    await self._send(stream.finish())
                    return True
                await self._send(stream.feed(chunk))
        except (Broken, Silent) as error:
            await self._send(stream.fail(self._answer.aborted or error.fault))
            return False
        # The dialect's ending has gone out; what upstream may still say is nobody's business,
        # but a connection that is about to end in order can be used again.
        await self._response.write_eof()
        return await self._drained()

    async def _drained(self) -> bool:
        try:
            async with asyncio.timeout(1):
                while await self._answer.chunk():
                    pass
        except (JumpseatError, TimeoutError):
            return False
        return True

    def _heard(self) -> None:
        now = self._monotonic()
        self._longest = max(self._longest, (now - self._last_mono) * 1000)
        self._last_mono = now

    async def _send(self, data: bytes) -> None:
        if data:
            self._record.response_bytes += len(data)
            self._sent_mono = self._monotonic()
            await self._response.write(data)

    async def _keep_alive(self) -> None:
        """Between events only: a comment inside an event corrupts it."""
        while True:
            await asyncio.sleep(KEEPALIVE_SECONDS / 3)
            quiet = self._monotonic() - self._sent_mono
            if quiet >= KEEPALIVE_SECONDS and self._stream.at_boundary and not self._stream.ended:
                self._sent_mono = self._monotonic()
                try:
                    await self._response.write(self._keepalive)
                except ConnectionError:
                    return  # the client is gone; the relay learns of it by itself


def settle(stream: Stream, record: Record) -> Fault | None:
    """Move what the stream learned into the record; its fault, if it failed."""
    record.measured(stream.usage)
    record.model_served = stream.model_served or record.model_served
    for note in stream.notes:
        record.note(note)
    return stream.fault
