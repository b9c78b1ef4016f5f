"""What the client gets of an opened answer: relayed piece by piece, or whole, in its own dialect."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from tray_app.copilot.answer import ANSWER_BYTES, Answer, Refusal
from tray_app.dialects import error_bodies, sse, upstream_faults
from tray_app.dialects.assemble import assembler
from tray_app.dialects.capabilities import Model
from tray_app.dialects.deltas import play
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName
from tray_app.dialects.protocol import Stream
from tray_app.dialects.recall import remember_thinking
from tray_app.dialects.replayed import Replayed
from tray_app.dialects.responses import references
from tray_app.dialects.translated import Translated
from tray_app.errors import BadRequest, Broken, Fault, JumpseatError, Rejected
from tray_app.history.record import Record
from tray_app.proxy.body import parse
from tray_app.proxy.caller import Caller, Sink
from tray_app.proxy.model_names import MAX_NAME, served
from tray_app.proxy.plan import Plan
from tray_app.proxy.relay import Relay, settle
from tray_app.proxy.replies import json_response, kept_headers
from tray_app.proxy.seat import Seat
from tray_app.proxy.unknown_model import refused_though_listed

_STREAM_HEADERS = {
    "Cache-Control": "no-cache, no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


def fault_of(refusal: Refusal, dialect: DialectName, model: Model | None = None) -> Fault:
    """Upstream's refusal, with a message that the client's user can act on."""
    content_type = refusal.headers.get("content-type", "")
    fault = upstream_faults.read_refusal(
        refusal.status, content_type, refusal.body, refusal.headers, dialect_hint=dialect
    )
    if fault.code == "model_not_supported" and model is not None:
        said = error_bodies.read(refusal.body, content_type).message
        return fault.with_message(f"{said} {refused_though_listed(model)}")
    return fault


class FailedEarly(Rejected):
    """A stream failed before the client got anything of it, so one more try is possible."""


# The member that makes a whole answer one; what lacks it is an error, however it is dressed.
_ANSWER = {"chat": "choices", "responses": "output", "messages": "content"}


_STREAM_MARKS = (b"data:", b"event:", b":", b"id:", b"retry:")
_LONGEST_MARK = 6
_EVENT_END = re.compile(rb"\n\r?\n")


def _bounded(size: int) -> int:
    """`size`, while an answer that is kept whole may be so large. Raises Broken."""
    if size > ANSWER_BYTES:
        raise Broken("Copilot's answer is larger than any answer can be.")
    return size


def _is_json(chunk: bytes) -> bool:
    return chunk.lstrip()[:1] == b"{"


@dataclass(slots=True)
class Outcome:
    """Turns one opened answer into the client's response. `answer` is closed by the caller unless a
    method returned."""

    seat: Seat
    caller: Caller
    record: Record
    plan: Plan
    answer: Answer

    # --- streamed ---

    async def stream(self) -> None:
        """Relay a streamed answer. Raises JumpseatError while nothing has gone out."""
        stream, initial = await self._start()
        own = {"Content-Type": self.plan.dialect.stream_type} | _STREAM_HEADERS
        self.record.status = 200
        sink = await self.caller.begin(own | kept_headers(self.answer.headers))
        await self._relay(stream, sink, initial)

    async def _start(self) -> tuple[Stream, bytes]:
        """Wait a little for something to send: a failure until then is an HTTP error."""
        stream = self._make_stream()
        patience = None if self.answer.content_type == "application/json" else self.seat.pace.grace
        try:
            async with asyncio.timeout(patience):
                first = await self._chunk()
                if not _is_json(first):
                    return stream, await self._first_bytes(stream, first)
        except TimeoutError:
            return stream, stream.release()
        return await self._json_as_stream(first)

    async def _first_bytes(self, stream: Stream, chunk: bytes) -> bytes:
        """Read on until there is something for the client. Event by event, so that what a client sees of a
        failure does not depend on how the network cut the answer."""
        while True:
            sent, start = b"" if chunk else stream.finish(), 0
            while start < len(chunk) and not sent and stream.fault is None:
                found = _EVENT_END.search(chunk, start)
                end = found.end() if found else len(chunk)
                sent, start = stream.feed(chunk[start:end]), end
            if stream.fault is not None:
                settle(stream, self.record)
                raise FailedEarly(stream.fault)
            if start < len(chunk) and not stream.ended:
                sent += stream.feed(chunk[start:])
            if sent or not chunk or stream.ended:
                return sent
            chunk = await self._chunk()

    async def _json_as_stream(self, first: bytes) -> tuple[Stream, bytes]:
        """Copilot at times answers a streaming request with a JSON document (wire 5.4)."""
        body = self._parsed(first + await self._rest())
        reply = self.plan.target.read_reply(body)
        writer = self.plan.dialect.write_stream(self.plan.peek.model, self.plan.neutral_ask)
        self.record.note("stream: Copilot answered whole; written out as a stream")
        sent = b"".join(writer.feed(delta) for delta in play(reply))
        return Replayed(self.plan.target.read_usage(body), reply.model), sent

    def _make_stream(self) -> Stream:
        plan = self.plan
        if plan.ask is None:
            return plan.target.native_stream(plan.body, plan.rules)
        return Translated(
            plan.target.read_stream(),
            plan.dialect.write_stream(plan.peek.model, plan.ask),
            self.seat.memory,
            hold_start=plan.target.name == "responses",
        )

    async def _relay(self, stream: Stream, sink: Sink, initial: bytes) -> None:
        relay = Relay(
            self.answer,
            stream,
            sink,
            self.record,
            keepalive=self.plan.dialect.keepalive,
            keepalive_seconds=self.seat.pace.keepalive,
            monotonic=self.seat.monotonic,
        )
        try:
            await relay.run(initial, self.seat.tasks)
        finally:
            self._remember(getattr(stream, "finished_items", ()))
            fault = settle(stream, self.record)
            if fault is not None:
                self.record.failed(fault.code or str(fault.kind), fault.message)

    # --- whole ---

    async def whole(self, *, streamed: bool) -> web.Response:
        """The answer in one piece. `streamed`: upstream streams it and it is put together here."""
        body = await self._body(streamed=streamed)
        plan = self.plan
        self.record.measured(plan.target.read_usage(body))
        if isinstance(said := body.get("model"), str):
            self.record.model_served = served(self.record.model_served, said[:MAX_NAME])
        if plan.ask is None:
            reply = plan.target.native_reply(body, plan.body, plan.rules)
        else:
            neutral = plan.target.read_reply(body)
            remember_thinking(neutral, self.seat.memory)
            reply = plan.dialect.write_reply(neutral, plan.peek.model, plan.ask)
        if plan.dialect.name == "responses":
            self._remember(reply["output"])
        self.answer.close(finished=True)
        return json_response(reply, headers=kept_headers(self.answer.headers))

    def _remember(self, items: Iterable[Json]) -> None:
        if references.wants_memory(self.plan.body):
            references.remember(items, self.seat.memory)

    async def _body(self, *, streamed: bool) -> Json:
        """Upstream's answer as one body; the first bytes tell which form it really came in (wire 5.4)."""
        first = await self._chunk()
        while len(first) < _LONGEST_MARK and (more := await self._chunk()):
            first += more
        if _is_json(first) or not (streamed or first.startswith(_STREAM_MARKS)):
            return self._parsed(first + await self._rest())
        return await self._assembled(first)

    async def _rest(self) -> bytes:
        parts, size = [], 0
        while part := await self._chunk():
            parts.append(part)
            size = _bounded(size + len(part))
        return b"".join(parts)

    async def _chunk(self) -> bytes:
        try:
            chunk = await self.answer.chunk()
        except JumpseatError as error:
            raise (JumpseatError(self.answer.aborted) if self.answer.aborted else error) from error
        if self.record.ttfb_ms is None:
            self.record.ttfb_ms = round((self.seat.monotonic() - self.record.started_mono) * 1000, 1)
            self.record.longest_silence_ms = self.record.ttfb_ms
        return chunk

    def _parsed(self, raw: bytes) -> Json:
        """Upstream's JSON. An error document in a 200 is an error. Raises Broken, Rejected."""
        try:
            body = parse(raw)
        except BadRequest as error:
            raise Broken("Copilot's answer is not valid JSON.") from error
        if not isinstance(body, dict):
            raise Broken("Copilot's answer is not a JSON object.")
        if not isinstance(body.get(_ANSWER[self.plan.target.name]), list) or body.get("status") == "failed":
            refusal = Refusal(502, {"content-type": "application/json"}, raw)
            raise Rejected(fault_of(refusal, self.plan.dialect.name))
        return body

    async def _assembled(self, chunk: bytes) -> Json:
        """One body from a stream, because Copilot cuts whole answers short (wire 5.3)."""
        reader, assembled = sse.Reader(), assembler(self.plan.target)
        size = 0
        while chunk:
            size = _bounded(size + len(chunk))
            for event in reader.feed(chunk):
                assembled.feed(event)
            chunk = await self._chunk()
        for event in reader.flush():
            assembled.feed(event)
        return assembled.body()
