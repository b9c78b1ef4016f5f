"""What makes the demo look lived in: a week of history that could be true, and a little live traffic.

Everything is made up, from a fixed seed, and goes through the same records and the same proxy as the
real thing; the simulated Copilot answers and bills the live part.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

import aiohttp

from tray_app.dialects.neutral import Usage
from tray_app.history.record import Record

_DAYS = 7
_FIRST_PAUSE = 20.0  # seconds until the first live request
_PAUSES = (6.0, 25.0)  # seconds between two of them


@dataclass(frozen=True, slots=True)
class _Habit:
    """How one tool is used: where its requests go and what they are like."""

    client: str
    user_agent: str
    dialect: str
    path: str
    model: str
    served: str
    endpoint: str
    units_per_token: int  # nano AI units; cached tokens cost a tenth
    weight: int


_HABITS = (
    _Habit("Claude Code", "claude-cli/2.1.330 (external, cli)", "messages", "/v1/messages", "claude-sonnet-5",
           "claude-sonnet-5", "/v1/messages", 300_000, 10),
    _Habit("Claude Code", "claude-cli/2.1.330 (external, cli)", "messages", "/v1/messages",
           "claude-haiku-4-5-20251001", "claude-haiku-4.5", "/v1/messages", 100_000, 3),
    _Habit("Codex", "codex_cli_rs/0.169.0", "responses", "/v1/responses", "gpt-5.3-codex", "gpt-5.3-codex",
           "/responses", 175_000, 6),
    _Habit("OpenCode", "opencode/1.18.33", "chat", "/v1/chat/completions", "gpt-4.1", "gpt-4.1",
           "/chat/completions", 0, 3),
)  # fmt: skip


def past_week(now: datetime, rng: random.Random) -> list[Record]:
    """A week of sessions before `now`, oldest first."""
    moments = sorted(moment for day in range(_DAYS) for moment in _session_starts(now, day, rng))
    rows = [row for moment in moments for row in _session(moment, rng)]
    return sorted((row for row in rows if row.started_at < now), key=lambda row: row.started_at)


def _session_starts(now: datetime, days_ago: int, rng: random.Random) -> Iterator[datetime]:
    """Working hours mostly, and little on a weekend."""
    day = (now - timedelta(days=days_ago)).replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(rng.randint(1, 3) if day.weekday() >= 5 else rng.randint(6, 11)):
        yield day + timedelta(hours=rng.triangular(7, 22, 14))


def _session(start: datetime, rng: random.Random) -> Iterator[Record]:
    """One prompt after the other, each with its tool turns; the prompt cache fills as it goes."""
    habit = rng.choices(_HABITS, [habit.weight for habit in _HABITS])[0]
    session = f"demo-{rng.getrandbits(48):012x}"
    moment, prompt = start, rng.randint(8_000, 24_000)
    cached = 0
    for _ in range(rng.randint(1, 4)):
        for turn in range(rng.randint(2, 9)):
            row = _row(habit, session, moment, "agent" if turn else "user", prompt, cached, rng)
            yield row
            cached, prompt = (
                (prompt, prompt + rng.randint(200, 2_500)) if row.error is None else (cached, prompt)
            )
            moment += timedelta(milliseconds=row.duration_ms or 0, seconds=rng.uniform(0.5, 6))
        moment += timedelta(minutes=rng.uniform(1, 12))


def _row(
    habit: _Habit, session: str, at: datetime, initiator: str, prompt: int, cached: int, rng: random.Random
) -> Record:
    failed = rng.random() < 0.02
    output = rng.randint(40, 1_800)
    first, rest = rng.uniform(400, 2_500), output * rng.uniform(6, 11)
    row = Record(
        id=f"req_{rng.getrandbits(128):032x}",
        started_at=at,
        client=habit.client,
        dialect=habit.dialect,
        path=habit.path,
        upstream_endpoint=habit.endpoint,
        model_requested=habit.model,
        model_served=habit.served,
        status=429 if failed else 200,
        error="rate_limited" if failed else None,
        error_message="Copilot says: too many requests just now." if failed else None,
        initiator=initiator,
        stream=True,
        attempts=4 if failed else 1,
        ttfb_ms=None if failed else round(first, 1),
        duration_ms=round(3_900.0 if failed else first + rest, 1),
        longest_silence_ms=None if failed else round(first, 1),
        request_bytes=prompt * 4,
        response_bytes=0 if failed else output * 60,
        session_id=session,
    )
    if not failed:
        row.usage = _usage(habit, prompt, cached, output)
    return row


def _usage(habit: _Habit, prompt: int, cached: int, output: int) -> Usage:
    fresh = prompt - cached
    units = (fresh + cached // 10 + output * 5) * habit.units_per_token
    claude = habit.endpoint == "/v1/messages"
    return Usage(prompt, output, cached, fresh if claude else None, None if claude else output // 3, units)


async def trickle(url: Callable[[], str], rng: random.Random) -> None:
    """Now and then a small request through the proxy, while it has an address, until cancelled."""
    await asyncio.sleep(_FIRST_PAUSE)
    async with aiohttp.ClientSession() as http:
        for habit in cycle(rng.sample(_HABITS, len(_HABITS))):
            with contextlib.suppress(aiohttp.ClientError):  # stopped by hand just now
                if base := url():
                    await _ask(http, base, habit, rng)
            await asyncio.sleep(rng.uniform(*_PAUSES))


async def _ask(http: aiohttp.ClientSession, base: str, habit: _Habit, rng: random.Random) -> None:
    headers = {"User-Agent": habit.user_agent}
    async with http.post(base + habit.path, json=_body(habit, rng), headers=headers) as answer:
        await answer.read()


def _body(habit: _Habit, rng: random.Random) -> dict[str, object]:
    text = f"write {rng.randint(20, 160)} words"
    body: dict[str, object] = {"model": habit.model, "stream": True}
    if habit.dialect == "responses":
        return body | {"input": text}
    return body | {"messages": [{"role": "user", "content": text}], "max_tokens": 2_000}
