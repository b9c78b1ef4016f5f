"""A GitHub that answers what a test tells it to, and a clock that moves when it is told to."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tray_app.copilot.http import open_http
from tray_app.settings import CopilotSettings


@dataclass
class Answer:
    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # close the connection instead


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    form: dict[str, str]


class GitHub:
    """Answers per path: each once, in order, the last one for ever. `gate` holds every answer back."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    def on(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def count(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(Asked(request.path, dict(request.headers), form))
        await self.gate.wait()
        script = self.answers[request.path]
        if not script:
            return web.json_response({"message": "Not Found"}, status=404)
        answer = script.pop(0) if len(script) > 1 else script[0]
        if answer.cut:
            request.transport.close()
            return web.Response()
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return web.Response(body=body, status=answer.status, headers=answer.headers)


class Clock:
    """Monotonic and wall time; sleeping moves both at once and is remembered."""

    def __init__(self) -> None:
        self.mono, self.wall = 1000.0, 1_790_000_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.mono

    def wall_clock(self) -> float:
        return self.wall

    def move(self, seconds: float) -> None:
        self.mono += seconds
        self.wall += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    fake = GitHub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake
        fake.gate.set()


@pytest.fixture
def settings(github: GitHub) -> CopilotSettings:
    return CopilotSettings(github_url=github.url, github_api_url=github.url)


@pytest.fixture
async def http(settings: CopilotSettings) -> AsyncIterator[aiohttp.ClientSession]:
    async with open_http(settings) as session:
        yield session


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer
