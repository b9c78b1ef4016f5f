"""The second listener: the Copilot API host (copilot-wire 4 to 8)."""

from typing import Any

import orjson
from aiohttp import web

from tray_app.simulated import embeddings, gate, quota, strikes
from tray_app.simulated.inference import Inference
from tray_app.simulated.ledger import LedgerEntry, Usage, redacted
from tray_app.simulated.models import CHAT, EMBEDDINGS, MESSAGES, RESPONSES
from tray_app.simulated.refusals import common
from tray_app.simulated.refused import error, text
from tray_app.simulated.sockets import Sockets
from tray_app.simulated.state import State

PATHS = ("/models", CHAT, RESPONSES, MESSAGES, f"{MESSAGES}/count_tokens", EMBEDDINGS, "/models/session")


def routes(state: State) -> list[web.RouteDef]:
    plane, inference = DataPlane(state), Inference(state)
    return [
        web.get("/models", plane.models),
        web.post("/models/session", plane.auto_session),
        web.post("/models/{id}/policy", plane.policy),
        web.post(EMBEDDINGS, plane.embeddings),
        web.post(CHAT, inference.chat),
        web.post(RESPONSES, inference.responses),
        web.get(RESPONSES, Sockets(state, inference).open),
        web.post(MESSAGES, inference.messages),
        web.post(f"{MESSAGES}/count_tokens", inference.count_tokens),
    ]


def misdirected() -> list[web.RouteDef]:
    """The data plane's paths on a host that does not serve this seat."""

    async def refuse(request: web.Request) -> web.StreamResponse:
        raise text(421, "Misdirected Request")

    return [web.route("*", path, refuse) for path in PATHS]


class DataPlane:
    """Everything beside the generating endpoints."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def models(self, request: web.Request) -> web.StreamResponse:
        gate.admit(self._state, request)
        if early := await strikes.meet(request, self._state, "/models"):
            return early
        body = orjson.dumps({"object": "list", "data": self._state.entries})
        return web.Response(body=body, content_type="application/json", headers=common.reply_headers(request))

    async def auto_session(self, request: web.Request) -> web.Response:
        account = gate.admit(self._state, request)
        if not isinstance((await common.parsed(request)).get("auto_mode"), dict):
            raise error("auto_mode is required")
        included = [model.id for model in self._state.models.values() if model.multiplier == 0]
        session = self._state.mint.seal("session", "auto", account.login)
        self._state.auto_sessions[session] = self._state.now() + 3600
        body: dict[str, Any] = {
            "available_models": included,
            "selected_model": included[0] if included else None,
            "session_token": session,
            "expires_at": int(self._state.now() + 3600),
            "discounted_costs": {},
        }
        return web.json_response(body, headers=common.reply_headers(request))

    async def policy(self, request: web.Request) -> web.Response:
        account = gate.admit(self._state, request)
        model, body = self._state.models.get(request.match_info["id"]), await common.parsed(request)
        if model is None:
            raise text(404, "404 page not found")
        if body.get("state") == "enabled":
            account.enabled.add(model.id)
        return web.json_response({"state": body.get("state")}, headers=common.reply_headers(request))

    async def embeddings(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        account = gate.admit(state, request)
        body = await common.parsed(request)
        early = await strikes.before(request, state.faults.take(EMBEDDINGS, str(body.get("model", ""))))
        if early is not None:
            return early
        model = common.callable_model(state, account, body, EMBEDDINGS, request.headers)
        answer = embeddings.answer(body, model)
        entry = LedgerEntry(common.REQUEST_ID.get(), state.now(), account.login,
                            request.headers.get("X-Initiator", "user"), model.id, EMBEDDINGS, False,
                            headers=redacted(request.headers), body=body)  # fmt: skip
        state.ledger.append(entry)
        state.charge(account, entry, model, Usage(input=answer["usage"]["prompt_tokens"]))
        headers = common.reply_headers(request) | quota.headers(account.quota, state.now())
        return web.json_response(answer, headers=headers)
