"""What Copilot saw and what it billed: the figures that tests hold ours against."""

from dataclasses import dataclass, field
from typing import Any

KEPT_ENTRIES = 20_000
KEPT_REQUESTS = 5_000
KEPT_BODY_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Usage:
    """Tokens of one answer. `input` is the whole prompt, cached and cache-written tokens included."""

    input: int = 0
    output: int = 0  # reasoning included
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0  # the part of cache_write with the long life
    reasoning: int = 0


@dataclass(slots=True)
class LedgerEntry:
    """One inference request that was accepted, and what it cost."""

    id: str
    at: float  # unix seconds, the simulated clock
    login: str
    initiator: str  # "user" or "agent"; a missing header counts as user
    model: str
    endpoint: str  # "/chat/completions", "/responses", "/v1/messages", "/embeddings", "ws:/responses"
    stream: bool
    status: int = 200
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    nano_aiu: int = 0
    premium: float = 0.0
    cancelled: bool = False
    interaction_type: str | None = None
    is_vision: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(slots=True)
class SeenRequest:
    """Any HTTP request that reached a listener. `body` is what came, as bytes; None once it grew old."""

    method: str
    path: str  # with its query
    headers: dict[str, str]  # lower-case names, credentials redacted
    body: bytes | None
    status: int | None = None


def redacted(headers: Any) -> dict[str, str]:
    """Headers with lower-case names, their credential cut to its first characters."""
    kept = {name.lower(): value for name, value in headers.items()}
    if "authorization" in kept:
        scheme, _, secret = kept["authorization"].partition(" ")
        kept["authorization"] = f"{scheme} {secret[:4]}[redacted]"
    return kept


def remember(seen: list[SeenRequest], entry: SeenRequest) -> None:
    """Append, and let go of what is too old or too large to keep."""
    seen.append(entry)
    if len(seen) > KEPT_REQUESTS:
        del seen[: KEPT_REQUESTS // 10]


class BodyBudget:
    """Drops the oldest remembered bodies when all together grow too large."""

    def __init__(self, limit: int = KEPT_BODY_BYTES) -> None:
        self._limit = limit
        self._held: list[tuple[int, LedgerEntry | SeenRequest]] = []
        self._bytes = 0

    def hold(self, entry: LedgerEntry | SeenRequest, size: int) -> None:
        self._held.append((size, entry))
        self._bytes += size
        while self._bytes > self._limit and len(self._held) > 1:
            oldest, holder = self._held.pop(0)
            self._bytes -= oldest
            holder.body = None
