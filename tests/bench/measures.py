"""What is measured, and how. Each measure asks one target and gives one number."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.bench.processes import Target

Measure = Callable[[aiohttp.ClientSession, Target], Awaitable[float]]
Body = Callable[..., bytes]
CHAT_GPT, RESPONSES_GPT, CLAUDE, MESSAGES_CLAUDE = (
    "gpt-4.1", "gpt-5.3-codex", "claude-sonnet-4.5", "claude-opus-4.5",
)  # fmt: skip
LONG_CONTEXT = "claude-sonnet-5"
WORDS = 20_000
FOX = " The quick brown fox jumps over the lazy dog."


def chat_body(model: str = CHAT_GPT, text: str = "say: ok", **more: Any) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], **more}).encode()


def messages_body(model: str, text: str, **more: Any) -> bytes:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": model, "max_tokens": 32_000, "messages": messages, **more}).encode()


def responses_body(model: str, text: str, **more: Any) -> bytes:
    return json.dumps({"model": model, "input": text, "store": False, **more}).encode()


@dataclass(frozen=True)
class Form:
    """A dialect as the bench speaks it; the path is Copilot's."""

    path: str
    body: Body


FORMS = {
    "chat": Form("/chat/completions", chat_body),
    "messages": Form("/v1/messages", messages_body),
    "responses": Form("/responses", responses_body),
}


@dataclass(frozen=True)
class Way:
    """A client's dialect, Copilot's, and a model that makes it so. Only Jumpseat goes between two dialects:
    the others are asked in Copilot's."""

    client: str
    upstream: str
    model: str

    def __str__(self) -> str:
        return self.client if self.client == self.upstream else f"{self.client} from {self.upstream}"

    @property
    def translated(self) -> bool:
        return self.client != self.upstream

    def request(self, target: Target, text: str) -> tuple[str, bytes]:
        """The address and body of a streaming request."""
        form = FORMS[self.upstream if target.is_upstream else self.client]
        return target.path(form.path), form.body(self.model, text, stream=True)


WAYS = (
    Way("chat", "chat", CHAT_GPT),
    Way("messages", "messages", CLAUDE),
    Way("responses", "responses", RESPONSES_GPT),
    Way("chat", "messages", MESSAGES_CLAUDE),
    Way("chat", "responses", RESPONSES_GPT),
    Way("messages", "chat", CHAT_GPT),
    Way("messages", "responses", RESPONSES_GPT),
    Way("responses", "chat", CHAT_GPT),
    Way("responses", "messages", MESSAGES_CLAUDE),
)


async def fetch(session: aiohttp.ClientSession, target: Target, url: str, body: bytes) -> bytes:
    async with session.post(url, data=body, headers=headers_for(target)) as answer:
        read = await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{target.name} {url}: {answer.status} {read[:300]!r}")
        return read


def headers_for(target: Target) -> dict[str, str]:
    return {"Content-Type": "application/json", **target.headers}


def small_call(requests: int) -> Measure:
    """Median milliseconds of a small request, one after the other."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body, url, times = chat_body(), target.path("/chat/completions"), []
        for _ in range(requests):
            begun = time.perf_counter()
            await fetch(session, target, url, body)
            times.append((time.perf_counter() - begun) * 1000)
        return statistics.median(times)

    return measure


def throughput(at_once: int, requests: int) -> Measure:
    """Requests per second with `at_once` running."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body, url, left = chat_body(), target.path("/chat/completions"), iter(range(requests))

        async def worker() -> None:
            for _ in left:
                await fetch(session, target, url, body)

        begun = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        return requests / (time.perf_counter() - begun)

    return measure


def first_byte(way: Way, requests: int) -> Measure:
    """Median milliseconds to the first byte of a stream."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        url, body = way.request(target, "say: ok")
        times = []
        for _ in range(requests):
            begun = time.perf_counter()
            async with session.post(url, data=body, headers=headers_for(target)) as answer:
                await answer.content.readany()
                times.append((time.perf_counter() - begun) * 1000)
                await answer.read()
        return statistics.median(times)

    return measure


def stream(way: Way) -> Measure:
    """Events per second of a long stream."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        url, body = way.request(target, f"write {WORDS} words")
        begun, events, tail = time.perf_counter(), 0, b""
        async with session.post(url, data=body, headers=headers_for(target)) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{target.name} {url}: {await answer.text()}")
            async for chunk in answer.content.iter_any():
                events += (tail[-1:] + chunk).count(b"\n\n")
                tail = chunk
        return events / (time.perf_counter() - begun)

    return measure


def large_request(size: int) -> Measure:
    """Median milliseconds of a request of `size` bytes."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body = chat_body(LONG_CONTEXT, "lorem ipsum dolor " * (size // 18) + "\nsay: ok")
        url, times = target.path("/chat/completions"), []
        for _ in range(5):
            begun = time.perf_counter()
            await fetch(session, target, url, body)
            times.append((time.perf_counter() - begun) * 1000)
        return statistics.median(times)

    return measure


def slow_streams(count: int, words: int) -> Measure:
    """Seconds until `count` streams at once have all ended, from an upstream that takes its time."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        url, body = WAYS[1].request(target, f"write {words} words")
        begun = time.perf_counter()
        await asyncio.gather(*(fetch(session, target, url, body) for _ in range(count)))
        return time.perf_counter() - begun

    return measure


async def count_tokens(session: aiohttp.ClientSession, url: str) -> tuple[float, float]:
    """Milliseconds to count about 200,000 tokens: the first count, which reads the vocabulary, and the next,
    of another text."""
    times = []
    for start in ("a", "b"):
        body = chat_body(text=start + FOX * 20_000)
        begun = time.perf_counter()
        async with session.post(f"{url}/v1/messages/count_tokens", data=body) as answer:
            said = await answer.json()
        times.append((time.perf_counter() - begun) * 1000)
        assert said["input_tokens"] > 190_000, said
    return times[0], times[1]


async def query(session: aiohttp.ClientSession, url: str, path: str) -> float:
    """Median milliseconds of a question about the history."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        async with session.get(url + path) as answer:
            await answer.read()
            answer.raise_for_status()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)
