"""Live traffic for the demo: a coding tool of our own that takes its turns through the proxy.

It prompts, does what the simulated model asks for (with results that are written down), and goes on until the
model is done. Now and then Copilot has a bad moment, which the proxy deals with as it always does.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from itertools import cycle
from typing import Any
from uuid import UUID

import aiohttp

from tray_app.demo.habits import CLAUDE_SONNET, CODEX_GPT, CODEX_OPUS, OPEN_GPT, Habit
from tray_app.demo.scenes import SCENES, Scene, Step
from tray_app.demo.talk import Talk, client_body
from tray_app.dialects.deltas import Failed, collect
from tray_app.dialects.neutral import Reply, ToolCall
from tray_app.dialects.sse import Reader
from tray_app.errors import JumpseatError
from tray_app.simulated.faults import Faults

_FIRST_PAUSE = 4.0  # seconds until the first prompt
_PAUSES = (4.0, 14.0)  # between two prompts
_TURN_PAUSES = (0.4, 2.5)  # while a tool runs
_MOST_TURNS = 8
_MISHAP_EVERY = 5  # prompts
_HABITS = (CLAUDE_SONNET, CODEX_GPT, CLAUDE_SONNET, OPEN_GPT, CODEX_OPUS)
# In turn: mended by a retry, handed on at once, and an answer that breaks off.
_MISHAPS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 503},
    {"kind": "status", "preset": "user_model_rate_limited", "retry_after": 45},
    {"kind": "close_early", "after": 20},
)


async def trickle(url: Callable[[], str], rng: random.Random, faults: Faults) -> None:
    """One session after the other through the proxy, while it has an address, until cancelled.

    Into `faults` goes, before some prompts, what the next request meets.
    """
    await asyncio.sleep(_FIRST_PAUSE)
    prompts = 0
    mishaps = cycle(_MISHAPS)
    async with aiohttp.ClientSession() as http:
        while True:
            habit, project = rng.choice(_HABITS), rng.choice(list(SCENES))
            talk, session = Talk(habit, project), str(UUID(int=rng.getrandbits(128), version=4))
            for scene in SCENES[project]:
                prompts += 1
                if prompts % _MISHAP_EVERY == 0:
                    faults.add(**next(mishaps))
                with contextlib.suppress(aiohttp.ClientError, JumpseatError):  # stopped by hand just now
                    await _prompt(_Caller(http, url, habit, session), talk, scene, rng)
                await asyncio.sleep(rng.uniform(*_PAUSES))


class _Caller:
    """One tool in one session."""

    def __init__(
        self, http: aiohttp.ClientSession, url: Callable[[], str], habit: Habit, session: str
    ) -> None:
        self._http, self._url, self._habit = http, url, habit
        self._headers = {"User-Agent": habit.user_agent, habit.session_header: session}

    async def ask(self, talk: Talk) -> Reply | None:
        """The model's next turn; None when there was none. Raises ClientError, JumpseatError."""
        base = self._url()
        if not base:
            return None
        body = client_body(talk)
        async with self._http.post(base + self._habit.path, json=body, headers=self._headers) as answer:
            data = await answer.read()
        return self._read(data) if answer.status == 200 else None

    def _read(self, data: bytes) -> Reply | None:
        events, stream = Reader(), self._habit.dialect.read_stream()
        deltas = [delta for event in [*events.feed(data), *events.flush()] for delta in stream.feed(event)]
        deltas += stream.finish()
        return None if any(isinstance(delta, Failed) for delta in deltas) else collect(deltas)


async def _prompt(caller: _Caller, talk: Talk, scene: Scene, rng: random.Random) -> None:
    """The prompt and the tool turns that follow from it."""
    said = len(talk.messages)
    talk.prompted(scene)
    results = {step.what: step for step in scene.steps}
    for _ in range(_MOST_TURNS):
        reply = await caller.ask(talk)
        if reply is None:
            del talk.messages[said:]  # nobody answered: the person tries something else
            return
        talk.answered(reply)
        calls = [part for part in reply.parts if isinstance(part, ToolCall)]
        if not calls:
            return
        await asyncio.sleep(rng.uniform(*_TURN_PAUSES))
        for call in calls:
            step = _done(talk.habit, call, results)
            talk.told(call, step.result if step else "done", is_error=bool(step and step.is_error))


def _done(habit: Habit, call: ToolCall, results: dict[str, Step]) -> Step | None:
    what = next((what for what, name in habit.names.items() if name == call.name), "")
    return results.get(what)
