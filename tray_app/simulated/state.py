"""Everything the simulated GitHub and Copilot remember, shared by their handlers."""

import asyncio
import time
import uuid
from dataclasses import replace
from typing import Any

from tray_app.simulated import catalog
from tray_app.simulated.accounts import Account, Accounts
from tray_app.simulated.cache import PromptCache
from tray_app.simulated.device_flow import DeviceFlow
from tray_app.simulated.faults import Faults
from tray_app.simulated.ledger import BodyBudget, LedgerEntry, SeenRequest, Usage
from tray_app.simulated.models import Model, index
from tray_app.simulated.quota import bill
from tray_app.simulated.refused import Refused
from tray_app.simulated.seals import Mint

RETIRED_API_VERSIONS = frozenset({"2023-07-07", "2024-01-01", "2024-12-15", "2025-01-21"})


class State:
    """One simulated Copilot. Handlers change it; tests and the demo read it."""

    def __init__(
        self,
        *,
        plan: str,
        token_life: float,
        refresh_in: float,
        rate: float | None,
        models: list[dict[str, Any]] | None,
        seed: int,
        device_interval: float,
    ) -> None:
        self.token_life = token_life
        self.refresh_in = refresh_in
        self.rate = rate  # events per second of a stream; None: as fast as it goes
        self.seed = seed
        self.entries = catalog.built_in() if models is None else models
        self.models: dict[str, Model] = index(self.entries)
        self.accounts = Accounts(seed)
        self.accounts.add("octocat", plan)
        self.device_flow = DeviceFlow(self.accounts, self.now, device_interval)
        self.faults = Faults()
        self.exchange_refusals: list[Refused] = []
        self.retired_api_versions = set(RETIRED_API_VERSIONS)
        self.bound_backends = False
        self.auto_sessions: dict[str, float] = {}  # Copilot-Session-Token -> until when it is good
        self.cache = PromptCache(self.now)
        self.mint = Mint(seed)
        self.ledger: list[LedgerEntry] = []
        self.requests: list[SeenRequest] = []
        self.bodies = BodyBudget()
        self.active = 0
        self.cancelled = 0
        self.sockets = 0  # open ones
        self.changed = asyncio.Condition()
        self.api_url = ""
        self.github_url = ""
        self._offset = 0.0
        self._serial = seed
        self._spun = seed

    def now(self) -> float:
        """Unix seconds of the simulated clock."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass without waiting for it."""
        self._offset += seconds

    def serial(self) -> int:
        """1, 2, 3, …: what makes ids unique."""
        self._serial += 1
        return self._serial

    def request_id(self) -> str:
        return str(uuid.UUID(int=(self.serial() << 64 | 0x5EED << 48) & (1 << 128) - 1, version=4))

    def backend(self, model: Model) -> str:
        """Which of Claude's three backends gets this request; 4.8 and later are never on Vertex."""
        ring = ("bdrk", "01") if model.version >= (4, 8) else ("vrtx", "bdrk", "01")
        self._spun += 1
        return ring[self._spun % len(ring)]

    def charge(self, account: Account, entry: LedgerEntry, model: Model, usage: Usage) -> dict[str, Any]:
        """Book an answer; returns its copilot_usage."""
        billed = bill(model, usage)
        entry.input_tokens, entry.output_tokens = usage.input, usage.output
        entry.cached_tokens, entry.cache_write_tokens = usage.cached, usage.cache_write
        entry.reasoning_tokens = usage.reasoning
        entry.nano_aiu = int(billed["total_nano_aiu"])
        person = entry.initiator == "user" and entry.endpoint != "/embeddings"
        account.quota.charge(float(person) if account.quota.is_free else entry.premium, entry.nano_aiu)
        return billed

    def cancel(self, account: Account, entry: LedgerEntry, model: Model, usage: Usage, sent: int) -> None:
        """The client left after `sent` tokens or so: give back what was not made."""
        entry.cancelled = True
        self.cancelled += 1
        if sent >= usage.output:
            return
        made = replace(usage, output=sent, reasoning=min(usage.reasoning, sent))
        before = entry.nano_aiu
        account.quota.charge(0.0, int(bill(model, made)["total_nano_aiu"]) - before)
        entry.nano_aiu = int(bill(model, made)["total_nano_aiu"])
        entry.output_tokens, entry.reasoning_tokens = made.output, made.reasoning

    async def tell(self) -> None:
        """Wake whoever waits for `active`, `cancelled` or the ledger to change."""
        async with self.changed:
            self.changed.notify_all()
