"""What the simulated Copilot saw and billed in one run of a tool."""

from dataclasses import dataclass

from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.ledger import LedgerEntry


@dataclass(frozen=True, slots=True)
class Bill:
    """`work` are the requests of the conversation itself, `side` titles and subagents."""

    work: list[LedgerEntry]
    side: list[LedgerEntry]
    refusals: list[str]  # "400 /v1/messages": what upstream turned away

    @property
    def prompts(self) -> int:
        """Requests billed as a person's."""
        return sum(entry.initiator == "user" for entry in [*self.work, *self.side])

    @property
    def endpoints(self) -> set[str]:
        return {entry.endpoint for entry in self.work}

    @property
    def cached(self) -> list[int]:
        """Tokens read from the prompt cache, request by request."""
        return [entry.cached_tokens for entry in self.work]

    @property
    def paid_again(self) -> list[int]:
        """Request by request from the second: tokens of the one before that the cache did not give back."""
        pairs = zip(self.work, self.work[1:], strict=False)
        return [before.input_tokens - after.cached_tokens for before, after in pairs]


def bill(sim: SimulatedCopilot) -> Bill:
    """The bill so far."""
    work = [entry for entry in sim.ledger if entry.interaction_type == "conversation-agent"]
    side = [entry for entry in sim.ledger if entry.interaction_type != "conversation-agent"]
    refusals = [f"{seen.status} {seen.path}" for seen in sim.requests if (seen.status or 999) >= 400]
    return Bill(work, side, refusals)
