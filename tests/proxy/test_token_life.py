"""The life of the Copilot token, seen through the proxy: one refresh, one replay, however many wait."""

import asyncio

import aiohttp
import pytest
from ways import NATIVE, SAID, WAYS, Way, assert_error, streamed_text

from tests.harness import Jumpseat, running

ALL = pytest.mark.parametrize("way", WAYS, ids=str)
THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
TOKEN = "/copilot_internal/v2/token"


def exchanges(jumpseat: Jumpseat) -> int:
    return sum(1 for seen in jumpseat.sim.requests if seen.path == TOKEN)


@ALL
async def test_a_lapsed_token_is_renewed_and_the_request_sent_again(jumpseat: Jumpseat, way: Way) -> None:
    await jumpseat.post(way.path, way.body())
    jumpseat.sim.expire_copilot_tokens()
    reply = await jumpseat.post(way.path, way.body())
    assert streamed_text(way, reply) == SAID
    assert exchanges(jumpseat) == 2
    assert jumpseat.last["attempts"] == 2
    assert len(jumpseat.sim.ledger) == 2
    assert jumpseat.pauses == []


async def test_100_requests_with_a_lapsed_token_share_one_exchange(jumpseat: Jumpseat) -> None:
    await jumpseat.get("/v1/models")
    jumpseat.sim.expire_copilot_tokens()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        jumpseat.http = http
        ways = [NATIVE[number % 3] for number in range(100)]
        replies = await asyncio.gather(*(jumpseat.post(way.path, way.body()) for way in ways))
    assert [reply.status for reply in replies] == [200] * 100
    assert exchanges(jumpseat) == 2
    assert len(jumpseat.sim.ledger) == 100
    assert all(record.attempts <= 2 for record in jumpseat.seat.records.all())


@THREE
@pytest.mark.parametrize("preset", ["401", "ide_token", "403", "expired_token"])
async def test_a_refusal_about_the_token_is_replayed_once(jumpseat: Jumpseat, preset: str, way: Way) -> None:
    jumpseat.sim.faults.add("status", preset=preset)
    reply = await jumpseat.post(way.path, way.body())
    assert streamed_text(way, reply) == SAID
    assert (exchanges(jumpseat), jumpseat.last["attempts"]) == (2, 2)
    [repair] = jumpseat.last["repairs"]
    assert repair.startswith("Copilot token renewed after status 40")


@THREE
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"preset": "connection"}, id="401 of a stale connection"),
        pytest.param({"preset": "402"}, id="402"),
        pytest.param({"preset": "403", "retry_after": "30"}, id="403 that says when"),
        pytest.param({"status": 403, "body": {"error": {"message": "no", "code": "policy"}}}, id="a policy"),
    ],
)
async def test_other_refusals_leave_the_token_alone(jumpseat: Jumpseat, options, way: Way) -> None:
    jumpseat.sim.faults.add("status", **options)
    reply = await jumpseat.post(way.path, way.body())
    assert 400 <= reply.status < 500
    assert (exchanges(jumpseat), jumpseat.last["attempts"]) == (1, 1)


@THREE
async def test_a_seat_that_moved_is_found_again(jumpseat: Jumpseat, way: Way) -> None:
    await jumpseat.post(way.path, way.body())
    old = jumpseat.sim.api_url
    await jumpseat.sim.move()
    reply = await jumpseat.post(way.path, way.body())
    assert streamed_text(way, reply) == SAID
    assert jumpseat.sim.api_url != old
    assert (exchanges(jumpseat), jumpseat.last["attempts"]) == (2, 2)


async def test_many_requests_at_a_moved_seat_ask_once(jumpseat: Jumpseat) -> None:
    way = NATIVE[0]
    await jumpseat.get("/v1/models")
    await jumpseat.sim.move()
    replies = await asyncio.gather(*(jumpseat.post(way.path, way.body()) for _ in range(20)))
    assert {reply.status for reply in replies} == {200}
    assert exchanges(jumpseat) == 2


@ALL
async def test_signed_out_is_403_with_the_remedy(sim, tmp_path, way: Way) -> None:
    async with running(sim, tmp_path, token=None) as jumpseat:
        for stream in (True, False):
            error = assert_error(way.dialect, await jumpseat.post(way.path, way.body(stream=stream)), 403)
            assert "jumpseat login" in error["message"]
        assert jumpseat.last["error"] == "not_signed_in"
        assert sim.requests == []


@pytest.mark.parametrize(
    ("path", "dialect"), [("/v1/models", "chat"), ("/v1/models/gpt-4.1", "chat"), ("/usage", "chat"),
                          ("/v1/models/full/", "chat")]
)  # fmt: skip
async def test_signed_out_is_403_elsewhere_too(sim, tmp_path, path: str, dialect: str) -> None:
    async with running(sim, tmp_path, token=None) as jumpseat:
        assert "jumpseat login" in assert_error(dialect, await jumpseat.get(path), 403)["message"]
        health = (await jumpseat.get("/health")).json
        assert (health["signed_in"], health["ready"]) == (False, False)


@THREE
async def test_a_revoked_github_token_is_403_with_the_remedy(sim, tmp_path, way: Way) -> None:
    async with running(sim, tmp_path) as jumpseat:
        await jumpseat.post(way.path, way.body())
        sim.revoke(sim.github_token)
        error = assert_error(way.dialect, await jumpseat.post(way.path, way.body()), 403)
        assert "sign in" in error["message"].lower() or "jumpseat login" in error["message"]


@THREE
async def test_no_subscription_says_so_in_githubs_words(sim, tmp_path, way: Way) -> None:
    sim.block("not_signed_up", "You have no Copilot seat, octocat.")
    async with running(sim, tmp_path) as jumpseat:
        error = assert_error(way.dialect, await jumpseat.post(way.path, way.body()), 403)
        assert "You have no Copilot seat" in error["message"]
