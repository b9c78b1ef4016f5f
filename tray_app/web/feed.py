"""The live feed: what changes, to every open page, over one event stream each.

Changes are gathered and sent at most four times a second. A page that reads too slowly is cut off; it comes
back by itself and fetches anew. Nothing is watched while no page is open.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from tray_app.controls import AppState, Controls
from tray_app.errors import Fault, JumpseatError, Kind
from tray_app.history.record import Record
from tray_app.proxy.replies import SAFE_HEADERS
from tray_app.proxy.seat import Seat
from tray_app.settings import Settings
from tray_app.settings_keys import KEYS
from tray_app.web.state import state_json

MAX_SUBSCRIBERS = 16
MAX_STRANGERS = 8  # pages without a session have places of their own: nobody shuts the owner out
CROWDED = 4  # more pages than this leave a browser, with its six connections, too few for anything else
GATHER_SECONDS = 0.25  # at most four updates a second
RUNNING_SECONDS = 1.0  # how often running requests are told about while nothing else happens
_KEEPALIVE_SECONDS = 15.0
_QUEUE = 64  # updates that a slow page may be behind
_SLOWEST_SECONDS = 30.0  # for a page to take one update
_MOST_ROWS = 200  # of each kind in one update; a page that missed rows fetches the list
_KEEPALIVE = b": still here\n\n"
_HEADERS = SAFE_HEADERS | {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


class _Subscriber:
    """One open page. `None` in its queue is the end."""

    def __init__(self, port: int, in_session: bool) -> None:
        self.port, self.in_session = port, in_session
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE)

    def send(self, update: bytes) -> None:
        try:
            self.queue.put_nowait(update)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """Every subscriber, and what is to be told next. Belongs to the seat's event loop."""

    def __init__(self, seat: Seat, controls: Controls) -> None:
        self._seat, self._controls = seat, controls
        self._subscribers: set[_Subscriber] = set()
        self._ends: list[Callable[[], None]] = []  # of what is watched while somebody listens
        self._teller: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._ids = itertools.count(1)
        self._forget()
        seat.live.subscribe(self._settings_changed)

    @property
    def is_watched(self) -> bool:
        """A page with a session is open: its owner sees what waits."""
        return any(one.in_session for one in self._subscribers)

    async def follow(self, request: web.BaseRequest, port: int, in_session: bool) -> web.StreamResponse:
        """The stream of one page, until it goes or the listener at `port` stops. Raises JumpseatError."""
        most = MAX_SUBSCRIBERS if in_session else MAX_STRANGERS
        if len(self._like(in_session)) >= most:
            raise JumpseatError(_too_many(most))
        response = web.StreamResponse(headers=_HEADERS)
        subscriber = _Subscriber(port, in_session)
        self._add(subscriber)
        try:
            await response.prepare(request)
            response.force_close()
            update: bytes | None = self._event("state", self._state_for(subscriber))
            while update is not None:
                async with asyncio.timeout(_SLOWEST_SECONDS):
                    await response.write(update)
                update = await _next(subscriber.queue)
        except TimeoutError:  # it does not read: what is still to be sent to it goes nowhere
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._remove(subscriber)
        return response

    def leave(self, port: int | None = None) -> None:
        """End the streams of one listener, or all of them."""
        for subscriber in self._subscribers:
            if port in (None, subscriber.port):
                subscriber.end()

    # --- watching ---

    def _like(self, in_session: bool) -> set[_Subscriber]:
        return {one for one in self._subscribers if one.in_session == in_session}

    def _add(self, subscriber: _Subscriber) -> None:
        self._subscribers.add(subscriber)
        alike = self._like(subscriber.in_session)
        if len(alike) > CROWDED:
            for other in alike - {subscriber}:
                other.send(self._event("crowded", {"pages": len(alike)}))
        if not self._ends:
            self._teller = self._seat.tasks.start(self._tell(), "live feed")
            self._ends = [
                self._controls.subscribe(self._state_changed),
                self._seat.records.watch(self._request_changed),
            ]

    def _remove(self, subscriber: _Subscriber) -> None:
        self._subscribers.discard(subscriber)
        if not self._subscribers:
            for end in self._ends:
                end()
            self._ends = []
            if self._teller is not None:
                self._teller.cancel()
            self._forget()

    def _forget(self) -> None:
        self._state_is_new = False
        self._changed: set[str] = set()
        self._begun: deque[Record] = deque(maxlen=_MOST_ROWS)
        self._finished: deque[Record] = deque(maxlen=_MOST_ROWS)

    def _state_changed(self, _: AppState) -> None:
        self._state_is_new = True
        self._wake.set()

    def _request_changed(self, what: str, record: Record) -> None:
        (self._begun if what == "begun" else self._finished).append(record)
        self._wake.set()

    def _settings_changed(self, old: Settings, new: Settings) -> None:
        if self._subscribers:
            self._changed |= {dotted for dotted in KEYS if _value(old, dotted) != _value(new, dotted)}
            self._wake.set()

    # --- telling ---

    async def _tell(self) -> None:
        while True:
            await self._something()
            self._wake.clear()
            self._send_all()
            await asyncio.sleep(GATHER_SECONDS)

    async def _something(self) -> None:
        """Wait for a change; while requests run, their times change by themselves."""
        try:
            async with asyncio.timeout(RUNNING_SECONDS if self._seat.records.running else None):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _send_all(self) -> None:
        parts = []
        if self._begun or self._finished or self._seat.records.running:
            parts.append(self._event("requests", self._requests()))
        if self._changed:
            parts.append(self._event("settings", {"changed": sorted(self._changed)}))
        state_is_new = self._state_is_new
        self._forget()
        common = b"".join(parts)
        for subscriber in tuple(self._subscribers):
            state = self._event("state", self._state_for(subscriber)) if state_is_new else b""
            if update := state + common:
                subscriber.send(update)

    def _requests(self) -> dict[str, Any]:
        now, records = self._seat.monotonic(), self._seat.records
        return {
            "begun": [record.as_json() for record in self._begun],
            "finished": [record.as_json() for record in self._finished],
            "running": [
                {
                    "id": record.id,
                    "elapsed_ms": round((now - record.started_mono) * 1000, 1),
                    "silence_ms": self._seat.running.silence_ms(record.id, now),
                }
                for record in records.running[-_MOST_ROWS:]
            ],
        }

    def _state_for(self, subscriber: _Subscriber) -> dict[str, Any]:
        return state_json(self._controls.state(), in_session=subscriber.in_session)

    def _event(self, name: str, body: dict[str, Any]) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (next(self._ids), name.encode(), orjson.dumps(body))


def _too_many(most: int) -> Fault:
    text = f"{most} pages are open already; close one and reload this one."
    return Fault(503, Kind.OVERLOADED, text, code="too_many_pages")


async def _next(queue: asyncio.Queue[bytes | None]) -> bytes | None:
    try:
        async with asyncio.timeout(_KEEPALIVE_SECONDS):
            return await queue.get()
    except TimeoutError:
        return _KEEPALIVE


def _value(settings: Settings, dotted: str) -> Any:
    section, _, name = dotted.partition(".")
    return getattr(getattr(settings, section), name)
