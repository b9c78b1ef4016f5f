"""`make bench`: what Jumpseat costs, as ratios to a direct connection to the same simulated upstream.

Direct, a bare pass-through and Jumpseat are measured in turn, round by round, in one run: the machine's
speed drifts, the ratios hold. Medians are printed.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from tests.bench import processes
from tests.bench.processes import Target

Measure = Callable[[aiohttp.ClientSession, Target], Awaitable[float]]
CLAUDE, CHAT_GPT, RESPONSES_GPT = "claude-sonnet-4.5", "gpt-4.1", "gpt-5.3-codex"
WORDS = 20_000


def chat_body(model: str = CHAT_GPT, text: str = "say: ok", **more: Any) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], **more}).encode()


def messages_body(model: str, text: str, **more: Any) -> bytes:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": model, "max_tokens": 32_000, "messages": messages, **more}).encode()


def responses_body(model: str, text: str, **more: Any) -> bytes:
    return json.dumps({"model": model, "input": text, "store": False, **more}).encode()


async def fetch(session: aiohttp.ClientSession, target: Target, path: str, body: bytes) -> bytes:
    async with session.post(target.path(path), data=body, headers=_headers(target)) as answer:
        read = await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{target.name} {path}: {answer.status} {read[:300]!r}")
        return read


def _headers(target: Target) -> dict[str, str]:
    return {"Content-Type": "application/json", **target.headers}


def small_call(requests: int) -> Measure:
    """Median milliseconds of a small request, one after the other."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body, times = chat_body(), []
        for _ in range(requests):
            begun = time.perf_counter()
            await fetch(session, target, "/chat/completions", body)
            times.append((time.perf_counter() - begun) * 1000)
        return statistics.median(times)

    return measure


def throughput(at_once: int, requests: int) -> Measure:
    """Requests per second with `at_once` running."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body, left = chat_body(), iter(range(requests))

        async def worker() -> None:
            for _ in left:
                await fetch(session, target, "/chat/completions", body)

        begun = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        return requests / (time.perf_counter() - begun)

    return measure


def stream(path: str, make: Callable[..., bytes], model: str, ours: str | None = None) -> Measure:
    """Events per second of a long stream. `ours`: the path that a client of Jumpseat uses instead."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        use_ours = ours is not None and not target.is_upstream
        body = make(model, f"write {WORDS} words", stream=True)
        if ours is not None and not use_ours:
            body = _native(path, model)
        begun, events, tail = time.perf_counter(), 0, b""
        at = target.path(ours if use_ours and ours else path)
        async with session.post(at, data=body, headers=_headers(target)) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{target.name} {at}: {await answer.text()}")
            async for chunk in answer.content.iter_any():
                events += (tail[-1:] + chunk).count(b"\n\n")
                tail = chunk
        return events / (time.perf_counter() - begun)

    return measure


def _native(path: str, model: str) -> bytes:
    make = {"/chat/completions": chat_body, "/responses": responses_body, "/v1/messages": messages_body}[path]
    return make(model, f"write {WORDS} words", stream=True)


def first_byte(requests: int) -> Measure:
    """Median milliseconds to the first byte of a stream."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body, times = messages_body(CLAUDE, "say: ok", stream=True), []
        for _ in range(requests):
            begun = time.perf_counter()
            async with session.post(
                target.path("/v1/messages"), data=body, headers=_headers(target)
            ) as answer:
                await answer.content.readany()
                times.append((time.perf_counter() - begun) * 1000)
                await answer.read()
        return statistics.median(times)

    return measure


def large_request(size: int) -> Measure:
    """Milliseconds of a request of `size` bytes."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body = chat_body(text="say: ok\n" + "lorem ipsum dolor " * (size // 18))
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            try:
                await fetch(session, target, "/chat/completions", body)
            except RuntimeError as error:
                if "limit" not in str(error):
                    raise
            times.append((time.perf_counter() - begun) * 1000)
        return statistics.median(times)

    return measure


def slow_streams(count: int) -> Measure:
    """Seconds for `count` streams at once."""

    async def measure(session: aiohttp.ClientSession, target: Target) -> float:
        body = messages_body(CLAUDE, "write 200 words", stream=True)
        begun = time.perf_counter()
        await asyncio.gather(*(fetch(session, target, "/v1/messages", body) for _ in range(count)))
        return time.perf_counter() - begun

    return measure


MEASURES: tuple[tuple[str, str, Callable[[float], Measure]], ...] = (
    ("small request", "ms", lambda scale: small_call(int(300 * scale))),
    ("requests, 1 at once", "/s", lambda scale: throughput(1, int(500 * scale))),
    ("requests, 16 at once", "/s", lambda scale: throughput(16, int(1000 * scale))),
    ("requests, 64 at once", "/s", lambda scale: throughput(64, int(1000 * scale))),
    ("time to first byte", "ms", lambda scale: first_byte(int(100 * scale))),
    ("stream chat", "events/s", lambda _: stream("/chat/completions", chat_body, CHAT_GPT)),
    ("stream messages", "events/s", lambda _: stream("/v1/messages", messages_body, CLAUDE)),
    ("stream responses", "events/s", lambda _: stream("/responses", responses_body, RESPONSES_GPT)),
    ("stream messages from chat", "events/s",
     lambda _: stream("/chat/completions", messages_body, CHAT_GPT, "/v1/messages")),
    ("stream messages from responses", "events/s",
     lambda _: stream("/responses", messages_body, RESPONSES_GPT, "/v1/messages")),
    ("stream chat from responses", "events/s",
     lambda _: stream("/responses", chat_body, RESPONSES_GPT, "/v1/chat/completions")),
    ("stream responses from messages", "events/s",
     lambda _: stream("/v1/messages", responses_body, CLAUDE, "/v1/responses")),
    ("request of 1 MB", "ms", lambda _: large_request(1_000_000)),
    ("200 streams at once", "s", lambda _: slow_streams(200)),
)  # fmt: skip


async def compare(targets: list[Target], rounds: int, scale: float, only: str) -> None:
    print(f"{'':32}{'unit':>9}" + "".join(f"{target.name:>12}" for target in targets) + "   ratio to direct")
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        for name, unit, make in MEASURES:
            if only in name:
                await _row(session, targets, rounds, name, unit, make(scale))


async def _row(
    session: aiohttp.ClientSession, targets: list[Target], rounds: int, name: str, unit: str, measure: Measure
) -> None:
    results: dict[str, list[float]] = {target.name: [] for target in targets}
    translated = " from " in name
    for round_number in range(rounds + 1):
        for target in targets:
            if translated and target.name == "bare":
                continue
            value = await measure(session, target)
            if round_number:  # the first warms up
                results[target.name].append(value)
    pairs = zip(results["jumpseat"], results["direct"], strict=True)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    cells = "".join(
        f"{statistics.median(values):12.2f}" if values else f"{'':>12}" for values in results.values()
    )
    print(f"{name:32}{unit:>9}{cells}   {ratio:6.2f}", flush=True)


def count_tokens(url: str) -> float:
    """Seconds to count about 200,000 tokens, the second time with another text."""

    async def measure() -> float:
        async with aiohttp.ClientSession() as session:
            for start in ("a", "b"):
                text = start + " The quick brown fox jumps over the lazy dog." * 20_000
                body = json.dumps({"model": CHAT_GPT, "messages": [{"role": "user", "content": text}]})
                begun = time.perf_counter()
                async with session.post(f"{url}/v1/messages/count_tokens", data=body) as answer:
                    await answer.read()
            return time.perf_counter() - begun

    return asyncio.run(measure())


async def many(target: Target, requests: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await throughput(16, requests)(session, target)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the usual request counts")
    parser.add_argument("--only", default="", help="measures whose name holds this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, processes.upstream() as said:
        home = Path(folder)
        with processes.bare(said) as bare, processes.jumpseat(said, home / "home") as ours:
            time.sleep(1.5)
            idle = processes.memory_mb(ours.pid)
            uvloop.run(
                compare(
                    [processes.direct(said), bare, ours], arguments.rounds, arguments.scale, arguments.only
                )
            )
            if not arguments.only:
                print(f"\nmemory idle                      {idle:6.0f} MB")
                requests = int(20_000 * arguments.scale)
                asyncio.run(many(ours, requests))
                print(f"memory after {requests} requests      {processes.memory_mb(ours.pid):6.0f} MB")
                print(f"count_tokens, 200k tokens        {count_tokens(ours.url):6.2f} s")
        if not arguments.only:
            starts = [processes.cold_start(said, home / f"cold{n}", chat_body()) for n in range(5)]
            print(f"start to first answer            {statistics.median(starts):6.2f} s")


if __name__ == "__main__":
    main()
