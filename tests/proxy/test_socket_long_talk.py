"""A long talk over one WebSocket with everything that can come between its turns, in any order."""

import random
from typing import Any

import pytest
from talking import SHELL, Talk, calls_of, result, talking, text_of, user

from tests.harness import Jumpseat
from tray_app.simulated.sockets import HANDSHAKE, SOCKET

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
MODELS = ("gpt-5.3-codex", "gpt-5.5", "gpt-5-mini")
FIELDS: dict[str, Any] = {"tools": [SHELL], "reasoning": {"effort": "low", "summary": "auto"}}


class Person:
    """Asks one thing after the other; what failed is asked again, as coding tools do."""

    def __init__(self, jumpseat: Jumpseat, talk: Talk, dice: random.Random) -> None:
        self.jumpseat, self.talk, self.dice = jumpseat, talk, dice
        self.model = MODELS[0]
        self.history: list[Any] = []
        self.prompts = 0

    def disturb(self) -> None:
        """Perhaps something happens before the next request."""
        sim = self.jumpseat.sim
        match self.dice.randrange(12):
            case 0:
                sim.faults.add(self.dice.choice(["reset", "status"]), HANDSHAKE)
            case 1:
                sim.faults.add("reset", SOCKET)
            case 2:
                kind = self.dice.choice(["reset_mid", "close_early", "malformed_sse", "error_event"])
                sim.faults.add(kind, SOCKET, after=self.dice.randrange(1, 9))
            case 3:
                sim.expire_copilot_tokens()
            case 4:
                sim.faults.add("status", SOCKET, preset=self.dice.choice(["connection", "429", "503"]))
            case 5:
                self.model = self.dice.choice(MODELS)
            case 6:
                for token in sim.state.accounts.copilot_tokens.values():
                    token.expires_at += 4000
                sim.advance(3601)
            case _:
                pass

    async def say(self, *new: Any) -> dict[str, Any]:
        """Until it is answered; in full or behind the last response."""
        for _ in range(6):
            self.disturb()
            if self.talk.id is not None and self.dice.random() < 0.8:
                end = await self.talk.go_on(*new, model=self.model, **FIELDS)
            else:
                end = await self.talk.ask(*self.history, *new, model=self.model, **FIELDS)
            if end["type"] == "response.completed":
                self.history += [*new, *end["response"]["output"]]
                self.last = self.talk.id
                return end
            self.talk.id = getattr(self, "last", None)
        raise AssertionError("never answered")

    async def prompt(self, number: int) -> None:
        """One prompt with up to three tool turns, now and then with a picture."""
        self.prompts += 1
        marker = f"MARKER-{number}"
        message = user(f"use {self.dice.randrange(1, 4)} turns and run: echo hi\n{marker}")
        if self.dice.random() < 0.2:
            message["content"].append({"type": "input_image", "image_url": PNG, "detail": "auto"})
        end = await self.say(message)
        while calls := calls_of(end):
            end = await self.say(*(result(call, "hi") for call in calls))
        assert marker in text_of(end)


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_is_lost_said_twice_or_billed_twice(jumpseat: Jumpseat, seed: int) -> None:
    dice = random.Random(seed)
    async with talking(jumpseat) as talk:
        person = Person(jumpseat, talk, dice)
        for number in range(10):
            await person.prompt(number)
    sim, records = jumpseat.sim, jumpseat.seat.records.all()
    await sim.until(lambda sim: sim.active == 0 and sim.sockets == 0)
    good = [record for record in records if record.error is None]
    assert sum(record.initiator == "user" for record in good) == person.prompts
    # What Copilot accepted is in the record of the request it was for, and nothing else is.
    assert len(sim.ledger) <= sum(record.attempts for record in records)
    whole = [entry for entry in sim.ledger if not entry.cancelled]
    assert sum(record.usage.nano_aiu or 0 for record in good) <= sum(entry.nano_aiu for entry in whole)
    counted = {(entry.input_tokens, entry.output_tokens, entry.nano_aiu) for entry in sim.ledger}
    for record in good:
        usage = record.usage
        assert (usage.input_tokens, usage.output_tokens, usage.nano_aiu) in counted
    bodies = [entry.body for entry in sim.ledger if entry.endpoint == SOCKET]
    assert any("previous_response_id" in body for body in bodies)
