"""The program that stays: its listener, account, troubles, approvals and doors, over real HTTP."""

import asyncio
import socket
import stat
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from tests.harness import Reply
from tests.resident import Program, residing
from tray_app.controls import AppState, Decision, ProxyState, TrayKind
from tray_app.errors import LocalFault
from tray_app.proxy.seat import Pace
from tray_app.simulated import SimulatedCopilot

CHAT = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hello"}]}
ASKS = "[server]\nport = 0\n[limits]\nmanual_approval = true\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def becomes(program: Program, wanted: Callable[[AppState], object], seconds: float = 10) -> AppState:
    """The first state of which that is true."""
    async with asyncio.timeout(seconds):
        while not wanted(state := program.resident.state()):
            await asyncio.sleep(0.02)
    return state


def refuses(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


# --- the proxy ------------------------------------------------------------------------------------


async def test_stop_frees_the_port_and_the_quota_is_still_watched(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        assert program.resident.state().proxy is ProxyState.STOPPED
        await program.resident.start()
        url = program.resident.state().url
        assert (await program.post("/v1/chat/completions", CHAT)).status == 200
        await program.resident.stop()
        state = await becomes(program, lambda state: state.quota)
        assert (state.proxy, state.url, state.signed_in) == (ProxyState.STOPPED, "", True)
        assert state.quota is not None
        assert state.quota.percent_left is not None
        assert refuses(url)
        await program.resident.start()
        assert program.resident.state().url == url, "a client finds it where it was"


async def test_a_hundred_starts_and_stops(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        for _ in range(100):
            await program.resident.start()
            assert not refuses(program.resident.state().url)
            await program.resident.stop()
        await program.resident.restart()
        assert (await program.post("/v1/chat/completions", CHAT)).status == 200


async def test_whoever_asks_to_stop_may_leave(sim: SimulatedCopilot, home: Path) -> None:
    """As a page does, whose connection ends with the listener."""
    sim.state.rate = 20
    async with residing(sim, home) as program:
        await program.resident.start()
        url = program.resident.state().url
        body = CHAT | {"stream": True}
        async with program.http.post(f"{url}/v1/chat/completions", json=body) as response:
            await response.content.readany()
            asking = asyncio.get_running_loop().create_task(program.resident.stop())
            await becomes(program, lambda state: state.proxy is ProxyState.STOPPING)
            asking.cancel()
            assert b"[DONE]" in await response.read()
        await becomes(program, lambda state: state.proxy is ProxyState.STOPPED)


async def test_an_answer_that_is_ended_by_quitting_says_so(sim: SimulatedCopilot, home: Path) -> None:
    sim.state.rate = 2
    async with aiohttp.ClientSession() as http:
        async with residing(sim, home) as program:
            program.resident._seat.pace = Pace(drain=0.2)
            await program.resident.start()
            url = f"{program.resident.state().url}/v1/chat/completions"
            body = CHAT | {"messages": [{"role": "user", "content": "write 60 words"}]}

            async def ask() -> tuple[int, str]:
                async with http.post(url, json=body) as response:
                    return response.status, await response.text()

            asked = asyncio.get_running_loop().create_task(ask())
            await becomes(program, lambda state: state.requests_running)
        status, said = await asked
        assert (status, "Jumpseat is stopping" in said) == (503, True)


async def test_a_taken_port_is_named_and_another_one_offered(sim: SimulatedCopilot, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with residing(sim, home, config=f"# mine\n[server]\nport = {port}  # as always\n") as program:
            with pytest.raises(LocalFault):
                await program.resident.start()
            trouble = program.resident.state().trouble
            assert trouble is not None
            assert (trouble.code, str(port) in trouble.message) == ("port_in_use", True)
            assert trouble.offer_port is not None
            assert trouble.offer_port > port
            await program.resident.start(trouble.offer_port)
            state = program.resident.state()
            assert (state.proxy, state.trouble) == (ProxyState.RUNNING, None)
            assert state.url.endswith(f":{trouble.offer_port}")
            kept = program.paths.config.read_text()
            assert kept == f"# mine\n[server]\nport = {trouble.offer_port}  # as always\n"


async def test_subscribers_hear_of_changes_but_of_no_storm(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        await becomes(program, lambda state: state.quota)
        heard: list[tuple[float, AppState]] = []
        end = program.resident.subscribe(lambda state: heard.append((time.monotonic(), state)))
        await program.resident.start()
        began = time.monotonic()
        await asyncio.gather(*(program.post("/v1/chat/completions", CHAT) for _ in range(60)))
        took = time.monotonic() - began
        await asyncio.sleep(0.4)
        assert 1 <= len(heard) <= 4 * took + 4
        assert all(later[0] - earlier[0] > 0.2 for earlier, later in pairwise(heard))
        assert heard[-1][1].proxy is ProxyState.RUNNING
        assert heard[-1][1].requests_running == 0
        end()
        count = len(heard)
        await program.resident.stop()
        await asyncio.sleep(0.4)
        assert len(heard) == count


# --- accounts -------------------------------------------------------------------------------------


async def test_signing_in_without_a_keyring_is_for_this_run(home: Path) -> None:
    async with SimulatedCopilot(device_interval=0.1) as sim, residing(sim, home, token=None) as program:
        await program.resident.start()
        refused = await program.post("/v1/chat/completions", CHAT)
        assert (refused.status, program.resident.state().signed_in) == (403, False)
        view = await program.resident.begin_sign_in()
        assert (view.status, view.user_code) == ("waiting", sim.user_codes[0])
        assert await program.resident.begin_sign_in() == view, "one at a time"
        sim.auto_approve = True
        state = await becomes(program, lambda state: state.sign_in and state.sign_in.status == "done")
        assert state.sign_in is not None
        assert "this run only" in state.sign_in.message
        state = await becomes(program, lambda state: state.signed_in and state.quota)
        assert [(one.login, one.active, one.in_keyring) for one in state.accounts] == [
            (state.login, True, False)
        ]
        assert (await program.post("/v1/chat/completions", CHAT)).status == 200
        await program.resident.sign_out(str(state.login))
        state = await becomes(program, lambda state: not state.signed_in)
        assert (state.accounts, state.quota, state.sign_in) == ((), None, None)


async def test_a_sign_in_can_be_forgotten(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, token=None) as program:
        await program.resident.begin_sign_in()
        await program.resident.cancel_sign_in()
        assert program.resident.state().sign_in is None


# --- troubles -------------------------------------------------------------------------------------


async def test_no_way_to_github_is_told(sim: SimulatedCopilot, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    async with residing(sim, home, JUMPSEAT_COPILOT_GITHUB_API_URL=address) as program:
        state = await becomes(program, lambda state: state.trouble, 20)
        assert state.trouble is not None
        assert state.trouble.code == "offline"
        assert "127.0.0.1" in state.trouble.message


async def test_a_mistake_in_the_settings_is_told_and_goes_when_it_is_mended(
    sim: SimulatedCopilot, home: Path
) -> None:
    async with residing(sim, home) as program:
        program.paths.config.write_text("[server]\nport = 0\nprot = 1\n")
        state = await becomes(program, lambda state: state.trouble)
        assert state.trouble is not None
        assert (state.trouble.code, "line 3" in state.trouble.message) == ("settings", True)
        program.paths.config.write_text("[server]\nport = 0\n")
        await becomes(program, lambda state: state.trouble is None)


# --- approval and limits --------------------------------------------------------------------------


async def asked(program: Program, client: str = "claude-cli/2.0") -> "asyncio.Task[Reply]":
    before = len(program.resident.state().approvals)
    sending = asyncio.get_running_loop().create_task(
        program.post("/v1/chat/completions", CHAT, User_Agent=client)
    )
    await becomes(program, lambda state: len(state.approvals) > before)
    return sending


async def test_a_request_waits_for_its_owners_word(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, config=ASKS) as program:
        await program.resident.start()
        sending = await asked(program)
        (waiting,) = program.resident.state().approvals
        assert (waiting.client, waiting.model) == ("Claude Code", "gpt-5.2")
        assert waiting.size_bytes > 50
        assert waiting.estimated_units is not None
        assert 55 < (waiting.expires_at - waiting.asked_at).total_seconds() < 65
        assert sim.ledger == [], "nothing is sent before"
        assert program.resident.decide(waiting.id, Decision.ALLOW)
        assert (await sending).status == 200
        assert not program.resident.decide(waiting.id, Decision.ALLOW)

        sending = await asked(program)
        (waiting,) = program.resident.state().approvals
        program.resident.decide(waiting.id, Decision.DENY)
        refused = await sending
        assert (refused.status, refused.json["error"]["code"]) == (403, "approval_denied")
        assert len(sim.ledger) == 1


async def test_a_client_may_be_let_through_for_an_hour(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, config=ASKS) as program:
        await program.resident.start()
        first, second = await asked(program), await asked(program)
        program.resident.decide(program.resident.state().approvals[0].id, Decision.ALLOW_CLIENT)
        assert [(await one).status for one in (first, second)] == [200, 200]
        reply = await program.post("/v1/chat/completions", CHAT, User_Agent="claude-cli/2.0")
        assert reply.status == 200
        other = await asked(program, "codex_cli_rs/0.1")
        program.resident.decide(program.resident.state().approvals[0].id, Decision.DENY)
        assert (await other).status == 403


async def test_who_goes_away_takes_the_question_along(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, config=ASKS) as program:
        await program.resident.start()
        sending = await asked(program)
        sending.cancel()
        await becomes(program, lambda state: not state.approvals)
        assert sim.ledger == []


async def test_lists_and_counting_ask_nobody(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, config=ASKS) as program:
        await program.resident.start()
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "x"}]}
        assert (await program.post("/v1/messages/count_tokens", body)).status == 200
        async with program.http.get(program.resident.state().url + "/v1/models") as answer:
            assert answer.status == 200


async def test_where_nobody_looks_nobody_is_asked(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, config=ASKS, tray=TrayKind.HEADLESS) as program:
        await program.resident.start()
        refused = await program.post("/v1/chat/completions", CHAT)
        assert (refused.status, refused.json["error"]["code"]) == (403, "approval_unavailable")
        assert sim.ledger == []


# --- window and other commands --------------------------------------------------------------------


async def test_the_windows_pages_outlive_the_proxy_and_end_with_the_window(
    sim: SimulatedCopilot, home: Path
) -> None:
    async with residing(sim, home) as program:
        await program.resident.start()
        await program.resident.open_window("/requests")
        assert program.pages == ["/requests"]
        address = await program.resident.window_address("/requests")
        base = address.partition("/enter")[0]
        assert base != program.resident.state().url
        await program.resident.stop()
        async with program.http.get(address, allow_redirects=False) as entered:
            assert (entered.status, entered.headers["Location"]) == (303, "/requests")
        async with program.http.get(f"{base}/api/state") as answer:
            assert (await answer.json())["proxy"] == "stopped"
        async with program.http.post(f"{base}/v1/chat/completions", json=CHAT) as answer:
            assert answer.status == 404, "models answer at the proxy only"
        await program.resident.window_closed()
        assert refuses(base)


async def test_a_second_start_knocks_with_the_key_of_this_run(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        await program.resident.start()
        async with asyncio.timeout(5):
            while not program.paths.control.exists() or not program.control()["url"]:
                await asyncio.sleep(0.02)
        control = program.control()
        assert stat.S_IMODE(program.paths.control.stat().st_mode) == 0o600
        for key, status in ((control["key"], 200), ("another", 403), ("", 403)):
            headers = {"Authorization": f"Bearer {key}"}
            async with program.http.post(
                f"{control['door']}/api/window", json={"page": "/usage"}, headers=headers
            ) as answer:
                assert answer.status == status
        assert program.pages == ["/usage"]
        async with program.http.get(f"{control['door']}/health") as answer:
            assert answer.status == 404
    assert not program.paths.control.exists()


async def test_serve_has_no_window_and_says_so(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home, tray=TrayKind.HEADLESS) as program:
        with pytest.raises(LocalFault, match="no window"):
            await program.resident.open_window()
        with pytest.raises(LocalFault, match="not possible"):
            await program.resident.set_autostart(True)
        await program.resident.quit()
        assert program.quits == ["quit"]


async def test_what_was_noticed_outlasts_a_run(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        assert not program.resident.state().terms_seen
        await program.resident.see_terms()
        assert program.resident.state().terms_seen
    async with residing(sim, home) as program:
        assert program.resident.state().terms_seen


async def test_recording_is_a_setting_and_bodies_are_not(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        await program.resident.set_recording(False)
        assert not program.resident.state().history_enabled
        assert "enabled = false" in program.paths.config.read_text()
        program.resident.record_bodies(1)
        assert program.resident.state().recording_until is not None
        program.resident.record_bodies(None)
        assert program.resident.state().recording_until is None


# --- tools ----------------------------------------------------------------------------------------


async def test_a_change_of_a_tool_is_shown_then_made_and_made_once(sim: SimulatedCopilot, home: Path) -> None:
    async with residing(sim, home) as program:
        await program.resident.start()
        shown = await program.resident.preview("claude-code", None, None, False)
        assert shown.is_change
        assert program.resident.state().url in shown.diff
        await program.resident.make(shown.token)
        state = program.resident.state()
        assert {one.name: one.state for one in state.clients}["claude-code"] == "connected"
        with pytest.raises(LocalFault):
            await program.resident.make(shown.token)
        back = await program.resident.preview("claude-code", None, None, True)
        await program.resident.make(back.token)
        assert not list((home / "tools").rglob("settings.json"))
