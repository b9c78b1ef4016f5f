"""The proxy's listener in its life: started, stopped, moved to another address, its troubles told."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from tray_app.controls import ProxyState, Trouble
from tray_app.errors import LocalFault
from tray_app.proxy.server import ProxyServer
from tray_app.settings import Live, ServerSettings, Settings
from tray_app.settings_file import check_binding
from tray_app.tasks import Tasks

log = logging.getLogger(__name__)

_IN_USE = (errno.EADDRINUSE, 10048)  # the second is Windows'
_HANG_UP_SECONDS = 3.0
_FURTHER_PORTS = 50  # looked through for a free one


class Listening:
    """Starts and stops one server, one wish after the other. Belongs to the event loop.

    `moved` is told the address after each start, and "" after each stop.
    """

    def __init__(
        self, server: ProxyServer, live: Live, changed: Callable[[], None], moved: Callable[[str], None]
    ) -> None:
        self._server, self._live, self._changed, self._moved = server, live, changed, moved
        self._tasks = Tasks()
        self._turn = asyncio.Lock()
        self._port_of_this_run: int | None = None  # chosen by hand; the settings' own change ends it
        self._address: tuple[str, int] | None = None  # as it was asked for
        self._last_port = 0
        self._hanging_up: asyncio.Task[None] | None = None
        self.state = ProxyState.STOPPED
        self.trouble: Trouble | None = None

    @property
    def url(self) -> str:
        return self._server.url if self.state is ProxyState.RUNNING else ""

    async def start(self, port: int | None = None) -> None:
        """Listen, unless it does; with `port`, there. Raises LocalFault, naming the program in the way."""
        await self._finish(self._start(port), "starting the proxy")

    async def stop(self) -> None:
        """Free the port; running answers have a while to finish."""
        await self._finish(self._stop(), "stopping the proxy")

    async def restart(self) -> None:
        """Stop, then start. Raises LocalFault."""
        await self._finish(self._restart(), "restarting the proxy")

    def follow(self, old: Settings, new: Settings) -> None:
        """The settings have changed: a running listener moves; where it cannot, it stays where it was."""
        if (old.server.host, old.server.port) != (new.server.host, new.server.port):
            self._port_of_this_run = None
            self._tasks.start(self._move(), "moving the proxy")

    async def close(self) -> None:
        await self.stop()
        if self._hanging_up is not None:  # an answer that ended just now is still to be written
            await asyncio.wait({self._hanging_up}, timeout=_HANG_UP_SECONDS)
        await self._tasks.close()

    async def _finish(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Whoever asked may go away, as a page does whose server stops: the work is done all the same."""
        fault = await asyncio.shield(self._tasks.start(_outcome(work), name))
        if fault is not None:
            raise fault

    async def _start(self, port: int | None) -> None:
        async with self._turn:
            if port is not None:
                self._port_of_this_run = port
            wanted = self._wanted()
            if self.state is ProxyState.RUNNING:
                if self._address == (wanted.host, wanted.port):
                    return
                await self._end()
            await self._begin(wanted)

    async def _stop(self) -> None:
        async with self._turn:
            self.trouble = None
            await self._end()

    async def _restart(self) -> None:
        async with self._turn:
            await self._end()
            await self._begin(self._wanted())

    async def _move(self) -> None:
        async with self._turn:
            old, new = self._address, self._wanted()
            if self.state is not ProxyState.RUNNING or old is None or old == (new.host, new.port):
                return
            try:
                check_binding(new)
                await self._end()
                await self._begin(new)
            except LocalFault as fault:
                log.error("%s Staying at the old address.", fault)
                trouble = self.trouble
                if not self.url:
                    await self._begin(replace(new, host=old[0], port=old[1]))
                self.trouble = trouble or Trouble("address", fault.message, fault.remedy)
                self._changed()

    def _wanted(self) -> ServerSettings:
        server, port = self._live.now.server, self._port_of_this_run
        return server if port is None else replace(server, port=port)

    async def _begin(self, server: ServerSettings) -> None:
        self._put(ProxyState.STARTING, None)
        try:
            check_binding(server)
            url = await self._listen(server)
        except LocalFault as fault:
            self._put(ProxyState.STOPPED, await _trouble(server, fault))
            raise
        self._address = (server.host, server.port)
        self._last_port = self._server.port
        self._put(ProxyState.RUNNING, None)
        log.info("Listening at %s", url)
        self._moved(url)

    async def _listen(self, server: ServerSettings) -> str:
        """Port 0 is any free one: after a stop the same again, so that clients find it."""
        if server.port == 0 and self._last_port:
            try:
                return await self._server.start(replace(server, port=self._last_port))
            except LocalFault:
                log.info("Port %d is taken by now", self._last_port)
        try:
            return await self._server.start(server)
        except LocalFault as fault:
            cause = fault.__cause__
            if not isinstance(cause, OSError):
                raise
            from tray_app.doctor.holder import why_not  # seldom needed

            raise await asyncio.to_thread(why_not, server.host, server.port, cause) from cause

    async def _end(self) -> None:
        if self.state is not ProxyState.RUNNING:
            return
        self._put(ProxyState.STOPPING, None)
        await self._server.close()
        # What is connected still goes on its own: the answer to "stop" is one of them.
        self._hanging_up = self._tasks.start(self._server.hang_up(), "hanging up")
        self._put(ProxyState.STOPPED, None)
        self._moved("")

    def _put(self, state: ProxyState, trouble: Trouble | None) -> None:
        self.state, self.trouble = state, trouble
        self._changed()


async def _outcome(work: Coroutine[Any, Any, None]) -> LocalFault | None:
    try:
        await work
    except LocalFault as fault:
        return fault
    return None


async def _trouble(server: ServerSettings, fault: LocalFault) -> Trouble:
    cause = fault.__cause__
    if isinstance(cause, OSError) and cause.errno in _IN_USE:
        offer = await asyncio.to_thread(next_free_port, server.host, server.port)
        return Trouble("port_in_use", fault.message, fault.remedy, offer)
    return Trouble("address", fault.message, fault.remedy)


def next_free_port(host: str, port: int) -> int | None:
    """The first free port above a taken one; None when there is none near. May block."""
    for candidate in range(port + 1, min(port + 1 + _FURTHER_PORTS, 65536)):
        try:
            with socket.create_server((host.strip("[]"), candidate), family=_family(host)):
                return candidate
        except OSError:
            continue
    return None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
