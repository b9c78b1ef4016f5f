"""The program that stays, for tests: all of it in the test's own loop, with a simulated Copilot behind."""

import contextlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.harness import Reply
from tray_app.app import reside
from tray_app.controls import Desktop, TrayKind
from tray_app.paths import Paths
from tray_app.resident.resident import Resident
from tray_app.settings_file import load
from tray_app.simulated import SimulatedCopilot


@dataclass
class Program:
    """`resident` and what a client or a second start sees of it."""

    resident: Resident
    paths: Paths
    http: aiohttp.ClientSession
    pages: list[str] = field(default_factory=list)  # that the window was asked for
    quits: list[str] = field(default_factory=list)

    async def post(self, path: str, body: Any, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.post(self.resident.state().url + path, json=body, headers=named) as response:
            return Reply(response.status, dict(response.headers), await response.read())

    def control(self) -> dict[str, Any]:
        return dict(json.loads(self.paths.control.read_text()))


def environment(sim: SimulatedCopilot, token: str | None = "") -> dict[str, str]:
    given = {
        "JUMPSEAT_COPILOT_GITHUB_URL": sim.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": sim.github_api_url,
        "PYTHON_KEYRING_BACKEND": os.environ.get("PYTHON_KEYRING_BACKEND", ""),
    }
    return given if token is None else given | {"COPILOT_GITHUB_TOKEN": token or sim.github_token}


@contextlib.asynccontextmanager
async def residing(
    sim: SimulatedCopilot,
    home: Path,
    *,
    token: str | None = "",
    tray: TrayKind = TrayKind.MENU,
    config: str = "[server]\nport = 0\n",
    **environ: str,
) -> AsyncIterator[Program]:
    """A program whose proxy does not listen yet; with a window unless `tray` is HEADLESS."""
    paths = Paths(home)
    paths.prepare()
    if config:
        paths.config.write_text(config)
    pages: list[str] = []
    quits: list[str] = []
    desktop = Desktop(tray, quit=lambda: quits.append("quit"))
    if tray is not TrayKind.HEADLESS:
        desktop = Desktop(tray, show=pages.append, quit=lambda: quits.append("quit"))
    known = environment(sim, token) | environ
    async with (
        reside(load(paths, known), paths, known, desktop=desktop, is_demo=True) as resident,
        aiohttp.ClientSession() as http,
    ):
        yield Program(resident, paths, http, pages, quits)
