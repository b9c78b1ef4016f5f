"""A running Jumpseat for tests: the real server on loopback, with a simulated Copilot behind it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import aiohttp

from tray_app.app import open_seat
from tray_app.paths import Paths
from tray_app.proxy.seat import Pace, Seat
from tray_app.proxy.server import ProxyServer
from tray_app.settings import Live, Settings
from tray_app.simulated import SimulatedCopilot


def settings_for(sim: SimulatedCopilot, **sections: dict[str, Any]) -> Settings:
    """Settings that point at `sim`; `sections` are overrides, as `server={"max_body_mb": 1}`."""
    settings = Settings()
    given = {
        "server": {"port": 0},
        "copilot": {"github_url": sim.github_url, "github_api_url": sim.github_api_url},
    }
    for name in (field.name for field in fields(settings)):
        overrides = given.get(name, {}) | sections.get(name, {})
        if overrides:
            settings = replace(settings, **{name: replace(getattr(settings, name), **overrides)})
    return settings


@dataclass
class Jumpseat:
    """One running proxy. `http` sends to `url`."""

    url: str
    sim: SimulatedCopilot
    seat: Seat
    live: Live
    server: ProxyServer
    http: aiohttp.ClientSession
    pauses: list[float]  # seconds that retries would have waited

    async def post(self, path: str, body: Any, **headers: str) -> "Reply":
        async with self.http.post(self.url + path, json=body, headers=headers) as response:
            return Reply(response.status, dict(response.headers), await response.read())

    async def get(self, path: str, **headers: str) -> "Reply":
        async with self.http.get(self.url + path, headers=headers) as response:
            return Reply(response.status, dict(response.headers), await response.read())

    @property
    def last(self) -> dict[str, Any]:
        """The newest record, as `/api/requests` shows it."""
        return self.seat.records.all()[-1].as_json()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@contextlib.asynccontextmanager
async def running(
    sim: SimulatedCopilot,
    home: Path,
    *,
    token: str | None = "",
    pace: Pace | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    **sections: dict[str, Any],
) -> AsyncIterator[Jumpseat]:
    """A Jumpseat in front of `sim`. `token` None starts signed out, "" signs in as the simulator's owner.

    Retries do not wait; how long they would have is in `pauses`.
    """
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    live = Live(settings_for(sim, **sections))
    environ = {} if token is None else {"COPILOT_GITHUB_TOKEN": token or sim.github_token}
    async with (
        open_seat(live, Paths(home), environ, sleep=sleep or pause) as seat,
        aiohttp.ClientSession() as http,
    ):
        seat.pace = pace or seat.pace
        server = ProxyServer(seat)
        url = await server.start(live.now.server)
        try:
            yield Jumpseat(url, sim, seat, live, server, http, pauses)
        finally:
            await server.stop()
