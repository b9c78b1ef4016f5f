"""PURE. One made-up session of a coding tool: its prompts, tool turns, a subagent, and what goes wrong."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from tray_app.demo import talk
from tray_app.demo.habits import BAD_TOOL, BROKEN, CLAUDE_HAIKU, RATE_LIMITED, TOO_LONG, Failure, Habit
from tray_app.demo.scenes import Scene
from tray_app.demo.talk import Talk
from tray_app.dialects.neutral import Reply, ToolCall, Usage
from tray_app.history.record import Record, Try

_BYTES_PER_TOKEN = 4


class Accident(StrEnum):
    """What goes wrong once in a session, in its last prompt; a lost cache in its second."""

    CACHE_LOST = "cache_lost"
    CANCELLED = "cancelled"
    RATE_LIMITED = "rate_limited"
    TOO_LONG = "too_long"
    BAD_TOOL = "bad_tool"
    BROKEN = "broken"
    RETRIED = "retried"


_FAILURES = {
    Accident.RATE_LIMITED: RATE_LIMITED,
    Accident.TOO_LONG: TOO_LONG,
    Accident.BAD_TOOL: BAD_TOOL,
    Accident.BROKEN: BROKEN,
}


class Session:
    """Makes the records of one conversation, one after the other."""

    def __init__(
        self, habit: Habit, project: str, start: datetime, rng: random.Random, *, is_captured: bool = False
    ) -> None:
        self._habit, self._project, self._rng = habit, project, rng
        self._at = start
        self._id = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-demo"
        self._talk = Talk(habit, project) if is_captured else None
        self._prompt = 0 if is_captured else rng.randint(9_000, 26_000)  # tokens
        self._cached, self._parts = 0, 3
        self._turn = self._branch = 0

    def rows(self, scenes: Sequence[Scene], accident: Accident | None) -> Iterator[Record]:
        """The requests, oldest first."""
        for number, scene in enumerate(scenes):
            self._turn = number + 1
            if accident is Accident.CACHE_LOST and number == 1:
                self._cached = 0  # an edited instruction file: nothing behind it is cached any more
            is_last = number == len(scenes) - 1
            yield from self._prompted(scene, accident if is_last else None)
            self._at += timedelta(minutes=self._rng.uniform(0.6, 7))

    def _prompted(self, scene: Scene, accident: Accident | None) -> Iterator[Record]:
        if self._talk:
            self._talk.prompted(scene)
        if self._turn == 1 and self._habit.target.name == "messages":
            yield self._aside(CLAUDE_HAIKU, "title", 0)
        for at, step in enumerate(scene.steps):
            row, call = self._step(scene, at)
            if accident is Accident.RETRIED and at == 0:
                row.attempts = 2
                row.tries.insert(0, Try(503, "The model is overloaded.", 310.0))
            yield row
            if self._talk and call:
                self._talk.told(call, step.result, is_error=step.is_error)
            if at == 0 and scene.aside:
                yield from self._subagent()
        if accident in _FAILURES:
            yield self._failed(_FAILURES[accident], "agent" if scene.steps else "user")
            return
        row = self._answer("agent" if scene.steps else "user", scene, scene.reply, ())
        if accident is Accident.CANCELLED:
            row.cancelled, row.usage, row.duration_ms = True, Usage(), (row.duration_ms or 0) * 0.4
        yield row

    def _step(self, scene: Scene, at: int) -> tuple[Record, ToolCall | None]:
        call = self._talk.call(scene.steps[at]) if self._talk else None
        thought = scene.thought if at == 0 else ""
        row = self._answer(
            "agent" if at else "user", scene, "I look at that first." if at == 0 else "",
            (call,) if call else (), thought,
        )  # fmt: skip
        return row, call

    def _answer(
        self, initiator: str, scene: Scene, words: str, calls: Sequence[ToolCall], thought: str = ""
    ) -> Record:
        """A request with its answer; the conversation grows by both."""
        rng, habit = self._rng, self._habit
        row = self._begun(habit, initiator)
        output = rng.randint(60, 900) if not self._talk else 30 + len(words + thought) // 4 + 40 * len(calls)
        first = rng.uniform(500, 2_400)
        row.upstream_ms, row.ttfb_ms, row.longest_silence_ms = (
            round(first * 0.6, 1),
            round(first, 1),
            round(first, 1),
        )
        row.duration_ms = round(first + output * rng.uniform(9, 16), 1)
        row.status, row.attempts, row.tries = 200, 1, [Try(200, "answered", round(first * 0.6, 1))]
        row.usage = _usage(habit, self._prompt, self._cached, output)
        row.response_bytes, row.frames = output * 60, output // 3
        row.prefix_parts, row.prefix_kept = self._parts, self._parts - 2 if self._cached else 1
        row.prefix_changed = "system" if self._turn > 1 and not self._cached else None
        if self._talk:
            said = talk.reply(habit, thought, words, calls, row.usage)
            self._keep(row, said)
        self._cached, self._parts = self._prompt, self._parts + 2
        self._prompt += rng.randint(300, 2_600)
        self._at += timedelta(milliseconds=row.duration_ms, seconds=rng.uniform(0.4, 4))
        return row

    def _keep(self, row: Record, said: Reply) -> None:
        assert self._talk is not None
        row.taken = talk.taken(self._talk, said, row.ttfb_ms or 0.0, row.duration_ms or 0.0)
        row.request_bytes = len(row.taken.request)
        row.response_bytes = sum(len(data) for _, data in row.taken.pieces)
        row.frames = len(row.taken.pieces)
        self._talk.answered(said)

    def _begun(self, habit: Habit, initiator: str) -> Record:
        if self._talk:
            self._prompt = len(talk.body_text(self._talk)) // _BYTES_PER_TOKEN
        row = Record(
            f"req_{self._rng.getrandbits(128):032x}", self._at, habit.client, habit.dialect.name, habit.path
        )
        row.upstream_endpoint, row.model_requested, row.model_served = (
            habit.target.endpoint,
            habit.asked,
            habit.model.id,
        )
        row.initiator, row.stream, row.session_id, row.turn = initiator, True, self._id, self._turn
        row.branch, row.process, row.project = 0, habit.process, self._project
        row.request_bytes = self._prompt * _BYTES_PER_TOKEN
        row.upstream_request_id = f"{self._rng.getrandbits(32):08X}:{self._rng.getrandbits(24):06X}"
        if habit.target is not habit.dialect:
            row.notes = [f"service_tier: dropped, {habit.target.endpoint} has no such field"]
        return row

    def _failed(self, failure: Failure, initiator: str) -> Record:
        row = self._begun(self._habit, initiator)
        fault, rng = failure.fault, self._rng
        row.status, row.attempts = fault.status, failure.attempts
        row.failed(fault.code or str(fault.kind), fault.message)
        row.tries = [
            Try(fault.status, failure.said, round(rng.uniform(120, 700), 1)) for _ in range(row.attempts)
        ]
        row.duration_ms = round(sum(one.ms for one in row.tries) + 900.0 * (row.attempts - 1), 1)
        if failure is BROKEN:  # it had begun
            row.status, row.tries = 200, [Try(200, "answered", row.tries[0].ms)]
            row.response_bytes, row.frames = 640, 3
            row.ttfb_ms, row.duration_ms = row.duration_ms, row.duration_ms * 4
        if self._talk:
            row.taken = talk.refused(self._talk, fault, row.duration_ms)
            row.request_bytes = len(row.taken.request)
        self._at += timedelta(milliseconds=row.duration_ms, seconds=rng.uniform(2, 8))
        return row

    def _aside(self, habit: Habit, kind: str, step: int) -> Record:
        """A call beside the conversation, with a prompt of its own."""
        rng, tokens, output = (
            self._rng,
            self._rng.randint(600, 1_400) + 900 * step,
            self._rng.randint(12, 220),
        )
        row = self._begun(habit, "agent")
        row.background, row.branch = kind, self._branch or 1
        row.status, row.attempts, row.tries = 200, 1, [Try(200, "answered", 320.0)]
        row.ttfb_ms = row.longest_silence_ms = round(rng.uniform(350, 900), 1)
        row.duration_ms = round(row.ttfb_ms + output * 9, 1)
        row.request_bytes, row.response_bytes, row.frames = tokens * 4, output * 60, output // 3
        row.usage = _usage(habit, tokens, 0 if step == 0 else tokens - 900, output)
        self._at += timedelta(milliseconds=row.duration_ms)
        return row

    def _subagent(self) -> Iterator[Record]:
        self._branch = max(self._branch, 1) + 1
        for step in range(self._rng.randint(2, 5)):
            yield self._aside(self._habit, "subagent", step)


def _usage(habit: Habit, prompt: int, cached: int, output: int) -> Usage:
    fresh = max(0, prompt - cached)
    units = (fresh + cached // 10 + output * 5) * habit.nano_per_token
    claude = habit.target.name == "messages"
    return Usage(
        prompt, output, min(cached, prompt), fresh if claude else None, None if claude else output // 3, units
    )
