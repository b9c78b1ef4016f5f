"""A client that goes away: Copilot stops at once, and nothing is left behind."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from ways import EVERY, NATIVE, SAID, Way, assert_neat, streamed_text

from tests.harness import Jumpseat, Reply, running

ALL = pytest.mark.parametrize("way", EVERY, ids=str)
THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
LONG = "write 2000 words"


@asynccontextmanager
async def raw_client(jumpseat: Jumpseat) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection without a client library around it."""
    host, port = jumpseat.url.removeprefix("http://").split(":")
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)  # so that a slow reader is felt
    link.setblocking(False)
    await asyncio.get_running_loop().sock_connect(link, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=link)
    try:
        yield reader, writer
    finally:
        writer.close()


def request_bytes(path: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def read_answer(reader: asyncio.StreamReader) -> Reply:
    """One HTTP/1.1 answer off the wire, whole or chunked."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    if "Content-Length" in headers:
        body = await reader.readexactly(int(headers["Content-Length"]))
    else:
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    return Reply(int(head[0].split()[1]), headers, body)


async def cancelled_record(jumpseat: Jumpseat) -> dict[str, Any]:
    """The record of the request that was just given up."""
    await asyncio.wait_for(jumpseat.seat.records.idle(), 1)
    record = jumpseat.last
    assert record["cancelled"]
    assert record["error"] is None
    assert record["duration_ms"] is not None
    return record


def held_tasks() -> set[str]:
    """Names of tasks of ours, the listeners' own left out."""
    return {task.get_name() for task in asyncio.all_tasks() if not task.get_name().startswith("Task-")}


@ALL
async def test_leaving_in_mid_stream_stops_copilot(jumpseat: Jumpseat, way: Way) -> None:
    sim = jumpseat.sim
    sim.state.rate = 100
    async with jumpseat.http.post(jumpseat.url + way.path, json=way.body(LONG)) as response:
        assert await response.content.readany()
        assert sim.active == 1
        response.close()
    await sim.until(lambda sim: sim.cancelled == 1 and sim.active == 0, 1)
    record = await cancelled_record(jumpseat)
    assert (record["status"], record["attempts"]) == (200, 1)
    assert record["response_bytes"] > 0
    assert not {"keepalive", "end of an answer"} & held_tasks()


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@ALL
async def test_leaving_before_the_headers_stops_copilot(jumpseat: Jumpseat, way: Way, stream: bool) -> None:
    sim = jumpseat.sim
    await jumpseat.get("/v1/models")
    sim.state.rate = 10
    if stream:
        sim.faults.add("stall", after=0, seconds=60)
    asking = asyncio.get_running_loop().create_task(
        jumpseat.post(way.at(stream), way.body(LONG, stream=stream))
    )
    await sim.until(lambda sim: sim.active == 1)
    asking.cancel()
    await sim.until(lambda sim: sim.cancelled == 1 and sim.active == 0, 1)
    record = await cancelled_record(jumpseat)
    assert record["status"] == 499
    assert record["response_bytes"] == 0


async def test_leaving_while_a_retry_waits_ends_the_retries(sim, tmp_path) -> None:
    waiting = asyncio.Event()

    async def pause(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    sim.faults.add("status", preset="503", times=10)
    async with running(sim, tmp_path, sleep=pause) as jumpseat:
        asking = asyncio.get_running_loop().create_task(jumpseat.post("/v1/messages", NATIVE[2].body()))
        await asyncio.wait_for(waiting.wait(), 5)
        asking.cancel()
        record = await cancelled_record(jumpseat)
        assert record["attempts"] == 1


async def test_leaving_while_the_body_is_sent_reaches_nobody(jumpseat: Jumpseat) -> None:
    way = NATIVE[0]
    async with raw_client(jumpseat) as (_, writer):
        writer.write(request_bytes(way.path, way.body())[:-10])
        await writer.drain()
        while not jumpseat.seat.records.running:
            await asyncio.sleep(0)
    await cancelled_record(jumpseat)
    assert not any(seen.path == way.upstream for seen in jumpseat.sim.requests)


async def test_one_client_that_leaves_does_not_end_the_others_sign_in(sim, tmp_path) -> None:
    """The token exchange and the catalog are shared by everybody who waits for them."""
    way = NATIVE[0]
    async with running(sim, tmp_path) as jumpseat:
        sim.faults.add("status", "/models", preset="503")  # so that there is something to wait for
        loop = asyncio.get_running_loop()
        first = loop.create_task(jumpseat.post(way.path, way.body(stream=False)))
        while not jumpseat.seat.records.running:
            await asyncio.sleep(0)
        second = loop.create_task(jumpseat.post(way.path, way.body(stream=False)))
        first.cancel()
        reply = await asyncio.wait_for(second, 10)
        assert reply.status == 200
        assert sum(1 for seen in sim.requests if seen.path == "/copilot_internal/v2/token") == 1
        records = [record.as_json() for record in jumpseat.seat.records.all()]
        assert sorted(record["cancelled"] for record in records) == [False, True]


@ALL
async def test_a_client_that_hangs_up_after_the_end_has_not_cancelled(jumpseat: Jumpseat, way: Way) -> None:
    """Upstream may keep the connection open a moment after its last event; clients do not wait for that."""
    async with raw_client(jumpseat) as (reader, writer):
        writer.write(request_bytes(way.path, way.body()))
        reply = await read_answer(reader)
    assert_neat(way, reply)
    await asyncio.wait_for(jumpseat.seat.records.idle(), 1)
    assert not jumpseat.last["cancelled"]
    assert jumpseat.last["error"] is None


@THREE
async def test_a_connection_is_kept_for_the_next_request(jumpseat: Jumpseat, way: Way) -> None:
    async with raw_client(jumpseat) as (reader, writer):
        for stream in (True, False, True):
            writer.write(request_bytes(way.path, way.body(stream=stream)))
            reply = await read_answer(reader)
            assert reply.status == 200
        writer.write(request_bytes(way.path, {"model": "nobody-has-this"}))
        assert (await read_answer(reader)).status == 400
        writer.write(request_bytes(way.path, way.body()))
        assert streamed_text(way, await read_answer(reader)) == SAID


async def test_pipelined_requests_are_answered_in_order(jumpseat: Jumpseat) -> None:
    way = NATIVE[0]
    async with raw_client(jumpseat) as (reader, writer):
        bodies = [way.body(f"say: number {number}", stream=number % 2 == 0) for number in range(4)]
        writer.write(b"".join(request_bytes(way.path, body) for body in bodies))
        replies = [await read_answer(reader) for _ in bodies]
    for number, reply in enumerate(replies):
        assert f"number {number}" in (streamed_text(way, reply) if number % 2 == 0 else reply.text)


async def test_a_pipelining_client_that_leaves_cancels_what_runs(jumpseat: Jumpseat) -> None:
    way = NATIVE[0]
    jumpseat.sim.state.rate = 100
    async with raw_client(jumpseat) as (reader, writer):
        writer.write(request_bytes(way.path, way.body(LONG)) * 3)
        await reader.readuntil(b"data: ")
    await jumpseat.sim.until(lambda sim: sim.cancelled == 1 and sim.active == 0, 1)
    assert len(jumpseat.sim.ledger) == 1


async def test_a_client_that_reads_slowly_holds_copilot_back_and_loses_nothing(jumpseat: Jumpseat) -> None:
    """The proxy must not read megabytes ahead of its client."""
    way = NATIVE[2]
    async with raw_client(jumpseat) as (reader, writer):
        writer.write(request_bytes(way.path, way.body("write 50000 words", max_tokens=64000)))
        seen = -1
        while not (running := jumpseat.seat.records.running) or seen < running[0].response_bytes:
            seen = running[0].response_bytes if running else -1
            await asyncio.sleep(0.1)
        reply = await read_answer(reader)
    assert seen < len(reply.body)
    assert_neat(way, reply)
    assert len(streamed_text(way, reply).split()) == 50000


async def test_200_slow_streams_at_once(sim, tmp_path) -> None:
    sim.state.rate = 20
    async with running(sim, tmp_path) as jumpseat:
        await jumpseat.get("/v1/models")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            jumpseat.http = http
            ways = [NATIVE[number % 3] for number in range(200)]
            replies = await asyncio.gather(*(jumpseat.post(way.path, way.body()) for way in ways))
        for way, reply in zip(ways, replies, strict=True):
            assert_neat(way, reply)
            assert streamed_text(way, reply) == SAID
        assert len(sim.ledger) == 200
        assert not jumpseat.seat.records.running
