"""What the client gets of an opened answer: relayed piece by piece, or whole, in its own dialect."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from tray_app.copilot.upstream import Answer, Refusal
from tray_app.dialects import faults, sse
from tray_app.dialects.assemble import assembler
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName, play
from tray_app.dialects.protocol import Stream
from tray_app.dialects.recall import remember_thinking
from tray_app.dialects.replayed import Replayed
from tray_app.dialects.translated import Translated
from tray_app.errors import BadRequest, Broken, Fault, JumpseatError, Rejected
from tray_app.history.record import Record
from tray_app.proxy.body import parse
from tray_app.proxy.plan import Plan
from tray_app.proxy.relay import Relay, settle
from tray_app.proxy.replies import json_response, kept_headers
from tray_app.proxy.seat import Seat

# Upstream's early failures become HTTP errors when they come this soon after its headers (wire 6.6).
GRACE_SECONDS = 2.0
_SSE_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


def fault_of(refusal: Refusal, dialect: DialectName) -> Fault:
    """Upstream's refusal, with a message that the client's user can act on."""
    content_type = refusal.headers.get("content-type", "")
    return faults.read_upstream(
        refusal.status, content_type, refusal.body, refusal.headers, dialect_hint=dialect
    )


@dataclass(slots=True)
class Outcome:
    """Turns one opened answer into the client's response. `answer` is closed by the caller unless a
    method returned."""

    seat: Seat
    request: web.BaseRequest
    record: Record
    plan: Plan
    answer: Answer

    # --- streamed ---

    async def stream(self) -> web.StreamResponse:
        """Relay a streamed answer. Raises JumpseatError while nothing has gone out."""
        stream = self._make_stream()
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                stream, initial = await self._first_bytes(stream)
        except TimeoutError:
            initial = stream.release()
        response = web.StreamResponse(
            headers=_SSE_HEADERS | kept_headers(self.answer.headers) | self.request.get("cors", {})
        )
        self.record.status = 200
        await response.prepare(self.request)
        finished = await self._relay(stream, response, initial)
        self.answer.close(finished=finished)
        return response

    async def _first_bytes(self, stream: Stream) -> tuple[Stream, bytes]:
        """Read until there is something for the client. A failure before that is an HTTP error."""
        first = True
        while True:
            chunk = await self.answer.chunk()
            self._mark_first_byte()
            if first and self._is_json(chunk):
                return await self._json_as_stream(chunk)
            first = False
            sent = stream.feed(chunk) if chunk else stream.finish()
            if stream.fault is not None:
                raise Rejected(stream.fault)
            if sent or not chunk or stream.ended:
                return stream, sent

    def _mark_first_byte(self) -> None:
        if self.record.ttfb_ms is None:
            self.record.ttfb_ms = round((self.seat.monotonic() - self.record.started_mono) * 1000, 1)
            self.record.longest_silence_ms = self.record.ttfb_ms

    def _is_json(self, chunk: bytes) -> bool:
        """Copilot at times answers a streaming request with a JSON document (wire 5.4)."""
        return chunk.lstrip()[:1] == b"{"

    async def _json_as_stream(self, first: bytes) -> tuple[Stream, bytes]:
        body = self._parsed(first + await self.answer.whole())
        reply = self.plan.target.read_reply(body)
        writer = self.plan.dialect.write_stream(self.plan.peek.model, self.plan.neutral_ask)
        self.record.note("stream: Copilot answered whole; written out as a stream")
        sent = b"".join(writer.feed(delta) for delta in play(reply))
        return Replayed(reply.usage, reply.model), sent

    def _make_stream(self) -> Stream:
        plan = self.plan
        if plan.ask is None:
            return plan.dialect.native_stream(plan.body, plan.rules)
        return Translated(
            plan.target.read_stream(), plan.dialect.write_stream(plan.peek.model, plan.ask), self.seat.memory
        )

    async def _relay(self, stream: Stream, response: web.StreamResponse, initial: bytes) -> bool:
        relay = Relay(
            self.answer,
            stream,
            response,
            self.record,
            keepalive=self.plan.dialect.keepalive,
            monotonic=self.seat.monotonic,
        )
        try:
            return await relay.run(initial, self.seat.tasks)
        finally:
            fault = settle(stream, self.record)
            if fault is not None:
                self.record.error = fault.code or fault.kind

    # --- whole ---

    async def whole(self, *, streamed: bool) -> web.Response:
        """The answer in one piece. `streamed`: upstream streams it and it is put together here."""
        body = await (self._assembled() if streamed else self._read())
        plan = self.plan
        self.record.measured(plan.target.read_usage(body))
        if isinstance(served := body.get("model"), str):
            self.record.model_served = served
        if plan.ask is None:
            reply = plan.dialect.native_reply(body, plan.body, plan.rules)
        else:
            neutral = plan.target.read_reply(body)
            remember_thinking(neutral, self.seat.memory)
            reply = plan.dialect.write_reply(neutral, plan.peek.model, plan.ask)
        self.answer.close(finished=True)
        return json_response(reply, headers=kept_headers(self.answer.headers))

    async def _read(self) -> Json:
        first = await self._chunk()
        self._mark_first_byte()
        return self._parsed(first + await self._rest())

    async def _chunk(self) -> bytes:
        try:
            return await self.answer.chunk()
        except JumpseatError as error:
            raise self._aborted(error) from error

    async def _rest(self) -> bytes:
        try:
            return await self.answer.whole()
        except JumpseatError as error:
            raise self._aborted(error) from error

    def _aborted(self, error: JumpseatError) -> JumpseatError:
        return JumpseatError(self.answer.aborted) if self.answer.aborted else error

    def _parsed(self, raw: bytes) -> Json:
        """Upstream's JSON. An error document in a 200 is an error. Raises Broken, Rejected."""
        try:
            body = parse(raw)
        except BadRequest as error:
            raise Broken("Copilot's answer is not valid JSON.") from error
        if not isinstance(body, dict):
            raise Broken("Copilot's answer is not a JSON object.")
        if body.get("error") and not (body.get("choices") or body.get("output") or body.get("content")):
            raise Rejected(
                fault_of(Refusal(502, {"content-type": "application/json"}, raw), self.plan.dialect.name)
            )
        return body

    async def _assembled(self) -> Json:
        """One body from a stream, because Copilot cuts whole answers short (wire 5.3)."""
        reader, assembled = sse.Reader(), assembler(self.plan.target)
        while chunk := await self._chunk():
            self._mark_first_byte()
            for event in reader.feed(chunk):
                assembled.feed(event)
        for event in reader.flush():
            assembled.feed(event)
        return assembled.body()
