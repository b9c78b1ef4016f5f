"""The live feed: what is told, how often, and that it never holds anything up."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from dashboard import Dashboard, Page, dashboard

from tray_app.web import feed as feeds
from tray_app.web.feed import CROWDED, MAX_STRANGERS, MAX_SUBSCRIBERS

CHAT = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}


@dataclass
class Listener:
    """One open event stream."""

    response: aiohttp.ClientResponse

    async def next(self, seconds: float = 5) -> tuple[str, Any]:
        """Name and data of the next event; ("", None) at the end, a comment's text as its name."""
        name, data = "", ""
        async with asyncio.timeout(seconds):
            while line := (await self.response.content.readline()).decode():
                if line == "\n":
                    return name, json.loads(data) if data else None
                field, _, value = line.rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data += value
                elif not field:
                    name = f": {value}"
        return "", None

    async def until(self, name: str, fits: Any = lambda _: True) -> Any:
        """The data of the next event of that name that fits."""
        async with asyncio.timeout(10):
            while True:
                found, data = await self.next()
                assert found, "the feed ended"
                if found == name and fits(data):
                    return data


@contextlib.asynccontextmanager
async def listening(page: Page) -> AsyncIterator[Listener]:
    async with page.http.get(page.url + "/api/feed", headers={"Sec-Fetch-Site": "same-origin"}) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Listener(response)


async def test_the_state_comes_first(board: Dashboard) -> None:
    async with listening(board.page) as feed:
        name, state = await feed.next()
        assert (name, state["proxy"], state["url"]) == ("state", "running", board.url)


async def test_a_request_is_told_when_it_begins_and_when_it_ends(board: Dashboard) -> None:
    async with listening(board.page) as feed:
        await feed.next()
        assert (await board.stranger.post("/v1/chat/completions", CHAT)).status == 200
        done = await feed.until("requests", lambda told: told["finished"])
        row = done["finished"][0]
        assert (row["status"], row["model_served"]) == (200, "gpt-4.1")
        assert row["id"].startswith("req_")


async def test_a_running_request_shows_how_long_and_how_silent(board: Dashboard) -> None:
    board.sim.faults.add("stall", after=2, seconds=3)
    async with listening(board.page) as feed, asyncio.TaskGroup() as tasks:
        await feed.next()
        tasks.create_task(board.stranger.post("/v1/chat/completions", CHAT | {"stream": True}))
        told = await feed.until("requests", lambda told: told["running"])
        first = told["running"][0]
        later = await feed.until(
            "requests", lambda told: told["running"] and (told["running"][0]["silence_ms"] or 0) > 1000
        )
        assert later["running"][0]["id"] == first["id"]
        assert later["running"][0]["elapsed_ms"] > first["elapsed_ms"] + 500
        await feed.until("requests", lambda told: told["finished"] and not told["running"])


async def test_a_hundred_requests_are_told_in_few_updates(board: Dashboard) -> None:
    async with listening(board.page) as feed:
        await feed.next()
        began = time.monotonic()
        for _ in range(100):
            await board.stranger.post("/v1/messages/count_tokens", CHAT)
        finished = updates = 0
        while finished < 100:
            told = await feed.until("requests")
            finished, updates = finished + len(told["finished"]), updates + 1
        assert finished == 100
        assert updates <= 4 * (time.monotonic() - began) + 2


async def test_settings_that_change_are_named(board: Dashboard) -> None:
    async with listening(board.page) as feed:
        await feed.next()
        await board.page.put("/api/settings", {"key": "desktop.theme", "value": "dark"})
        told = await feed.until("settings")
        assert told == {"changed": ["desktop.theme"]}
        state = await feed.until("state", lambda state: state["theme"] == "dark")
        assert state["proxy"] == "running"


async def test_a_stranger_learns_no_sign_in_code_and_no_waiting_request(sim, tmp_path) -> None:
    config = "[server]\nport = 0\n[limits]\nmanual_approval = true\n"
    async with dashboard(sim, tmp_path / "home", config=config, token=None) as board:
        assert (await board.page.post("/api/sign-in/begin")).json["sign_in"]["user_code"]
        assert (await board.page.get("/api/state")).json["sign_in"]["user_code"]
        bare = (await board.stranger.get("/api/state")).json
        assert (bare["sign_in"], bare["approvals"]) == (None, [])
        async with listening(board.page) as ours, listening(board.stranger) as theirs:
            assert (await ours.next())[1]["sign_in"]["user_code"]
            assert (await theirs.next())[1]["sign_in"] is None
        await board.page.post("/api/sign-in/cancel")


async def test_stopping_does_not_wait_for_open_pages(board: Dashboard) -> None:
    async with listening(board.page) as feed, listening(board.stranger) as other:
        await feed.next()
        await other.next()
        began = time.monotonic()
        await board.resident.stop()
        assert time.monotonic() - began < 0.5
        for one in (feed, other):
            while (await one.next(2))[0]:
                pass


async def test_the_window_s_pages_stay_while_the_proxy_stops(board: Dashboard) -> None:
    address = await board.resident.window_address("/")
    url, _, path = address.removeprefix("http://").partition("/")
    window = Page(f"http://{url}", board.stranger.http)
    assert (await window.open(f"/{path}")).status == 303
    async with listening(window) as feed:
        assert (await feed.next())[1]["proxy"] == "running"
        await board.resident.stop()
        await feed.until("state", lambda state: state["proxy"] == "stopped")
        started = await window.post("/api/proxy/start", {"port": None})
        assert (started.status, started.json["proxy"]) == (200, "running")
        await feed.until("state", lambda state: state["proxy"] == "running")
        assert (await window.post("/v1/chat/completions", CHAT)).status == 404  # no model answers there
    await board.resident.window_closed()


async def test_pages_are_limited_and_their_leaving_is_noticed(board: Dashboard) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(MAX_SUBSCRIBERS):
            await stack.enter_async_context(listening(board.page))
        refused = await board.page.get("/api/feed")
        assert (refused.status, refused.json["error"]["code"]) == (503, "too_many_pages")
    for _ in range(100):
        if (await board.page.http.head(board.url + "/api/feed")).status == 200:
            with contextlib.suppress(AssertionError):
                async with listening(board.page):
                    return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody's place was given back")


async def test_strangers_do_not_take_the_owner_s_places(board: Dashboard) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(MAX_STRANGERS):
            await stack.enter_async_context(listening(board.stranger))
        refused = await board.stranger.get("/api/feed")
        assert (refused.status, refused.json["error"]["code"]) == (503, "too_many_pages")
        owner = await stack.enter_async_context(listening(board.page))
        assert (await owner.next())[0] == "state"
        await board.page.put("/api/settings", {"key": "desktop.theme", "value": "dark"})
        names = []
        while "settings" not in names:
            names.append((await owner.next())[0])
        assert "crowded" not in names  # nor do they make its pages close


async def test_a_place_is_taken_from_who_does_not_read(
    board: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_SLOWEST_SECONDS", 0.2)
    monkeypatch.setattr(feeds.Feed, "_event", lambda *_: b"x" * 32 * 1024 * 1024)
    feed = board.resident._doors._site._feed
    host, _, port = board.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(f"GET /api/feed HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    for wanted in (1, 0):
        async with asyncio.timeout(10):
            while len(feed._subscribers) != wanted:
                await asyncio.sleep(0.01)
    writer.close()


async def test_pages_are_told_when_they_are_many(board: Dashboard) -> None:
    async with contextlib.AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(listening(board.page)) for _ in range(CROWDED)]
        for page in pages:
            await page.next()
        newest = await stack.enter_async_context(listening(board.page))
        for page in pages:
            assert (await page.until("crowded"))["pages"] == CROWDED + 1
        assert (await newest.next())[0] == "state"


async def test_a_page_that_does_not_read_is_cut_off(board: Dashboard) -> None:
    subscriber = feeds._Subscriber(1, in_session=True)
    for _ in range(1000):
        subscriber.send(b"x")
    left = [subscriber.queue.get_nowait() for _ in range(subscriber.queue.qsize())]
    assert len(left) <= 64
    assert None in left


async def test_a_silent_feed_shows_signs_of_life(board: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_KEEPALIVE_SECONDS", 0.1)
    async with listening(board.page) as feed:
        await feed.next()
        while not (await feed.next())[0].startswith(": still here"):
            pass


async def test_nothing_is_watched_while_nobody_listens(board: Dashboard) -> None:
    seat = board.resident._seat
    before = len(seat.records._watchers)
    async with listening(board.page) as feed:
        await feed.next()
        assert len(seat.records._watchers) == before + 1
    for _ in range(100):
        if len(seat.records._watchers) == before:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("still watched")
