"""An upstream that means ill, or is somebody else: bounded, checked, and never followed."""

import asyncio
import contextlib
import json
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace

import pytest
from ways import NATIVE, Way

from tests.harness import running
from tray_app.copilot import answer as copilot_answer
from tray_app.copilot.catalog import parse_catalog
from tray_app.copilot.exchange_answer import read_seat
from tray_app.dialects import table
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import Rules
from tray_app.proxy import outcome
from tray_app.proxy.model_names import served

MODELS = ["gpt-4.1", "gpt-5.3-codex", "claude-sonnet-5"]
Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"


def catalog() -> bytes:
    ends = {"gpt-4.1": "/chat/completions", "gpt-5.3-codex": "/responses", "claude-sonnet-5": "/v1/messages"}
    return json.dumps(
        {
            "data": [
                {"id": id, "supported_endpoints": [ends[id]], "capabilities": {"type": "chat"}}
                for id in MODELS
            ]
        }
    ).encode()


@contextlib.asynccontextmanager
async def evil(answering: Answering) -> AsyncIterator[SimpleNamespace]:
    """A GitHub and Copilot that is in order until a model is asked: then `answering` has the socket."""
    state = SimpleNamespace(heads=[], github_token="gho_fictional00000000000000000000")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                state.heads.append(head)
                for line in head.lower().split("\r\n"):
                    if line.startswith("content-length:"):
                        await reader.readexactly(int(line[15:]))
                path = head.split(" ")[1]
                known = {"/copilot_internal/v2/token": token, "/models": catalog}.get(path)
                if head.startswith("POST"):
                    await answering(writer)
                    break
                body = known() if known else b"{}"
                writer.write(OK + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
                writer.write(body)
        writer.close()

    def token() -> bytes:
        return json.dumps(
            {"token": "tid=fictional;exp=1", "refresh_in": 1500, "endpoints": {"api": state.github_url}}
        ).encode()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    state.github_url = state.github_api_url = f"http://127.0.0.1:{port}"
    try:
        yield state
    finally:
        server.close()


def endless(head: bytes, piece: bytes, megabytes: int = 200) -> Answering:
    async def answering(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(megabytes * 1024 * 1024 // len(piece)):
            writer.write(piece)
            await writer.drain()

    return answering


def once(sent: bytes) -> Answering:
    async def answering(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    return answering


JSON = OK + b"Content-Type: application/json\r\n\r\n"
SSE = OK + b"Content-Type: text/event-stream\r\n\r\n"
THREE = pytest.mark.parametrize("way", NATIVE, ids=str)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copilot_answer, "ANSWER_BYTES", 1024 * 1024)
    monkeypatch.setattr(outcome, "ANSWER_BYTES", 1024 * 1024)


@THREE
@pytest.mark.usefixtures("small")
async def test_an_answer_without_end_is_given_up(tmp_path, way: Way) -> None:
    async with evil(endless(JSON + b'{"a": "', b"x" * 65536)) as sim, running(sim, tmp_path) as jumpseat:
        reply = await jumpseat.post(way.path, way.body(stream=False))
        assert reply.status == 502
        assert b"larger than any answer" in reply.body


@THREE
@pytest.mark.usefixtures("small")
async def test_a_bomb_is_given_up(tmp_path, way: Way) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b'{"a": "' + b"x" * (50 * 1024 * 1024)) + packer.flush()
    head = OK + b"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    async with evil(once(head % len(bomb) + bomb)) as sim, running(sim, tmp_path) as jumpseat:
        assert (await jumpseat.post(way.path, way.body(stream=False))).status == 502


@THREE
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_redirect_is_not_followed(tmp_path, way: Way, stream: bool) -> None:
    reached = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(100))
        writer.close()

    other = await asyncio.start_server(note, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    for status in (301, 302, 303, 307, 308):
        head = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
        async with evil(once(head.encode())) as sim, running(sim, tmp_path) as jumpseat:
            assert (await jumpseat.post(way.path, way.body(stream=stream))).status == 502
    other.close()
    assert reached == []


@THREE
@pytest.mark.parametrize("status", [200, 429, 500])
async def test_headers_of_upstream_stay_behind(tmp_path, way: Way, status: int) -> None:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        "Retry-After: 99\x01\r\nx-request-id: a\xe9\x02\r\nSet-Cookie: a=b\r\n"
        "Access-Control-Allow-Origin: *\r\n"
        "Location: http://x.example\r\n\r\n{}"
    )
    async with evil(once(head.encode("latin-1"))) as sim, running(sim, tmp_path) as jumpseat:
        reply = await jumpseat.post(way.path, way.body())
        assert reply.status in (status, 502)
        assert not {"Set-Cookie", "Location", "Access-Control-Allow-Origin"} & set(reply.headers)
        assert (await jumpseat.get("/health")).status == 200
        (row,) = (await jumpseat.get("/api/requests")).json["requests"]  # stored, by a thread that lives on
        assert row["upstream_request_id"] in (None, "a?\x02", "a\xe9\x02")


@THREE
async def test_an_event_line_without_end_is_given_up(tmp_path, way: Way, monkeypatch) -> None:
    for stream in (True, False):
        async with evil(endless(SSE + b"data: ", b"x" * 262144)) as sim, running(sim, tmp_path) as jumpseat:
            begun = time.monotonic()
            reply = await jumpseat.post(way.path, way.body(stream=stream))
            assert reply.status in (200, 502)
            assert b"made a mistake" not in reply.body
            assert time.monotonic() - begun < 20


# --- texts that make patterns slow ---------------------------------------------------------------

K = 60_000
SLOW = {
    "one word": "a" * K,
    "dotted": "a." * (K // 2),
    "paths": "messages.1.content." * (K // 19),
    "brackets": "input[" * (K // 6),
    "quotes": "'a" * (K // 2),
    "blanks": " " * K,
    "titles": "<title" * (K // 6),
    "digits in a path": "tools[" + "1" * K + "]",
    "ids": "ids: " + "a, " * (K // 3),
}
BODIES = {
    "chat": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5, "temperature": 1},
    "responses": {"input": [{"type": "message", "role": "user", "content": "hi"}], "tools": [{"type": "x"}]},
    "messages": {"max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]},
}


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("dialect", [table.CHAT, table.RESPONSES, table.MESSAGES], ids=lambda d: d.name)
def test_no_refusal_holds_the_program_up(dialect, said: str) -> None:
    model = parse_catalog([{"id": "claude-sonnet-5"}])[0]
    rules = Rules(model=model, memory=Memory(), learned=frozenset(), wants_1m=False, client_betas=())
    shapes = ({"message": said}, {"message": f"{said}: Extra inputs", "param": said, "code": "invalid_value"})
    for text in (said, *(json.dumps({"error": shape}) for shape in shapes)):
        begun = time.perf_counter()
        dialect.after(json.loads(json.dumps({"model": "x"} | BODIES[dialect.name])), 400, text, rules)
        assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("id", ["gpt-" + "1" * 5000, "-v1" * 50_000, "a\nb", "a\x1b[2J", "x" * 201])
def test_a_catalog_cannot_bring_any_id(id: str) -> None:
    assert parse_catalog([{"id": id}]) == ()
    begun = time.perf_counter()
    if len(id) > 200:
        assert served("gpt-4.1", id) == "gpt-4.1"
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("api", "believed"),
    [
        ("https://api.individual.githubcopilot.com", True),
        ("https://copilot-api.tenant.ghe.com/", True),
        ("http://127.0.0.1:9", True),
        ("http://api.githubcopilot.com", False),
        ("ftp://api.githubcopilot.com", False),
        ("https://name:password@api.githubcopilot.com", False),
        ("https://api.githubcopilot.com/?a=b", False),
        ("https://api.githubcopilot.com/#a", False),
        ("https://api.githubcopilot.com/\r\nX: y", False),
        ("//api.githubcopilot.com", False),
    ],
)
def test_only_a_plain_https_address_gets_the_token(api: str, believed: bool) -> None:
    seat = read_seat(json.dumps({"token": "tid=fictional", "endpoints": {"api": api}}).encode(), {})
    assert seat is not None
    assert (seat.api_url is not None) is believed


@pytest.mark.parametrize("number", [-1, 0, 1e308, 10**30, "1e400", "nan", "-inf", True, None, [], {}])
def test_odd_lifetimes_are_harmless(number: object) -> None:
    body = json.dumps({"token": "tid=fictional", "expires_at": number, "refresh_in": number})
    seat = read_seat(body.encode(), {"Date": "Mon, 23 Nov 2026 06:00:00 GMT"})
    assert seat is None or 0 < seat.refresh_after <= seat.dies_after < 1e9
