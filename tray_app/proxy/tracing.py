"""Hands one span for each finished request to a collector that the owner names (history.otlp_endpoint).

OTLP over HTTP, JSON. No request ever waits for it: spans are made and sent in batches beside the loop's
work; what the collector does not take in time is dropped and counted.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
import orjson

from tray_app import __version__
from tray_app.history.record import Record
from tray_app.history.spans import Server, trace_document
from tray_app.history.store import Records
from tray_app.settings import HistorySettings, Live, Settings
from tray_app.tasks import Tasks

log = logging.getLogger(__name__)

MAX_WAITING = 2_048
BATCH = 512
GATHER_SECONDS = 2.0
FLUSH_SECONDS = 2.0  # at the end of the program
_AGAIN_SECONDS = (5.0, 15.0, 60.0)  # after one failure, two, more
_PATIENCE = aiohttp.ClientTimeout(total=10)
_PATH = "/v1/traces"
_LATER = frozenset({408, 429, 502, 503, 504})  # OTLP: these may be tried again


class Tracing:
    """Belongs to the event loop. Costs nothing while no collector is named."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        live: Live,
        records: Records,
        api_url: Callable[[], str],
    ) -> None:
        """`api_url` is where Copilot is asked."""
        self._http, self._live, self._records, self._api_url = http, live, records, api_url
        self._waiting: deque[Record] = deque()
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self._unwatch: Callable[[], None] | None = None
        self._sender: asyncio.Task[None] | None = None
        self._failures = 0
        self.sent = self.dropped = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def open(self) -> None:
        """Follow the settings from now on."""
        self._live.subscribe(self._settled)
        self._follow(self._live.now.history)

    async def close(self) -> None:
        """Send what waits, as far as that goes within FLUSH_SECONDS."""
        self._stop()
        await self._tasks.close()
        if not self._live.now.history.otlp_endpoint:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._flush()
        self.dropped += len(self._waiting)
        self._waiting.clear()

    async def _flush(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            if not await self._send(batch):
                self._put_back(batch)
                return

    # --- gathering ---

    def _settled(self, old: Settings, new: Settings) -> None:
        if (old.history.otlp_endpoint, old.history.otlp_headers) != (
            new.history.otlp_endpoint,
            new.history.otlp_headers,
        ):
            self._follow(new.history)

    def _follow(self, settings: HistorySettings) -> None:
        self._stop()
        self._failures = 0
        if settings.otlp_endpoint:
            self._unwatch = self._records.watch(self._take)
            self._sender = self._tasks.start(self._send_again_and_again(), "spans to the collector")
        else:
            self._waiting.clear()

    def _stop(self) -> None:
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None

    def _take(self, what: str, record: Record) -> None:
        if what != "finished" or not self._live.now.history.enabled:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        self._waiting.append(record)
        self._wake.set()

    # --- sending ---

    async def _send_again_and_again(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            while self._waiting:
                batch = self._next_batch()
                if not await self._send(batch):
                    self._put_back(batch)
                    await asyncio.sleep(_AGAIN_SECONDS[min(self._failures, len(_AGAIN_SECONDS)) - 1])

    def _next_batch(self) -> list[Record]:
        return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _put_back(self, batch: list[Record]) -> None:
        fits = max(0, MAX_WAITING - len(self._waiting))
        self.dropped += max(0, len(batch) - fits)
        self._waiting.extendleft(reversed(batch[-fits:] if fits else []))

    async def _send(self, batch: list[Record]) -> bool:
        """Whether the batch is done with: taken, or refused for good. A cancelled one waits again."""
        settings = self._live.now.history
        try:
            body = await asyncio.to_thread(_encoded, batch, _server(self._api_url()))
            status = await self._post(settings, body)
        except asyncio.CancelledError:
            self._put_back(batch)
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._failed(f"cannot be reached ({type(error).__name__})")
            return False
        if 200 <= status < 300:
            self._succeeded(len(batch))
            return True
        self._failed(f"answered {status}")
        if status in _LATER:
            return False
        self.dropped += len(batch)
        return True

    async def _post(self, settings: HistorySettings, body: bytes) -> int:
        headers = dict(_header(line) for line in settings.otlp_headers)
        async with self._http.post(
            traces_url(settings.otlp_endpoint),
            data=body,
            headers={**headers, "Content-Type": "application/json", "User-Agent": f"jumpseat/{__version__}"},
            timeout=_PATIENCE,
            allow_redirects=False,
        ) as response:
            return response.status

    def _succeeded(self, count: int) -> None:
        self.sent += count
        if self._failures:
            log.info("The collector takes spans again")
        self._failures = 0

    def _failed(self, how: str) -> None:
        """Said once, until it works again. Neither address nor headers are named: both may be secret."""
        self._failures += 1
        if self._failures == 1:
            log.warning("The collector of history.otlp_endpoint %s; its spans wait or are dropped", how)


def traces_url(endpoint: str) -> str:
    """The address for traces: the endpoint itself when it names the path, else the path below it."""
    base = endpoint.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _server(url: str) -> Server | None:
    parts = urlsplit(url)
    if not parts.hostname:
        return None
    return Server(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


def _encoded(batch: list[Record], server: Server | None) -> bytes:
    return orjson.dumps(trace_document(batch, server, __version__))
