"""Requests that wait for the owner's word (limits.manual_approval). Nobody answers: it is no."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tray_app.dialects.capabilities import Model
from tray_app.errors import Fault, JumpseatError, Kind

PATIENCE = 60.0  # seconds until no answer means no
HOUR = 3600.0
_MOST = 50  # waiting at once; a client in a loop must not fill the desktop
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request is about, as its owner gets to see it."""

    client: str
    model: str
    size_bytes: int
    estimated_units: float | None = None  # of its prompt alone, in AI units; None when not known


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits. Times are UTC."""

    id: str
    wanted: Wanted
    asked_at: datetime
    expires_at: datetime


class Approvals:
    """Who waits, and who need not for a while. Belongs to the event loop."""

    def __init__(
        self,
        *,
        patience: float = PATIENCE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience, self._clock, self._monotonic = patience, clock, monotonic
        self._waiting: dict[str, tuple[Waiting, asyncio.Future[bool]]] = {}
        self._allowed_until: dict[str, float] = {}  # client -> monotonic
        self.can_ask: Callable[[], bool] = lambda: False  # whether anybody sees the question
        self.changed: Callable[[], None] = lambda: None

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        return tuple(one for one, _ in self._waiting.values())

    async def ask(self, wanted: Wanted) -> None:
        """Return when the owner allows it. Raises JumpseatError (403): denied, no answer, nobody to ask.

        Who goes away while waiting takes the question along.
        """
        if self._allowed_until.get(wanted.client, 0.0) > self._monotonic():
            return
        if not self.can_ask():
            raise JumpseatError(_NOBODY)
        if len(self._waiting) >= _MOST:
            raise JumpseatError(_TOO_MANY)
        now = self._clock()
        one = Waiting(secrets.token_hex(8), wanted, now, now + timedelta(seconds=self._patience))
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[one.id] = one, answer
        self.changed()
        try:
            async with asyncio.timeout(self._patience):
                allowed = await answer
        except TimeoutError:
            raise JumpseatError(_NO_ANSWER) from None
        finally:
            del self._waiting[one.id]
            self.changed()
        if not allowed:
            raise JumpseatError(_DENIED)

    def decide(self, id: str, *, allow: bool, whole_client: bool = False) -> bool:
        """Answer one; `whole_client` lets everything of that client through for an hour, also what waits
        now. False when it does not wait any more."""
        found = self._waiting.get(id)
        if found is None or found[1].done():
            return False
        client = found[0].wanted.client
        if allow and whole_client:
            self._allowed_until[client] = self._monotonic() + HOUR
        for one, answer in self._waiting.values():
            meant = one.id == id or (allow and whole_client and one.wanted.client == client)
            if meant and not answer.done():
                answer.set_result(allow)
        return True


def estimated_units(model: Model, size_bytes: int) -> float | None:
    """What the prompt of a body of that size costs at the catalog's price, uncached; None if unknown.

    `token_prices`: credits per `batch_size` tokens (copilot-wire, billing). The answer comes on top.
    """
    if model.multiplier == 0:
        return 0.0
    prices = _object(_object(model.raw, "billing"), "token_prices")
    tokens = size_bytes / _CHARACTERS_PER_TOKEN
    tier = _object(prices, "default")
    most = _number(tier, "context_max")
    if most is not None and tokens > most and "long_context" in prices:
        tier = _object(prices, "long_context")
    price, batch = _number(tier, "input_price"), _number(prices, "batch_size")
    return None if price is None or not batch else round(tokens * price / batch, 3)


def _object(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}


def _number(of: Mapping[str, Any], key: str) -> float | None:
    value = of.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _refused(code: str, message: str) -> Fault:
    return Fault(403, Kind.FORBIDDEN, message, code=code)


_NOBODY = _refused(
    "approval_unavailable",
    "manual_approval is on in the [limits] settings, and there is no desktop here to ask on. Open the "
    "dashboard (`jumpseat open`), or switch it off with `jumpseat config set limits.manual_approval false`.",
)
_NO_ANSWER = _refused(
    "approval_timeout",
    "Nobody approved this request in time (manual_approval in the [limits] settings). Watch for Jumpseat's "
    "question and try again.",
)
_DENIED = _refused(
    "approval_denied",
    "The owner of this seat denied this request (manual_approval in the [limits] settings).",
)
_TOO_MANY = _refused(
    "approval_queue_full", "Too many requests wait for approval already. Answer those, then try again."
)
