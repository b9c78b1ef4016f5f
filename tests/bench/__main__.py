"""`make bench`: what Jumpseat costs, as ratios to a direct connection to the same simulated upstream.

Direct, a bare pass-through and Jumpseat are measured in turn, round by round, in one run: the machine's
speed drifts, the ratios hold. Medians are printed. docs/performance.md says how to read the table.
"""

import argparse
import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from tests.bench import desktop, history, measures, processes, table
from tests.bench.measures import WAYS, Measure, chat_body
from tests.bench.processes import Target

RECORDS = 20_000
SLOW, SLOW_WORDS, SLOW_RATE = 200, 30, 20.0  # streams, words of each, events a second
QUERIES = ("/api/stats", "/api/stats?bucket=minute", "/api/requests?limit=100", "/api/requests?q=nothing")


def rows(scale: float) -> Iterator[tuple[str, str, Measure, bool]]:
    """Name, unit, measure, and whether dialects differ (then a pass-through has nothing to show)."""
    yield "small request", "ms", measures.small_call(int(300 * scale)), False
    for at_once in (1, 16, 64):
        yield f"requests, {at_once} at once", "/s", measures.throughput(at_once, int(1000 * scale)), False
    for way in WAYS:
        yield f"first byte, {way}", "ms", measures.first_byte(way, int(40 * scale) + 1), way.translated
    for way in WAYS:
        yield f"stream, {way}", "events/s", measures.stream(way), way.translated
    yield "request of 1 MB", "ms", measures.large_request(1_000_000), False


async def compare(targets: list[Target], options: argparse.Namespace) -> None:
    async with _session() as session:
        for name, unit, measure, translated in rows(options.scale):
            if options.only in name:
                some = [target for target in targets if not (translated and target.name == "bare")]
                await _row(session, some, options.rounds, name, unit, measure)


async def _row(
    session: aiohttp.ClientSession, targets: list[Target], rounds: int, name: str, unit: str, measure: Measure
) -> None:
    results: dict[str, list[float]] = {"direct": [], "bare": [], "jumpseat": []}
    for round_number in range(rounds + 1):
        for target in targets:
            value = await measure(session, target)
            if round_number:  # the first warms up
                results[target.name].append(value)
    table.compared(name, unit, results)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def slow(said: dict[str, Any], home: Path) -> None:
    """200 streams that are open for seconds, and what Jumpseat holds for them."""
    with processes.bare(said) as bare, processes.jumpseat(said, home) as ours:
        async with _session() as session:
            targets = [processes.direct(said), bare, ours]
            await _row(session, targets, 1, f"{SLOW} slow streams at once", "s",
                       measures.slow_streams(SLOW, SLOW_WORDS))  # fmt: skip
        table.alone("memory after them", "MB", processes.memory_mb(ours.pid))


async def endurance(said: dict[str, Any], home: Path, scale: float) -> None:
    """Memory at rest and after many requests, and questions about all of them."""
    with processes.jumpseat(said, home) as ours:
        async with _session() as session:
            await asyncio.sleep(1.5)
            table.alone("memory, idle", "MB", processes.memory_mb(ours.pid))
            requests = int(RECORDS * scale)
            await measures.throughput(16, requests)(session, ours)
            table.alone(f"memory, {requests} requests later", "MB", processes.memory_mb(ours.pid))
            for path in QUERIES:
                table.alone(path, "ms", await measures.query(session, ours.url, path))
            first, next_one = await measures.count_tokens(session, ours.url)
            table.alone("count_tokens, 200k, the first", "ms", first)
            table.alone("count_tokens, 200k, another", "ms", next_one)
            table.alone("memory with the vocabulary", "MB", processes.memory_mb(ours.pid))


def cold_starts(said: dict[str, Any], home: Path) -> None:
    starts = [processes.cold_start(said, home / f"cold{n}", chat_body()) for n in range(5)]
    table.alone("start to first answer", "s", statistics.median(starts))


def about() -> str:
    parts = [f"Python {platform.python_version()}"]
    parts += [f"{name} {version(name)}" for name in ("jumpseat", "aiohttp", "orjson", "uvloop", "tiktoken")]
    return f"{', '.join(parts)}; {platform.system()} {platform.machine()}, {os.cpu_count()} processors"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the usual request counts")
    parser.add_argument("--only", default="", help="compare what has this in its name, and nothing else")
    parser.add_argument("part", nargs="?", choices=["history"], help="the history with a million rows, alone")
    options = parser.parse_args()
    begun = time.monotonic()
    print(about() + "\n")
    table.head()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if options.part == "history":
            history.run(home, int(history.ROWS * options.scale))
            return
        with processes.upstream() as said:
            with processes.bare(said) as bare, processes.jumpseat(said, home / "home") as ours:
                uvloop.run(compare([processes.direct(said), bare, ours], options))
            if not options.only:
                cold_starts(said, home)
                uvloop.run(endurance(said, home / "many", options.scale))
            if options.only in ("", "desktop"):
                desktop.measure(said, home)
        if not options.only:
            with processes.upstream(SLOW_RATE) as said:
                uvloop.run(slow(said, home / "slow"))
    print(f"\n{time.monotonic() - begun:.0f} seconds")


if __name__ == "__main__":
    main()
