"""The history with a million rows: how large it is, and how long each page's question takes.

    make bench ARGS=history

The rows are made up, thirty days of five tools and eight models, and written by the product's own writer.
"""

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench import table
from tray_app.dialects.neutral import Usage
from tray_app.history import database, figures, noted, search, sessions
from tray_app.history.chronicle import History
from tray_app.history.record import Record
from tray_app.history.retention import Keeping
from tray_app.history.rows import RowWriter, number_of, read_rows
from tray_app.history.search import Query
from tray_app.history.sessions import SessionQuery
from tray_app.history.summary import summary

ROWS = 1_000_000
DAYS = 30
_TOOLS = (
    ("Claude Code", "messages", "/v1/messages", "/v1/messages",
     ("claude-opus-5", "claude-haiku-4.5", "claude-sonnet-5")),
    ("Codex", "responses", "/v1/responses", "/responses", ("gpt-5.3-codex", "gpt-5.5")),
    ("OpenCode", "chat", "/v1/chat/completions", "/chat/completions", ("gpt-4.1", "gemini-3.1-pro")),
    ("aider", "chat", "/v1/chat/completions", "/chat/completions", ("gpt-4.1", "gpt-5-mini")),
    ("Gemini CLI", "gemini", "/v1beta/models/x:streamGenerateContent", "/chat/completions",
     ("gemini-3.1-pro",)),
)  # fmt: skip
_ERRORS = ((429, "rate_limited"), (402, "quota_exceeded"), (502, "upstream_broken"), (400, "invalid_request"))


def rows(count: int, now: datetime) -> Iterator[Record]:
    """Oldest first; about forty requests a session."""
    rng = random.Random(1)
    step = timedelta(days=DAYS) / count
    begun = [("", _TOOLS[0])] * 12  # sessions that go on at the same time
    for number in range(count):
        at = rng.randrange(len(begun))
        if not begun[at][0] or rng.random() < 0.025:
            begun[at] = f"{rng.getrandbits(64):016x}-{number}", rng.choices(_TOOLS, (10, 6, 4, 2, 1))[0]
        session, (client, dialect, path, endpoint, models) = begun[at]
        row = Record(f"req_{rng.getrandbits(128):032x}", now - (count - number) * step, client, dialect, path)
        row.upstream_endpoint, row.session_id, row.stream = endpoint, session, True
        row.model_requested = row.model_served = rng.choice(models)
        row.initiator = "user" if rng.random() < 0.12 else "agent"
        row.process, row.project, row.branch = client.lower(), f"/home/me/project{hash(session) % 20}", 0
        row.attempts, row.request_bytes, row.frames = 1, rng.randrange(500_000), rng.randrange(800)
        row.duration_ms = round(rng.lognormvariate(8.5, 0.8), 1)
        if rng.random() < 0.02:
            row.status, row.error = rng.choice(_ERRORS)
            row.error_message = "Copilot refused this one."
        else:
            row.status, row.response_bytes = 200, rng.randrange(60_000)
            row.ttfb_ms = round(row.duration_ms * rng.random(), 1)
            prompt = rng.randrange(1_000, 150_000)
            row.usage = Usage(
                prompt, rng.randrange(3_000), prompt * 9 // 10, prompt // 10, None, prompt * 9_000
            )
        yield row


def fill(path: Path, count: int, now: datetime) -> None:
    connection = database.open_for_writing(path).connection
    writer = RowWriter(connection)
    made = rows(count, now)
    with contextlib.closing(connection):
        while batch := [row for row, _ in zip(made, range(2_000), strict=False)]:
            connection.execute("BEGIN")
            writer.add(batch)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def ask(path: Path, now: datetime) -> None:
    """Each page's questions: the 95th of a hundred, on a history that is open and warm."""
    history = History(path, lambda: Keeping(10_000_000, 3650))
    history.open()
    day, hour = timedelta(days=1), timedelta(hours=1)
    _, newest = await history.read(search.find, Query(), 500, None)
    cursor = (await history.read(search.page, Query(), 500, None)).cursor
    deep = (await history.read(search.page, Query(end=now - 20 * day), 50, None)).cursor

    def one(connection, id):  # type: ignore[no-untyped-def]
        return read_rows(connection, [number_of(connection, id)])

    def period(days: float, bucket: timedelta, **more: object) -> figures.Period:
        return figures.Period.of(now - days * day, now, bucket, **more)

    questions = {
        "Overview": (summary, now, 2 * hour, now - 20 * day),
        "Usage and figures, a day by the hour": (figures.stats, period(1, hour)),
        "figures, a week by the hour": (figures.stats, period(7, hour)),
        "figures, 30 days by the day": (figures.stats, period(DAYS, day)),
        "Requests, first page": (search.find, Query(), 50, None),
        "Requests, next page": (search.find, Query(), 50, cursor),
        "Requests, three weeks ago": (search.find, Query(), 50, deep),
        "Requests, one model": (search.find, Query(model="gpt-5-mini"), 50, None),
        "Requests, failed ones of a tool": (search.find, Query(client="aider", status="error"), 50, None),
        "Requests, slower than a minute": (search.find, Query(slower_than=60_000.0), 50, None),
        "Requests, a word": (search.find, Query(text="codex"), 50, None),
        "Requests, a word nobody has": (search.find, Query(text="nothing has this"), 50, None),
        "Requests, of one session": (search.find, Query(session=newest[0].session_id), 50, None),
        "one request": (one, newest[7].id),
        "Sessions": (sessions.list_sessions, SessionQuery(), 50, None),
        "one session": (sessions.one_session, newest[0].session_id),
        "Models": (noted.seen_models, now),
    }
    for name, (work, *arguments) in questions.items():
        times = []
        for _ in range(40):
            begun = time.perf_counter()
            await history.read(work, *arguments)
            times.append((time.perf_counter() - begun) * 1000)
        table.alone(f"{name}, p95", "ms", statistics.quantiles(times, n=20)[-1])
    await history.close()


def run(home: Path, count: int = ROWS) -> None:
    path, now = home / "history.db", datetime.now(UTC)
    begun = time.perf_counter()
    fill(path, count, now)
    seconds = time.perf_counter() - begun
    table.alone("rows written", "/s", count / seconds)
    table.alone("size of a thousand requests", "kB", path.stat().st_size / count * 1000 / 1024)
    asyncio.run(ask(path, now))
