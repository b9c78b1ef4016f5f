"""What the proxy tells about itself: health, quota, statistics, requests, metrics. Nothing secret."""

import asyncio
from datetime import UTC, datetime, timedelta

from aiohttp import web

from tray_app import __version__
from tray_app.errors import BadRequest, SignedOut, Unreachable
from tray_app.history import figures, search
from tray_app.proxy import questions, worth
from tray_app.proxy.body import too_large
from tray_app.proxy.replies import SAFE_HEADERS, json_response
from tray_app.proxy.seat import Seat

_KEYRING_SECONDS = 0.5


async def health(seat: Seat, request: web.BaseRequest) -> web.Response:
    """Always 200, except with `?strict=true` while not ready: then 503."""
    token = seat.tokens.state()
    view = seat.catalog.view
    ready = token["present"] and view is not None
    body = {
        "status": "ok" if ready else "degraded",
        "ready": ready,
        "signed_in": await _signed_in(seat),
        "version": __version__,
        "uptime_seconds": round(seat.monotonic() - seat.started_mono, 1),
        "copilot_token": {key: token[key] for key in ("present", "expires_in_seconds")},
        "models_loaded": len(view.models) if view else 0,
        "requests_served": seat.records.served,
        "requests_running": len(seat.records.running),
        "auth_required": bool(seat.live.now.server.api_keys),
        "quota": seat.quota.as_json() if seat.quota.snapshots() else None,
        "update": {"version": seat.newer.version, "url": seat.newer.url} if seat.newer else None,
    }
    strict = request.query.get("strict", "").lower() in ("1", "true", "yes")
    return json_response(body, status=503 if strict and not ready else 200)


async def _signed_in(seat: Seat) -> bool | None:
    """None while the keyring does not say: a probe does not wait for somebody's password."""
    try:
        async with asyncio.timeout(_KEYRING_SECONDS):
            return await seat.signed_in()
    except TimeoutError:
        return None


async def usage(seat: Seat, request: web.BaseRequest) -> web.Response:
    """Plan and quota. Asks GitHub at most once a minute. Raises SignedOut."""
    if not await seat.signed_in():
        raise SignedOut("You are not signed in to GitHub. Run `jumpseat login`, then try again.")
    await seat.quota.refresh()
    if seat.quota.problem and not seat.quota.snapshots():
        raise Unreachable(seat.quota.problem, code="quota_unknown")
    return json_response(seat.quota.as_json())


async def stats(seat: Seat, request: web.BaseRequest) -> web.Response:
    """`?from=&to=&bucket=&tz_offset_minutes=&model=&client=`: RFC 3339 times; bucket in seconds, or 5m, 1h,
    hour, day. Default: 24 hours."""
    query = request.query
    end = questions.moment(query, "to") or datetime.now(UTC)
    start = questions.moment(query, "from") or end - timedelta(days=1)
    if start >= end:
        raise BadRequest("from: must be before to.", "from")
    bucket = questions.bucket_length(query.get("bucket") or "hour")
    if (end - start) / bucket > figures.MAX_BUCKETS:
        raise BadRequest(f"bucket: too small, at most {figures.MAX_BUCKETS} buckets fit.", "bucket")
    period = figures.Period.of(
        start,
        end,
        bucket,
        offset=round(questions.zone_offset(query).total_seconds() * 1000),
        model=query.get("model") or None,
        client=query.get("client") or None,
    )
    body = await seat.history.read(figures.stats, period)
    body["cache"] = worth.of_caches(body["by_model"], seat.catalog.view)
    body["anomalies"] = [one.as_json() for one in seat.records.anomalies()]
    return json_response(body)


async def requests(seat: Seat, request: web.BaseRequest) -> web.Response:
    """One page, newest first; the filters are in `questions.filters`."""
    query = request.query
    wanted, limit = questions.filters(query), questions.page_size(query)
    found, rows = await seat.history.read(search.find, wanted, limit, query.get("cursor") or None)
    return json_response(
        {
            "requests": [row.as_json() for row in rows],
            "next_cursor": found.cursor,
            "running": [row.as_json() for row in seat.records.running],
            "hidden": found.hidden,
        }
    )


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
