"""The verbs of the pages, against the real program."""

import asyncio
from typing import Any

import pytest
from dashboard import Dashboard, dashboard

from tray_app.controls import Desktop

CHAT = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}

MESSAGE = CHAT | {"max_tokens": 100}


async def test_a_page_stops_the_proxy_that_serves_it(board: Dashboard) -> None:
    stopped = await board.page.post("/api/proxy/stop")
    assert (stopped.status, stopped.json["proxy"], stopped.json["url"]) == (200, "stopped", "")
    assert board.resident.state().proxy == "stopped"


async def test_a_page_restarts_the_proxy_that_serves_it(board: Dashboard) -> None:
    again = await board.page.post("/api/proxy/restart")
    assert (again.status, again.json["proxy"]) == (200, "running")
    assert (await board.page.get("/api/state")).json["url"] == board.url


async def test_a_port_that_is_taken_is_a_sentence(board: Dashboard) -> None:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as taken:
        port = taken.sockets[0].getsockname()[1]
        refused = await board.page.post("/api/proxy/start", {"port": port})
    assert (refused.status, refused.json["error"]["code"]) == (409, "not_possible")
    assert str(port) in refused.json["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/api/proxy/start", {"port": "x"}, "port"),
        ("/api/proxy/start", {"port": 70000}, "port"),
        ("/api/proxy/start", {"port": 1.5}, "port"),
        ("/api/recording", {"hours": -1}, "hours"),
        ("/api/recording", {"hours": True}, "hours"),
        ("/api/history/keep", {"enabled": 1}, "enabled"),
        ("/api/history/keep", {}, "enabled"),
        ("/api/accounts/use", {}, "login"),
        ("/api/approvals/x", {"decision": "maybe"}, "decision"),
        ("/api/approvals/x", {"decision": []}, "decision"),
        ("/api/limits/lift", {"hours": 1000}, "hours"),
        ("/api/tools/make", {}, "token"),
        ("/api/tools/codex/preview", {"back": "x"}, "back"),
        ("/api/settings/check", {"value": 1}, "key"),
    ],
)
async def test_what_is_wrong_is_named(board: Dashboard, path: str, body: Any, param: str) -> None:
    refused = await board.page.post(path, body)
    assert (refused.status, refused.json["error"]["param"]) == (400, param)


async def test_recording_is_switched_on_for_a_while(board: Dashboard) -> None:
    on = await board.page.post("/api/recording", {"hours": 1})
    assert on.json["recording_until"]
    off = await board.page.post("/api/recording", {"hours": None})
    assert off.json["recording_until"] is None
    kept = await board.page.post("/api/history/keep", {"enabled": False})
    assert kept.json["history_enabled"] is False
    assert "enabled = false" in board.paths.config.read_text()


async def test_a_waiting_request_is_allowed_from_the_page(sim, tmp_path) -> None:
    config = "[server]\nport = 0\n[limits]\nmanual_approval = true\n"
    async with dashboard(sim, tmp_path / "home", config=config) as board:
        alone = await board.stranger.post("/v1/chat/completions", CHAT)
        assert alone.status == 403  # nobody to ask
        async with board.page.http.get(board.url + "/api/feed"), asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(board.stranger.post("/v1/chat/completions", CHAT))
            waiting: list[Any] = []
            while not waiting:
                await asyncio.sleep(0.02)
                waiting = (await board.page.get("/api/state")).json["approvals"]
            assert (await board.stranger.get("/api/state")).json["approvals"] == []
            path = f"/api/approvals/{waiting[0]['id']}"
            assert (await board.page.post(path, {"decision": "allow"})).json == {"decided": True}
            assert (await board.page.post(path, {"decision": "allow"})).json == {"decided": False}
        assert asked.result().status == 200


async def test_a_running_request_is_cancelled_from_the_page(board: Dashboard) -> None:
    board.sim.faults.add("stall", after=3, seconds=60)
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(board.stranger.post("/v1/chat/completions", CHAT | {"stream": True}))
        done = {"cancelled": False}
        while not done["cancelled"]:
            await asyncio.sleep(0.05)
            running = (await board.stranger.get("/api/requests")).json["running"]
            if running:
                done = (await board.page.post(f"/api/requests/{running[0]['id']}/cancel")).json
    assert "Cancelled from the dashboard" in asked.result().text
    gone = await board.page.post("/api/requests/req_x/cancel")
    assert gone.json == {"cancelled": False}


@pytest.mark.parametrize("stream", [True, False])
async def test_a_request_is_cancelled_before_its_answer_comes(board: Dashboard, stream: bool) -> None:
    board.sim.faults.add("stall_headers", seconds=60)
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(board.stranger.post("/v1/messages", MESSAGE | {"stream": stream}))
        while not (waiting := (await board.stranger.get("/api/requests")).json["running"]):
            await asyncio.sleep(0.02)
        path = f"/api/requests/{waiting[0]['id']}/cancel"
        while not (await board.page.post(path)).json["cancelled"]:
            await asyncio.sleep(0.02)
    assert asked.result().status == 499
    assert asked.result().json["error"]["message"] == "Cancelled from the dashboard."
    after = await board.stranger.post("/v1/messages", MESSAGE)
    assert after.status == 200
    assert (await board.page.post(path)).json == {"cancelled": False}


async def test_signing_in_from_the_page(sim, tmp_path) -> None:
    async with dashboard(sim, tmp_path / "home", token=None) as board:
        begun = (await board.page.post("/api/sign-in/begin")).json["sign_in"]
        assert begun["status"] == "waiting"
        assert begun["user_code"]
        ended = (await board.page.post("/api/sign-in/cancel")).json["sign_in"]
        assert ended is None
        nobody = await board.page.post("/api/accounts/use", {"login": "nobody"})
        assert nobody.status == 409


async def test_what_is_not_possible_here_is_a_sentence(board: Dashboard) -> None:
    for path, body in (("/api/autostart", {"enabled": True}), ("/api/quit", {})):
        refused = await board.page.post(path, body)
        assert (refused.status, refused.json["error"]["code"]) == (409, "not_possible")
        assert refused.json["error"]["message"].endswith(".")


async def test_quit_ends_the_program(sim, tmp_path) -> None:
    asked = asyncio.Event()
    async with dashboard(sim, tmp_path / "home", desktop=Desktop(quit=asked.set)) as board:
        assert (await board.page.post("/api/quit")).status == 200
        assert asked.is_set()


async def test_the_notice_is_seen_once(board: Dashboard) -> None:
    assert (await board.page.get("/api/state")).json["terms_seen"] is False
    assert (await board.page.post("/api/terms-seen")).json["terms_seen"] is True
