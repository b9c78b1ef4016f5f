"""What goes into a request's record on its way: times, attempts, and what was said while capture is on."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web

from tray_app.copilot.answer import Answer, Refusal
from tray_app.copilot.upstream import Tried
from tray_app.dialects import error_bodies
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName
from tray_app.errors import Fault
from tray_app.history.record import Record, Try
from tray_app.history.taken import Taken
from tray_app.proxy.agents import client_name
from tray_app.proxy.body import encode
from tray_app.proxy.gate import is_loopback
from tray_app.proxy.seat import Seat
from tray_app.redaction import redact

_LONGEST_REASON = 300
_REQUEST_IDS = ("x-request-id", "x-github-request-id", "x-copilot-service-request-id")


def new_record(request: web.BaseRequest, dialect: DialectName, now_mono: float) -> Record:
    """For a request that has just come."""
    return Record(
        id=f"req_{uuid.uuid4().hex}",
        started_at=datetime.now(UTC),
        client=client_name(request.headers.get("User-Agent")),
        dialect=dialect,
        path=request.path,
        started_mono=now_mono,
        peer_port=_peer_port(request),
    )


def _peer_port(request: web.BaseRequest) -> int:
    """The client's port, when it is on this machine; else 0."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return int(peer[1]) if isinstance(peer, tuple) and is_loopback(str(peer[0])) else 0


def failed(record: Record, fault: Fault) -> Fault:
    """Note the failure; the fault as the client gets it, with an id by which the request is found again."""
    record.status = fault.status
    record.failed(fault.code or str(fault.kind), fault.message)
    record.upstream_request_id = record.upstream_request_id or fault.request_id
    return fault if fault.request_id is not None else replace(fault, request_id=record.id)


def close(seat: Seat, record: Record) -> None:
    """The request is over."""
    record.duration_ms = round((seat.monotonic() - record.started_mono) * 1000, 1)
    seat.records.finish(record, keep=seat.live.now.history.enabled)


def take_request(seat: Seat, body: Json, record: Record) -> None:
    """While capture is on, keep the client's body as it is now, before anything is changed in it."""
    if seat.capture.is_on and seat.live.now.history.enabled:
        if record.dialect == "gemini":  # its model and its way to answer stand in the URL
            body = {name: value for name, value in body.items() if name not in ("model", "stream")}
        record.taken = Taken(encode(body), seat.monotonic)


class Waiting:
    """The time spent inside is the request's wait for its owner's limits."""

    __slots__ = ("_begun", "_monotonic", "_record")

    def __init__(self, record: Record, monotonic: Callable[[], float]) -> None:
        self._record, self._monotonic = record, monotonic

    def __enter__(self) -> None:
        self._begun = self._monotonic()

    def __exit__(self, *_: object) -> None:
        if (waited := (self._monotonic() - self._begun) * 1000) >= 1:
            self._record.waited_ms = round(waited, 1)


def sent(record: Record, body: Json, encoded: bytes) -> None:
    """The body as it goes to Copilot; of several the last."""
    record.sent = body
    if record.taken is not None:
        record.taken.sent(encoded)


def opened(record: Record, answer: Answer, now_mono: float) -> None:
    """Copilot's headers are here."""
    record.upstream_ms = round((now_mono - record.started_mono) * 1000, 1)
    record.upstream_request_id = next(
        (found for name in _REQUEST_IDS if (found := answer.headers.get(name))), None
    )


def attempts(record: Record) -> Tried:
    """What notes each attempt with its outcome and its time."""

    def note(outcome: Answer | Refusal | Exception, begun_mono: float) -> None:
        ms = round((time.monotonic() - begun_mono) * 1000, 1)
        record.tried(Try(getattr(outcome, "status", None), _reason(outcome), ms))

    return note


def _reason(outcome: Answer | Refusal | Exception) -> str:
    if isinstance(outcome, Answer):
        return "answered"
    if isinstance(outcome, Refusal):
        said = error_bodies.read(outcome.body, outcome.headers.get("content-type", ""))
        return redact(said.message)[:_LONGEST_REASON] or f"status {outcome.status}"
    return redact(f"{type(outcome).__name__}: {outcome}")[:_LONGEST_REASON]
