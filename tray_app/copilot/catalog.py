"""The catalog: which models this account has, as `GET /models` tells it.

    parse_catalog   PURE. the answer's JSON -> models; wrong types of optional fields never fail
    CatalogView     one reading of the list
    Catalog         keeps the latest reading, refreshes it in the background, survives failures

The list is refreshed ten minutes after the last reading at the earliest, one request at a time however
many callers wait; when a refresh fails, the old list stays in use (as Microsoft's client does).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from tray_app.copilot.catalog_entry import parse_model
from tray_app.dialects.capabilities import Model
from tray_app.errors import JumpseatError, Unreachable
from tray_app.tasks import Tasks

REFRESH_AFTER = 600.0
RETRY_AFTER = 60.0  # behind a failed refresh


def parse_catalog(body: object) -> tuple[Model, ...]:
    """The models of `{"data": [...]}` (or a bare list). Ids can repeat: the first one wins."""
    entries = body.get("data") if isinstance(body, dict) else body
    models: dict[str, Model] = {}
    for entry in entries if isinstance(entries, list) else ():
        if (model := parse_model(entry)) is not None:
            models.setdefault(model.id, model)
    return tuple(models.values())


@dataclass(frozen=True, slots=True)
class CatalogView:
    """One reading of the list. `raw` is the upstream's answer, byte for byte; `loaded_at` is UTC."""

    models: tuple[Model, ...] = ()
    raw: bytes = b'{"object":"list","data":[]}'
    loaded_at: datetime | None = None
    by_id: Mapping[str, Model] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {model.id: model for model in self.models})

    @classmethod
    def of(cls, raw: bytes, loaded_at: datetime | None = None) -> "CatalogView":
        """Raises Unreachable when `raw` is no model list."""
        try:
            body: Any = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise _unreadable() from error
        if not isinstance(body, list) and not (isinstance(body, dict) and isinstance(body.get("data"), list)):
            raise _unreadable()
        return cls(parse_catalog(body), raw, loaded_at)


def _unreadable() -> Unreachable:
    return Unreachable(
        "Copilot's model list could not be read. Try again in a minute.", code="catalog_unreadable"
    )


class Catalog:
    """The latest list of the active account.

    `fetch` does `GET /models` and gives the body; it raises JumpseatError. `monotonic` gives seconds.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[bytes]], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch, self._monotonic = fetch, monotonic
        self._tasks = Tasks()
        self._loading: asyncio.Task[CatalogView | JumpseatError] | None = None
        self._view: CatalogView | None = None
        self._fresh_until = 0.0  # monotonic
        self._account = 0  # goes up with every forget()
        self.error: JumpseatError | None = None  # of the last reading, None when it worked

    @property
    def view(self) -> CatalogView | None:
        """What is known now, without waiting."""
        return self._view

    @property
    def raw(self) -> bytes | None:
        """The upstream's own JSON."""
        return self._view.raw if self._view else None

    @property
    def loaded_at(self) -> datetime | None:
        return self._view.loaded_at if self._view else None

    @property
    def stale(self) -> bool:
        """True when the list should be younger than it is, because a refresh is due or failed."""
        return self._view is not None and (self.error is not None or self._monotonic() >= self._fresh_until)

    async def current(self) -> CatalogView:
        """The list; waits only when there is none yet. Raises JumpseatError when it cannot be read."""
        if self._view is not None:
            if self._monotonic() >= self._fresh_until:
                self._start()
            return self._view
        while True:
            account = self._account
            outcome = await self._finish(self._start())
            if account != self._account:
                continue  # another account signed in meanwhile
            if isinstance(outcome, CatalogView):
                return outcome
            # Each waiter gets an error of its own: a shared one would collect all their tracebacks.
            raise _copy(outcome)

    async def refresh(self) -> CatalogView:
        """Read the list again now. Raises JumpseatError; the old list then stays."""
        outcome = await self._finish(self._start())
        if isinstance(outcome, CatalogView):
            return outcome
        raise _copy(outcome)

    def forget(self) -> None:
        """The account changed: nothing that is known holds any more."""
        self._account += 1
        self._view = self.error = None
        self._fresh_until = 0.0
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None

    async def close(self) -> None:
        await self._tasks.close()

    def _start(self) -> "asyncio.Task[CatalogView | JumpseatError]":
        if self._loading is None or self._loading.done():
            self._loading = self._tasks.start(self._load(self._account), "model list")
        return self._loading

    async def _finish(
        self, loading: "asyncio.Task[CatalogView | JumpseatError]"
    ) -> CatalogView | JumpseatError:
        """Wait for a reading that others wait for too: whoever gives up does not end it."""
        await asyncio.wait([loading])
        if loading.cancelled():
            return Unreachable("Jumpseat is stopping, or another account signed in. Please try again.")
        return loading.result()

    async def _load(self, account: int) -> CatalogView | JumpseatError:
        try:
            view = CatalogView.of(await self._fetch(), datetime.now(UTC))
        except JumpseatError as error:
            if account == self._account:
                self.error, self._fresh_until = error, self._monotonic() + RETRY_AFTER
            return error
        if account == self._account:
            self._view, self.error = view, None
            self._fresh_until = self._monotonic() + REFRESH_AFTER
        return view


def _copy(error: JumpseatError) -> JumpseatError:
    again = type(error).__new__(type(error), *error.args)
    again.__dict__.update(error.__dict__)
    again.args = error.args
    return again
