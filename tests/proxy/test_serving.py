"""The proxy as a process: what it prints, logs and weighs, how it ends, and settings edited while it runs."""

import asyncio
import json
import re
import signal
import socket
import sys
from pathlib import Path

import pytest
from serving import Process, environment, serving
from ways import NATIVE, SAID, WAYS, Way, assert_broken, assert_error, assert_neat, streamed_text

from tests.harness import Reply
from tray_app.simulated import SimulatedCopilot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc are not Windows'")
THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
READY = re.compile(r"Jumpseat is ready at http://127\.0\.0\.1:\d+\n")


async def test_one_ready_line_and_nothing_else(sim, tmp_path) -> None:
    async with serving(sim, tmp_path / "home") as proxy:
        for way in WAYS:
            for stream in (True, False):
                assert (await proxy.ask("POST", way.path, way.body(stream=stream))).status == 200
        sim.faults.add("reset_mid")
        sim.faults.add("status", preset="402")
        for _ in range(2):
            await proxy.ask("POST", NATIVE[0].path, NATIVE[0].body())
        await proxy.ask("POST", "/v1/messages", b"\xff")
        assert await proxy.end() == 0
        assert READY.fullmatch(proxy.out)
        assert proxy.err == ""
        assert "Traceback" not in proxy.log()


# --- the end --------------------------------------------------------------------------------------


@THREE
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_running_stream_finishes_first(sim, tmp_path, how: signal.Signals, way: Way) -> None:
    sim.state.rate = 30
    async with serving(sim, tmp_path / "home") as proxy:
        async with proxy.http.post(proxy.url + way.path, json=way.body()) as response:
            first = await response.content.readany()
            proxy.process.send_signal(how)
            reply = Reply(200, {}, first + await response.read())
        assert_neat(way, reply)
        assert streamed_text(way, reply) == SAID
        assert await proxy.ended() == 0


async def test_streams_that_take_too_long_end_with_their_dialects_error(sim, tmp_path) -> None:
    sim.state.rate = 30
    sim.faults.add("stall", after=8, seconds=60, times=len(WAYS))

    async def read(way: Way) -> Reply:
        async with proxy.http.post(proxy.url + way.path, json=way.body()) as response:
            return Reply(response.status, {}, await response.read())

    async with serving(sim, tmp_path / "home") as proxy, asyncio.TaskGroup() as group:
        reading = [group.create_task(read(way)) for way in WAYS]
        await sim.until(lambda sim: sim.active == len(WAYS))
        await asyncio.sleep(0.5)
        proxy.process.send_signal(signal.SIGTERM)
        began = asyncio.get_running_loop().time()
        for way, reply in zip(WAYS, await asyncio.gather(*reading), strict=True):
            assert "stopping" in assert_broken(way, reply)["message"]
        assert 8 < asyncio.get_running_loop().time() - began < 12.5
        assert await proxy.ended() == 0
        await sim.until(lambda sim: sim.active == 0, 2)


async def test_no_new_requests_while_it_stops(sim, tmp_path) -> None:
    way = NATIVE[0]
    sim.state.rate = 30
    async with serving(sim, tmp_path / "home") as proxy:
        async with proxy.http.post(proxy.url + way.path, json=way.body()) as response:
            first = await response.content.readany()
            proxy.process.send_signal(signal.SIGTERM)
            while not await refuses(proxy.url):
                await asyncio.sleep(0.01)
            assert_neat(way, Reply(200, {}, first + await response.read()))
        assert await proxy.ended() == 0


async def refuses(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it waited in line when the door closed
        return True
    writer.close()
    return False


async def test_idle_connections_do_not_hold_up_the_end(sim, tmp_path) -> None:
    async with serving(sim, tmp_path / "home") as proxy:
        await proxy.ask("GET", "/health")  # the session keeps this connection
        began = asyncio.get_running_loop().time()
        assert await proxy.end() == 0
        assert asyncio.get_running_loop().time() - began < 3


# --- settings -------------------------------------------------------------------------------------


async def becomes(proxy: Process, path: str, status: int, **headers: str) -> None:
    """Wait until the answer has that status; at most ten seconds."""
    async with asyncio.timeout(10):
        while (await proxy.ask("GET", path, **headers)).status != status:
            await asyncio.sleep(0.05)


async def test_keys_and_limits_apply_while_it_runs(sim, tmp_path) -> None:
    home = tmp_path / "home"
    async with serving(sim, home) as proxy:
        assert (await proxy.ask("GET", "/v1/models")).status == 200
        (home / "config.toml").write_text('[server]\napi_keys = ["k1"]\nmax_body_mb = 1\n')
        await becomes(proxy, "/v1/models", 401)
        reply = await proxy.ask("POST", "/v1/messages", b" " * 1_200_000, x_api_key="k1")
        assert_error("messages", reply, 413)
        (home / "config.toml").write_text("[server]\napi_keys = 5\n")
        await asyncio.sleep(1.5)
        assert (await proxy.ask("GET", "/v1/models")).status == 401, "a bad file must not open the door"
        (home / "config.toml").write_text("")
        await becomes(proxy, "/v1/models", 200)


async def test_the_port_moves_and_streams_survive(sim, tmp_path) -> None:
    home, way = tmp_path / "home", NATIVE[0]
    home.mkdir()
    ports = [free_port(), free_port()]
    (home / "config.toml").write_text(f"[server]\nport = {ports[0]}\n")
    sim.state.rate = 20
    async with serving(sim, home, "--host", "127.0.0.1") as proxy:
        assert proxy.url.endswith(f":{ports[0]}")
        async with proxy.http.post(proxy.url + way.path, json=way.body()) as response:
            first = await response.content.readany()
            (home / "config.toml").write_text(f"[server]\nport = {ports[1]}\n")
            reply = Reply(200, {}, first + await response.read())
        assert_neat(way, reply)
        proxy.url = f"http://127.0.0.1:{ports[1]}"
        async with asyncio.timeout(10):
            while await refuses(proxy.url):
                await asyncio.sleep(0.05)
        assert (await proxy.ask("GET", "/health")).status == 200
        assert await refuses(f"http://127.0.0.1:{ports[0]}")
        assert await proxy.end() == 0
        assert proxy.out.count("\n") == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- who may bind where ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
async def test_no_key_no_listening_elsewhere(sim, tmp_path, host: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tray_app", "serve", "--port", "0", "--host", host,
        env=environment(sim, tmp_path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out) == (1, b"")
    assert b"api_keys" in err
    assert b"Traceback" not in err


async def test_with_a_key_it_listens_and_loses_the_key_never(sim, tmp_path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text('[server]\napi_keys = ["k1"]\n')
    async with serving(sim, home, "--host", "0.0.0.0", "--port", "0") as proxy:
        proxy.url = proxy.url.replace("0.0.0.0", "127.0.0.1")
        assert (await proxy.ask("GET", "/v1/models")).status == 401
        (home / "config.toml").write_text("[server]\napi_keys = []\n")
        for _ in range(20):
            await asyncio.sleep(0.1)
            assert (await proxy.ask("GET", "/v1/models")).status in (401, 403)


# --- weight ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_a_60_mb_body_costs_less_than_150_mb(sim: SimulatedCopilot, tmp_path, way: Way) -> None:
    async with serving(sim, tmp_path / "home") as proxy:
        assert (await proxy.ask("POST", way.path, way.body())).status == 200
        before = proxy.memory_kb()
        content = "x" * (60 * 1024 * 1024)
        body = json.dumps(way.body(content)).encode()
        del content
        reply = await proxy.ask("POST", way.path, body)
        assert reply.status in (200, 400, 413)
        assert proxy.memory_kb() - before < 150 * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
async def test_bodies_that_are_refused_cost_nothing(sim: SimulatedCopilot, tmp_path) -> None:
    async def endless():
        for _ in range(3000):
            yield b" " * 65536

    async with serving(sim, tmp_path / "home", JUMPSEAT_SERVER_MAX_BODY_MB="4") as proxy:
        await proxy.ask("GET", "/v1/models")
        before = proxy.memory_kb()
        for _ in range(3):
            reply = await proxy.ask("POST", "/v1/messages", endless())
            assert_error("messages", reply, 413)
        assert proxy.memory_kb() - before < 20 * 1024


# --- secrets --------------------------------------------------------------------------------------

SECRETS = {
    "key": "key-MARKER-of-the-owner",
    "prompt": "MARKER-prompt-nobody-should-log",
    "query": "key-MARKER-in-a-query",
}


@pytest.mark.parametrize("flags", [(), ("--verbose",), ("--debug",)], ids=["quiet", "verbose", "debug"])
async def test_nothing_sensitive_is_written_or_shown(sim, tmp_path, flags: tuple[str, ...]) -> None:
    home, key = tmp_path / "home", {"x_api_key": SECRETS["key"]}
    async with serving(
        sim, home, *flags, "--port", "0", JUMPSEAT_SERVER_API_KEYS=SECRETS["key"],
        JUMPSEAT_COPILOT_MAX_CONNECTION_RETRIES="0",
    ) as proxy:  # fmt: skip
        shown = []
        for way in WAYS:
            for fault in (None, "reset", "401", "500", "reset_mid", "malformed_sse", "html_502"):
                if fault:
                    name = "status" if fault.isdigit() else fault
                    sim.faults.add(name, times=9, preset=fault)
                reply = await proxy.ask("POST", way.path, way.body(SECRETS["prompt"]), **key)
                shown += [reply.text] if reply.status != 200 else []
                sim.faults.clear()
        await proxy.ask("GET", f"/v1beta/models?key={SECRETS['query']}")
        await proxy.ask("POST", "/v1/messages", json.dumps({"model": SECRETS["prompt"]}).encode()[:-3], **key)
        for path in (
            "/api/requests?limit=500",
            "/api/stats",
            "/health",
            "/usage",
            "/metrics",
            "/openapi.json",
        ):
            reply = await proxy.ask("GET", path, **key)
            assert reply.status == 200
            shown.append(reply.text)
        assert await proxy.end() == 0
        written = proxy.out + proxy.err + proxy.log()
        copilot_tokens = list(sim.state.accounts.copilot_tokens)
        assert copilot_tokens
        for text in (written, *shown):
            for secret in (*SECRETS.values(), sim.github_token, *copilot_tokens):
                assert secret not in text
        kept = [path for path in home.rglob("*") if path.is_file()]
        for path in kept:
            content = path.read_bytes()
            assert sim.github_token.encode() not in content
            assert SECRETS["prompt"].encode() not in content
            assert path.stat().st_mode & 0o077 == 0
