"""Responses over WebSocket, both ways: turns, warm-up, history, bills, refusals, the record, the end."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from talking import MODEL, SHELL, calls_of, result, talking, text_of, user

from tests.harness import Jumpseat, running
from tray_app.proxy import open_sockets
from tray_app.proxy.seat import Pace
from tray_app.simulated import SimulatedCopilot
from tray_app.tasks import Tasks

SOCKET = "ws:/responses"
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


def rows(jumpseat: Jumpseat) -> list[dict[str, Any]]:
    return [record.as_json() for record in jumpseat.seat.records.all()]


@pytest.mark.bug(61)
async def test_a_tool_loop_sends_only_what_is_new(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat) as talk:
        end = await talk.ask(user("run: echo hi\nMARKER-one"), tools=[SHELL])
        (call,) = calls_of(end)
        end = await talk.go_on(result(call, "hi"), tools=[SHELL])
        assert "MARKER-one" in text_of(end)
        end = await talk.go_on(user("say: MARKER-two"), tools=[SHELL])
        assert "MARKER-two" in text_of(end)
    ledger = jumpseat.sim.ledger
    assert [entry.endpoint for entry in ledger] == [SOCKET] * 3
    assert [entry.initiator for entry in ledger] == ["user", "agent", "user"]
    assert [len(entry.body["input"]) for entry in ledger] == [1, 1, 1]
    assert [seen.status for seen in jumpseat.sim.requests if seen.path == SOCKET] == [200] * 3
    for record, entry in zip(rows(jumpseat), ledger, strict=True):
        assert record["path"] == "/v1/responses"
        assert (record["dialect"], record["upstream_endpoint"]) == ("responses", SOCKET)
        assert (record["status"], record["stream"], record["error"]) == (200, True, None)
        assert (record["initiator"], record["attempts"]) == (entry.initiator, 1)
        assert record["input_tokens"] == entry.input_tokens
        assert record["output_tokens"] == entry.output_tokens
        assert record["cached_tokens"] == entry.cached_tokens
        assert record["nano_aiu"] == entry.nano_aiu
        assert record["frames"] > 3
    await jumpseat.sim.until(lambda sim: sim.sockets == 0)


async def test_a_warm_up_is_answered_here_and_costs_nothing(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat) as talk:
        await talk.send(model=MODEL, input=[user("say: MARKER-warm")], tools=[SHELL], generate=False)
        created, completed = await talk.events()
        assert (created["type"], completed["type"]) == ("response.created", "response.completed")
        assert completed["response"]["output"] == []
        assert jumpseat.sim.ledger == []
        assert not [seen for seen in jumpseat.sim.requests if "responses" in seen.path]
        end = await talk.go_on()
        assert "MARKER-warm" in text_of(end)
    assert [entry.initiator for entry in jumpseat.sim.ledger] == ["user"]
    warm, asked = rows(jumpseat)
    assert (warm["status"], warm["background"], warm["attempts"]) == (200, "warmup", 0)
    assert (warm["input_tokens"], warm["nano_aiu"], warm["initiator"]) == (None, None, "agent")
    assert any("Copilot was not asked" in note for note in warm["notes"])
    assert asked["initiator"] == "user"


async def test_input_may_be_a_text(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat, "/responses") as talk:
        await talk.send(model=MODEL, input="say: MARKER-text")
        assert "MARKER-text" in text_of((await talk.events())[-1])
        await talk.send(model=MODEL, input="say: MARKER-more", previous_response_id=talk.id)
        assert "MARKER-more" in text_of((await talk.events())[-1])


async def test_a_response_is_known_to_its_own_connection_only(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat) as first, talking(jumpseat) as second:
        end = await first.ask(user("say: one"))
        await second.ask(user("say: two"))
        second.id = first.id
        error = await second.go_on(user("say: more"))
        assert (error["type"], error["status"]) == ("error", 400)
        assert error["error"]["code"] == "previous_response_not_found"
        assert error["error"]["param"] == "previous_response_id"
        assert "one" in text_of(end)
        assert "still" in text_of(await first.go_on(user("say: still")))
    assert len(jumpseat.sim.ledger) == 3
    assert jumpseat.seat.records.all()[2].error == "previous_response_not_found"


async def test_two_clients_share_no_connection_to_copilot(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat) as first, talking(jumpseat) as second:
        ends = await asyncio.gather(*(talk.ask(user(f"say: {name}")) for name, talk in
                                      (("first", first), ("second", second))))  # fmt: skip
        assert ["first" in text_of(ends[0]), "second" in text_of(ends[1])] == [True, True]
        assert jumpseat.sim.sockets == 2


@pytest.mark.parametrize("model", ["gpt-4.1", "claude-sonnet-5", "gemini-3.1-pro"])
async def test_a_model_without_the_transport_is_sent_to_http(jumpseat: Jumpseat, model: str) -> None:
    async with talking(jumpseat) as talk:
        error = await talk.ask(user("say: x"), model=model)
        assert (error["type"], error["status"]) == ("error", 426)
        assert "POST /v1/responses" in error["error"]["message"]
        assert error["error"]["param"] == "model"
        assert "back" in text_of(await talk.ask(user("say: back")))  # the connection is none the worse


@pytest.mark.bug(60)
async def test_codex_is_refused_at_its_next_try_to_connect(jumpseat: Jumpseat) -> None:
    """It would ask a refused model six times more, but uses HTTP at once where it cannot connect."""
    session = {"session-id": "session-1"}
    async with talking(jumpseat, **session) as talk:
        error = await talk.ask(user("say: x"), model="gpt-4.1")
        assert error["status"] == 426
        assert (await talk.socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await jumpseat.http.ws_connect(jumpseat.url + "/v1/responses", headers=session)
    assert refusal.value.status == 426
    async with talking(jumpseat, **{"session-id": "session-2"}) as talk:
        assert "other" in text_of(await talk.ask(user("say: other")))


@pytest.mark.bug(60)
async def test_without_a_model_that_has_it_or_without_an_account_it_is_426(
    sim: SimulatedCopilot, tmp_path: Path
) -> None:
    for entry in sim.state.entries:
        if SOCKET in entry.get("supported_endpoints", ()):
            entry["supported_endpoints"] = [one for one in entry["supported_endpoints"] if one != SOCKET]
    for name, token in (("with", ""), ("without", None)):
        async with running(sim, tmp_path / name, token=token) as jumpseat:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await jumpseat.http.ws_connect(jumpseat.url + "/v1/responses")
            assert refusal.value.status == 426
            assert (await jumpseat.get("/v1/responses")).status == 426


async def test_the_gate_stands_before_the_upgrade(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with running(sim, tmp_path, server={"api_keys": ("key-1",)}) as jumpseat:
        good = {"Authorization": "Bearer key-1"}
        for headers, status in (
            ({}, 401),
            (good | {"Origin": "https://stranger.example"}, 403),
            (good | {"Host": "stranger.example"}, 403),
            (good | {"Sec-Fetch-Site": "cross-site"}, 403),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await jumpseat.http.ws_connect(jumpseat.url + "/v1/responses", headers=headers)
            assert refusal.value.status == status
        assert sim.requests == []
        async with talking(jumpseat, **good) as talk:
            assert "in" in text_of(await talk.ask(user("say: in")))
            changed = replace(jumpseat.live.now.server, api_keys=("key-2",))
            jumpseat.live.replace(replace(jumpseat.live.now, server=changed))
            assert (await talk.ask(user("say: out")))["status"] == 401


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("", None),
        ("nonsense", None),
        ("[1]", "type"),
        ('"text"', "type"),
        ("{}", "type"),
        ('{"type": "response.cancel"}', "type"),
        ('{"type": "response.create"}', "model"),
        ('{"type": "response.create", "response": {"model": "gpt-5.5"}}', "response"),
        ('{"type": "response.create", "model": 5, "input": "x"}', "model"),
        ('{"type": "response.create", "model": "gpt-5.3-codex"}', "input"),
        ('{"type": "response.create", "model": "gpt-5.3-codex", "input": 7}', "input"),
        ('{"type": "response.create", "model": "gpt-5.3-codex", "input": [7]}', "input[0]"),
        ('{"type": "response.create", "model": "nobody-has-it", "input": "x"}', None),
        ('{"type": "response.create", "model": "gpt-5.5", "input": [' + "[" * 900 + "]" * 900 + "]}", None),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
async def test_a_bad_message_is_refused_and_the_connection_goes_on(
    jumpseat: Jumpseat, message: str, param: str | None
) -> None:
    async with talking(jumpseat) as talk:
        await talk.socket.send_str(message)
        error = (await talk.events())[-1]
        assert error["type"] == "error"
        assert error["status"] in (400, 404)
        assert set(error["error"]) == {"message", "type", "param", "code"}
        if param:
            assert error["error"]["param"] == param
        assert "after" in text_of(await talk.ask(user("say: after")))
    assert rows(jumpseat)[0]["error"]


async def test_one_request_at_a_time(jumpseat: Jumpseat) -> None:
    jumpseat.sim.state.rate = 50
    async with talking(jumpseat) as talk:
        await talk.send(model=MODEL, input="say: " + "word " * 20)
        first = await talk.event()
        await talk.send(model=MODEL, input="say: too early")
        events = [first]
        while events[-1]["type"] != "response.completed":
            events.append(await talk.event())
        busy = [event for event in events if event["type"] == "error"]
        assert [event["error"]["code"] for event in busy] == ["response_in_progress"]
        jumpseat.sim.state.rate = None
        assert "now" in text_of(await talk.ask(user("say: now")))
    assert len(jumpseat.sim.ledger) == 2


@pytest.mark.parametrize("politely", [True, False], ids=["closed", "cut"])
async def test_who_leaves_cancels_upstream_at_once(jumpseat: Jumpseat, politely: bool) -> None:
    jumpseat.sim.state.rate = 20
    async with talking(jumpseat) as talk:
        await talk.send(model=MODEL, input="say: " + "word " * 400)
        for _ in range(5):
            await talk.event()
        if politely:
            await talk.socket.close()
        else:
            talk.socket._response.close()
        await jumpseat.sim.until(lambda sim: sim.cancelled == 1 and sim.active == 0)
    await jumpseat.sim.until(lambda sim: sim.sockets == 0)
    async with asyncio.timeout(5):
        await jumpseat.seat.records.idle()
    record = jumpseat.last
    assert (record["cancelled"], record["status"], record["error"]) == (True, 200, None)
    assert len(jumpseat.seat.sockets) == 0


async def test_a_frame_that_is_too_large_ends_the_connection(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with running(sim, tmp_path, server={"max_body_mb": 1}) as jumpseat, talking(jumpseat) as talk:
        with pytest.raises((aiohttp.ClientError, ConnectionError, AssertionError)):
            await talk.ask(user("x" * 1_100_000))
        assert talk.socket.close_code in (1009, 1006, None)
        await jumpseat.sim.until(lambda sim: sim.ledger == [])


async def test_a_history_that_outgrows_its_bound_is_forgotten(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with running(sim, tmp_path, server={"max_body_mb": 1}) as jumpseat, talking(jumpseat) as talk:
        await talk.ask(user("y" * 530_000))
        await talk.go_on(user("z" * 530_000))
        error = await talk.go_on(user("say: more"))
        assert error["error"]["code"] == "previous_response_not_found"


async def test_only_so_many_connections(jumpseat: Jumpseat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_sockets, "MOST", 1)
    async with talking(jumpseat) as talk:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await jumpseat.http.ws_connect(jumpseat.url + "/v1/responses")
        assert refusal.value.status == 426
        await talk.ask(user("say: one"))
    async with asyncio.timeout(5):
        while len(jumpseat.seat.sockets):
            await asyncio.sleep(0.01)
    async with talking(jumpseat) as talk:
        await talk.ask(user("say: two"))


async def test_a_stop_lets_the_answer_end_and_says_goodbye(jumpseat: Jumpseat) -> None:
    jumpseat.sim.state.rate = 40
    async with talking(jumpseat) as busy, talking(jumpseat) as idle, Tasks() as tasks:
        await idle.ask(user("say: idle"))
        await busy.send(model=MODEL, input="say: MARKER-end")
        await busy.event()
        stopping = tasks.start(jumpseat.server.stop(), "stop")
        await asyncio.sleep(0.05)
        await idle.send(model=MODEL, input="say: late")
        late = await idle.event()
        assert (late["type"], late["status"], late["error"]["code"]) == ("error", 503, "stopping")
        assert "MARKER-end" in text_of((await busy.events())[-1])
        for talk in (busy, idle):
            goodbye = await talk.socket.receive(timeout=5)
            assert (goodbye.type, goodbye.data) == (aiohttp.WSMsgType.CLOSE, 1001)
        await stopping
    await jumpseat.sim.until(lambda sim: sim.sockets == 0)


async def test_a_stop_that_cannot_wait_ends_the_answer_with_an_error(
    sim: SimulatedCopilot, tmp_path: Path
) -> None:
    async with running(sim, tmp_path, pace=Pace(drain=0.1)) as jumpseat, talking(jumpseat) as talk:
        sim.faults.add("stall", SOCKET, after=4)
        await talk.send(model=MODEL, input="say: never")
        for _ in range(4):
            await talk.event()
        await jumpseat.server.stop()
        events = await talk.events()
        assert events[-1]["type"] == "response.failed"
        assert (await talk.socket.receive(timeout=5)).data == 1001


async def test_the_first_image_gets_a_connection_that_announces_it(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat) as talk:
        await talk.ask(user("say: one"))
        picture = {"type": "input_image", "image_url": PNG, "detail": "auto"}
        seen = user("say: seen")
        seen["content"].append(picture)
        assert "seen" in text_of(await talk.go_on(seen))
        assert "third" in text_of(await talk.go_on(user("say: third")))
    assert [entry.is_vision for entry in jumpseat.sim.ledger] == [False, True, True]
    assert [len(entry.body["input"]) for entry in jumpseat.sim.ledger] == [1, 3, 1]
    handshakes = [seen for seen in jumpseat.sim.requests if (seen.method, seen.path) == ("GET", "/responses")]
    assert ["copilot-vision-request" in seen.headers for seen in handshakes] == [False, True]


async def test_a_compaction_goes_over_http(jumpseat: Jumpseat) -> None:
    async with talking(jumpseat) as talk:
        await talk.ask(user("say: one"))
        end = await talk.go_on({"type": "compaction_trigger"})
        (kept,) = [item for item in end["response"]["output"] if item["type"] == "compaction"]
        assert "after" in text_of(await talk.ask(kept, user("say: after")))
    assert [entry.endpoint for entry in jumpseat.sim.ledger] == [SOCKET, "/responses", SOCKET]
    assert jumpseat.sim.ledger[1].interaction_type == "conversation-compaction"
    assert jumpseat.sim.ledger[1].initiator == "agent"


async def test_what_codex_says_of_a_request_decides_who_started_it(jumpseat: Jumpseat) -> None:
    """Headers are those of the connection, so it says it beside the body."""
    turn = {"x-codex-turn-metadata": json.dumps({"request_kind": "turn"})}
    sub = {"x-codex-turn-metadata": json.dumps({"request_kind": "turn", "is_subagent": True})}
    stale = json.dumps({"request_kind": "compact"})
    async with talking(jumpseat, **{"x-codex-turn-metadata": stale}) as talk:
        await talk.ask(user("say: a"), client_metadata=turn)
        await talk.go_on(user("say: b"), client_metadata=sub)
        await talk.go_on(user("say: c"))
        await talk.go_on(user("say: d"), initiator="agent")
    assert [entry.initiator for entry in jumpseat.sim.ledger] == ["user", "agent", "user", "agent"]
    assert rows(jumpseat)[3]["initiator_source"] == "client"


async def test_filters_are_applied_once_however_long_the_talk(sim: SimulatedCopilot, tmp_path: Path) -> None:
    filters = {"system_prompt_add": ("ADDED-LINE",)}
    system = user("Be brief.") | {"role": "developer"}
    async with running(sim, tmp_path, filters=filters) as jumpseat, talking(jumpseat) as talk:
        await talk.ask(system, user("say: one"))
        await talk.go_on(user("say: two"))
        assert "three" in text_of(await talk.go_on(user("say: three")))
    (first, *others) = [json.dumps(entry.body) for entry in sim.ledger]
    assert first.count("ADDED-LINE") == 1
    assert all("ADDED-LINE" not in other for other in others)
