"""PURE. A week of history that could be true, for the demo: made up, from a fixed seed.

It goes through the same writer as the real thing; what was said in the latest sessions is there as well,
as if capture had been on.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from tray_app.demo_habits import FAILURES, HABITS, PROMPTS, REPLIES, Habit
from tray_app.dialects.neutral import Usage
from tray_app.history.noted import Reading
from tray_app.history.record import Record, Try
from tray_app.history.taken import Taken

_DAYS = 7
_CAPTURED = 6  # of the latest sessions


@dataclass(slots=True)
class _Thread:
    """A conversation as it grows: its prompt, and how much of that the cache holds."""

    habit: Habit
    session: str
    project: str
    prompt: int
    cached: int = 0
    branch: int = 0
    parts: int = 3
    turn: int = 0


def past_week(now: datetime, rng: random.Random) -> list[Record]:
    """Sessions before `now`, oldest first."""
    moments = sorted(moment for day in range(_DAYS) for moment in _session_starts(now, day, rng))
    moments = [moment for moment in moments if moment < now]
    rows: list[Record] = []
    for at, moment in enumerate(moments):
        rows += _session(moment, rng, captured=at >= len(moments) - _CAPTURED)
    return sorted((row for row in rows if row.started_at < now), key=lambda row: row.started_at)


def _session_starts(now: datetime, days_ago: int, rng: random.Random) -> Iterator[datetime]:
    """Working hours mostly, and little on a weekend."""
    day = (now - timedelta(days=days_ago)).replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(rng.randint(1, 3) if day.weekday() >= 5 else rng.randint(6, 11)):
        yield day + timedelta(hours=rng.triangular(7, 22, 14))


def _session(start: datetime, rng: random.Random, *, captured: bool) -> Iterator[Record]:
    """One prompt after the other, each with its tool turns; the prompt cache fills as it goes."""
    habit = rng.choices(HABITS, [habit.weight for habit in HABITS])[0]
    project, prompts = rng.choice(list(PROMPTS.items()))
    main = _Thread(habit, f"demo-{rng.getrandbits(48):012x}", project, rng.randint(8_000, 24_000))
    moment = start
    for number, text in enumerate(rng.sample(prompts, rng.randint(1, len(prompts)))):
        main.turn = number + 1
        if number and rng.random() < 0.15:  # an edited instruction file: nothing behind it is cached any more
            main.cached = 0
        for step in range(rng.randint(2, 9)):
            row = _row(main, moment, "agent" if step else "user", rng)
            if step == 0 and captured:
                row.taken = _taken(habit, text, rng.choice(REPLIES), row)
            yield row
            moment = _after(row, rng)
            if step == 1 and rng.random() < 0.3:
                yield from _subagent(main, moment, rng)
        moment += timedelta(minutes=rng.uniform(1, 12))


def _subagent(main: _Thread, start: datetime, rng: random.Random) -> Iterator[Record]:
    """A search beside the conversation, with a prompt of its own."""
    thread = replace(main, prompt=rng.randint(3_000, 7_000), cached=0, branch=main.branch + 1, parts=3)
    main_branch, moment = thread.branch, start
    for _ in range(rng.randint(2, 5)):
        row = _row(thread, moment, "agent", rng)
        row.background, row.branch = "subagent", main_branch
        yield row
        moment = _after(row, rng)


def _after(row: Record, rng: random.Random) -> datetime:
    return row.started_at + timedelta(milliseconds=row.duration_ms or 0, seconds=rng.uniform(0.5, 6))


def _row(thread: _Thread, at: datetime, initiator: str, rng: random.Random) -> Record:
    habit, output = thread.habit, rng.randint(40, 1_800)
    first, rest = rng.uniform(400, 2_500), output * rng.uniform(6, 11)
    row = Record(f"req_{rng.getrandbits(128):032x}", at, habit.client, habit.dialect, habit.path)
    row.upstream_endpoint, row.model_requested, row.model_served = habit.endpoint, habit.model, habit.served
    row.initiator, row.stream, row.session_id = initiator, True, thread.session
    row.turn, row.branch = thread.turn, thread.branch
    row.process, row.project = habit.process, thread.project
    row.request_bytes, row.upstream_ms = thread.prompt * 4, round(first * 0.6, 1)
    row.prefix_parts, row.prefix_kept = thread.parts + 2, thread.parts if thread.cached else 1
    row.prefix_changed = None if thread.cached or thread.parts == 3 else "system"
    luck = rng.random()
    if luck < 0.02:
        _fail(row, rng)
        return row
    row.status, row.ttfb_ms, row.longest_silence_ms = 200, round(first, 1), round(first, 1)
    row.duration_ms = round(first + rest, 1)
    row.attempts, row.tries = 1, [Try(200, "answered", round(first * 0.6, 1))]
    if luck < 0.03:
        row.cancelled = True  # the person pressed Escape: what it cost was not told
        return row
    if luck < 0.06:
        row.attempts = 2
        row.tries.insert(0, Try(503, "The model is overloaded.", 310.0))
    row.response_bytes, row.frames = output * 60, output // 3
    row.usage = _usage(habit, thread, output)
    thread.cached, thread.prompt = thread.prompt, thread.prompt + rng.randint(200, 2_500)
    thread.parts += 2
    return row


def _fail(row: Record, rng: random.Random) -> None:
    failure = rng.choice(FAILURES)
    row.status = failure.status
    row.failed(failure.code, failure.message)
    row.attempts = failure.attempts
    row.tries = [
        Try(failure.status, failure.said, round(rng.uniform(120, 900), 1)) for _ in range(row.attempts)
    ]
    row.duration_ms = round(sum(one.ms for one in row.tries) + 700.0 * (row.attempts - 1), 1)


def _usage(habit: Habit, thread: _Thread, output: int) -> Usage:
    prompt, cached = thread.prompt, thread.cached
    fresh = prompt - cached
    units = (fresh + cached // 10 + output * 5) * habit.units_per_token
    claude = habit.endpoint == "/v1/messages"
    return Usage(prompt, output, cached, fresh if claude else None, None if claude else output // 3, units)


def past_readings(now: datetime, left: Reading) -> list[Reading]:
    """How much of an allowance was left through the week before `left`, in working hours less and less."""
    if left.remaining is None or left.unlimited or not left.entitlement:
        return []
    found, remaining, whole = [], left.remaining, left.entitlement
    for hours in range(1, _DAYS * 24):
        at = now - timedelta(hours=hours)
        if 8 <= at.hour <= 20:
            remaining += whole * (0.0004 if at.weekday() >= 5 else 0.0012)
        if remaining <= whole:
            percent = round(100 * remaining / whole, 1)
            found.append(replace(left, at=at, remaining=round(remaining, 1), percent_remaining=percent))
    return found[::-1]


# --- what was said ------------------------------------------------------------------------------------


def _taken(habit: Habit, prompt: str, reply: str, row: Record) -> Taken:
    """The exchange as capture would have taken it down."""
    body = habit.body(prompt)
    taken = Taken(orjson.dumps(body), lambda: 0.0)
    taken.sent(orjson.dumps(body | {"model": habit.served}))
    words = reply.split(" ")
    events = habit.events(words)
    begun, end = row.ttfb_ms or 400.0, row.duration_ms or 2_000.0
    for at, event in enumerate(events):
        moment = round(begun + (end - begun) * at / max(1, len(events) - 1), 1)
        name = f"event: {event['type']}\n" if "type" in event else ""
        taken.pieces.append((moment, f"{name}data: {orjson.dumps(event).decode()}\n\n".encode()))
    if habit.dialect == "chat":
        taken.pieces.append((end, b"data: [DONE]\n\n"))
    return taken
