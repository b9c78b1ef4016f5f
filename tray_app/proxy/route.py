"""One row of the route table, and the finder of rows."""

from collections.abc import Awaitable, Callable, Iterable
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

    `path` may hold one `{name}`. In the last step of the path it stands for anything that is left, slashes
    too (`{model}:countTokens`); before it for one step.

    `upgrades`: takes a WebSocket.

    `open_always`: needs no API key, because it tells nothing and keeps nothing. `session` "accepted": the
    dashboard session does instead of a key; "required": nothing but the session does, and a change must
    come from a page of our own.
    """

    method: str
    path: str
    dialect: DialectName
    summary: str
    handler: Handler | None = None
    recorded: Recorded | None = None
    also: tuple[str, ...] = ()
    upgrades: bool = False
    open_always: bool = False
    session: Literal["", "accepted", "required"] = ""
    body: str = ""  # the schema name of the request, for the description
    query: tuple[str, ...] = ()  # names of the query, for the description
    produces: str = "application/json"  # what a good answer is, for the description

    def named(self, request: web.BaseRequest) -> str:
        """What stands for the `{name}` of the path in this request; empty where the path has none."""
        for path in (self.path, *self.also):
            if (found := _Pattern.of(path).value_in(request.path)) is not None:
                return found
        return ""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A path with a `{name}` in it. `is_open`: the name is in the path's last step."""

    prefix: str
    suffix: str
    is_open: bool

    @classmethod
    def of(cls, path: str) -> "_Pattern":
        prefix, brace, rest = path.partition("{")
        suffix = rest.partition("}")[2]
        return cls(prefix, suffix, bool(brace) and "/" not in suffix)

    @property
    def weight(self) -> int:
        return len(self.prefix) + len(self.suffix)

    def value_in(self, path: str) -> str | None:
        """The name's value, None if the path is another one."""
        if not path.startswith(self.prefix) or not path.endswith(self.suffix) or len(path) <= self.weight:
            return None
        value = path[len(self.prefix) : len(path) - len(self.suffix)]
        return value if self.is_open or "/" not in value else None


class Router:
    """Finds the row for a request. A later row takes the place of an earlier one with its path and method;
    of two paths with a name in them, the longer one is meant."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: dict[_Pattern, dict[str, Route]] = {}
        for route in routes:
            for path in (route.path, *route.also):
                if "{" in path:
                    self._patterns.setdefault(_Pattern.of(path), {})[route.method] = route
                else:
                    self._exact.setdefault(path, {})[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route | None, tuple[str, ...]]:
        """The row, or None with the methods that the path does take (none: the path is unknown)."""
        by_method = self._exact.get(path) or self._exact.get(path.rstrip("/") or "/") or self._by_name(path)
        if method == "HEAD" and "HEAD" not in by_method:
            method = "GET"
        return by_method.get(method), tuple(sorted(by_method))

    def _by_name(self, path: str) -> dict[str, Route]:
        fitting = [pattern for pattern in self._patterns if pattern.value_in(path) is not None]
        if not fitting:
            return {}
        return self._patterns[max(fitting, key=lambda pattern: pattern.weight)]


def merged(*tables: Iterable[Route]) -> tuple[Route, ...]:
    """One table; a row of a later one takes the place of an earlier one with its method and path."""
    rows = {(route.method, route.path): route for table in tables for route in table}
    return tuple(rows.values())
