"""Bodies as clients should not send them: each gets a 4xx in the dialect of its path, none a 5xx."""

import asyncio
import gzip
import json
import logging
import zlib
from typing import Any

import pytest
from ways import NATIVE, SAID, Way, assert_error, streamed_text, whole_text

from tests.harness import Jumpseat, Reply, running

THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
PATHS = [
    pytest.param("/v1/chat/completions", "chat", id="chat"),
    pytest.param("/v1/responses", "responses", id="responses"),
    pytest.param("/v1/messages", "messages", id="messages"),
    pytest.param("/v1/messages/count_tokens", "messages", id="count_tokens"),
    pytest.param("/v1/embeddings", "chat", id="embeddings"),
]
EVERY_PATH = pytest.mark.parametrize(("path", "dialect"), PATHS)
JSON = {"Content-Type": "application/json"}


async def send(jumpseat: Jumpseat, path: str, body: Any, **headers: str) -> Reply:
    async with jumpseat.http.post(jumpseat.url + path, data=body, headers=JSON | headers) as response:
        return Reply(response.status, dict(response.headers), await response.read())


BROKEN = {
    "empty": b"",
    "blanks": b"  \n",
    "cut off": b'{"model": "gpt-4.1", "messages": [',
    "not JSON": b"model=gpt-4.1",
    "invalid UTF-8": b'{"model": "\xff\xfe"}',
    "UTF-16": '{"model": "gpt-4.1"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"model": "x"}',
    "NaN": b'{"model": "gpt-4.1", "temperature": NaN}',
    "Infinity": b'{"model": "gpt-4.1", "temperature": -Infinity}',
    "a trailing comma": b'{"model": "gpt-4.1",}',
    "two documents": b"{}{}",
    "a list": b"[]",
    "a string": b'"hello"',
    "a number": b"1",
    "null": b"null",
    "nesting of 100,000 levels": b'{"model": "gpt-4.1", "messages": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}",
    "nesting of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "unclosed nesting": b"[" * 1_000_000,
    "a lone surrogate in a name": b'{"\\ud800": 1}',
    "nothing but an object": b"{}",
    "a number too large": b'{"model": ' + b"9" * 5000 + b"}",
    "a float too large": b'{"model": 1e999999}',
    "a null byte": b'{"model": "gpt\\u0000", "messages": 1, "input": [], "max_tokens": 1}',
}


@EVERY_PATH
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_broken_bodies_are_400_in_the_dialect(
    jumpseat: Jumpseat, body: bytes, path: str, dialect: str
) -> None:
    reply = await send(jumpseat, path, body)
    assert_error(dialect, reply, 404 if "model_not_found" in reply.text else 400)
    assert not any(seen.method == "POST" for seen in jumpseat.sim.requests)


DEEP = b'{"a":' * 900 + b"1" + b"}" * 900
WRONG: dict[str, Any] = {
    "model is a number": {"model": 1},
    "model is null": {"model": None},
    "model is a list": {"model": ["gpt-4.1"]},
    "model is empty": {"model": ""},
    "stream is a text": {"stream": "yes"},
    "messages is a text": {"messages": "hello"},
    "messages is empty": {"messages": [], "input": []},
    "messages holds texts": {"messages": ["hello"], "input": [1]},
    "messages holds null": {"messages": [None], "input": [None]},
    "a message without a role": {"messages": [{"content": "x"}], "input": [{}]},
    "a role that is a number": {"messages": [{"role": 1, "content": "x"}], "input": [{"role": 1}]},
    "content is a number": {"messages": [{"role": "user", "content": 5}], "input": 5},
    "a part that is a number": {"messages": [{"role": "user", "content": [5]}],
                                "input": [{"role": "user", "content": [5]}]},
    "a part of type 5": {"messages": [{"role": "user", "content": [{"type": 5}]}],
                         "input": [{"role": "user", "content": [{"type": 5}]}]},
    "tools is a text": {"tools": "all"},
    "tools holds null": {"tools": [None]},
    "max_tokens is a text": {"max_tokens": "many", "max_output_tokens": "many"},
    "max_tokens is negative": {"max_tokens": -1, "max_output_tokens": -1},
    "input is an object": {"input": {}, "messages": {}},
}  # fmt: skip


@THREE
@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
async def test_wrong_types_are_400_and_name_the_field(
    jumpseat: Jumpseat, change: dict[str, Any], way: Way
) -> None:
    body = way.body()
    known = {name: value for name, value in change.items() if name in {*body, "tools", "max_tokens"}}
    if way.dialect == "responses" and "max_output_tokens" in change:
        known = {"max_output_tokens": change["max_output_tokens"]}
    reply = await jumpseat.post(way.path, body | known)
    if not known:
        assert reply.status == 200
        return
    error = assert_error(way.dialect, reply, 400)
    assert any(name in error["message"] for name in (*known, "type")), error["message"]


@EVERY_PATH
async def test_odd_but_valid_json_is_no_fault_of_ours(jumpseat: Jumpseat, path: str, dialect: str) -> None:
    for odd in (b'{"model": "gpt-4.1", "extra": ' + DEEP + b"}", b'{"model": 1e400}',
                b'{"model": "gpt-4.1", "messages": [{"role": "user", "content": [' + DEEP + b"]}]}",
                b'{"model": "gpt-4.1", "max_tokens": 1e308, "messages": [{"role": "user"}]}'):  # fmt: skip
        reply = await send(jumpseat, path, odd)
        assert reply.status in (200, 400, 404)
        if reply.status != 200:
            assert_error(dialect, reply, reply.status)


@THREE
async def test_of_a_duplicate_key_the_last_counts(jumpseat: Jumpseat, way: Way) -> None:
    body = json.dumps(way.body())
    reply = await send(jumpseat, way.path, '{"model": "nobody", ' + body[1:])
    assert streamed_text(way, reply) == SAID


@THREE
async def test_half_a_surrogate_pair_becomes_a_replacement_character(jumpseat: Jumpseat, way: Way) -> None:
    body = json.dumps(way.body("say: half \ud83d an emoji"))
    reply = await send(jumpseat, way.path, body)
    assert streamed_text(way, reply) == "half \ufffd an emoji"


@THREE
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
async def test_the_content_type_does_not_matter(jumpseat: Jumpseat, content_type: str, way: Way) -> None:
    """JSON is JSON: some clients name none. (Pages of other origins are kept out at the door.)"""
    body = json.dumps(way.body(stream=False))
    reply = await send(jumpseat, way.path, body, **{"Content-Type": content_type})
    assert whole_text(way, reply) == SAID


# --- size -----------------------------------------------------------------------------------------


async def pieces(total: int, piece: bytes = b" " * 65536):
    for _ in range(total // len(piece)):
        yield piece


@pytest.fixture
async def small(sim, tmp_path):
    """Takes bodies up to one megabyte."""
    async with running(sim, tmp_path, server={"max_body_mb": 1}) as jumpseat:
        yield jumpseat


@EVERY_PATH
async def test_a_body_too_large_is_413(small: Jumpseat, path: str, dialect: str) -> None:
    for body in (b" " * 1_500_000, pieces(4_000_000)):
        error = assert_error(dialect, await send(small, path, body), 413)
        assert "max_body_mb" in error["message"]
    assert not any(seen.method == "POST" for seen in small.sim.requests)


async def test_the_413_comes_before_the_body_is_there(small: Jumpseat) -> None:
    host, port = small.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n{")
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 2)
    writer.close()


@THREE
async def test_just_within_the_limit_is_fine(small: Jumpseat, way: Way) -> None:
    body = json.dumps(way.body()).encode()
    reply = await send(small, way.path, body + b" " * (1024 * 1024 - len(body)))
    assert streamed_text(way, reply) == SAID


@THREE
async def test_a_client_that_waits_for_100_continue_gets_it(jumpseat: Jumpseat, way: Way) -> None:
    """curl asks so for larger bodies, and loses a second when nobody answers."""
    host, port = jumpseat.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps(way.body()).encode()
    head = f"POST {way.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Expect: 100-continue\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert b" 200 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


# --- compressed -----------------------------------------------------------------------------------


@THREE
@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_compressed_bodies_are_read(jumpseat: Jumpseat, encoding: str, pack: Any, way: Way) -> None:
    body = pack(json.dumps(way.body()).encode())
    assert streamed_text(way, await send(jumpseat, way.path, body, **{"Content-Encoding": encoding})) == SAID


@EVERY_PATH
async def test_a_decompression_bomb_is_413(small: Jumpseat, path: str, dialect: str) -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    assert len(bomb) < 1_000_000
    reply = await send(small, path, bomb, **{"Content-Encoding": "gzip"})
    assert_error(dialect, reply, 413)


@EVERY_PATH
async def test_broken_compression_is_400(jumpseat: Jumpseat, path: str, dialect: str) -> None:
    good = gzip.compress(b'{"model": "gpt-4.1"}' * 1000)
    for broken in (b"not gzip", good[:-20], b"\x1f\x8b" + b"\0" * 50):
        reply = await send(jumpseat, path, broken, **{"Content-Encoding": "gzip"})
        assert_error(dialect, reply, 400)


@EVERY_PATH
@pytest.mark.parametrize("encoding", ["zstd", "br", "compress", "nonsense"])
async def test_a_compression_that_cannot_be_read_is_a_clients_mistake(
    jumpseat: Jumpseat, encoding: str, path: str, dialect: str
) -> None:
    reply = await send(jumpseat, path, b"\x00\x01\x02\x03" * 10, **{"Content-Encoding": encoding})
    assert 400 <= reply.status < 500
    assert_error(dialect, reply, reply.status)


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture):
    """Nothing a client sends may look like a mistake of ours in the log."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
