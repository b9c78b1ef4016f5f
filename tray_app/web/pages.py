"""The pages: one shell for all of them, with the state they begin from, and the files it loads."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import orjson
from aiohttp import web

from tray_app.controls import AppState, Controls
from tray_app.errors import BadRequest
from tray_app.proxy import gate
from tray_app.proxy.route import Handler, Route
from tray_app.proxy.seat import Seat
from tray_app.web.assets import read_asset, read_shell
from tray_app.web.headers import PAGE_HEADERS
from tray_app.web.state import state_json

PAGES = (
    *("/", "/requests", "/requests/{id}", "/sessions", "/sessions/{id}", "/usage"),
    *("/catalog", "/tools", "/settings", "/welcome"),
)
_IMMUTABLE = PAGE_HEADERS | {"Cache-Control": "private, max-age=31536000, immutable"}
_FRESH = PAGE_HEADERS | {"Cache-Control": "private, no-cache"}
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Jumpseat</title>
<h1>Jumpseat</h1>
<p>The pages are not built. Run <code>make ui</code> in the source folder, then load this again.</p>
<p>What they show is here as JSON: <a href="/health">/health</a>, <a href="/usage">/usage</a>,
<a href="/api/stats">/api/stats</a>, <a href="/api/requests">/api/requests</a>.</p>
"""
# What could end the script element that holds the data, or a line of it in old parsers.
_ESCAPED = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_LANGUAGE = '<html lang="en"'
_PLACES = re.compile(f"__BOOT__|__THEME__|{_LANGUAGE}")


class Pages:
    """Serves what was built into `static`."""

    def __init__(
        self, controls: Controls, has_session: Callable[[web.BaseRequest], bool], static: Path
    ) -> None:
        self._controls, self._has_session, self._static = controls, has_session, static

    def routes(self, otherwise: Callable[[str], Handler | None]) -> tuple[Route, ...]:
        """The rows. `otherwise` names what a path answers to a program, which asks for no HTML."""
        pages = tuple(
            Route("GET", path, "chat", "A page of the dashboard", handler=self._or(otherwise(path)),
                  session="accepted", produces="text/html")
            for path in PAGES
        )  # fmt: skip
        asset = Route("GET", "/assets/{name}", "chat", "A file of the pages", handler=self._asset,
                      open_always=True, produces="application/octet-stream")  # fmt: skip
        return (*pages, asset)

    def _or(self, otherwise: Handler | None) -> Handler:
        async def handle(seat: Seat, request: web.BaseRequest) -> web.StreamResponse:
            if otherwise is not None and not gate.is_for_a_person(request.headers):
                return await otherwise(seat, request)
            return await self._page(request)

        return handle

    async def _page(self, request: web.BaseRequest) -> web.Response:
        shell = await asyncio.to_thread(read_shell, self._static)
        if shell is None:
            return web.Response(text=_NOT_BUILT, content_type="text/html", headers=PAGE_HEADERS)
        body = filled(shell, self._controls.state(), in_session=self._has_session(request))
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = _FRESH | {"ETag": tag, "Vary": "Accept, Cookie"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)

    async def _asset(self, _: Seat, request: web.BaseRequest) -> web.Response:
        name = request.path.removeprefix("/assets/")
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        asset = await asyncio.to_thread(read_asset, self._static, name, packed=packed)
        if asset is None:
            raise BadRequest("There is no such file.", code="not_found", status=404)
        headers = _IMMUTABLE | {"Content-Type": asset.content_type, "Vary": "Accept-Encoding"}
        if asset.is_packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=asset.body, headers=headers)


def filled(shell: str, state: AppState, *, in_session: bool) -> bytes:
    """The shell with the state it begins from. The look is in it, so that nothing flashes."""
    boot = boot_json({"state": state_json(state, in_session=in_session), "session": in_session})
    language = "en" if state.language == "system" else state.language
    values = {
        "__BOOT__": boot,
        "__THEME__": escape(state.theme),
        _LANGUAGE: f'<html lang="{escape(language)}"',
    }
    return _PLACES.sub(lambda found: values[found[0]], shell).encode()


def boot_json(boot: dict[str, object]) -> str:
    """JSON that stands in a script element whatever the texts in it are."""
    text = orjson.dumps(boot).decode()
    for character, written in _ESCAPED.items():
        text = text.replace(character, written)
    return text
