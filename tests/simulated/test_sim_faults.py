"""Faults on demand, and what a client that leaves looks like from here."""

import asyncio
import json

import aiohttp
import pytest
from plain_client import SHELL, Seat, asking, tools

from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.faults import PRESETS

CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
THREE = [(CHAT, "gpt-4.1"), (RESPONSES, "gpt-5.2"), (MESSAGES, "claude-opus-5")]
LAST = {CHAT: b"[DONE]", RESPONSES: b"response.completed", MESSAGES: b"message_stop"}


def streaming(
    path: str, model: str, prompt: str = "say: héllo there, 你好, how are you?"
) -> dict[str, object]:
    return asking(path, model, prompt, stream=True)


@pytest.mark.parametrize("preset", PRESETS)
async def test_every_status_comes_as_it_was_asked_for(seat: Seat, preset: str) -> None:
    seat.sim.faults.add("status", preset=preset, retry_after=3)
    answer = await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))
    assert answer.status == PRESETS[preset][0]
    assert answer.headers["retry-after"] == "3"
    assert seat.sim.ledger == []
    assert (await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))).status == 200


async def test_faults_strike_their_path_and_in_order(seat: Seat) -> None:
    seat.sim.faults.add("status", RESPONSES, status=503)
    seat.sim.faults.add("status", status=502, times=2)
    statuses = [(await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))).status for _ in range(3)]
    assert statuses == [502, 502, 200]
    assert (await seat.post(RESPONSES, asking(RESPONSES, "gpt-5.2", "hi"))).status == 503
    with pytest.raises(ValueError, match="unknown fault"):
        seat.sim.faults.add("earthquake")


@pytest.mark.parametrize(("path", "model"), THREE)
@pytest.mark.parametrize("stream", [False, True])
async def test_reset_before_the_headers(seat: Seat, path: str, model: str, stream: bool) -> None:
    seat.sim.faults.add("reset")
    with pytest.raises(aiohttp.ClientError):
        await seat.post(path, asking(path, model, "hi", stream=stream))


@pytest.mark.parametrize(("path", "model"), THREE)
async def test_reset_in_mid_stream(seat: Seat, path: str, model: str) -> None:
    seat.sim.faults.add("reset_mid", after=4)
    received = b""
    async with seat.http.post(
        seat.sim.api_url + path, json=streaming(path, model), headers=seat.headers
    ) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientError):  # noqa: PT012 - the read that fails is not the first
            while True:
                received += await response.content.readany()
    assert received.count(b"\n\n") == 4


@pytest.mark.parametrize(("path", "model"), THREE)
async def test_a_neat_end_without_an_end(seat: Seat, path: str, model: str) -> None:
    seat.sim.faults.add("close_early", after=4)
    answer = await seat.post(path, streaming(path, model))
    assert len(answer.events) == 4
    assert LAST[path] not in answer.raw


SPELLINGS = {
    "crlf": b"\r\n\r\n",
    "no_space": b"data:{",
    "no_final_blank_line": b"",
    "split_utf8": b"data: {",
    "one_byte_chunks": b"data: {",
}


@pytest.mark.parametrize("kind", SPELLINGS)
@pytest.mark.parametrize(("path", "model"), THREE)
async def test_other_spellings_say_the_same(seat: Seat, path: str, model: str, kind: str) -> None:
    plain = await seat.post(path, streaming(path, model))
    seat.sim.faults.add(kind)
    odd = await seat.post(path, streaming(path, model))
    assert len(odd.events) == len(plain.events)
    assert SPELLINGS[kind] in odd.raw
    assert odd.raw.endswith(b"\n") == (kind != "no_final_blank_line")


@pytest.mark.parametrize(("path", "model"), THREE)
async def test_the_last_event_is_missing(seat: Seat, path: str, model: str) -> None:
    seat.sim.faults.add("no_done")
    assert LAST[path] not in (await seat.post(path, streaming(path, model))).raw


@pytest.mark.parametrize(("path", "model"), THREE)
async def test_garbage_in_an_event(seat: Seat, path: str, model: str) -> None:
    seat.sim.faults.add("malformed_sse")
    answer = await seat.post(path, streaming(path, model))
    assert LAST[path] in answer.raw
    with pytest.raises(json.JSONDecodeError):
        _ = answer.events


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        (CHAT, None, b'data: {"error":{"code"'),
        (RESPONSES, None, b'data: {"type":"error","error":{"code"'),
        (RESPONSES, "flat", b'data: {"type":"error","code"'),
        (RESPONSES, "failed", b'"status":"failed","error":null'),
        (MESSAGES, None, b'data: {"type":"error","error":{"type":"overloaded_error"'),
    ],
)
async def test_an_error_in_mid_stream(seat: Seat, path: str, form: str | None, words: bytes) -> None:
    seat.sim.faults.add("error_event", path, **({"form": form} if form else {}))
    answer = await seat.post(path, streaming(path, dict(THREE)[path]))
    assert words in answer.raw
    assert LAST[path] not in answer.raw


async def test_the_shapes_that_are_no_stream(seat: Seat) -> None:
    for kind, status, content_type in [
        ("json_200", 200, "application/json"),
        ("html_502", 502, "text/html"),
        ("wrong_content_type", 200, "text/plain"),
    ]:
        seat.sim.faults.add(kind)
        answer = await seat.post(CHAT, streaming(CHAT, "gpt-4.1"))
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (status, content_type)


async def test_blanks_run_on_in_arguments(seat: Seat) -> None:
    seat.sim.faults.add("whitespace_ramble", lines=50)
    body = asking(CHAT, "gpt-4.1", "run: ls", stream=True, tools=tools(CHAT, bash=SHELL))
    assert (await seat.post(CHAT, body)).raw.count(rb"\n\t") >= 40


async def test_a_missing_finish(seat: Seat) -> None:
    seat.sim.faults.add("no_finish", times=3)
    for path, model in THREE:
        raw = (await seat.post(path, streaming(path, model))).raw
        assert b'"finish_reason":"stop"' not in raw
        assert b"end_turn" not in raw
        assert b"response.completed" not in raw


async def leave(seat: Seat, path: str, body: object) -> None:
    """Send, wait until it runs, and go away."""
    sending = asyncio.get_running_loop().create_task(seat.post(path, body))
    await seat.sim.until(lambda sim: sim.active == 1)
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize(("path", "model"), THREE)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_is_noticed(seat: Seat, path: str, model: str, stream: bool) -> None:
    seat.sim.state.rate = 20
    await leave(seat, path, asking(path, model, "write 2000 words", stream=stream))
    await seat.sim.until(lambda sim: sim.cancelled == 1 and sim.active == 0)
    (entry,) = seat.sim.ledger
    assert entry.cancelled
    assert entry.output_tokens < 100  # of some 2,800: nobody pays for what was not made


async def test_silence_in_mid_stream_ends_when_the_client_leaves(seat: Seat) -> None:
    seat.sim.faults.add("stall")
    await leave(seat, CHAT, streaming(CHAT, "gpt-4.1"))
    await seat.sim.until(lambda sim: sim.cancelled == 1)


async def test_another_process_can_ask_for_faults_and_read_the_books(
    sim: SimulatedCopilot, seat: Seat
) -> None:
    wish = {"kind": "status", "status": 503, "path": CHAT}
    async with seat.http.post(sim.github_url + "/_sim/faults", json=wish) as response:
        assert (await response.json()) == {"planned": 1}
    assert (await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))).status == 503
    await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))
    ledger = (await seat.get(sim.github_url + "/_sim/ledger")).json["entries"]
    assert [entry["model"] for entry in ledger] == ["gpt-4.1"]
    requests = (await seat.get(sim.github_url + "/_sim/requests")).json["requests"]
    assert [one["status"] for one in requests] == [200, 503, 200]
    async with seat.http.post(sim.github_url + "/_sim/faults", json={"kind": "x"}) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"x"', b'{"model": 5}', b'{"model": "gpt-4.1", "messages": 7}']
)
@pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES, "/embeddings"])
async def test_broken_bodies_are_refused(seat: Seat, path: str, raw: bytes) -> None:
    async with seat.http.post(seat.sim.api_url + path, data=raw, headers=seat.headers) as response:
        assert response.status == 400
