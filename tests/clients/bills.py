"""What the simulated Copilot saw and billed in one run of a tool."""

from dataclasses import dataclass

from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.ledger import LedgerEntry


@dataclass(frozen=True, slots=True)
class Bill:
    """`work` are the requests of the conversation itself, `side` titles, subagents and the like."""

    work: list[LedgerEntry]
    side: list[LedgerEntry]
    refusals: list[str]  # "400 /v1/messages": what upstream turned away

    @property
    def initiators(self) -> list[str]:
        """Of the conversation, in order."""
        return [entry.initiator for entry in self.work]

    @property
    def prompts(self) -> int:
        """Requests billed as a person's, side calls included."""
        return sum(entry.initiator == "user" for entry in [*self.work, *self.side])

    @property
    def endpoints(self) -> set[str]:
        return {entry.endpoint for entry in self.work}

    @property
    def paid_again(self) -> list[int]:
        """Request by request from the second: tokens of the one before that the cache did not give back."""
        pairs = zip(self.work, self.work[1:], strict=False)
        return [before.input_tokens - after.cached_tokens for before, after in pairs]


def bill(sim: SimulatedCopilot) -> Bill:
    """The bill so far."""
    work = [entry for entry in sim.ledger if entry.interaction_type == "conversation-agent"]
    side = [entry for entry in sim.ledger if entry.interaction_type != "conversation-agent"]
    refusals = [f"{seen.status} {seen.path}" for seen in sim.requests if (seen.status or 0) >= 400]
    return Bill(work, side, refusals)


# What Copilot answers to a prompt that does not fit.
TOO_LONG = {
    "error": {
        "message": "prompt token count of 93854 exceeds the limit of 90000",
        "code": "model_max_prompt_tokens_exceeded",
    }
}
IMPLICIT_STEP = 128  # caches that need no marks count in steps of so many tokens


def assert_one_prompt(billed: Bill, tool_turns: int) -> None:
    """One request as the person's, one of the agent for each tool turn, none refused, nothing paid again."""
    assert billed.initiators == ["user", *["agent"] * tool_turns]
    assert billed.prompts == 1
    assert billed.refusals == []
    assert all(again < IMPLICIT_STEP for again in billed.paid_again), billed.paid_again
