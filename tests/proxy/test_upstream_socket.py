"""What goes wrong between us and Copilot on a WebSocket, and what the client on ours sees of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from talking import MODEL, SHELL, Talk, calls_of, result, talking, text_of, user

from tests.harness import Jumpseat, running
from tray_app.copilot import confidence
from tray_app.errors import Fault, Kind
from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.sockets import HANDSHAKE, SOCKET


@pytest.fixture
async def talk(jumpseat: Jumpseat) -> AsyncIterator[Talk]:
    async with talking(jumpseat) as started:
        yield started


def endpoints(sim: SimulatedCopilot) -> list[str]:
    return [entry.endpoint for entry in sim.ledger]


def handshakes(sim: SimulatedCopilot) -> int:
    return sum((seen.method, seen.path) == ("GET", "/responses") for seen in sim.requests)


def repairs(jumpseat: Jumpseat) -> str:
    return " ".join(jumpseat.last["repairs"])


# --- before the first event: the request goes over HTTP, whole ---------------------------------------

NO_SOCKET: list[tuple[str, dict[str, Any]]] = [
    ("reset", {"times": 2}),  # aiohttp asks a second time by itself
    ("html_502", {}),
    ("status", {"status": 404, "body": "404 page not found"}),
    ("status", {"status": 426, "body": "Upgrade Required"}),
    ("status", {"status": 500}),
    ("status", {"status": 400, "body": "bad request"}),
]


@pytest.mark.parametrize(("kind", "options"), NO_SOCKET, ids=str)
async def test_a_handshake_that_fails_leads_to_http(
    jumpseat: Jumpseat, talk: Talk, kind: str, options: dict[str, Any]
) -> None:
    jumpseat.sim.faults.add(kind, HANDSHAKE, **options)
    assert "one" in text_of(await talk.ask(user("say: one")))
    assert endpoints(jumpseat.sim) == ["/responses"]
    assert "sent over HTTP because the WebSocket" in repairs(jumpseat)
    assert (jumpseat.last["status"], jumpseat.last["upstream_endpoint"]) == (200, "/responses")
    assert "two" in text_of(await talk.go_on(user("say: two")))
    assert endpoints(jumpseat.sim) == ["/responses", SOCKET]
    assert len(jumpseat.sim.ledger[1].body["input"]) == 3  # with the whole input


async def test_a_handshake_that_never_ends_leads_to_http(sim: SimulatedCopilot, tmp_path: Path) -> None:
    sim.faults.add("stall_headers", HANDSHAKE)
    copilot = {"connect_timeout_seconds": 0.2}
    async with running(sim, tmp_path, copilot=copilot) as jumpseat, talking(jumpseat) as talk:
        assert "one" in text_of(await talk.ask(user("say: one")))
        assert endpoints(sim) == ["/responses"]


async def test_a_reset_before_the_first_event_leads_to_http(jumpseat: Jumpseat, talk: Talk) -> None:
    jumpseat.sim.faults.add("reset", SOCKET)
    assert "one" in text_of(await talk.ask(user("say: one")))
    assert endpoints(jumpseat.sim) == ["/responses"]
    assert jumpseat.last["attempts"] == 2


async def test_a_connection_that_ended_meanwhile_is_opened_again(jumpseat: Jumpseat, talk: Talk) -> None:
    await talk.ask(user("say: one"))
    jumpseat.sim.faults.add("reset", SOCKET)
    assert "two" in text_of(await talk.go_on(user("say: two")))
    assert endpoints(jumpseat.sim) == [SOCKET, SOCKET]
    assert handshakes(jumpseat.sim) == 2
    assert "asked again over a new WebSocket" in repairs(jumpseat)
    assert len(jumpseat.sim.ledger[1].body["input"]) == 3


async def test_after_three_failures_it_stays_on_http_for_a_while(
    jumpseat: Jumpseat, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confidence, "REST_SECONDS", 0.5)
    now = [100.0]
    monkeypatch.setattr(jumpseat.seat.confidence, "_monotonic", lambda: now[0])
    jumpseat.sim.faults.add("status", HANDSHAKE, times=100)
    for _ in range(5):
        assert "again" in text_of(await talk.ask(user("say: again")))
    assert handshakes(jumpseat.sim) == 3
    jumpseat.sim.faults.clear()
    await talk.ask(user("say: resting"))
    assert handshakes(jumpseat.sim) == 3
    now[0] += 1
    await talk.ask(user("say: rested"))
    assert endpoints(jumpseat.sim) == ["/responses"] * 6 + [SOCKET]


# --- tokens, the hour, what was forgotten ------------------------------------------------------------


async def test_a_new_token_gets_a_new_connection(jumpseat: Jumpseat, talk: Talk) -> None:
    await talk.ask(user("say: one"))
    await jumpseat.seat.tokens.refuse(await jumpseat.seat.tokens.current())
    assert "two" in text_of(await talk.go_on(user("say: two")))
    assert (handshakes(jumpseat.sim), endpoints(jumpseat.sim)) == (2, [SOCKET, SOCKET])
    assert jumpseat.last["attempts"] == 1


@pytest.mark.parametrize("when", ["before the first", "between two"])
async def test_a_lapsed_token_is_renewed_once(jumpseat: Jumpseat, talk: Talk, when: str) -> None:
    if when == "between two":
        await talk.ask(user("say: one"))
    else:
        await jumpseat.seat.tokens.current()
    jumpseat.sim.expire_copilot_tokens()
    end = await talk.ask(user("say: two"))
    assert "two" in text_of(end)
    assert endpoints(jumpseat.sim)[-1] == SOCKET
    assert "Copilot token renewed after status 401" in repairs(jumpseat)


async def test_a_moved_host_is_found(jumpseat: Jumpseat, talk: Talk) -> None:
    await jumpseat.seat.tokens.current()
    await jumpseat.seat.catalog.current()
    await jumpseat.sim.move()
    assert "one" in text_of(await talk.ask(user("say: one")))
    assert endpoints(jumpseat.sim) == [SOCKET]
    assert "looked up again" in repairs(jumpseat)


async def test_the_hour_of_a_connection_ends(jumpseat: Jumpseat, talk: Talk) -> None:
    await talk.ask(user("say: one"))
    for token in jumpseat.sim.state.accounts.copilot_tokens.values():
        token.expires_at += 10_000
    jumpseat.sim.advance(3601)
    assert "two" in text_of(await talk.go_on(user("say: two")))
    assert (handshakes(jumpseat.sim), endpoints(jumpseat.sim)) == (2, [SOCKET, SOCKET])
    assert len(jumpseat.sim.ledger[1].body["input"]) == 3
    assert "had reached its hour" in repairs(jumpseat)


async def test_what_copilot_forgot_is_sent_whole(jumpseat: Jumpseat, talk: Talk) -> None:
    await talk.ask(user("say: one"))
    body = {"error": {"message": "Previous response not found.", "code": "previous_response_not_found"}}
    jumpseat.sim.faults.add("status", SOCKET, status=400, body=body)
    assert "two" in text_of(await talk.go_on(user("say: two")))
    assert len(jumpseat.sim.ledger[1].body["input"]) == 3
    assert "the whole input" in repairs(jumpseat)


@pytest.mark.bug(19)
async def test_an_id_of_another_connection_is_healed_and_no_matter_of_tokens(
    jumpseat: Jumpseat, talk: Talk
) -> None:
    end = await talk.ask(user("run: echo hi\nMARKER-ids"), tools=[SHELL], reasoning={"effort": "low"})
    exchanged = sum("v2/token" in seen.path for seen in jumpseat.sim.requests)
    jumpseat.sim.faults.add("status", SOCKET, preset="connection")
    end = await talk.go_on(result(calls_of(end)[0], "hi"), tools=[SHELL])
    assert "MARKER-ids" in text_of(end)
    assert "item ids removed" in repairs(jumpseat)
    assert sum("v2/token" in seen.path for seen in jumpseat.sim.requests) == exchanged
    assert (handshakes(jumpseat.sim), endpoints(jumpseat.sim)) == (2, [SOCKET, SOCKET])


@pytest.mark.bug(19)
async def test_an_id_that_stays_foreign_is_a_bad_request(jumpseat: Jumpseat, talk: Talk) -> None:
    jumpseat.sim.faults.add("status", SOCKET, preset="connection", times=100)
    error = await talk.ask(user("say: one"))
    assert (error["type"], error["status"]) == ("error", 400)
    assert "does not belong to this connection" in error["error"]["message"]


async def test_reasoning_survives_a_new_connection(jumpseat: Jumpseat, talk: Talk) -> None:
    """The whole input goes to another socket: sealed items under their own ids, the others under none."""
    fields = {"tools": [SHELL], "reasoning": {"effort": "high", "summary": "auto"}}
    end = await talk.ask(user("use 2 turns and run: echo hi\nMARKER-seal"), **fields)
    assert any(item["type"] == "reasoning" for item in end["response"]["output"])
    await jumpseat.seat.tokens.refuse(await jumpseat.seat.tokens.current())
    end = await talk.go_on(result(calls_of(end)[0], "hi"), **fields)
    assert end["type"] == "response.completed"
    sent = jumpseat.sim.ledger[1].body["input"]
    kinds = ["message", "reasoning", "message", "function_call", "function_call_output"]
    assert [item["type"] for item in sent] == kinds
    assert ["id" in item for item in sent] == [False, True, False, False, False]
    assert not [seen for seen in jumpseat.sim.requests if seen.path == SOCKET and seen.status != 200]


# --- refusals and limits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "status", "tries"),
    [("400", 400, 1), ("402", 402, 1), ("422", 400, 1), ("429", 429, 4), ("503", 503, 4)],
)
async def test_a_refusal_is_an_error_event_with_its_status(
    jumpseat: Jumpseat, talk: Talk, preset: str, status: int, tries: int
) -> None:
    jumpseat.sim.faults.add("status", SOCKET, preset=preset, times=100)
    error = await talk.ask(user("say: one"))
    assert (error["type"], error["status"]) == ("error", status)
    assert set(error["error"]) == {"message", "type", "param", "code"}
    assert ("headers" in error) == (status == 429)
    assert (jumpseat.last["status"], jumpseat.last["attempts"]) == (status, tries)
    assert jumpseat.sim.ledger == []
    jumpseat.sim.faults.clear()
    assert "two" in text_of(await talk.ask(user("say: two")))


async def test_a_refused_field_is_repaired(jumpseat: Jumpseat, talk: Talk) -> None:
    error = {"message": "Unknown parameter: 'metadata'.", "code": "unknown_parameter", "param": "metadata"}
    jumpseat.sim.faults.add("status", SOCKET, status=400, body={"error": error})
    assert "one" in text_of(await talk.ask(user("say: one"), metadata={"a": "b"}))
    assert "metadata" not in jumpseat.sim.ledger[0].body
    assert "metadata" in repairs(jumpseat)


# --- in mid-answer: never a silent success, never another's words ------------------------------------

CUTS = ["reset_mid", "close_early", "malformed_sse", "error_event"]


@pytest.mark.bug(61)
@pytest.mark.parametrize("after", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("kind", CUTS)
async def test_a_broken_answer_ends_with_an_error_and_the_next_is_whole(
    jumpseat: Jumpseat, talk: Talk, kind: str, after: int
) -> None:
    await talk.ask(user("say: first"))
    known = talk.id
    jumpseat.sim.faults.add(kind, SOCKET, after=after)
    await talk.send(model=MODEL, input=[user("say: one two three four five")], previous_response_id=known)
    events = await talk.events()
    again = events[-1]["type"] == "response.completed"  # an early internal error is asked again
    assert again or events[-1]["type"] in ("response.failed", "error")
    assert not again or after <= 3
    if not again:
        assert jumpseat.last["error"]
        talk.id = known
    assert "next" in text_of(await talk.go_on(user("say: next")))
    assert jumpseat.sim.active == 0


@pytest.mark.parametrize("kind", ["no_done", "stall", "stall_headers"])
async def test_silence_is_an_error(sim: SimulatedCopilot, tmp_path: Path, kind: str) -> None:
    copilot = {"read_timeout_seconds": 0.4}
    async with running(sim, tmp_path, copilot=copilot) as jumpseat, talking(jumpseat) as talk:
        sim.faults.add(kind, SOCKET)
        await talk.send(model=MODEL, input="say: one")
        end = (await talk.events())[-1]
        assert end["type"] in ("response.failed", "error")
        assert jumpseat.last["error"] == "upstream_silent"
        assert "two" in text_of(await talk.ask(user("say: two")))


async def test_a_request_that_is_ended_from_outside_says_why(jumpseat: Jumpseat, talk: Talk) -> None:
    jumpseat.sim.faults.add("stall", SOCKET, after=5)
    await talk.send(model=MODEL, input="say: one")
    for _ in range(5):
        await talk.event()
    (record,) = jumpseat.seat.records.running
    assert jumpseat.seat.running.end(record.id, Fault(499, Kind.INVALID, "Ended by hand.", code="ended"))
    events = await talk.events()
    assert "Ended by hand." in str(events)
    await jumpseat.sim.until(lambda sim: sim.active == 0)


async def test_whitespace_that_never_ends_is_cut(jumpseat: Jumpseat, talk: Talk) -> None:
    jumpseat.sim.faults.add("whitespace_ramble", SOCKET)
    end = await talk.ask(user("run: echo hi"), tools=[SHELL])
    assert end["type"] == "response.failed"
    assert "next" in text_of(await talk.ask(user("say: next")))


async def test_bills_are_the_same_as_over_http(sim: SimulatedCopilot, tmp_path: Path) -> None:
    """Tokens, credits and premium requests of one conversation, whichever way it went."""
    totals = {}
    for way in ("socket", "http"):
        sim.state.cache._until.clear()
        start = len(sim.ledger)
        async with running(sim, tmp_path / way) as jumpseat, talking(jumpseat) as talk:
            if way == "http":
                jumpseat.sim.faults.add("reset", HANDSHAKE, times=100)
            end = await talk.ask(user("use 3 turns and run: echo hi\nMARKER-bill"), tools=[SHELL])
            while calls := calls_of(end):
                end = await talk.go_on(*(result(call, "hi") for call in calls), tools=[SHELL])
            await talk.go_on(user("say: thanks"), tools=[SHELL])
            jumpseat.sim.faults.clear()
        entries = sim.ledger[start:]
        totals[way] = [
            (entry.initiator, entry.input_tokens, entry.output_tokens, entry.premium, entry.nano_aiu)
            for entry in entries
        ]
    assert totals["socket"] == totals["http"]
    assert [entry[0] for entry in totals["socket"]].count("user") == 2
