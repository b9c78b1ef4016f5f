"""The coding tools of this machine: their state, and the exact change that connects them, shown before made.

Everything that touches their files runs in a thread; what edits them is loaded when it is first needed.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tray_app.controls import ClientView, Preview
from tray_app.dialects.model_lists import openai_list
from tray_app.errors import LocalFault
from tray_app.history.record import Record
from tray_app.paths import Paths
from tray_app.proxy.seat import Seat

if TYPE_CHECKING:
    from tray_app.clients.client import Change, ClientState, Context

_MOST_PREVIEWS = 16


@dataclass(frozen=True, slots=True)
class _Shown:
    change: "Change"
    context: "Context"


class Tools:
    """Belongs to the event loop. `base_url` is where tools reach the proxy, or would; `home` is another
    folder than the user's own for a demo, which must not touch it."""

    def __init__(
        self,
        seat: Seat,
        paths: Paths,
        base_url: Callable[[], str],
        changed: Callable[[], None],
        home: Path | None = None,
    ) -> None:
        self._seat, self._paths, self._base_url, self._changed = seat, paths, base_url, changed
        self._home = home
        self._states: tuple[ClientState, ...] = ()
        self._seen: dict[str, datetime] = {}  # by the name in the record
        self._shown: dict[str, _Shown] = {}  # by token, oldest first

    @property
    def views(self) -> tuple[ClientView, ...]:
        return tuple(_view(state, self._seen.get(state.title)) for state in self._states)

    def answered(self, record: Record) -> None:
        """A request is over: its tool is in use."""
        self._seen[record.client] = record.started_at
        while len(self._seen) > 100:  # names come from outside
            del self._seen[next(iter(self._seen))]

    async def look(self) -> tuple[ClientView, ...]:
        """Read the state of every tool anew."""
        context = await self._context()
        self._states = await asyncio.to_thread(_list, context)
        self._changed()
        return self.views

    async def preview(
        self, client: str, model: str | None, small_model: str | None, *, back: bool
    ) -> Preview:
        """The exact change. Raises LocalFault; JumpseatError when the models cannot be had."""
        context = await self._context(with_models=not back)
        context = replace(context, model=model, small_model=small_model)
        change = await asyncio.to_thread(_preview, client, context, back)
        token = secrets.token_urlsafe(16)
        self._shown[token] = _Shown(change, context)
        while len(self._shown) > _MOST_PREVIEWS:
            del self._shown[next(iter(self._shown))]
        return _shown_as(token, change)

    async def make(self, token: str) -> Preview:
        """Make a change that was shown. Raises LocalFault."""
        shown = self._shown.pop(token, None)
        if shown is None:
            raise LocalFault("This change is not at hand any more.", "Look at it again, then make it.")
        backups = await asyncio.to_thread(_make, shown)
        await self.look()
        return _shown_as(token, shown.change, backups)

    async def _context(self, *, with_models: bool = False) -> "Context":
        listed: dict[str, Any] = {}
        if with_models:
            listed = openai_list((await self._seat.catalog.current()).models)
        keys = self._seat.live.now.server.api_keys
        return await asyncio.to_thread(
            _build, self._paths, self._home, self._base_url(), keys[0] if keys else "jumpseat", listed
        )


# --- in a thread ----------------------------------------------------------------------------------


def _build(paths: Paths, home: Path | None, url: str, key: str, listed: dict[str, Any]) -> "Context":
    from tray_app.clients.client import Context
    from tray_app.clients.models import Models
    from tray_app.clients.places import Place

    place = Place.here() if home is None else Place(home)
    return Context(place, paths, url, key, Models.read(listed))


def _list(context: "Context") -> "tuple[ClientState, ...]":
    from tray_app.clients import desk

    return desk.list_clients(context)


def _preview(client: str, context: "Context", back: bool) -> "Change":
    from tray_app.clients import desk

    return desk.preview_back(client, context) if back else desk.preview(client, context)


def _make(shown: _Shown) -> tuple[str, ...]:
    from tray_app.clients import desk

    return tuple(str(backup) for backup in desk.make(shown.change, shown.context))


# --- for people -----------------------------------------------------------------------------------


def _view(state: "ClientState", last_seen: datetime | None) -> ClientView:
    return ClientView(
        state.name,
        state.title,
        state.state.value,
        state.reason,
        state.can_connect,
        state.can_disconnect,
        state.program,
        tuple(str(file) for file in state.files),
        state.models,
        last_seen,
    )


def _shown_as(token: str, change: "Change", backups: tuple[str, ...] = ()) -> Preview:
    return Preview(
        token,
        change.title,
        change.is_change,
        change.diff,
        change.models,
        change.notes,
        change.restart,
        backups,
    )
