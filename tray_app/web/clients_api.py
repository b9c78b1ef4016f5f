"""`/api/tools`: the coding tools, what connecting one would change, and texts for all others."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tray_app.clients.models import Models
from tray_app.controls import AppState, Controls
from tray_app.dialects import model_lists
from tray_app.proxy.replies import json_response
from tray_app.proxy.route import Route
from tray_app.proxy.seat import Seat
from tray_app.settings import ServerSettings
from tray_app.web.asked import flag_of, read_object, text_of, text_or_none
from tray_app.web.snippets import Target, snippets

_ANY_KEY = "jumpseat"  # where the proxy wants none, tools want to send one all the same
_HIDDEN_KEY = "YOUR_KEY"


class ClientsApi:
    """Belongs to the event loop of `controls`. `speaks_gemini`: the proxy answers in Gemini's dialect."""

    def __init__(
        self,
        controls: Controls,
        has_session: Callable[[web.BaseRequest], bool],
        speaks_gemini: Callable[[], bool],
    ) -> None:
        self._controls, self._has_session = controls, has_session
        self._speaks_gemini = speaks_gemini
        self.routes = (
            Route("GET", "/api/tools", "chat", "The coding tools, and texts for others", handler=self._all,
                  session="accepted"),
            Route("POST", "/api/tools/{name}/preview", "chat", "What connecting a tool would change",
                  handler=self._preview, session="required", body="PreviewRequest"),
            Route("POST", "/api/tools/make", "chat", "Make a change that was shown", handler=self._make,
                  session="required", body="TokenRequest"),
        )  # fmt: skip

    async def _all(self, seat: Seat, request: web.BaseRequest) -> web.Response:
        """The tools are looked at anew for the owner only: that reads files of the home."""
        in_session = self._has_session(request)
        if in_session:
            await self._controls.look_at_clients()
        state, server = self._controls.state(), seat.live.now.server
        key = (server.api_keys or (_ANY_KEY,))[0] if in_session else None
        target = self._target(seat, base_url(state, server), key)
        return json_response(
            {
                "clients": state.as_json()["clients"],
                "base_url": target.base_url,
                "key": key,
                "snippets": [asdict(snippet) for snippet in snippets(target)],
            }
        )

    def _target(self, seat: Seat, url: str, key: str | None) -> Target:
        view = seat.catalog.view
        models = Models.read(model_lists.openai_list(view.models)) if view else Models(())
        main, claude, gemini = models.gpt() or models.main(), models.claude("sonnet"), models.gemini()
        wants_key = bool(seat.live.now.server.api_keys)
        return Target(
            url,
            key or (_HIDDEN_KEY if wants_key else _ANY_KEY),
            main.id if main else "gpt-4.1",
            claude.id if claude else (main.id if main else "sonnet"),
            (gemini.id if gemini else "gemini-pro") if self._speaks_gemini() else None,
        )

    async def _preview(self, _: Seat, request: web.BaseRequest) -> web.Response:
        body = await read_object(request)
        name = request.path.removesuffix("/preview").rpartition("/")[2]
        preview = await self._controls.preview(
            name,
            text_or_none(body, "model"),
            text_or_none(body, "small_model"),
            flag_of(body, "back", default=False),
        )
        return json_response(_plain(asdict(preview)))

    async def _make(self, _: Seat, request: web.BaseRequest) -> web.Response:
        token = text_of(await read_object(request), "token")
        return json_response(_plain(asdict(await self._controls.make(token))))


def base_url(state: AppState, server: ServerSettings) -> str:
    """Where clients find the proxy: where it listens, else where it would."""
    if state.url:
        return state.url.rstrip("/")
    host = server.host.strip("[]")
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def _plain(preview: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in preview.items()}
