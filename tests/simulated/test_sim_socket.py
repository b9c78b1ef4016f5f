"""The simulated `ws:/responses`: as strict and as odd as the wire reference says (6.8)."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from plain_client import PIXEL, SHELL, Seat

URL = "/responses"
MODEL = "gpt-5.3-codex"
TOOL = {"type": "function", "name": "shell", "description": "Run", "parameters": SHELL}
INCLUDE = {"include": ["reasoning.encrypted_content"], "store": False}


class Line:
    """A WebSocket to it; `said` gives every event of an answer."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def said(self, **fields: Any) -> list[dict[str, Any]]:
        await self.socket.send_str(json.dumps({"type": "response.create", "model": MODEL} | fields))
        return await self.events()

    async def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while not found or found[-1]["type"] not in ("response.completed", "response.incomplete", "error"):
            message = await self.socket.receive(timeout=5)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            found.append(json.loads(message.data))
        return found

    async def refused(self, **fields: Any) -> dict[str, Any]:
        (event,) = await self.said(**fields)
        assert set(event) == {"type", "error"}
        error: dict[str, Any] = event["error"]
        return error


@contextlib.asynccontextmanager
async def line_to(seat: Seat, **headers: str) -> AsyncIterator[Line]:
    async with seat.http.ws_connect(seat.sim.api_url + URL, headers=seat.headers | headers) as socket:
        yield Line(socket)


async def test_events_come_one_in_a_frame_and_are_billed(seat: Seat) -> None:
    async with line_to(seat) as line:
        events = await line.said(input="say: hello", initiator="agent")
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["copilot_usage"]["total_nano_aiu"] > 0
    (entry,) = seat.sim.ledger
    assert (entry.endpoint, entry.initiator, entry.premium) == ("ws:/responses", "agent", 0.0)
    assert entry.nano_aiu == events[-1]["copilot_usage"]["total_nano_aiu"]


async def test_the_last_response_is_gone_on_from_and_no_other(seat: Seat) -> None:
    async with line_to(seat) as line, line_to(seat) as other:
        first = (await line.said(input="run: echo hi\nMARKER", tools=[TOOL]))[-1]["response"]
        call = first["output"][-1]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "hi"}
        error = await other.refused(input=[output], previous_response_id=first["id"])
        assert error["code"] == "previous_response_not_found"
        end = (await line.said(input=[output], tools=[TOOL], previous_response_id=first["id"]))[-1]
        assert "The tool said: hi" in json.dumps(end["response"]["output"])
        assert (await line.refused(input="more", previous_response_id=first["id"]))["code"] == (
            "previous_response_not_found"
        )
    assert seat.sim.ledger[1].input_tokens > seat.sim.ledger[0].input_tokens


async def test_an_id_of_another_connection_is_refused(seat: Seat) -> None:
    async with line_to(seat) as line, line_to(seat) as other:
        end = (await line.said(input="say: a", reasoning={"effort": "low"}, **INCLUDE))[-1]["response"]
        answer = [item for item in end["output"] if item["type"] == "message"]
        again = [{"role": "user", "content": "say: a"}, *answer, {"role": "user", "content": "say: b"}]
        error = await other.refused(input=again)
        assert "input item ID does not belong to this connection" in error["message"]
        del answer[0]["id"]
        assert (await other.said(input=again))[-1]["type"] == "response.completed"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("{", "failed to parse request"),
        ("[]", "unsupported message type"),
        ('{"model": "gpt-5.3-codex", "input": "x"}', "unsupported message type"),
        ('{"type": "response.create", "response": {"model": "gpt-5.3-codex"}}', "model is required"),
        ('{"type": "response.create", "model": "gpt-5.3-codex", "response": {}, "input": "x"}', "'response'"),
        ('{"type": "response.create", "model": "gpt-5.5", "generate": false, "input": "x"}', "'generate'"),
        ('{"type": "response.create", "model": "gpt-4.1", "input": "x"}', "ws:/responses"),
        ('{"type": "response.create", "model": "gpt-5.3-codex", "store": true, "input": "x"}', "store"),
        ('{"type": "response.create", "model": "gpt-5.3-codex"}', "'input'"),
    ],
)  # fmt: skip
async def test_frames_that_it_does_not_take(seat: Seat, frame: str, words: str) -> None:
    async with line_to(seat) as line:
        await line.socket.send_str(frame)
        (event,) = await line.events()
        assert words in event["error"]["message"]
        assert (await line.said(input="say: still here"))[-1]["type"] == "response.completed"


async def test_images_need_the_header_of_the_handshake(seat: Seat) -> None:
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}
    items = [{"role": "user", "content": [{"type": "input_text", "text": "say: a"}, picture]}]
    async with line_to(seat) as line:
        assert "Copilot-Vision-Request" in (await line.refused(input=items))["message"]
    async with line_to(seat, **{"Copilot-Vision-Request": "true"}) as line:
        assert (await line.said(input=items))[-1]["type"] == "response.completed"


async def test_a_second_request_has_to_wait(seat: Seat) -> None:
    seat.sim.state.rate = 50
    async with line_to(seat) as line:
        for _ in range(2):
            await line.socket.send_str(
                json.dumps({"type": "response.create", "model": MODEL, "input": "say: a b"})
            )
        assert "already in progress" in (await line.events())[-1]["error"]["message"]
        assert (await line.events())[-1]["type"] == "response.completed"


async def test_tokens_and_the_hour_are_checked_with_each_request(seat: Seat) -> None:
    async with line_to(seat) as line:
        await line.said(input="say: a")
        seat.sim.expire_copilot_tokens()
        assert "token expired" in (await line.refused(input="say: b"))["message"]
        seat.sim.advance(3601)
        assert (await line.refused(input="say: c"))["code"] == "websocket_connection_limit_reached"
        assert (await line.socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize(
    ("headers", "status"), [({"Editor-Version": ""}, 400), ({"Authorization": "x"}, 401)]
)
async def test_the_handshake_is_refused_like_any_request(
    seat: Seat, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with line_to(seat, **headers):
            pass
    assert refusal.value.status == status


async def test_who_hangs_up_is_not_billed_for_the_rest(seat: Seat) -> None:
    seat.sim.state.rate = 20
    async with line_to(seat) as line:
        await line.socket.send_str(
            json.dumps({"type": "response.create", "model": MODEL, "input": "say: " + "word " * 200})
        )
        for _ in range(6):
            await line.socket.receive()
    await seat.sim.until(lambda sim: sim.cancelled == 1 and sim.active == 0 and sim.sockets == 0)
    assert seat.sim.ledger[0].output_tokens < 20


async def test_a_frame_above_its_limit_ends_the_connection(seat: Seat) -> None:
    async with line_to(seat) as line:
        with contextlib.suppress(ConnectionError):
            await line.socket.send_str('{"type": "response.create", "input": "' + "x" * 17_000_000 + '"}')
        message = await line.socket.receive(timeout=20)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert seat.sim.ledger == []
