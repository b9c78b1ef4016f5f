"""Bytes to the client while an answer streams: keepalives, the silence limit, a proper ending, cancel.

One relay serves every dialect: a `protocol.Stream` turns upstream bytes into client bytes and knows
where its events begin and end.
"""

import asyncio
from collections.abc import Callable

from tray_app.copilot.answer import Answer
from tray_app.dialects.protocol import Stream
from tray_app.errors import Broken, Fault, JumpseatError, Silent
from tray_app.history.record import Record
from tray_app.proxy.caller import Sink
from tray_app.proxy.model_names import served
from tray_app.tasks import Tasks


class Relay:
    """One streamed answer. `run` closes `answer`, unless it raises because the client went away."""

    def __init__(
        self,
        answer: Answer,
        stream: Stream,
        sink: Sink,
        record: Record,
        *,
        keepalive: bytes,
        keepalive_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._answer, self._stream, self._sink, self._record = answer, stream, sink, record
        self._keepalive, self._keepalive_seconds, self._monotonic = keepalive, keepalive_seconds, monotonic
        self._last_mono = monotonic()
        self._sent_mono = self._last_mono
        self._longest = 0.0
        self._lines = self._lines_each = 0

    async def run(self, initial: bytes, tasks: Tasks) -> None:
        """Send `initial`, then everything that follows; returns when the client has got its ending.

        A client that goes away raises out of here (CancelledError, ConnectionError).
        """
        ticker = tasks.start(self._keep_alive(), "keepalive")
        try:
            await self._pass_on(initial, tasks)
        finally:
            ticker.cancel()
            self._record.longest_silence_ms = round(
                max(self._longest, self._record.longest_silence_ms or 0.0), 1
            )

    async def _pass_on(self, initial: bytes, tasks: Tasks) -> None:
        stream = self._stream
        await self._send(initial)
        try:
            while not stream.ended:
                chunk = await self._answer.chunk()
                self._heard()
                if not chunk:
                    await self._send(stream.finish())
                    self._answer.close(finished=True)
                    return
                await self._send(stream.feed(chunk))
        except (Broken, Silent) as error:
            self._answer.close(finished=False)
            await self._send(stream.fail(self._answer.aborted or error.fault))
            return
        # The dialect's ending has gone out, so for the client this is over.
        if stream.fault is not None:
            self._answer.close(finished=False)  # a model that rambles on must stop now
            return
        tasks.start(_drain(self._answer), "end of an answer")

    def _heard(self) -> None:
        now = self._monotonic()
        self._longest = max(self._longest, (now - self._last_mono) * 1000)
        self._last_mono = now

    async def _send(self, data: bytes) -> None:
        if data:
            record = self._record
            record.response_bytes += len(data)
            self._count_frames(data)
            if record.taken is not None:
                record.taken.answered(data)
            self._sent_mono = self._monotonic()
            await self._sink.write(data)

    def _count_frames(self, data: bytes) -> None:
        """By their lines, of which every event of a dialect has as many: looking for the empty ones among
        them takes three times as long."""
        if not self._lines_each:
            self._lines_each = 3 if data.startswith(b"event:") else 2
        self._lines += data.count(b"\n")
        self._record.frames = self._lines // self._lines_each

    async def _keep_alive(self) -> None:
        """Between events only: a comment inside an event corrupts it."""
        while True:
            await asyncio.sleep(self._keepalive_seconds / 3)
            quiet = self._monotonic() - self._sent_mono
            if quiet >= self._keepalive_seconds and self._stream.at_boundary and not self._stream.ended:
                self._sent_mono = self._monotonic()
                try:
                    await self._sink.write(self._keepalive)
                except ConnectionError:
                    return  # the client is gone; the relay learns of it by itself


async def _drain(answer: Answer) -> None:
    """What upstream may still say is nobody's business, but a connection that is about to end in order
    can be used again."""
    finished = False
    try:
        async with asyncio.timeout(1):
            while await answer.chunk():
                pass
        finished = True
    except (JumpseatError, TimeoutError):
        pass
    finally:
        answer.close(finished=finished)


def settle(stream: Stream, record: Record) -> Fault | None:
    """Move what the stream learned into the record; its fault, if it failed."""
    record.measured(stream.usage)
    record.model_served = served(record.model_served, stream.model_served)
    for note in stream.notes:
        record.note(note)
    return stream.fault
