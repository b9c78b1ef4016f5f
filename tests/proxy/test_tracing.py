"""Spans to a collector: what arrives, and that nothing waits for a collector that is slow, angry or gone."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web

from tests.harness import Jumpseat, running
from tray_app.proxy import tracing
from tray_app.settings_keys import KEYS

CHAT = "/v1/chat/completions"
pytestmark = pytest.mark.filterwarnings("error")


def chat(text: str = "say: the heron", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4.1", "messages": [{"role": "user", "content": text}], **more}


@dataclass
class Collector:
    """Answers with `status`, after `delay` seconds."""

    status: int = 200
    delay: float = 0.0
    url: str = ""
    posts: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    async def take(self, request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(self.delay)
        self.posts.append((request.path, dict(request.headers), await request.json()))
        return web.json_response({}, status=self.status, headers={"Location": "/elsewhere"})

    @property
    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for _, _, body in self.posts
            for scope in body["resourceSpans"][0]["scopeSpans"]
            for span in scope["spans"]
        ]


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    monkeypatch.setattr(tracing, "GATHER_SECONDS", 0.05)
    monkeypatch.setattr(tracing, "_AGAIN_SECONDS", (0.05, 0.05))
    made = Collector()
    runner = web.ServerRunner(web.Server(made.take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def until(look: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not look():
            await asyncio.sleep(0.01)


def with_collector(sim: Any, home: Any, url: str, **more: Any) -> Any:
    return running(sim, home, history={"otlp_endpoint": url, **more})


async def test_each_request_is_a_span_and_nothing_said_is_in_it(sim, tmp_path, collector: Collector) -> None:
    headers = ("Authorization: Bearer a:secret", "x-tenant: me")
    async with with_collector(sim, tmp_path, collector.url, otlp_headers=headers) as jumpseat:
        assert (await jumpseat.post(CHAT, chat(), **{"x-session-id": "s1"})).status == 200
        assert (await jumpseat.post(CHAT, chat(stream=True))).status == 200
        assert (await jumpseat.post(CHAT, chat(model="nobody"))).status == 404
        await until(lambda: len(collector.spans) == 3)
        records = jumpseat.seat.records.all()
    path, sent, _ = collector.posts[0]
    assert path == "/v1/traces"
    assert (sent["Authorization"], sent["x-tenant"]) == ("Bearer a:secret", "me")
    assert sent["Content-Type"] == "application/json"
    assert [span["traceId"] for span in collector.spans] == [one.id[4:] for one in records]
    assert [span.get("status") for span in collector.spans] == [None, None, {"code": 2}]
    assert "heron" not in str(collector.posts)
    named = {entry["key"]: entry["value"] for entry in collector.spans[0]["attributes"]}
    assert named["server.address"] == {"stringValue": "127.0.0.1"}
    assert named["gen_ai.usage.input_tokens"] == {"intValue": str(records[0].usage.input_tokens)}


async def test_nothing_goes_anywhere_unless_asked_for(sim, tmp_path, collector: Collector) -> None:
    async with running(sim, tmp_path) as jumpseat:
        await jumpseat.post(CHAT, chat())
        settings = jumpseat.live.now
        jumpseat.live.replace(
            replace(settings, history=replace(settings.history, otlp_endpoint=collector.url))
        )
        await jumpseat.post(CHAT, chat())
        await until(lambda: len(collector.spans) == 1)
        jumpseat.live.replace(settings)
        await jumpseat.post(CHAT, chat())
        await asyncio.sleep(0.3)
    assert len(collector.spans) == 1


async def test_while_recording_pauses_nothing_is_sent(sim, tmp_path, collector: Collector) -> None:
    async with with_collector(sim, tmp_path, collector.url, enabled=False) as jumpseat:
        await jumpseat.post(CHAT, chat())
    assert collector.posts == []


async def test_the_last_ones_go_out_at_the_end(
    sim, tmp_path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "GATHER_SECONDS", 60.0)
    async with with_collector(sim, tmp_path, collector.url) as jumpseat:
        await jumpseat.post(CHAT, chat())
        assert collector.posts == []
    assert len(collector.spans) == 1


async def test_the_end_waits_two_seconds_at_most(sim, tmp_path, collector: Collector) -> None:
    collector.delay = 30.0
    async with contextlib.AsyncExitStack() as stack:
        jumpseat: Jumpseat = await stack.enter_async_context(with_collector(sim, tmp_path, collector.url))
        begun = time.monotonic()
        for _ in range(20):
            assert (await jumpseat.post(CHAT, chat())).status == 200
        assert time.monotonic() - begun < 5, "no request waits for the collector"
        begun = time.monotonic()
        await stack.aclose()
        assert time.monotonic() - begun < 6


async def test_a_collector_that_is_gone_is_told_of_once(
    sim, tmp_path, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.status = 503
    with caplog.at_level(logging.INFO, logger=tracing.__name__):
        async with with_collector(
            sim, tmp_path, collector.url, otlp_headers=("x-key: very-secret",)
        ) as jumpseat:
            await jumpseat.post(CHAT, chat())
            await until(lambda: len(collector.posts) >= 4)
            collector.status = 200
            before = len(collector.posts)
            await until(lambda: len(collector.posts) > before)
            await until(lambda: len(caplog.messages) > 1)
    assert caplog.messages[0].startswith("The collector of history.otlp_endpoint answered 503")
    assert caplog.messages[1:] == ["The collector takes spans again"]
    assert "very-secret" not in caplog.text
    assert collector.url not in caplog.text
    assert len({str(post[2]) for post in collector.posts}) == 1, "the same spans, until they are taken"


@pytest.mark.parametrize("status", [302, 400, 401])
async def test_what_is_refused_is_not_sent_again(sim, tmp_path, collector: Collector, status: int) -> None:
    collector.status = status
    async with with_collector(sim, tmp_path, collector.url) as jumpseat:
        await jumpseat.post(CHAT, chat())
        await until(lambda: collector.posts)
        await asyncio.sleep(0.3)
    assert [path for path, _, _ in collector.posts] == ["/v1/traces"]


async def test_what_waits_is_bounded_and_the_rest_counted(
    sim, tmp_path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "MAX_WAITING", 5)
    monkeypatch.setattr(tracing, "GATHER_SECONDS", 60.0)
    async with with_collector(sim, tmp_path, collector.url) as jumpseat:
        for _ in range(8):
            await jumpseat.post(CHAT, chat())
        assert jumpseat.seat.tracing.dropped == 3
        text = (await jumpseat.get("/metrics")).text
        assert "jumpseat_spans_dropped_total 3.0" in text
        assert "jumpseat_spans_waiting 5.0" in text
    assert len(collector.spans) == 5
    assert jumpseat.seat.tracing.sent == 5


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("https://x.example/otlp/", "https://x.example/otlp/v1/traces"),
        ("https://x.example/v1/traces", "https://x.example/v1/traces"),
    ],
)
def test_the_address_for_traces(endpoint: str, url: str) -> None:
    assert tracing.traces_url(endpoint) == url


@pytest.mark.parametrize(
    "endpoint",
    ["http://collector.example.com", "ftp://x", "https://me:pass@x.example", "https://x/?a=b", "here"],
)
def test_only_https_or_this_machine(endpoint: str) -> None:
    with pytest.raises(ValueError, match="must"):
        KEYS["history.otlp_endpoint"].check(endpoint)
    assert KEYS["history.otlp_endpoint"].check("") == ""


@pytest.mark.parametrize(
    "line", ["no colon", ": value", "name:", "a b: c", "x: a\r\nHost: b", "Host: x", "x: é"]
)
def test_a_header_is_one_header(line: str) -> None:
    with pytest.raises(ValueError, match="one header") as caught:
        KEYS["history.otlp_headers"].check([line])
    assert line not in str(caught.value)
