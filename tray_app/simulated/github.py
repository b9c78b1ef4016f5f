"""The first listener: github.com and api.github.com paths (copilot-wire 1, 2, 9.1)."""

import datetime as dt
import html
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from aiohttp import web

from tray_app.simulated import quota, strikes
from tray_app.simulated.accounts import Account
from tray_app.simulated.presets import RETIRED_VERSION
from tray_app.simulated.refused import Refused, text
from tray_app.simulated.state import State

TOKEN_PATH = "/copilot_internal/v2/token"  # noqa: S105 - a path
SEAT_PATH = "/copilot_internal/user"
_DOCS = "https://docs.github.com/rest"

_NO_AGENT = "Request forbidden by administrative rules. Please send a User-Agent header."
_NOT_FOUND = {"message": "Not Found", "documentation_url": _DOCS, "status": "404"}
_PLAN_NAMES = {"unlimited": "enterprise", "enterprise_inverted": "enterprise", "free_legacy": "free"}
_FLAGS = {
    "code_quote_enabled": True,
    "code_review_enabled": False,
    "codesearch": True,
    "copilotignore_enabled": False,
    "blackbird_clientside_indexing": False,
    "vsc_electron_fetcher_v2": False,
    "tracking_id": "0" * 32,
}
# Only token, expires_at and refresh_in are critical: others may change their type (copilot-wire 2.2).
_ODD_TOKEN: dict[str, Any] = {
    "sku": 7,
    "individual": "yes",
    "chat_enabled": None,
    "limited_user_quotas": [],
    "limited_user_reset_date": "soon",
    "organization_list": None,
    "enterprise_list": "none",
    "public_suggestions": {"state": "enabled"},
    "user_notification": "hello",
}
_ODD_SEAT: dict[str, Any] = {
    "login": None,
    "access_type_sku": 7,
    "copilot_plan": None,
    "token_based_billing": "yes",
    "quota_reset_date": 0,
    "quota_snapshots": {
        "chat": None,
        "completions": [],
        "premium_interactions": {"entitlement": None, "remaining": "many", "unlimited": 0},
        "premium_models": {},
    },
}


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
        web.post(TOKEN_PATH, pages.no_post),
        web.get(SEAT_PATH, pages.copilot_user),
        web.post("/graphql", pages.graphql),
    ]


class Github:
    """Handlers of the management plane."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def start(self, request: web.Request) -> web.StreamResponse:
        if early := await strikes.meet(request, self._state, request.path):
            return early
        fields = await _fields(request)
        return _negotiated(
            request, self._state.device_flow.start(fields, f"{self._state.github_url}/login/device")
        )

    async def poll(self, request: web.Request) -> web.StreamResponse:
        if early := await strikes.meet(request, self._state, request.path):
            return early
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

    async def user(self, request: web.Request) -> web.StreamResponse:
        if early := await strikes.meet(request, self._state, request.path):
            return early
        account = self._signed_in(request)
        body = {"login": account.login, "id": account.number, "type": "User", "name": account.login.title()}
        return web.json_response(body, headers={"X-OAuth-Scopes": "read:user"})

    async def token(self, request: web.Request) -> web.StreamResponse:
        self._refuse_exchange(request)
        fault = self._state.faults.take(TOKEN_PATH, inference=False)
        if early := await strikes.before(request, fault):
            return early
        if self._state.exchange_refusals:
            raise self._state.exchange_refusals.pop(0)
        if _bearer(request).startswith("github_pat_"):
            raise Refused(403, {"message": "Resource not accessible by personal access token"})
        account = self._signed_in(request)
        if not account.copilot or _bearer(request).startswith("ghp_"):
            raise Refused(404, _NOT_FOUND)
        odd = fault is not None and fault.kind == "odd_fields"
        return web.json_response(self._token_body(account) | (_ODD_TOKEN if odd else {}))

    async def no_post(self, request: web.Request) -> web.Response:
        raise Refused(404, _NOT_FOUND)

    async def copilot_user(self, request: web.Request) -> web.StreamResponse:
        fault = self._state.faults.take(SEAT_PATH, inference=False)
        if early := await strikes.before(request, fault):
            return early
        account = self._signed_in(request)
        odd = fault is not None and fault.kind == "odd_fields"
        return web.json_response(_ODD_SEAT if odd else _seat(self._state, account))

    async def graphql(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        endpoints = {"api": self._state.api_url}
        return web.json_response({"data": {"viewer": {"copilotEndpoints": endpoints}}})

    def _refuse_exchange(self, request: web.Request) -> None:
        state = self._state
        if not request.headers.get("User-Agent"):
            raise text(403, _NO_AGENT)
        if request.headers.get("X-GitHub-Api-Version") in state.retired_api_versions:
            raise text(466, RETIRED_VERSION)

    def _signed_in(self, request: web.Request) -> Account:
        if not request.headers.get("User-Agent"):
            raise text(403, _NO_AGENT)
        token = _bearer(request)
        account = self._state.accounts.by_github_token(token)
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
            "enterprise_list": [] if account.plan.tier == "enterprise" else None,
        } | _FLAGS
        if account.plan.tier == "free":
            body["limited_user_quotas"] = quota.legacy(account.quota, state.now())["limited_user_quotas"]
            body["limited_user_reset_date"] = int(quota.reset_date(state.now()).timestamp())
        return body | ({"user_notification": account.notification} if account.notification else {})


def _seat(state: State, account: Account) -> dict[str, Any]:
    reset = quota.reset_date(state.now())
    organizations = ["octo-org"] if account.plan.tier in ("business", "enterprise") else []
    body: dict[str, Any] = {
        "login": account.login,
        "access_type_sku": account.plan.sku,
        "copilot_plan": _PLAN_NAMES.get(account.plan.name, account.plan.name),
        "token_based_billing": account.plan.token_billing,
        "analytics_tracking_id": "0" * 32,
        "assigned_date": "2026-02-01T09:00:00Z",
        "can_signup_for_limited": False,
        "chat_enabled": True,
        "cli_enabled": True,
        "is_mcp_enabled": True,
        "editor_preview_features_enabled": True,
        "copilotignore_enabled": False,
        "can_upgrade_plan": account.plan.tier == "free",
        "codex_agent_enabled": True,
        "restricted_telemetry": True,
        "is_staff": False,
        "organization_login_list": organizations,
        "organization_list": [{"login": name, "name": name} for name in organizations],
        "quota_reset_date": f"{reset:%Y-%m-%d}",
        "quota_reset_date_utc": f"{reset.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "endpoints": {"api": state.api_url},
    }
    if account.plan.name == "free_legacy":
        return body | quota.legacy(account.quota, state.now())
    return body | {"quota_snapshots": quota.snapshots(account.quota, state.now())}


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
