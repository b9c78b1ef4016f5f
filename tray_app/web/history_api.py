"""What the pages ask of the history, beside `/api/stats` and `/api/requests` (proxy/status.py)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tray_app.errors import BadRequest, JumpseatError
from tray_app.history.bodies import NOT_CAPTURED, read_bodies
from tray_app.history.forecast import period_start
from tray_app.history.noted import Reading, seen_models
from tray_app.history.record import Record
from tray_app.history.rows import number_of, read_rows
from tray_app.history.sessions import SessionQuery, list_sessions, one_session
from tray_app.history.summary import Summary, summary
from tray_app.history.transfer import Position, export_chunk
from tray_app.proxy import questions, worth
from tray_app.proxy.noting import quota_forecast, quota_history
from tray_app.proxy.replies import SAFE_HEADERS, json_response
from tray_app.proxy.route import Route
from tray_app.proxy.seat import Seat
from tray_app.web.asked import read_object
from tray_app.web.catalog_view import catalog_json

_MOST_DAYS = 400


def _open(path: str, summary: str, handler: Any) -> Route:
    return Route("GET", path, "chat", summary, handler=handler, session="accepted")


# --- one request ----------------------------------------------------------------------------------------


async def one_request(seat: Seat, request: web.BaseRequest) -> web.Response:
    """A request in full, running ones too. Raises BadRequest: 404."""
    id = request.path.rpartition("/")[2]
    if (running := seat.records.find_running(id)) is not None:
        return json_response(running.in_full() | {"running": True})
    record = await seat.history.read(_record, id)
    return json_response(record.in_full() | {"running": False})


def _record(connection: Any, id: str) -> Record:
    n = number_of(connection, id)
    if n is None:
        raise _no_such_request(id)
    return read_rows(connection, [n])[0]


def _no_such_request(id: str) -> BadRequest:
    return BadRequest(f"There is no request {id[:100]} in the history.", "id", code="not_found", status=404)


async def bodies(seat: Seat, request: web.BaseRequest) -> web.Response:
    """What was said in a request, while capture was on."""
    found = await seat.history.read(_bodies, request.path.removesuffix("/bodies").rpartition("/")[2])
    return json_response(found)


def _bodies(connection: Any, id: str) -> dict[str, Any]:
    n = number_of(connection, id)
    if n is None:
        raise _no_such_request(id)
    if (bodies := read_bodies(connection, n)) is None:
        return NOT_CAPTURED | {"conversation": None}
    from tray_app.history.conversation import conversation  # loads the dialects

    dialect = read_rows(connection, [n])[0].dialect
    return bodies.as_json() | {"conversation": conversation(dialect, bodies.request, bodies.response)}


# --- overview, usage --------------------------------------------------------------------------------------


async def overview(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`?tz_offset_minutes=`: what the first page shows."""
    offset = questions.zone_offset(request.query)
    leading = seat.quota.leading()
    begun = period_start(leading.resets_at) if leading else None
    found: Summary = await seat.history.read(summary, datetime.now(UTC), offset, begun)
    forecast = await quota_forecast(seat)
    token, view = seat.tokens.state(), seat.catalog.view
    return json_response(
        {
            **found.as_json(),
            "quota": seat.quota.as_json() if seat.quota.snapshots() else None,
            "forecast": forecast.as_json() if forecast else None,
            "cache": worth.of_caches(found.week_by_model, view),
            "anomalies": [one.as_json() for one in seat.records.anomalies()],
            "health": {
                "token_expires_in_seconds": token["expires_in_seconds"],
                "models_loaded": len(view.models) if view else 0,
                "requests_running": len(seat.records.running),
                "history_problem": seat.history.problem,
                "dropped_records": seat.history.dropped,
            },
        }
    )


async def usage_history(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`?days=30`: every reading of every allowance, for the burn-down."""
    text = request.query.get("days") or "30"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= _MOST_DAYS:
        raise BadRequest(f"days: expected a whole number from 1 to {_MOST_DAYS}.", "days")
    readings = await quota_history(seat, int(text))
    forecast = await quota_forecast(seat)
    return json_response(
        {
            "quotas": _by_sku(readings, "quota"),
            "rate_limits": _by_sku(readings, "rate"),
            "forecast": forecast.as_json() if forecast else None,
        }
    )


def _by_sku(readings: list[Reading], source: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in readings:
        if one.source == source:
            found.setdefault(one.sku, []).append(one.as_json())
    return found


# --- sessions, models -------------------------------------------------------------------------------------


async def sessions(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`?limit=&cursor=&from=&to=&client=`: those used last come first."""
    query = request.query
    wanted = SessionQuery(
        questions.moment(query, "from"), questions.moment(query, "to"), query.get("client") or None
    )
    limit = questions.page_size(query)
    found, cursor = await seat.history.read(list_sessions, wanted, limit, query.get("cursor") or None)
    return json_response({"sessions": found, "next_cursor": cursor})


async def session(seat: Seat, request: web.BaseRequest) -> web.Response:
    """One session as a tree. Raises BadRequest: 404."""
    id = request.path.removeprefix("/api/sessions/")
    found = await seat.history.read(one_session, id)
    if found is None:
        text = f"There is no session {id[:100]} in the history."
        raise BadRequest(text, "id", code="not_found", status=404)
    return json_response(found)


async def catalog(seat: Seat, request: web.BaseRequest) -> web.Response:
    """The models, with what is known of them here."""
    view = await seat.catalog.current()
    try:
        seen = await seat.history.read(seen_models, datetime.now(UTC))
    except JumpseatError:
        seen = {}  # the catalog can be told without its past
    plan = seat.quota.as_json()["plan"]
    return json_response(catalog_json(view, seen, seat.live.now.models, plan, stale=seat.catalog.stale))


# --- out, and away ------------------------------------------------------------------------------------------


async def export(seat: Seat, request: web.BaseRequest) -> web.StreamResponse:
    """The requests that fit the filters as JSON Lines, oldest first; `bodies=1` with what was said."""
    wanted = questions.filters(request.query)
    with_bodies = request.query.get("bodies") in ("1", "true")
    name = f"jumpseat-{datetime.now():%Y%m%d-%H%M}.jsonl"
    response = web.StreamResponse(
        headers={
            **SAFE_HEADERS,
            "Content-Type": "application/x-ndjson; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
    )
    position: Position | None = Position()
    while position is not None:
        lines, position = await seat.history.read(export_chunk, wanted, position, bodies=with_bodies)
        if not response.prepared:  # until here a failure is an answer with a status
            await response.prepare(request)
        await response.write(lines)
        await asyncio.sleep(0)
    await response.write_eof()
    return response


async def delete(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`{"everything": true}` empties the history for good."""
    body = await read_object(request)
    if body.get("everything") is not True:
        raise BadRequest("everything: expected true.", "everything")
    seat.records.forget()
    return json_response({"deleted": await seat.history.delete_everything()})


ROUTES: tuple[Route, ...] = (
    _open("/api/overview", "What the first page shows", overview),
    _open("/api/usage-history", "Readings of the quota over time", usage_history),
    _open("/api/requests/{id}", "One request in full", one_request),
    _open("/api/sessions", "Sessions, those used last first", sessions),
    _open("/api/sessions/{id}", "One session as a tree", session),
    _open("/api/catalog", "The models and what is known of them", catalog),
    Route("GET", "/api/requests/{id}/bodies", "chat", "What was said in one request", handler=bodies,
          session="required"),
    Route("GET", "/api/export", "chat", "The history as JSON Lines", handler=export, session="required",
          produces="application/x-ndjson"),
    Route("POST", "/api/history/delete", "chat", "Delete the whole history", handler=delete,
          session="required", body="NothingRequest"),
)  # fmt: skip
