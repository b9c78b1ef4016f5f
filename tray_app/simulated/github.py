"""The first listener: github.com and api.github.com paths (copilot-wire 1, 2, 9.1)."""

import datetime as dt
import html
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from aiohttp import web

from tray_app.simulated import quota
from tray_app.simulated.accounts import Account
from tray_app.simulated.faults import RETIRED_VERSION
from tray_app.simulated.refused import Refused, text
from tray_app.simulated.state import State

TOKEN_PATH = "/copilot_internal/v2/token"  # noqa: S105 - a path
_DOCS = "https://docs.github.com/rest"


def routes(state: State) -> list[web.RouteDef]:
    """The routes, each bound to the state."""
    pages = Github(state)
    return [
        web.post("/login/device/code", pages.start),
        web.post("/login/oauth/access_token", pages.poll),
        web.get("/login/device", pages.device_page),
        web.post("/login/device", pages.device_submit),
        web.get("/user", pages.user),
        web.get(TOKEN_PATH, pages.token),
        web.get("/copilot_internal/user", pages.copilot_user),
        web.post("/graphql", pages.graphql),
    ]


class Github:
    """Handlers of the management plane."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def start(self, request: web.Request) -> web.Response:
        fields = await _fields(request)
        return _negotiated(
            request, self._state.device_flow.start(fields, f"{self._state.github_url}/login/device")
        )

    async def poll(self, request: web.Request) -> web.Response:
        return _negotiated(request, self._state.device_flow.poll(await _fields(request)))

    async def device_page(self, request: web.Request) -> web.Response:
        codes = "".join(f"<li>{html.escape(code)}</li>" for code in self._state.device_flow.user_codes)
        page = (
            "<!doctype html><title>Device activation</title><h1>Simulated GitHub</h1>"
            f"<p>Codes that wait:</p><ul>{codes}</ul>"
            "<form method=post><input name=user_code placeholder=XXXX-XXXX>"
            "<button name=do value=approve>Authorize</button>"
            "<button name=do value=deny>Cancel</button></form>"
        )
        return web.Response(text=page, content_type="text/html")

    async def device_submit(self, request: web.Request) -> web.Response:
        fields = await _fields(request)
        login = None if fields.get("do") == "deny" else next(iter(self._state.accounts.people))
        try:
            self._state.device_flow.settle(str(fields.get("user_code", "")), login)
        except KeyError:
            return web.Response(status=404, text="No such code. Look at what your program shows.")
        return web.Response(text="Done. Go back to your program.")

    async def user(self, request: web.Request) -> web.Response:
        account = self._signed_in(request)
        body = {"login": account.login, "id": account.number, "type": "User", "name": account.login.title()}
        return web.json_response(body, headers={"X-OAuth-Scopes": "read:user"})

    async def token(self, request: web.Request) -> web.Response:
        self._refuse_exchange(request)
        account = self._signed_in(request)
        if not account.copilot or _bearer(request).startswith("ghp_"):
            raise Refused(404, {"message": "Not Found", "documentation_url": _DOCS, "status": "404"})
        return web.json_response(self._token_body(account))

    async def copilot_user(self, request: web.Request) -> web.Response:
        account = self._signed_in(request)
        return web.json_response(_seat(self._state, account))

    async def graphql(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        endpoints = {"api": self._state.api_url}
        return web.json_response({"data": {"viewer": {"copilotEndpoints": endpoints}}})

    def _refuse_exchange(self, request: web.Request) -> None:
        state = self._state
        if not request.headers.get("User-Agent"):
            raise text(403, "Request forbidden by administrative rules. Please send a User-Agent header.")
        if request.headers.get("X-GitHub-Api-Version") in state.retired_api_versions:
            raise text(466, RETIRED_VERSION)
        if fault := state.faults.take(TOKEN_PATH, inference=False):
            raise fault.refusal()
        if state.exchange_refusals:
            raise state.exchange_refusals.pop(0)

    def _signed_in(self, request: web.Request) -> Account:
        token = _bearer(request)
        account = self._state.accounts.by_github_token(token)
        if account is None and token.startswith("github_pat_"):
            raise Refused(403, {"message": "Resource not accessible by personal access token"})
        if account is None:
            raise Refused(401, {"message": "Bad credentials", "documentation_url": _DOCS, "status": "401"})
        return account

    def _token_body(self, account: Account) -> dict[str, Any]:
        state = self._state
        expires = state.now() + state.token_life
        body = {
            "token": state.accounts.mint_copilot_token(account.login, expires),
            "expires_at": int(expires),
            "refresh_in": int(state.refresh_in) if state.refresh_in >= 1 else state.refresh_in,
            "sku": account.plan.sku,
            "individual": account.plan.tier not in ("business", "enterprise"),
            "chat_enabled": True,
            "endpoints": {
                "api": state.api_url,
                "proxy": state.github_url,
                "telemetry": state.github_url,
                "origin-tracker": state.github_url,
            },
            "public_suggestions": "enabled",
            "telemetry": "disabled",
            "limited_user_quotas": None,
            "limited_user_reset_date": None,
            "organization_list": [],
            "enterprise_list": None,
        }
        return body | ({"user_notification": account.notification} if account.notification else {})


def _seat(state: State, account: Account) -> dict[str, Any]:
    reset = quota.reset_date(state.now())
    return {
        "login": account.login,
        "access_type_sku": account.plan.sku,
        "copilot_plan": account.plan.name.replace("unlimited", "enterprise"),
        "token_based_billing": account.plan.token_billing,
        "analytics_tracking_id": "0" * 32,
        "assigned_date": "2026-02-01T09:00:00Z",
        "can_signup_for_limited": False,
        "chat_enabled": True,
        "organization_login_list": [],
        "organization_list": [],
        "quota_reset_date": f"{reset:%Y-%m-%d}",
        "quota_reset_date_utc": f"{reset.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "endpoints": {"api": state.api_url},
        "quota_snapshots": quota.snapshots(account.quota, state.now()),
    }


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("token", "bearer") else ""


async def _fields(request: web.Request) -> dict[str, Any]:
    """Form or JSON, as GitHub takes both."""
    raw = await request.read()
    if request.content_type == "application/json":
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}
    return {**request.query, **dict(parse_qsl(raw.decode("utf-8", "replace")))}


def _negotiated(request: web.Request, body: dict[str, Any]) -> web.Response:
    """JSON where it was asked for, otherwise form-encoded."""
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response(body)
    return web.Response(text=urlencode(body), content_type="application/x-www-form-urlencoded")
