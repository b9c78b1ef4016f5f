"""Streams on their way: keepalives, early failures, timings, connections, and headers that stay behind."""

import asyncio

import pytest
from ways import EVERY, NATIVE, SAID, Way, assert_broken, assert_error, assert_neat, events, streamed_text

from tests.harness import Jumpseat, Reply, running
from tray_app.proxy.seat import Pace

ALL = pytest.mark.parametrize("way", EVERY, ids=str)
THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
PING = {"chat": ": keepalive\n\n", "responses": ": keepalive\n\n",
        "messages": 'event: ping\ndata: {"type": "ping"}\n\n', "gemini": "\n"}  # fmt: skip


def signs_of_life(way: Way, reply: Reply) -> int:
    """How many keepalives are in a stream. Google's clients take none but white space."""
    if way.dialect == "gemini":
        chunks = reply.text.count("\r\n") if way.is_array else 2 * len(events(reply))
        return reply.text.count("\n") - chunks
    return reply.text.count(PING[way.dialect])


@pytest.fixture
async def brisk(sim, tmp_path):
    """A Jumpseat that keeps streams alive every 60 ms."""
    async with running(sim, tmp_path, pace=Pace(keepalive=0.06, grace=0.05)) as jumpseat:
        await jumpseat.get("/v1/models")
        yield jumpseat


@ALL
async def test_signs_of_life_come_between_events_and_not_after_the_end(brisk: Jumpseat, way: Way) -> None:
    brisk.sim.faults.add("stall", after=8, seconds=0.5)
    reply = await brisk.post(way.path, way.body())
    assert 2 <= signs_of_life(way, reply) <= 10
    assert_neat(way, reply)
    assert streamed_text(way, reply) == SAID
    assert not reply.text.endswith("\n\n\n" if way.dialect == "gemini" else PING[way.dialect])


@ALL
async def test_signs_of_life_before_the_first_event(brisk: Jumpseat, way: Way) -> None:
    brisk.sim.faults.add("stall", after=0, seconds=0.4)
    reply = await brisk.post(way.path, way.body())
    assert reply.text.startswith(PING[way.dialect])
    assert_neat(way, reply)


@ALL
async def test_no_sign_of_life_lands_inside_an_event(brisk: Jumpseat, way: Way) -> None:
    """Upstream's bytes arrive in pieces of seven, slowly: whatever is half there stays whole."""
    brisk.sim.state.rate = 60
    brisk.sim.faults.add("split_utf8", size=300)
    reply = await brisk.post(way.path, way.body("say: äöü€😀 kurz"))
    assert streamed_text(way, reply) == "äöü€😀 kurz"
    assert all(isinstance(event.data, dict | str) for event in events(reply))


async def test_a_lively_stream_gets_none(brisk: Jumpseat) -> None:
    way = NATIVE[2]
    brisk.sim.state.rate = 200
    assert PING["messages"] not in (await brisk.post(way.path, way.body())).text


# --- early failures -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["failed", "nested", "flat"])
@pytest.mark.parametrize("way", [way for way in EVERY if way.upstream == "/responses"], ids=str)
async def test_a_failure_right_behind_the_announcements_is_an_http_error(
    jumpseat: Jumpseat, form: str, way: Way
) -> None:
    jumpseat.sim.state.rate = 100
    jumpseat.sim.faults.add("error_event", after=2, form=form, code="invalid_prompt", message="not like this")
    error = assert_error(way.dialect, await jumpseat.post(way.path, way.body()), 400)
    assert "not like this" in error["message"]
    assert jumpseat.last["status"] == 400


@pytest.mark.parametrize("way", [way for way in EVERY if way.upstream == "/responses"], ids=str)
async def test_announcements_are_held_back_no_longer_than_the_grace(sim, tmp_path, way: Way) -> None:
    sim.faults.add("stall", after=2, seconds=0.6)
    async with running(sim, tmp_path, pace=Pace(grace=0.1)) as jumpseat:
        await jumpseat.get("/v1/models")
        began = asyncio.get_running_loop().time()
        async with jumpseat.http.post(jumpseat.url + way.path, json=way.body()) as response:
            assert response.status == 200
            assert asyncio.get_running_loop().time() - began < 0.4
            assert_neat(way, await reply_of(response))


async def reply_of(response):
    return Reply(response.status, dict(response.headers), await response.read())


@ALL
async def test_after_the_grace_a_failure_is_the_streams(sim, tmp_path, way: Way) -> None:
    sim.faults.add("stall", after=0, seconds=60)
    settings = {"read_timeout_seconds": 0.4}
    async with running(sim, tmp_path, pace=Pace(grace=0.05), copilot=settings) as jumpseat:
        reply = await jumpseat.post(way.path, way.body())
        assert reply.status == 200
        assert_broken(way, reply)
        assert jumpseat.last["error"] == "upstream_silent"


# --- what is measured -----------------------------------------------------------------------------


@ALL
async def test_the_first_byte_and_the_longest_silence_are_measured(jumpseat: Jumpseat, way: Way) -> None:
    await jumpseat.get("/v1/models")
    jumpseat.sim.faults.add("stall", after=8, seconds=0.3)
    await jumpseat.post(way.path, way.body())
    record = jumpseat.last
    assert 250 < record["longest_silence_ms"] < 2000
    assert 0 < record["ttfb_ms"] < record["longest_silence_ms"]
    assert record["duration_ms"] >= record["longest_silence_ms"]
    entry = jumpseat.sim.ledger[-1]
    for name in ("input_tokens", "output_tokens", "nano_aiu"):
        assert record[name] == getattr(entry, name)


# --- connections and headers ----------------------------------------------------------------------


@ALL
async def test_the_upstream_connection_is_used_again(jumpseat: Jumpseat, way: Way) -> None:
    seen = []
    await jumpseat.get("/v1/models")
    connector = jumpseat.seat.upstream._http.connector
    assert connector is not None
    for stream in (True, False, True, True):
        await jumpseat.post(way.at(stream), way.body(stream=stream))
        await asyncio.sleep(0.02)
        seen.append(sum(len(pool) for pool in connector._conns.values()))
    assert seen == [seen[0]] * 4
    assert len(connector._acquired) == 0


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


UPSTREAM_ONLY = ("set-cookie", "x-quota-snapshot-chat", "server", "strict-transport-security", "etag", "link")


@THREE
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_upstreams_headers_stay_behind(jumpseat: Jumpseat, stream: bool, way: Way) -> None:
    leaky = {"Set-Cookie": "a=b", "Server": "balancer", "Strict-Transport-Security": "x", "ETag": "x",
             "Access-Control-Allow-Origin": "*", "X-Request-Id": "req-upstream", "Connection": "close",
             "WWW-Authenticate": "Basic", "Proxy-Authenticate": "Basic"}  # fmt: skip
    jumpseat.sim.faults.add("status", preset="402", headers=leaky)
    refused = await jumpseat.post(way.at(stream), way.body(stream=stream))
    answered = await jumpseat.post(way.at(stream), way.body(stream=stream))
    for reply in (refused, answered):
        names = {name.lower() for name in reply.headers}
        for name in (*UPSTREAM_ONLY, "access-control-allow-origin", "www-authenticate", "proxy-authenticate"):
            assert name not in names or (name == "server" and "balancer" not in reply.headers["Server"])
        assert not any(name.startswith("x-quota") for name in names)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in reply.headers["Cache-Control"]
    assert {"x-request-id": "req-upstream"}.items() <= lower(refused.headers).items()


@THREE
async def test_the_clients_secrets_and_identity_stay_here(jumpseat: Jumpseat, way: Way) -> None:
    reply = await jumpseat.post(
        way.path, way.body(), **{"Authorization": "Bearer sk-clients-own", "x-api-key": "sk-clients-own",
                                 "Cookie": "session=1", "User-Agent": "claude-cli/9",
                                 "X-Forwarded-For": "10.1.1.1"}
    )  # fmt: skip
    assert reply.status == 200
    seen = next(seen for seen in jumpseat.sim.requests if seen.path == way.upstream)
    text = str(seen.headers)
    for word in ("sk-clients", "session=1", "claude-cli", "10.1.1.1"):
        assert word not in text


@pytest.mark.parametrize("way", [way for way in EVERY if way.upstream != "/v1/messages"], ids=str)
async def test_a_ramble_of_blanks_is_cut(jumpseat: Jumpseat, way: Way) -> None:
    schema = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
    tool = {
        "chat": {"type": "function", "function": {"name": "bash", "parameters": schema}},
        "responses": {"type": "function", "name": "bash", "parameters": schema},
        "messages": {"name": "bash", "input_schema": schema},
        "gemini": {"functionDeclarations": [{"name": "bash", "parameters": schema}]},
    }[way.dialect]
    jumpseat.sim.state.rate = 400
    jumpseat.sim.faults.add("whitespace_ramble", lines=2000)
    reply = await jumpseat.post(way.path, way.body("run: ls", tools=[tool]))
    assert reply.status == 200
    assert_broken(way, reply)
    await jumpseat.sim.until(lambda sim: sim.active == 0, 1.5)
    assert jumpseat.sim.cancelled == 1
