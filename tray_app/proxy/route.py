"""One row of the route table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from tray_app.dialects.neutral import DialectName
from tray_app.history.record import Record
from tray_app.proxy.seat import Seat

Handler = Callable[[Seat, web.BaseRequest], Awaitable[web.StreamResponse]]
Recorded = Callable[[Seat, web.BaseRequest, Record], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `recorded` handlers fill a record of the history; `handler` ones leave no trace.

    `open_always`: needs no API key, because it tells nothing and keeps nothing. `session` "accepted": the
    dashboard session does instead of a key; "required": nothing but the session does.
    """

    method: str
    path: str
    dialect: DialectName
    summary: str
    handler: Handler | None = None
    recorded: Recorded | None = None
    also: tuple[str, ...] = ()
    open_always: bool = False
    session: Literal["", "accepted", "required"] = ""
    body: str = ""  # the schema name of the request, for the description
