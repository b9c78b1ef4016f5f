"""Every door of the program: the proxy's, the window's own, and the one at which other commands knock."""

import asyncio
from collections.abc import Callable

from tray_app.paths import Paths
from tray_app.proxy.route import Router
from tray_app.proxy.seat import Seat
from tray_app.proxy.server import ProxyServer
from tray_app.resident import control_file
from tray_app.resident.listening import Listening
from tray_app.resident.ollama_door import OllamaDoor
from tray_app.settings import ServerSettings
from tray_app.tasks import Tasks
from tray_app.web.site import Site

_KNOCKING = ("/api/tickets", "/api/window")
_HERE = ServerSettings(host="127.0.0.1", port=0)


class Doors:
    """Belongs to the seat's event loop. `moved` is told the proxy's address, "" when there is none.

    The window's pages come from a listener of their own, which lives as long as the window and does not
    know whether the proxy runs. `has_window`: there can be one here.
    """

    def __init__(
        self,
        seat: Seat,
        site: Site,
        paths: Paths,
        *,
        has_window: bool,
        changed: Callable[[], None],
        moved: Callable[[str], None],
    ) -> None:
        self._site, self._paths, self._has_window, self._moved = site, paths, has_window, moved
        self._changed = changed
        proxy = ProxyServer(seat, Router(site.table()), site.has_session, site.leaving)
        self.listening = Listening(proxy, seat.live, changed, self._note)
        table = site.window_table()
        self._window = ProxyServer(seat, Router(table), site.has_session, site.leaving)
        knocking = tuple(route for route in table if route.path in _KNOCKING)
        self._door = ProxyServer(seat, Router(knocking))
        self.ollama = OllamaDoor(seat)
        seat.live.subscribe(lambda old, new: self._ollama_follows(old.server, new.server))
        self._tasks, self._turn, self._noting = Tasks(), asyncio.Lock(), asyncio.Lock()
        self._window_is_open = self._is_closing = False

    @property
    def is_watched(self) -> bool:
        """Somebody has a page open."""
        return self._site.is_watched

    async def open(self) -> None:
        """Where there is a window, others may ask for it from now on. Raises LocalFault."""
        if self._has_window:
            await self._door.start(_HERE)
            self._tasks.start(self._write_control(), "noting where we are")

    async def window_url(self, page: str) -> str:
        """Where the window finds a page, for one entry within a minute. Raises LocalFault."""
        async with self._turn:
            if not self._window_is_open:
                await self._window.start(_HERE)
                self._window_is_open = True
        return self._window.url + self._site.ticket(page)

    async def close_window(self) -> None:
        """The window is closed: nobody needs its listener."""
        async with self._turn:
            if self._window_is_open:
                self._window_is_open = False
                await self._window.stop(drain=False)

    async def close(self) -> None:
        async with self._noting:  # what is being written is written first
            self._is_closing = True
            await asyncio.to_thread(control_file.forget, self._paths)
        await self.listening.close()
        await self.ollama.close()
        await self.close_window()
        await self._door.stop(drain=False)
        await self._tasks.close()
        self._site.close()

    def _note(self, url: str) -> None:
        self._moved(url)
        self._tasks.start(self._write_control(), "noting where we are")
        self._tasks.start(self._follow_ollama(), "following the proxy with the Ollama port")

    def _ollama_follows(self, old: ServerSettings, new: ServerSettings) -> None:
        if old.ollama_port != new.ollama_port:
            self._tasks.start(self._follow_ollama(), "moving the Ollama port")

    async def _follow_ollama(self) -> None:
        if not self._is_closing:
            await self.ollama.follow(listens=bool(self.listening.url))
            self._changed()

    async def _write_control(self) -> None:
        async with self._noting:
            if self._is_closing:
                return
            url, key = self.listening.url, self._site.control_key
            door = self._door.url or url
            await asyncio.to_thread(control_file.write, self._paths, url, door, key)
