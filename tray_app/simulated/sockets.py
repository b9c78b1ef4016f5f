"""`ws:/responses`: the Responses endpoint over a WebSocket (copilot-wire 6.8).

One request at a time, flat, in a text frame of its own; one event in a frame back. What was said lives as
long as the connection: only its last response can be gone on from, and ids of items that another connection
gave out are refused. A connection ends after an hour.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from tray_app.simulated import frames, gate, quota, responses, responses_reader, sending, strikes
from tray_app.simulated.accounts import Account
from tray_app.simulated.faults import Fault
from tray_app.simulated.inference import Inference
from tray_app.simulated.ledger import LedgerEntry, SeenRequest, redacted, remember
from tray_app.simulated.models import RESPONSES
from tray_app.simulated.refusals import common
from tray_app.simulated.refusals import responses as responses_refusals
from tray_app.simulated.refused import Refused, error, text
from tray_app.simulated.state import State
from tray_app.tasks import Tasks

SOCKET = "ws:/responses"  # as the catalog and the ledger name it, and faults of one request
HANDSHAKE = "ws:handshake"  # faults of the upgrade
LIFE_SECONDS = 3600
FRAME_BYTES = 16 * 1024 * 1024
_MINTED = re.compile(r"([0-9a-f]+)z[0-9a-f]+z")
_ENDS = ("response.completed", "response.incomplete")
_OLD = (
    "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to "
    "continue."
)


@dataclass(slots=True)
class _Line:
    """One connection and what it remembers."""

    request: web.Request
    socket: web.WebSocketResponse
    opened: float
    response_id: str | None = None
    items: list[Any] = field(default_factory=list)  # input and output of that response
    serials: set[int] = field(default_factory=set)  # of the answers it gave
    busy: SeenRequest | None = None  # what it is answering

    async def send(self, event: dict[str, Any]) -> None:
        await self.socket.send_str(orjson.dumps(event).decode())


class Sockets:
    """Handles the upgrade and everything behind it."""

    def __init__(self, state: State, inference: Inference) -> None:
        self._state, self._inference = state, inference
        self._serials: set[int] = set()  # of all answers ever given over any connection

    async def open(self, request: web.Request) -> web.StreamResponse:
        account = gate.admit(self._state, request)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise text(426, "Upgrade Required")
        if early := await strikes.meet(request, self._state, HANDSHAKE):
            return early
        socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES, timeout=1.0)
        socket.headers.update(common.reply_headers(request))
        socket.headers.update(quota.headers(account.quota, self._state.now()))
        await socket.prepare(request)
        self._state.sockets += 1
        await self._state.tell()
        try:
            await self._listen(_Line(request, socket, self._state.now()))
        finally:
            self._state.sockets -= 1
            await asyncio.shield(self._state.tell())
        return socket

    async def _listen(self, line: _Line) -> None:
        async with Tasks() as tasks:  # who leaves ends what runs for them
            async for message in line.socket:
                if message.type is not WSMsgType.TEXT:
                    await line.send(_error_event(error("unsupported message type", "bad_request")))
                elif line.busy is not None:
                    busy = error("a response is already in progress on this connection", "bad_request")
                    await line.send(_error_event(busy))
                else:
                    data = message.data.encode()
                    line.busy = SeenRequest("WS", SOCKET, redacted(line.request.headers), data, 200)
                    tasks.start(self._one(line, line.busy, data), "a request of a socket")

    async def _one(self, line: _Line, seen: SeenRequest, data: bytes) -> None:
        """One request, with its refusal as an event."""
        common.REQUEST_ID.set(self._state.request_id())
        remember(self._state.requests, seen)
        self._state.bodies.hold(seen, len(data))
        try:
            await self._answer(line, _parsed(data))
        except Refused as refusal:
            seen.status = refusal.status
            line.busy = None
            await line.send(_error_event(refusal))
            if b"websocket_connection_limit_reached" in refusal.content:
                await line.socket.close()
        except sending.Hangup:
            seen.status = None
        finally:
            if line.busy is seen:
                line.busy = None

    async def _answer(self, line: _Line, frame: dict[str, Any]) -> None:
        state, request = self._state, line.request
        initiator = frame.pop("initiator", "user")
        fault = state.faults.take(SOCKET, str(frame.get("model", "")))
        await _strike(line, fault)
        if state.now() - line.opened > LIFE_SECONDS:
            raise error(_OLD, "websocket_connection_limit_reached")
        account = gate.admit(state, request)
        context = self._inference.context(request, account, frame, SOCKET)
        body = _continued(line, frame)
        responses_refusals.refuse(body, context)
        self._foreign_ids(line, body)
        talk = responses_reader.read(body, context.model)
        common.fits(talk, context)
        account.quota.admit(context.model, reset=common.http_date(quota.reset_date(state.now())))
        entry = self._inference.entry(request, account, frame, SOCKET, talk, initiator=initiator)
        entry.stream = True
        reply = self._inference.reply(context, talk, body, entry, fault)
        line.serials.add(reply.serial)
        self._serials.add(reply.serial)
        await self._stream(line, account, entry, reply, fault, body)

    async def _stream(
        self,
        line: _Line,
        account: Account,
        entry: LedgerEntry,
        reply: frames.Reply,
        fault: Fault | None,
        body: dict[str, Any],
    ) -> None:
        state = self._state
        state.active += 1
        await state.tell()
        try:
            await self._events(line, reply, fault, body)
        except (asyncio.CancelledError, ConnectionError):
            state.cancel(account, entry, reply.model, reply.usage, reply.sent)
            raise
        finally:
            state.active -= 1
            await asyncio.shield(state.tell())

    async def _events(
        self, line: _Line, reply: frames.Reply, fault: Fault | None, body: dict[str, Any]
    ) -> None:
        state, sent, output = self._state, 0, []
        stream = frames.counted(responses.stream(reply), reply)
        if fault and fault.kind == "error_event":
            stream = sending.interrupted(stream, fault.after, strikes.error_event(fault, RESPONSES))
        for written in stream:
            for data in _datas(written):
                if fault and sent == fault.after:
                    await _interfere(line, fault)
                event = orjson.loads(data)
                if fault and fault.kind == "no_done" and event["type"] in _ENDS:
                    return
                if event["type"] == "response.output_item.done":
                    output.append(event["item"])
                elif event["type"] in _ENDS:
                    line.response_id = event["response"]["id"]
                    line.items = [*responses_reader.items(body["input"]), *output]
                    line.busy = None  # whoever hears of the end may ask again
                await line.socket.send_str(data.decode())
                sent += 1
            await asyncio.sleep(1 / state.rate if state.rate else 0)

    def _foreign_ids(self, line: _Line, body: dict[str, Any]) -> None:
        """Ids of items that stem from another connection. Sealed items are judged by their seals."""
        for item in responses_reader.items(body.get("input")):
            minted = _MINTED.match(str(item.get("id", "")))
            if minted is None or item.get("encrypted_content"):
                continue
            serial = int(minted[1], 16)
            if serial in self._serials and serial not in line.serials:
                raise error("input item ID does not belong to this connection", "", status=401)


def _parsed(data: bytes) -> dict[str, Any]:
    """The body in a frame."""
    try:
        frame = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise error("failed to parse request", "bad_request") from None
    if not isinstance(frame, dict) or frame.pop("type", None) != "response.create":
        raise error("unsupported message type", "bad_request")
    return frame


def _continued(line: _Line, frame: dict[str, Any]) -> dict[str, Any]:
    """The body with the whole input, where it goes on from the last response of this connection."""
    body = dict(frame)
    before = body.get("previous_response_id")
    if before is None:
        return body
    if before != line.response_id:
        message = f"Previous response with id '{before}' not found."
        raise error(message, "previous_response_not_found", param="previous_response_id")
    del body["previous_response_id"]
    return body | {"input": [*line.items, *responses_reader.items(body.get("input"))]}


def _error_event(refusal: Refused) -> dict[str, Any]:
    """A refusal as the one event that says so; its status does not come along."""
    try:
        said = orjson.loads(refusal.content)
        inner = said["error"] if isinstance(said.get("error"), dict) else {"message": said["message"]}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        inner = {"message": refusal.content.decode("utf-8", "replace").strip()}
    return {"type": "error", "error": {"code": "", **inner}}


def _datas(written: bytes) -> list[bytes]:
    """The data of the events that an SSE writer wrote at once."""
    blocks = [block for block in written.split(b"\n\n") if block]
    return [block.partition(b"data: ")[2] for block in blocks]


async def _strike(line: _Line, fault: Fault | None) -> None:
    """Faults that strike before anything is looked at."""
    kind = fault.kind if fault else ""
    if fault is None:
        return
    if kind == "reset":
        sending.reset(line.request)
        raise sending.Hangup
    if kind == "status":
        raise fault.refusal()
    if kind in ("html_502", "json_200"):
        raise error("internal server error", "internal_error", status=502)
    if kind == "stall_headers":
        await asyncio.sleep(fault.seconds)


async def _interfere(line: _Line, fault: Fault) -> None:
    """Faults in the middle of an answer."""
    if fault.kind == "stall":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "reset_mid":
        await asyncio.sleep(0.05)
        sending.reset(line.request)
        raise sending.Hangup
    elif fault.kind == "close_early":
        await line.socket.close()
        raise sending.Hangup
    elif fault.kind == "malformed_sse":
        await line.socket.send_str('{"type":"response.output_text.delta","delta":"unfin')
