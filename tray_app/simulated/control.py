"""/_sim/…: the simulator's own paths, for a demo and for tests in another process.

POST /_sim/faults     {"kind": …, "path"?, "times"?, "model"?, options…}; DELETE forgets them
GET  /_sim/ledger     what was billed       GET /_sim/requests   what came in
POST /_sim/do         {"do": …}: expire_copilot_tokens, exhaust_quota, advance (seconds), enable (model),
                      retire_api_version (version), bind_backends (on), rate (events a second)
"""

from dataclasses import asdict
from typing import Any

import orjson
from aiohttp import web

from tray_app.simulated.ledger import SeenRequest
from tray_app.simulated.refused import text
from tray_app.simulated.state import State


def routes(state: State) -> list[web.RouteDef]:
    paths = Control(state)
    return [
        web.post("/_sim/faults", paths.add_fault),
        web.delete("/_sim/faults", paths.clear_faults),
        web.get("/_sim/ledger", paths.ledger),
        web.get("/_sim/requests", paths.requests),
        web.post("/_sim/do", paths.do),
    ]


class Control:
    """Handlers; answers are JSON."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add_fault(self, request: web.Request) -> web.Response:
        wish = await _object(request)
        try:
            self._state.faults.add(**wish)
        except (TypeError, ValueError) as problem:
            raise text(400, str(problem)) from None
        return web.json_response({"planned": len(self._state.faults)})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._state.faults.clear()
        return web.json_response({"planned": 0})

    async def ledger(self, request: web.Request) -> web.Response:
        return _json({"entries": [asdict(entry) for entry in self._state.ledger]})

    async def requests(self, request: web.Request) -> web.Response:
        return _json({"requests": [_seen(one) for one in self._state.requests]})

    async def do(self, request: web.Request) -> web.Response:
        wish = await _object(request)
        state = self._state
        match wish.get("do"):
            case "expire_copilot_tokens":
                for token in state.accounts.copilot_tokens.values():
                    token.expires_at = 0
            case "exhaust_quota":
                for account in state.accounts.people.values():
                    account.quota.exhaust()
            case "retire_api_version":
                state.retired_api_versions.add(str(wish.get("version", "")))
            case "enable":
                for account in state.accounts.people.values():
                    account.enabled.add(str(wish.get("model", "")))
            case "bind_backends":
                state.bound_backends = wish.get("on") is not False
            case "rate":
                state.rate = float(wish["events"]) if wish.get("events") else None
            case "advance":
                state.advance(float(wish.get("seconds", 0)))
            case other:
                raise text(400, f"cannot do {other!r}")
        return web.json_response({"done": wish["do"]})


def _json(body: dict[str, Any]) -> web.Response:
    return web.Response(body=orjson.dumps(body, default=str), content_type="application/json")


def _seen(one: SeenRequest) -> dict[str, Any]:
    body = one.body.decode("utf-8", "replace") if one.body is not None else None
    return {
        "method": one.method,
        "path": one.path,
        "headers": one.headers,
        "body": body,
        "status": one.status,
    }


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        value = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise text(400, "the body must be a JSON object")
    return value
