"""The Ollama port: open while the proxy listens and `server.ollama_port` names a port, at the same host."""

import asyncio
import logging
from dataclasses import replace
from importlib import import_module

from tray_app.controls import Trouble
from tray_app.errors import LocalFault
from tray_app.proxy.route import Router
from tray_app.proxy.seat import Seat
from tray_app.proxy.server import ProxyServer

log = logging.getLogger(__name__)

_ROUTES = "tray_app.proxy.ollama_routes"


class OllamaDoor:
    """One server that comes and goes. Belongs to the event loop. `trouble` says why it is not there."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._turn = asyncio.Lock()
        self._server: ProxyServer | None = None
        self._address: tuple[str, int] | None = None
        self.trouble: Trouble | None = None

    @property
    def url(self) -> str:
        """Where it listens; empty while it does not."""
        return self._server.url if self._server is not None and self._address is not None else ""

    async def follow(self, *, listens: bool) -> None:
        """Open, move or close, as the settings want it now; `listens`: the proxy does."""
        async with self._turn:
            settings = self._seat.live.now.server
            wanted = (settings.host, settings.ollama_port) if listens and settings.ollama_port else None
            if wanted == self._address and self.trouble is None:
                return
            await self._close()
            if wanted is not None:
                await self._open(wanted)

    async def close(self) -> None:
        async with self._turn:
            await self._close()

    async def _open(self, wanted: tuple[str, int]) -> None:
        if self._server is None:
            # Loaded here, for most people never open this door; a tenth of a second.
            routes = (await asyncio.to_thread(import_module, _ROUTES)).OLLAMA_ROUTES
            self._server = ProxyServer(self._seat, Router(routes))
        host, port = wanted
        try:
            url = await self._server.start(replace(self._seat.live.now.server, host=host, port=port))
        except LocalFault as fault:
            log.error("%s", fault)
            remedy = "Stop the program that uses it, or set server.ollama_port to another, or to 0."
            self.trouble = Trouble("address", f"The Ollama port: {fault.message}", remedy)
            return
        self._address = wanted
        log.info("Listening for Ollama's clients at %s", url)

    async def _close(self) -> None:
        self.trouble = None
        if self._server is not None and self._address is not None:
            self._address = None
            await self._server.stop(drain=False)
