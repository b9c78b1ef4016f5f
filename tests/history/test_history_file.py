"""The file of the history: set aside when damaged, never in the way of a request, sound after a kill."""

import asyncio
import contextlib
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tray_app.dialects.neutral import Usage
from tray_app.history import database, figures, schema, search
from tray_app.history.chronicle import History
from tray_app.history.record import Record, Try
from tray_app.history.retention import Keeping
from tray_app.history.search import Query
from tray_app.history.spread import of_each, unpacked, unsqueezed
from tray_app.history.tallies import SUMS

NOW = datetime.now(UTC).replace(microsecond=0)
MUCH = Keeping(1_000_000, 365)


def record(number: int, minutes_ago: float = 0, **more: object) -> Record:
    begun = NOW - timedelta(minutes=minutes_ago)
    row = Record(f"req_{number:032x}", begun, "tool", "chat", "/v1/chat/completions")
    row.status, row.initiator, row.duration_ms, row.model_served = 200, "user", 10.0 + number, "gpt-4.1"
    row.usage = Usage(100, 10, 50, None, None, 7)
    for name, value in more.items():
        setattr(row, name, value)
    return row


@contextlib.asynccontextmanager
async def opened(path: Path, keeping: Keeping = MUCH) -> AsyncIterator[History]:
    history = History(path, lambda: keeping)
    history.open()
    try:
        yield history
    finally:
        await history.close()


async def ids(history: History, query: Query = Query()) -> list[str]:  # noqa: B008
    _, rows = await history.read(search.find, query, 500, None)
    return [row.id for row in rows]


async def requests(history: History, days: float = 400) -> dict[str, object]:
    end = datetime.now(UTC) + timedelta(hours=1)
    period = figures.Period.of(end - timedelta(days=days), end, timedelta(days=1))
    return await history.read(figures.stats, period)


async def test_what_was_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    one = record(1, session_id="s", error="x", error_message="A sentence.", repairs=["a"], notes=["b: c"],
                 background="title", tries=[Try(None, "no route", 3.0), Try(200, "answered", 4.0)],
                 prefix_parts=4, prefix_kept=2, prefix_changed="message 1", branch=1, frames=3,
                 waited_ms=2.0, upstream_ms=5.0, process="tool", project="/home/x", turn=1)  # fmt: skip
    async with opened(path) as history:
        history.keep(one)
    async with opened(path) as history:
        _, rows = await history.read(search.find, Query(), 10, None)
        assert [row.in_full() for row in rows] == [one.in_full()]
        assert history.problem is None


@pytest.mark.parametrize("how", ["garbage", "cut", "middle", "no tables"])
async def test_a_damaged_file_is_set_aside_and_a_new_one_begins(tmp_path: Path, how: str) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        for number in range(500):
            history.keep(record(number, session_id=f"session {number}"))
    damage(path, how)
    damaged = path.read_bytes()
    async with opened(path) as history:
        for _ in range(3):  # damage in the middle shows when it is met
            history.keep(record(9_000))
            with contextlib.suppress(Exception):
                await requests(history)
            with contextlib.suppress(Exception):
                await ids(history, Query(text="session 4"))
        assert await ids(history) == [record(9_000).id]
        assert "damaged" in (history.problem or "")
        aside = list(tmp_path.glob("history.db.damaged-*"))
        assert len([one for one in aside if one.suffix not in ("-wal", "-shm")]) >= 1
        assert damaged[4096:8192] in b"".join(one.read_bytes() for one in aside) or how == "middle"


def damage(path: Path, how: str) -> None:
    if how == "garbage":
        path.write_bytes(b"not a database at all " * 400)
    elif how == "cut":
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size // 2 // 4096 * 4096 + 100)
    elif how == "middle":
        with path.open("r+b") as file:
            for start in range(8192, path.stat().st_size, 4096):
                file.seek(start)
                file.write(b"\xff" * 3000)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE slots")


async def test_a_file_of_a_newer_program_is_kept_for_it(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE future (x)")
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    async with opened(path) as history:
        history.keep(record(1))
        assert await ids(history) == [record(1).id]
        assert "newer" in (history.problem or "")
    (aside,) = tmp_path.glob("history.db.newer-*")
    with sqlite3.connect(aside) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("future",)]
    connection.close()


async def test_without_a_place_for_it_the_history_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    async with opened(tmp_path / "file" / "history.db") as history:
        for number in range(10):
            history.keep(record(number))
        assert len(await ids(history)) == 10
        assert (await requests(history))["nano_aiu"] == 70
        assert "in memory only" in (history.problem or "")
        assert await history.delete_everything() == 10
        assert await ids(history) == []


async def test_a_full_disk_keeps_records_waiting_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tray_app.history.writing._AGAIN_SECONDS", 0.05)
    async with opened(tmp_path / "history.db") as history:
        history.keep(record(1))
        await ids(history)
        pages = await history.write(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
        await history.write(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        for number in range(2, 2_000):
            history.keep(record(number, session_id=f"a session of its own, number {number}"))
        assert await ids(history) == [record(1).id]
        assert "full" in (history.problem or "")
        await history.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
        async with asyncio.timeout(10):
            while (await requests(history))["requests"] != 1_999:
                await asyncio.sleep(0.02)
        assert history.problem is None


async def test_more_than_can_wait_is_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tray_app.history.writing.MAX_WAITING", 10)
    async with opened(tmp_path / "history.db") as history:
        await ids(history)
        for number in range(25):
            history.keep(record(number))
        assert (history.dropped, len(await ids(history))) == (15, 10)
        assert "15" in (history.problem or "")


async def test_whoever_leaves_while_waiting_takes_nothing_along(tmp_path: Path) -> None:
    """A page that is closed: its question ends, the thread that writes does not."""
    async with opened(tmp_path / "history.db") as history:
        for number in range(50):
            history.keep(record(number))
            asking = asyncio.ensure_future(requests(history))  # noqa: TID251  the test holds it
            await asyncio.sleep(0)
            asking.cancel()
        assert len(await ids(history)) == 50
        assert (await requests(history))["requests"] == 50


async def test_old_and_surplus_rows_go_and_the_sums_with_them(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        for number in range(3_000):
            history.keep(record(number, minutes_ago=number, session_id=f"s{number // 10}"))
    async with opened(path, Keeping(1_200, 30)) as history:
        history.keep(record(9_000))
        async with asyncio.timeout(10):
            while (stats := await requests(history))["requests"] > 1_200:
                await asyncio.sleep(0.02)
        rows = await history.read(
            lambda c: c.execute("SELECT count(*), min(started_ms) FROM requests").fetchone()
        )
        assert rows[0] <= 1_200
        assert stats["requests"] == rows[0]
        assert stats["nano_aiu"] == 7 * rows[0]
        assert await history.read(agreed)
    async with opened(path, Keeping(1_200, 0.1)) as history:
        history.keep(record(9_002))
        async with asyncio.timeout(10):
            while (stats := await requests(history))["requests"] > 148:
                await asyncio.sleep(0.02)
        assert stats["requests"] > 140
        assert await history.read(agreed)


async def test_a_file_of_the_first_version_gets_its_sums(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        for number in range(300):
            history.keep(record(number, minutes_ago=10 * number, status=200 if number % 3 else 429))
    before = await figures_of(path, model="gpt-4.1")
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "DROP TABLE facet_statuses; DROP TABLE facet_spread; PRAGMA user_version = 1"
        )
    connection.close()
    assert await figures_of(path, model="gpt-4.1") == before
    async with opened(path) as history:
        assert history.problem is None
        assert await history.read(agreed)


async def figures_of(path: Path, **filters: str) -> dict[str, object]:
    async with opened(path) as history:
        end = NOW + timedelta(minutes=30)
        period = figures.Period.of(end - timedelta(days=30), end, timedelta(days=1), **filters)
        return await history.read(figures.stats, period)


async def test_figures_of_a_model_or_a_tool_are_those_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        for number in range(600):
            one = record(number, minutes_ago=7 * number, model_served=f"m{number % 3}")
            one.client, one.status = f"Tool{number % 2}", 200 if number % 5 else 429
            history.keep(one)
    for filters, numbers in (
        ({"model": "m1"}, range(1, 600, 3)),
        ({"client": "tool0"}, range(0, 600, 2)),
        ({"model": "m1", "client": "tool0"}, range(4, 600, 6)),
        ({"model": "nobody"}, range(0)),
    ):
        found = await figures_of(path, **filters)
        failed = sum(number % 5 == 0 for number in numbers)
        assert found["requests"] == len(numbers)
        statuses = {name: totals["requests"] for name, totals in found["by_status"].items()}
        wanted = {"200": len(numbers) - failed, "429": failed}
        assert statuses == {name: count for name, count in wanted.items() if count}
        slowest = max((10.0 + number for number in numbers), default=None)
        assert found["latency_ms"]["p99"] == pytest.approx(slowest, rel=0.02) if slowest else True
        near = [bucket["latency_ms"]["p95"] for bucket in found["buckets"] if bucket["requests"]]
        assert all(near)


def agreed(connection: sqlite3.Connection) -> bool:
    """The ready sums are what the rows say."""
    ready = connection.execute(f"SELECT {', '.join(f'sum({name})' for name in SUMS)} FROM slots").fetchone()
    rows = connection.execute(
        "SELECT count(*), sum(nano_aiu), sum(input_tokens), sum(cached_tokens) FROM requests"
    ).fetchone()
    named = dict(zip(SUMS, ready, strict=True))
    counted = tuple(named[name] for name in ("requests", "nano_aiu", "input_tokens", "cached_tokens"))
    ready = [sum(of_each(unpacked(data))) for (data,) in connection.execute("SELECT latency FROM spread")]
    for table in ("statuses", "facet_statuses"):
        assert connection.execute(f"SELECT sum(requests) FROM {table}").fetchone() == (rows[0],)
    each = connection.execute("SELECT latency FROM facet_spread")
    by_facet = sum(sum(of_each(unsqueezed(data))) for (data,) in each)
    uses = connection.execute("SELECT sum(uses) FROM kinds").fetchone()[0]
    return counted == rows and sum(ready) == by_facet == uses == rows[0]


BURST = """
import asyncio, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from tray_app.history.chronicle import History
from test_history_file import MUCH, record

async def main():
    history = History(Path({path!r}), lambda: MUCH)
    history.open()
    for number in range(1_000_000):
        history.keep(record(number, session_id=f"s{{number // 50}}"))
        print(number, time.monotonic(), flush=True)
        await asyncio.sleep(0.0005)

asyncio.run(main())
"""


async def test_a_kill_in_a_burst_loses_at_most_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    code = BURST.format(tests=str(Path(__file__).parent), path=str(path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    said: list[tuple[int, float]] = []
    try:
        async with asyncio.timeout(20):
            while len(said) < 200 or said[-1][1] - said[0][1] < 2.5:
                number, at = (await process.stdout.readline()).split()
                said.append((int(number), float(at)))
    finally:
        process.send_signal(signal.SIGKILL)
        rest, _ = await process.communicate()
    said += [
        (int(line.split()[0]), float(line.split()[1])) for line in rest.splitlines() if line.count(b" ") == 1
    ]
    survived = database.open_for_writing(path)
    assert survived.problem is None
    with contextlib.closing(survived.connection) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert agreed(connection)
        kept = connection.execute("SELECT count(*) FROM requests").fetchone()[0]
    last = said[-1][1]
    assert kept >= sum(at < last - 1.0 for _, at in said)


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": Usage(2**63, 1)},
        {"usage": Usage(1, 2, nano_aiu=2**64)},
        {"status": 2**70},
        {"upstream_request_id": "a\udce9"},
        {"session_id": "\udce9"},
        {"project": "/home/\udce9"},
        {"repairs": ["\ud800"], "notes": ["\ud800"]},
        {"tries": [Try(500, "\udce9", 1.0)] * 2},
    ],
    ids=lambda odd: next(iter(odd)),
)
async def test_a_record_of_strange_things_takes_no_other_with_it(
    tmp_path: Path, odd: dict[str, object]
) -> None:
    """Figures and bytes come from upstream, from clients and from names of folders."""
    async with opened(tmp_path / "history.db") as history:
        for number in (1, 2, 3):
            history.keep(record(number, minutes_ago=9 - number, **(odd if number == 2 else {})))
        async with asyncio.timeout(5):
            found = await ids(history)
            assert {f"req_{1:032x}", f"req_{3:032x}"} <= set(found)
            history.keep(record(4))
            assert f"req_{4:032x}" in await ids(history)
            stats = await requests(history)
        assert stats["requests"] == len(found) + 1
