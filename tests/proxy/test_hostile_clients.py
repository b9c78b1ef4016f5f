"""Clients that mean ill, over raw sockets: nothing is smuggled, nothing is held, nothing is forged."""

import asyncio
import time

import pytest
from ways import WAYS, Way

from tests.harness import Jumpseat, running
from tray_app.dialects.initiator import is_harness_text
from tray_app.dialects.table import RESPONSES
from tray_app.proxy import body, listener

HEAD = b"Host: localhost\r\n"
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def raw(jumpseat: Jumpseat, sent: bytes, seconds: float = 5) -> bytes:
    """What comes back until the connection ends, or for a while."""
    host, port = jumpseat.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    got = b""
    try:
        async with asyncio.timeout(seconds):
            while part := await reader.read(65536):
                got += part
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return got


SMUGGLES = {
    "a length and chunks": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, then a length": b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
    "two different lengths": b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 50\r\n\r\n",
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked but not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a bare CR in a value": b"X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a signed chunk size": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "a hexadecimal prefix": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLES.values(), ids=SMUGGLES)
async def test_an_ambiguous_length_ends_the_connection(jumpseat: Jumpseat, rest: bytes) -> None:
    got = await raw(jumpseat, b"POST /v1/chat/completions HTTP/1.1\r\n" + HEAD + rest + SMUGGLED, 2)
    assert got.count(b"HTTP/1.") == 1, got[:600]
    assert got.split(b" ")[1] == b"400", got[:200]


@pytest.mark.parametrize("pages", [("cross-site",), ("same-origin", "cross-site"), ("Cross-Site",), ("?",)])
async def test_a_page_that_says_so_oddly_is_refused(jumpseat: Jumpseat, pages: tuple[str, ...]) -> None:
    lines = "".join(f"Sec-Fetch-Site: {page}\r\n" for page in pages).encode()
    got = await raw(jumpseat, b"GET /v1/models HTTP/1.1\r\nConnection: close\r\n" + HEAD + lines + b"\r\n")
    assert got.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "sent", [b"", b"POST /v1/messages HTTP/1.1\r\nHost: loc"], ids=["mute", "half a head"]
)
async def test_a_connection_without_a_request_is_closed(
    jumpseat: Jumpseat, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(listener, "FIRST_REQUEST_SECONDS", 0.05)
    begun = time.monotonic()
    await raw(jumpseat, sent)
    assert time.monotonic() - begun < 4


async def test_a_body_that_stops_is_a_timeout(jumpseat: Jumpseat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SILENCE_SECONDS", 0.05)
    got = await raw(jumpseat, b"POST /v1/messages HTTP/1.1\r\n" + HEAD + b"Content-Length: 50\r\n\r\n{", 2)
    assert got.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in got or b"timeout" in got


async def test_telemetry_has_an_end(sim, tmp_path) -> None:
    async with running(sim, tmp_path, server={"max_body_mb": 1}) as jumpseat:
        async with jumpseat.http.post(
            jumpseat.url + "/api/event_logging/batch", data=b"x" * (3 * 1024 * 1024)
        ) as reply:
            assert reply.status == 413
        assert (await jumpseat.get("/health")).status == 200


async def test_nothing_of_a_clients_headers_gets_upstream_unchecked(jumpseat: Jumpseat) -> None:
    """Session ids, interaction types and betas are chosen from what is known, or dropped."""
    evil = "x\u00e9; Authorization: y"
    body = {"model": "claude-sonnet-5", "max_tokens": 5, "messages": [{"role": "user", "content": "say: a"}]}
    reply = await jumpseat.post(
        "/v1/messages", body, **{"anthropic-beta": evil, "X-Interaction-Type": evil, "X-Initiator": evil}
    )
    assert reply.status == 200
    seen = jumpseat.sim.requests[-1].headers
    assert not [name for name, value in seen.items() if "Authorization: y" in value]


async def test_a_simple_post_of_a_page_is_refused(jumpseat: Jumpseat) -> None:
    for content in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        for site in ("cross-site", "same-site"):
            headers = {"Content-Type": content, "Sec-Fetch-Site": site}
            async with jumpseat.http.post(
                jumpseat.url + "/v1/chat/completions", data="{}", headers=headers
            ) as reply:
                assert reply.status == 403
    assert jumpseat.sim.requests == []


@pytest.mark.parametrize("text", ["<system-reminder></system-reminder>", "<system-reminder>", "<", " "])
def test_a_text_of_many_elements_is_read_in_one_go(text: str) -> None:
    begun = time.perf_counter()
    many = text * (4_000_000 // len(text))
    assert is_harness_text(many) is (text.endswith("</system-reminder>") or text == " ")
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_what_is_too_deep_to_be_written_is_the_clients_mistake(
    jumpseat: Jumpseat, way: Way, stream: bool
) -> None:
    deep: object = 1
    for _ in range(400):
        deep = {"a": deep}
    for field in ("metadata", "tools", "text", "user", "unknown"):
        body = way.body(stream=stream) | {field: deep}
        assert (await jumpseat.post(way.path, body)).status in (200, 400), field


@pytest.mark.parametrize("kind", ["function_call", "function_call_output"])
def test_many_items_of_one_turn_are_read_in_one_go(kind: str) -> None:
    item = {"type": kind, "call_id": "c", "name": "a", "arguments": "{}", "output": "x"}
    begun = time.perf_counter()
    ask = RESPONSES.read_ask({"model": "gpt-4.1", "input": [item] * 40_000})
    assert "ToolCall" in repr(ask)[:2000] or "ToolResult" in repr(ask)[:2000]
    assert time.perf_counter() - begun < 6
