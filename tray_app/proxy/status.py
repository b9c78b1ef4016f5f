"""What the proxy tells about itself: health, quota, statistics, requests, metrics. Nothing secret."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aiohttp import web

from tray_app import __version__
from tray_app.errors import BadRequest, SignedOut, Unreachable
from tray_app.history import stats as figures
from tray_app.history.store import Query
from tray_app.proxy.body import too_large
from tray_app.proxy.replies import SAFE_HEADERS, json_response
from tray_app.proxy.seat import Seat

MAX_PAGE = 500


async def health(seat: Seat, request: web.BaseRequest) -> web.Response:
    """Always 200, except with `?strict=true` while not ready: then 503."""
    token = seat.tokens.state()
    view = seat.catalog.view
    ready = token["present"] and view is not None
    body = {
        "status": "ok" if ready else "degraded",
        "ready": ready,
        "signed_in": await seat.signed_in(),
        "version": __version__,
        "uptime_seconds": round(seat.monotonic() - seat.started_mono, 1),
        "copilot_token": {key: token[key] for key in ("present", "expires_in_seconds")},
        "models_loaded": len(view.models) if view else 0,
        "requests_served": seat.records.served,
        "requests_running": len(seat.records.running),
        "auth_required": bool(seat.live.now.server.api_keys),
        "quota": seat.quota.as_json() if seat.quota.snapshots() else None,
    }
    strict = request.query.get("strict", "").lower() in ("1", "true", "yes")
    return json_response(body, status=503 if strict and not ready else 200)


async def usage(seat: Seat, request: web.BaseRequest) -> web.Response:
    """Plan and quota. Asks GitHub at most once a minute. Raises SignedOut."""
    if not await seat.signed_in():
        raise SignedOut("You are not signed in to GitHub. Run `jumpseat login`, then try again.")
    await seat.quota.refresh()
    if seat.quota.problem and not seat.quota.snapshots():
        raise Unreachable(seat.quota.problem, code="quota_unknown")
    return json_response(seat.quota.as_json())


async def stats(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`?from=&to=&bucket=`: RFC 3339 times; bucket in seconds, or 5m, 1h, hour, day. Default: 24 hours."""
    query = request.query
    end = _moment(query, "to") or datetime.now(UTC)
    start = _moment(query, "from") or end - timedelta(days=1)
    if start >= end:
        raise BadRequest("from: must be before to.", "from")
    bucket = _bucket(query.get("bucket") or "hour")
    if (end - start) / bucket > figures.MAX_BUCKETS:
        raise BadRequest(f"bucket: too small, at most {figures.MAX_BUCKETS} buckets fit.", "bucket")
    return json_response(await asyncio.to_thread(figures.stats, seat.records.all(), start, end, bucket))


async def requests(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`?limit=&cursor=&q=&model=&client=&status=&from=&to=`: one page, newest first."""
    query = request.query
    limit = query.get("limit") or "50"
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= MAX_PAGE:
        raise BadRequest(f"limit: expected a whole number from 1 to {MAX_PAGE}.", "limit")
    wanted = Query(
        query.get("q") or None,
        query.get("model") or None,
        query.get("client") or None,
        query.get("status") or None,
        _moment(query, "from"),
        _moment(query, "to"),
    )
    rows, cursor = await asyncio.to_thread(seat.records.page, wanted, int(limit), query.get("cursor") or None)
    running = [row.as_json() for row in seat.records.running]
    return json_response(
        {"requests": [row.as_json() for row in rows], "next_cursor": cursor, "running": running}
    )


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if 1970 <= moment.year <= 9000:  # at the ends of time there is no day before
            return moment
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{name}: expected a time such as 2026-01-31T12:00:00Z.", name)


_UNITS = {"": 1, "s": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_UNITS |= {"w": 604800, "week": 604800}
_BUCKET = re.compile(r"(\d{1,8})?([a-z]*)", re.ASCII)


def _bucket(text: str) -> timedelta:
    """`300`, `5m`, `hour`."""
    found = _BUCKET.fullmatch(text)
    seconds = int(found[1] or 1) * _UNITS.get(found[2], 0) if found else 0
    if not 0 < seconds < 10**9:
        raise BadRequest("bucket: expected seconds, or as 5m or 1h, or minute, hour, day or week.", "bucket")
    return timedelta(seconds=seconds)


async def metrics(seat: Seat, _: web.BaseRequest) -> web.Response:
    """Prometheus text. 404 when switched off."""
    if not seat.live.now.server.metrics:
        raise BadRequest("Metrics are switched off (metrics in the [server] settings).", status=404)
    from tray_app.proxy.metrics import render  # prometheus-client is loaded when first asked for

    return web.Response(
        body=render(seat),
        headers={**SAFE_HEADERS, "Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


async def root(seat: Seat, _: web.BaseRequest) -> web.Response:
    return json_response({"name": "Jumpseat", "version": __version__, "description": "/openapi.json"})


async def nothing(seat: Seat, _: web.BaseRequest) -> web.Response:
    return web.Response(headers=SAFE_HEADERS)


async def swallow(seat: Seat, request: web.BaseRequest) -> web.Response:
    """Clients report their telemetry here. It is read so that they are content, and not kept."""
    limit, size = seat.live.now.server.max_body_mb, 0
    while part := await request.content.readany():
        size += len(part)
        if size > limit * 1024 * 1024:
            raise too_large(limit)
    return json_response({})
