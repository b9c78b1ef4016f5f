"""What must not pile up, and what must not stop the others, whatever clients do."""

import asyncio
import logging
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from ways import NATIVE, Way

from tests.harness import Jumpseat
from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import MAX_REPAIRS, Rules
from tray_app.dialects.table import BY_ENDPOINT
from tray_app.history.record import MAX_NOTES
from tray_app.proxy.listener import Listener


async def test_a_client_that_leaves_while_it_is_written_to_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One traceback for each would fill the log during an outage, and each costs time and memory."""

    async def leave(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        raise ConnectionResetError("Cannot write to closing transport")

    runner = web.ServerRunner(Listener(leave))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientError):
                async with http.get(f"http://{host}:{port}/") as response:
                    await response.read()
    finally:
        await runner.cleanup()
    assert not [entry for entry in caplog.records if entry.levelno >= logging.WARNING]


@pytest.mark.parametrize("way", NATIVE, ids=str)
async def test_a_huge_model_name_is_not_kept(jumpseat: Jumpseat, way: Way) -> None:
    reply = await jumpseat.post(way.path, {**way.body(), "model": "m" * 1_000_000})
    assert reply.status == 404
    assert len(jumpseat.last["model_requested"]) <= 300


async def test_a_body_of_many_unknown_fields_leaves_a_short_record(jumpseat: Jumpseat) -> None:
    way = next(way for way in NATIVE if way.dialect == "messages")
    reply = await jumpseat.post(way.path, {**way.body(), **{f"x_{n}": n for n in range(3_000)}})
    assert reply.status == 200
    assert len(jumpseat.last["notes"]) == MAX_NOTES + 1


class Watched(str):
    """A field name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Watched.compared += 1
        return str.__eq__(self, other)


def test_noting_many_unknown_fields_takes_linear_time() -> None:
    dialect = BY_ENDPOINT["/v1/messages"]
    body: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    body |= {Watched(f"x_{n}"): n for n in range(2_000)}
    Watched.compared = 0
    prepared = dialect.before(body, Rules(Model("m"), Memory()))
    assert len(prepared.notes) >= 2_000
    assert Watched.compared < 2_000 * 40  # each against each would be two million


@pytest.mark.parametrize("way", NATIVE, ids=str)
async def test_nothing_is_left_of_streams_that_were_given_up(jumpseat: Jumpseat, way: Way) -> None:
    """Tasks, running answers and running records; upstream hears of each at once."""
    sim = jumpseat.sim
    sim.state.rate = 50
    before = len(asyncio.all_tasks())

    async def give_up() -> None:
        async with (
            aiohttp.ClientSession() as http,
            http.post(jumpseat.url + way.path, json=way.body("write 2000 words", stream=True)) as left,
        ):
            assert await left.content.readany()
            left.close()

    await asyncio.gather(*(give_up() for _ in range(20)))
    await sim.until(lambda sim: sim.active == 0, 3)
    await asyncio.wait_for(jumpseat.seat.records.idle(), 3)
    assert len(jumpseat.seat.running) == 0
    assert not jumpseat.seat.records.running
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not {"keepalive", "end of an answer"} & names
    assert len(asyncio.all_tasks()) <= before + 20  # connections that upstream's listener still closes
    assert all(row.cancelled for row in jumpseat.seat.records.all())


def test_repairs_of_thousands_of_tools_are_few_words() -> None:
    """What is said of each was compared with what was said of all others."""
    tools = [{"type": "function", "name": f"tool {n}", "parameters": {}} for n in range(1_000)]
    body = {"model": "gpt-5.3-codex", "input": "x", "tools": tools}
    rules = Rules(Model("gpt-5.3-codex", endpoints=("/responses",)), Memory())
    prepared = BY_ENDPOINT["/responses"].before(body, rules)
    assert len(prepared.repairs) == MAX_REPAIRS
    assert len(prepared.body["tools"]) == 1_000
