"""`/api/settings`: every setting, changed in config.toml with its comments kept, in force at once."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from tray_app import settings_save
from tray_app.errors import BadRequest, Fault, JumpseatError, Kind, LocalFault
from tray_app.paths import Paths
from tray_app.proxy.replies import json_response
from tray_app.proxy.route import Route
from tray_app.proxy.seat import Seat
from tray_app.settings_file import check_binding
from tray_app.settings_keys import KEYS, Key
from tray_app.settings_watch import FileWatcher
from tray_app.web.asked import read_object, text_of
from tray_app.web.settings_view import (
    key_json,
    problem_json,
    sections,
    value_of,
    why_not_editable,
)

_API_KEYS = "server.api_keys"


class SettingsApi:
    """Belongs to the event loop of `watcher`, which puts what was saved into force."""

    def __init__(self, paths: Paths, watcher: FileWatcher) -> None:
        self._paths, self._watcher = paths, watcher
        self._turn = asyncio.Lock()  # a list is read, changed and written by one request at a time
        self.routes = (
            Route("GET", "/api/settings", "chat", "Every setting with its source", handler=self._all,
                  session="required"),
            Route("PUT", "/api/settings", "chat", "Change a setting", handler=self._put, session="required",
                  body="SettingRequest"),
            Route("POST", "/api/settings/check", "chat", "Whether a value would do", handler=self._check,
                  session="required", body="SettingRequest"),
            Route("POST", "/api/settings/reset", "chat", "Take a setting back to its default",
                  handler=self._reset, session="required", body="SettingRequest"),
            Route("POST", "/api/settings/generate-key", "chat", "Make an API key; it is shown once",
                  handler=self._generate, session="required", body="NothingRequest"),
        )  # fmt: skip

    async def _all(self, _: Seat, __: web.BaseRequest) -> web.Response:
        loaded = self._watcher.loaded
        return json_response(
            {
                "sections": sections(loaded),
                "file": str(self._paths.config),
                "problems": [problem_json(finding) for finding in loaded.findings],
            }
        )

    async def _check(self, _: Seat, request: web.BaseRequest) -> web.Response:
        body = await read_object(request)
        key = _key_of(body)
        try:
            self._checked(key, body.get("value"))
        except ValueError as error:
            return json_response({"ok": False, "message": str(error)})
        except LocalFault as fault:
            return json_response({"ok": False, "message": fault.message})
        return json_response({"ok": True})

    async def _put(self, _: Seat, request: web.BaseRequest) -> web.Response:
        body = await read_object(request)
        key = _key_of(body)
        async with self._turn:
            await self._save(key, self._wished(key, body))
        return self._answer(key)

    async def _reset(self, _: Seat, request: web.BaseRequest) -> web.Response:
        key = _key_of(await read_object(request))
        async with self._turn:
            self._refuse_overruled(key)
            self._check_together(key, key.default)
            await self._write(lambda: settings_save.reset(self._paths, key.dotted))
        return self._answer(key)

    async def _generate(self, _: Seat, request: web.BaseRequest) -> web.Response:
        await read_object(request)
        made = f"sk-jumpseat-{secrets.token_urlsafe(32)}"  # clients know keys by their beginning
        async with self._turn:
            await self._save(KEYS[_API_KEYS], (*self._now(KEYS[_API_KEYS]), made))
        return json_response({"key": made, "setting": key_json(KEYS[_API_KEYS], self._watcher.loaded)})

    # --- one change ---

    def _now(self, key: Key) -> Any:
        return value_of(self._watcher.loaded.settings, key)

    def _wished(self, key: Key, body: dict[str, Any]) -> Any:
        """The value after the change: `value` itself, or a list of secrets with one more or one less."""
        if not key.secret:
            if "value" not in body:
                raise BadRequest("value: is missing.", "value")
            return body["value"]
        if "add" in body:
            return (*self._now(key), text_of(body, "add"))
        index, kept = body.get("remove_index"), list(self._now(key))
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(kept):
            raise BadRequest(
                "remove_index: expected the number of one that is there, from 0.", "remove_index"
            )
        del kept[index]
        return tuple(kept)

    def _checked(self, key: Key, value: Any) -> Any:
        """The value as it would be in force. Raises ValueError, SettingsFault."""
        checked = key.check(value)
        self._check_together(key, checked)
        return checked

    def _check_together(self, key: Key, value: Any) -> None:
        """Nobody is let in from outside without a key. Raises SettingsFault."""
        if key.section == "server":
            check_binding(replace(self._watcher.loaded.settings.server, **{key.name: value}))

    async def _save(self, key: Key, value: Any) -> None:
        self._refuse_overruled(key)
        try:
            checked = self._checked(key, value)
        except ValueError as error:
            raise BadRequest(f"{key.dotted}: {error}", key.dotted, code="bad_setting") from error
        await self._write(lambda: settings_save.save(self._paths, key.dotted, checked))

    async def _write(self, work: Callable[[], None]) -> None:
        await asyncio.to_thread(work)
        await self._watcher.take()

    def _refuse_overruled(self, key: Key) -> None:
        if why_not := why_not_editable(key, self._watcher.loaded):
            raise JumpseatError(Fault(409, Kind.INVALID, why_not, code="overruled", param=key.dotted))

    def _answer(self, key: Key) -> web.Response:
        return json_response(key_json(key, self._watcher.loaded))


def _key_of(body: dict[str, Any]) -> Key:
    dotted = text_of(body, "key")
    if (key := KEYS.get(dotted)) is None:
        raise BadRequest("key: there is no such setting.", "key", code="unknown_setting", status=404)
    return key
