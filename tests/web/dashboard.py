"""A running program without a desktop, and a page of it: what a browser sends, without the browser."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from multidict import CIMultiDict

from tests.harness import Reply
from tray_app.app import reside
from tray_app.controls import Desktop
from tray_app.paths import Paths
from tray_app.resident import control_file
from tray_app.resident.resident import Resident
from tray_app.settings_file import load
from tray_app.simulated import SimulatedCopilot

FREE_PORT = "[server]\nport = 0\n"


@dataclass
class Page:
    """One browser: its cookies, and the origin that its pages come from."""

    url: str
    http: aiohttp.ClientSession

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """As `fetch` of a page of ours does. `headers` in Python's spelling; "" leaves one out."""
        given = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes | str) else {"json": body}
        if method == "GET":
            given.pop("Origin", None)
            sent = {}
        kept = {name: value for name, value in given.items() if value}
        async with self.http.request(
            method, self.url + path, headers=kept, allow_redirects=False, **sent
        ) as response:
            return Reply(response.status, CIMultiDict(response.headers), await response.read())

    @property
    def session(self) -> str:
        """What the session cookie holds."""
        return next(cookie.value for cookie in self.http.cookie_jar if "jumpseat_session" in cookie.key)

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.send("GET", path, **headers)

    async def open(self, path: str) -> Reply:
        """As a browser opens a page."""
        return await self.send("GET", path, Accept="text/html,*/*;q=0.8", Sec_Fetch_Site="none")

    async def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        return await self.send("POST", path, {} if body is None else body, **headers)

    async def put(self, path: str, body: Any) -> Reply:
        return await self.send("PUT", path, body)


@dataclass
class Dashboard:
    """`page` has a session, `stranger` has none. Both look at the proxy's own listener."""

    resident: Resident
    sim: SimulatedCopilot
    paths: Paths
    url: str
    page: Page
    stranger: Page

    async def control(self) -> control_file.Control:
        """What other commands read, once it is written."""
        for _ in range(200):
            found = control_file.read(self.paths)
            if found is not None and found.url == self.url:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError("no control file")

    async def ticket(self, page: str = "/") -> str:
        """The path that a ticket is for, as `jumpseat open` gets it."""
        key = (await self.control()).key
        reply = await self.stranger.post(
            "/api/tickets", {"page": page}, Authorization=f"Bearer {key}", Origin="", Sec_Fetch_Site=""
        )
        assert reply.status == 200, reply.text
        return str(reply.json["path"])


@contextlib.asynccontextmanager
async def dashboard(
    sim: SimulatedCopilot,
    home: Path,
    *,
    config: str = FREE_PORT,
    desktop: Desktop | None = None,
    overrides: Mapping[str, Any] | None = None,
    token: str | None = "",
    **variables: str,
) -> AsyncIterator[Dashboard]:
    """Started and entered. `variables` are JUMPSEAT_ ones; `token` None starts signed out."""
    paths = Paths(home)
    paths.prepare()
    paths.config.write_text(config)
    environ = {
        "JUMPSEAT_COPILOT_GITHUB_URL": sim.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": sim.github_api_url,
        **variables,
    }
    if token is not None:
        environ["COPILOT_GITHUB_TOKEN"] = token or sim.github_token
    loaded = load(paths, environ, overrides)
    async with reside(loaded, paths, environ, overrides, desktop=desktop) as resident:
        await resident.start()
        url = resident.state().url
        jar, other = aiohttp.CookieJar(unsafe=True), aiohttp.CookieJar(unsafe=True)
        async with (
            aiohttp.ClientSession(cookie_jar=jar) as http,
            aiohttp.ClientSession(cookie_jar=other) as bare,
        ):
            started = Dashboard(resident, sim, paths, url, Page(url, http), Page(url, bare))
            entered = await started.page.open(await started.ticket())
            assert entered.status == 303
            yield started
