"""Agent loops as a coding tool runs them, and what the simulated Copilot saw of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk.talks import Result, Turn, png
from tray_app.simulated import SimulatedCopilot

DIALECTS = ("chat", "responses", "messages", "gemini")

# A model of each kind: what makes it special.
MODELS = {
    "gpt-4.1": "chat only, does not reason",
    "gpt-5.3-codex": "responses only",
    "gpt-5-mini": "chat and responses",
    "claude-sonnet-4.5": "chat and messages, budgets",
    "claude-opus-4.5": "messages only",
    "claude-opus-5": "chat and messages, adaptive",
    "gemini-3.1-pro": "chat only, signs its calls",
}
WAYS = [
    pytest.param(dialect, model, stream, id=f"{dialect}-{model}-{'streamed' if stream else 'whole'}")
    for dialect in DIALECTS
    for model in MODELS
    for stream in (True, False)
]
# Each dialect with each model once, every other one streamed.
SOME = [WAYS[2 * number + number % 2] for number in range(len(WAYS) // 2)]
SEALS = ("reasoning_opaque", "signature", "encrypted_content")


def commands(count: int, word: str = "echo") -> str:
    """A prompt for `count` commands, one after the other."""
    return "\n".join(f"run: {word} {number}" for number in range(count))


def plainly(calls: list[Any]) -> list[Result]:
    return [Result(f"output of {call.arguments['command']}") for call in calls]


def colourfully(calls: list[Any]) -> list[Result]:
    """A picture in the first result of a round, an error in the last."""
    results = plainly(calls)
    results[0] = Result(results[0].text, image=png())
    if len(results) > 1:
        results[-1] = Result("no such file", failed=True)
    return results


async def work(
    talk: Any, prompt: str, results: Callable[[list[Any]], list[Result]] = plainly, *remarks: str
) -> list[Turn]:
    """One prompt and all its tool rounds; every turn of the model, the last one without calls."""
    turns = [await talk.say(prompt)]
    while turns[-1].calls:
        assert len(turns) < 40
        turns.append(await talk.answer(results(turns[-1].calls), *remarks))
    return turns


def refusals(sim: SimulatedCopilot) -> list[str]:
    """What upstream turned away, with its sentence if the body was kept."""
    return [f"{seen.status} {seen.path}" for seen in sim.requests if (seen.status or 0) >= 400]


def initiators(sim: SimulatedCopilot) -> list[str]:
    return [entry.initiator for entry in sim.ledger]


def last_body(sim: SimulatedCopilot) -> dict[str, Any]:
    """What upstream got last."""
    body: dict[str, Any] = sim.ledger[-1].body
    return body


def seals(body: dict[str, Any]) -> int:
    """How many opaque reasoning values are in a body, wherever its dialect puts them."""
    text = json.dumps(body)
    return sum(text.count(f'"{key}": "') for key in SEALS)
