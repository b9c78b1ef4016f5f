"""The notice of a newer version: asked once a day, only where the owner names the address."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.resident import residing
from tests.test_resident import becomes
from tray_app import __version__
from tray_app.cli.reading import status_lines
from tray_app.copilot.releases import Release, read_releases
from tray_app.desktop.menu import Action, menu
from tray_app.desktop.wording import ENGLISH
from tray_app.resident.noticed import Noticed
from tray_app.resident.updates import DAY_SECONDS, Updates
from tray_app.simulated import SimulatedCopilot

PAGE = "https://github.com/example/jumpseat/releases/tag/v99.0.0"
NEWER = {"tag_name": "v99.0.0", "html_url": PAGE, "body": "- Better\n- Smaller"}


@dataclass
class Feed:
    """A release feed on loopback; what it was asked, and what it says."""

    url: str = ""
    says: Any = field(default_factory=lambda: dict(NEWER))
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({name.lower(): value for name, value in request.headers.items()})
        return web.json_response(self.says, status=self.status)

    @property
    def config(self) -> str:
        return f'[server]\nport = 0\n[desktop]\nupdate_feed = "{self.url}"\n'


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    feed, app = Feed(), web.Application()
    app.router.add_get("/releases/latest", feed.answer)
    async with TestServer(app) as server:
        feed.url = str(server.make_url("/releases/latest"))
        yield feed


async def test_nobody_is_asked_by_default(sim: SimulatedCopilot, tmp_path: Path, feed: Feed) -> None:
    async with residing(sim, tmp_path / "home") as program:
        await becomes(program, lambda state: state.quota)
        assert program.resident.state().update is None
    assert feed.asked == []


async def test_a_newer_version_shows_everywhere_and_is_asked_for_once_a_day(
    sim: SimulatedCopilot, tmp_path: Path, feed: Feed
) -> None:
    for _ in range(2):  # a restart does not ask again, and still knows
        async with residing(sim, tmp_path / "home", config=feed.config) as program:
            state = await becomes(program, lambda state: state.update and state.signed_in)
            assert state.update is not None
            assert (state.update.version, state.update.url) == ("99.0.0", PAGE)
            assert state.update.notes == "- Better\n- Smaller"
            row = next(entry for entry in menu(state, ENGLISH) if "99.0.0" in entry.label)
            assert (row.action, row.argument) == (Action.OPEN, "/")
            await program.resident.start()
            async with program.http.get(program.resident.state().url + "/health") as reply:
                health = await reply.json()
            assert health["update"] == {"version": "99.0.0", "url": PAGE}
            assert f"Version 99.0.0 is there: {PAGE}" in status_lines("http://x", health)
    assert len(feed.asked) == 1


async def test_the_question_tells_nothing(sim: SimulatedCopilot, tmp_path: Path, feed: Feed) -> None:
    async with residing(sim, tmp_path / "home", config=feed.config) as program:
        await becomes(program, lambda state: state.update)
    sent = feed.asked[0]
    assert set(sent) <= {"host", "user-agent", "accept", "accept-encoding"}
    assert sent["user-agent"] == "Jumpseat"
    assert __version__ not in str(sent)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (500, {}),
        (302, NEWER),
        (200, []),
        (200, {"message": "Not Found"}),
        (200, NEWER | {"tag_name": f"v{__version__}"}),
        (200, NEWER | {"tag_name": "0.0.1"}),
        (200, NEWER | {"prerelease": True}),
    ],
)
async def test_nothing_newer_is_silence(
    sim: SimulatedCopilot, tmp_path: Path, feed: Feed, status: int, says: Any
) -> None:
    feed.status, feed.says = status, says
    async with residing(sim, tmp_path / "home", config=feed.config) as program:
        state = await becomes(program, lambda state: feed.asked and state.quota)
        assert (state.update, state.trouble) == (None, None)


async def test_the_next_question_is_a_day_later(sim: SimulatedCopilot, tmp_path: Path, feed: Feed) -> None:
    """Also after a failure, and at once when another address is set."""
    asked: list[str] = []

    async def newest(url: str) -> Release | None:
        asked.append(url)
        return None

    async with residing(sim, tmp_path / "home", config=feed.config) as program:
        await becomes(program, lambda state: state.update)
        seat = program.resident._seat  # the time of day is not a part of the program's face
        updates = Updates(seat, Noticed(program.paths), newest, lambda: None)
        fact = Noticed(program.paths).fact("release")
        assert isinstance(fact, dict)
        start = fact["asked_at"]
        for later, times in ((1, 0), (DAY_SECONDS - 1, 0), (DAY_SECONDS + 1, 1), (DAY_SECONDS + 2, 1)):
            await updates.look(start + later)
            assert len(asked) == times
            assert seat.newer is not None, "what is known stays known"
        await updates.look(start - 10_000)
        assert len(asked) == 2, "a clock that was wrong does not silence it for ever"


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (b'{"tag_name":"1.2","html_url":"https://x.example/1"}', "1.2"),
        (b'[{"tag_name":"v1.2.0","html_url":"https://x.example/1"},'
         b'{"tag_name":"v1.10.0","html_url":"https://x.example/2"}]', "1.10.0"),
        (b'{"tag_name":"v2","html_url":"https://x.example/1"}', None),
        (b'{"tag_name":"v2.0","html_url":"http://x.example/1"}', None),
        (b'{"tag_name":"v2.0","html_url":"javascript:alert(1)"}', None),
        (b'{"tag_name":"nightly","html_url":"https://x.example/1"}', None),
        (b'{"tag_name":2,"html_url":3,"body":4}', None),
        (b'[1,null,"x",{}]', None),
        (b"<html>", None),
    ],
)  # fmt: skip
def test_what_a_feed_may_say(body: bytes, version: str | None) -> None:
    release = read_releases(body)
    assert (release.version if release else None) == version


@pytest.mark.parametrize(
    ("version", "other", "above"),
    [("1.10.0", "1.9.9", True), ("1.0", "1.0.0", False), ("1.0.0", "1.0.1", False), ("1.0", "dev", False)],
)
def test_which_is_above(version: str, other: str, above: bool) -> None:
    assert Release(version, "https://x.example").is_above(other) is above
