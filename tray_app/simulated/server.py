"""The simulated GitHub and Copilot: two listeners on loopback and the levers that tests and the demo pull."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from aiohttp import web

from tray_app.simulated import control, data_plane, github
from tray_app.simulated.accounts import Account
from tray_app.simulated.faults import Faults
from tray_app.simulated.ledger import LedgerEntry, SeenRequest, redacted, remember
from tray_app.simulated.refusals import common
from tray_app.simulated.refused import Refused, text
from tray_app.simulated.state import State

MOST_BODY_BYTES = 128 * 1024 * 1024
_REASONS = {404: "page not found", 413: "Request Entity Too Large"}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SimulatedCopilot:
    """A GitHub and a Copilot of one's own.

    Options: `plan` of the account octocat (see quota.PLANS), `token_life` and `refresh_in` in seconds,
    `rate` events per second of a stream (None: at once), `models` to replace the catalog, `seed`,
    `device_interval` seconds between polls. Use `async with`, or start and stop.
    """

    def __init__(
        self,
        *,
        plan: str = "individual_pro",
        token_life: float = 1800,
        refresh_in: float = 1500,
        rate: float | None = None,
        models: list[dict[str, Any]] | None = None,
        seed: int = 0,
        device_interval: float = 5,
    ) -> None:
        self.state = State(
            plan=plan,
            token_life=token_life,
            refresh_in=refresh_in,
            rate=rate,
            models=models,
            seed=seed,
            device_interval=device_interval,
        )
        self.github_token = self.state.accounts.mint_github_token("octocat")
        self._runners: list[web.AppRunner] = []
        self._host = "127.0.0.1"

    # Life

    async def start(self, host: str = "127.0.0.1", port: int = 0, api_port: int = 0) -> None:
        """Open both listeners, GitHub's and Copilot's; port 0 takes a free one."""
        self._host = host
        github_app = self._app([*github.routes(self.state), *control.routes(self.state)])
        github_app.add_routes(data_plane.misdirected())
        self.state.github_url = await self._listen(github_app, port)
        self.state.api_url = await self._listen(self._app(data_plane.routes(self.state)), api_port)

    async def stop(self) -> None:
        """Close both, running streams included."""
        runners, self._runners = self._runners, []
        for runner in runners:
            await runner.cleanup()

    async def __aenter__(self) -> "SimulatedCopilot":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def move(self) -> None:
        """Give the seat another API host: the old one answers 421 from now on."""
        await self._runners.pop().cleanup()
        old = int(self.state.api_url.rsplit(":", 1)[1])
        await self._listen(self._app(data_plane.misdirected()), old)
        self.state.api_url = await self._listen(self._app(data_plane.routes(self.state)))

    # Where it is and what it saw

    @property
    def github_url(self) -> str:
        return self.state.github_url

    @property
    def github_api_url(self) -> str:
        return self.state.github_url

    @property
    def api_url(self) -> str:
        return self.state.api_url

    @property
    def ledger(self) -> list[LedgerEntry]:
        return self.state.ledger

    @property
    def requests(self) -> list[SeenRequest]:
        return self.state.requests

    @property
    def faults(self) -> Faults:
        return self.state.faults

    @property
    def active(self) -> int:
        """Inference requests that are running now."""
        return self.state.active

    @property
    def cancelled(self) -> int:
        """Inference requests whose client left before the end."""
        return self.state.cancelled

    @property
    def sockets(self) -> int:
        """WebSockets that are open now."""
        return self.state.sockets

    @property
    def user_codes(self) -> list[str]:
        """Device codes that wait for a person."""
        return self.state.device_flow.user_codes

    async def until(self, what: Callable[["SimulatedCopilot"], bool], seconds: float = 5) -> None:
        """Wait until something is so, as in `await sim.until(lambda sim: sim.cancelled == 1)`."""
        async with asyncio.timeout(seconds), self.state.changed:
            await self.state.changed.wait_for(lambda: what(self))

    # Levers: sign-in

    @property
    def auto_approve(self) -> bool:
        """Whether a device code is approved by nobody at the first poll (the demo)."""
        return self.state.device_flow.auto_approve

    @auto_approve.setter
    def auto_approve(self, value: bool) -> None:
        self.state.device_flow.auto_approve = value

    def add_account(
        self, login: str, plan: str = "individual_pro", *, prefix: str = "gho_", **terms: Any
    ) -> str:
        """Another person; returns a GitHub token. Terms: entitlement, remaining, overage, token_billing,
        copilot (False: no seat, the exchange says 404), notification."""
        self.state.accounts.add(login, plan, **terms)
        return self.state.accounts.mint_github_token(login, prefix)

    def account(self, login: str = "octocat") -> Account:
        return self.state.accounts.people[login]

    def approve(self, user_code: str, login: str = "octocat") -> None:
        self.state.device_flow.settle(user_code, login)

    def deny(self, user_code: str) -> None:
        self.state.device_flow.settle(user_code, None)

    def revoke(self, token: str) -> None:
        """The GitHub token is bad from now on, at GitHub and at Copilot."""
        login = self.state.accounts.github_tokens.pop(token, None)
        held = self.state.accounts.copilot_tokens
        for copilot_token in [known for known, value in held.items() if value.login == login]:
            del held[copilot_token]

    def expire_copilot_tokens(self) -> None:
        """Every Copilot token handed out so far has lapsed."""
        for token in self.state.accounts.copilot_tokens.values():
            token.expires_at = 0

    def block(
        self, notification_id: str = "not_signed_up", message: str = "", times: int = 1_000_000
    ) -> None:
        """The exchange answers 403 with this notification until `unblock`."""
        words = message or "You do not have access to GitHub Copilot."
        details = {
            "message": words,
            "notification_id": notification_id,
            "title": "GitHub Copilot",
            "url": "https://github.com/github-copilot/signup",
        }
        body = {
            "can_signup_for_limited": False,
            "error_details": details,
            "message": words,
            "reason": notification_id,
        }
        self._refuse_exchange(Refused(403, body), times)

    def unblock(self) -> None:
        self.state.exchange_refusals.clear()

    def throttle_token_exchange(self, retry_after: int = 30, times: int = 1) -> None:
        """The exchange answers 429."""
        body = {"message": "You have exceeded a secondary rate limit."}
        self._refuse_exchange(Refused(429, body, headers={"Retry-After": str(retry_after)}), times)

    def limit_github_rate(self, times: int = 1) -> None:
        """The exchange answers GitHub's 403 of the REST rate limit."""
        message = "API rate limit exceeded for user ID 4000000."
        body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": "403"}
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(self.state.now()) + 60)}
        self._refuse_exchange(Refused(403, body, headers=headers), times)

    def break_token_exchange(self, status: int = 503, times: int = 1) -> None:
        """The exchange answers a 5xx."""
        self._refuse_exchange(Refused(status, {"message": "Server Error"}), times)

    def retire_api_version(self, version: str) -> None:
        """Requests with this X-GitHub-Api-Version get 466, at both hosts."""
        self.state.retired_api_versions.add(version)

    # Levers: the seat

    def exhaust_quota(self, login: str = "octocat") -> None:
        self.account(login).quota.exhaust()

    def advance(self, seconds: float) -> None:
        """Let the simulated time pass: tokens lapse, caches expire, polling may go on."""
        self.state.advance(seconds)

    def enable(self, model: str, login: str = "octocat") -> None:
        """The person accepts a model's policy."""
        self.account(login).enabled.add(model)

    @property
    def bind_backends(self) -> bool:
        """Whether thinking is refused on another backend than it came from (off: any backend takes it)."""
        return self.state.bound_backends

    @bind_backends.setter
    def bind_backends(self, value: bool) -> None:
        self.state.bound_backends = value

    def _refuse_exchange(self, refusal: Refused, times: int) -> None:
        self.state.exchange_refusals += [refusal] * min(times, 1000)

    def _app(self, routes: list[web.RouteDef]) -> web.Application:
        app = web.Application(middlewares=[self._watched], client_max_size=MOST_BODY_BYTES)
        app.add_routes(routes)
        return app

    async def _listen(self, app: web.Application, port: int = 0) -> str:
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, self._host, port).start()
        host, bound = runner.addresses[0][:2]
        return f"http://{host}:{bound}"

    @web.middleware
    async def _watched(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Remember the request, give it an id, turn refusals into answers."""
        common.REQUEST_ID.set(self.state.request_id())
        seen = SeenRequest(request.method, request.path_qs, redacted(request.headers), None)
        if not request.path.startswith("/_sim/"):
            remember(self.state.requests, seen)
            seen.body = await request.read()
            self.state.bodies.hold(seen, len(seen.body))
        try:
            response = await handler(request)
        except Refused as refusal:
            response = _refusal(request, refusal)
        except web.HTTPException as failure:
            status = 404 if failure.status == 405 else failure.status
            response = _refusal(request, text(status, f"{status} {_REASONS.get(status, 'error')}"))
        seen.status = response.status
        return response


def _refusal(request: web.Request, refusal: Refused) -> web.Response:
    headers = common.reply_headers(request) | refusal.headers | {"Content-Type": refusal.content_type}
    return web.Response(status=refusal.status, body=refusal.content, headers=headers)
