"""A plain client of the simulated Copilot, as an editor would be: no code of ours in between."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from tray_app.simulated import SimulatedCopilot

EDITOR = {
    "Editor-Version": "vscode/1.124.2",
    "Editor-Plugin-Version": "copilot-chat/0.52.0",
    "Copilot-Integration-Id": "vscode-chat",
    "X-GitHub-Api-Version": "2026-06-01",
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WRITE = {
    "type": "object",
    "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["file_path", "content"],
}
SHELL = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def events(self) -> list[Any]:
        """The data of every event but [DONE], parsed."""
        blocks = self.raw.replace(b"\r\n", b"\n").split(b"\n\n")
        found = []
        for block in blocks:
            lines = [line for line in block.split(b"\n") if line.startswith(b"data:")]
            if lines and not lines[0].endswith(b"[DONE]"):
                found.append(json.loads(b"\n".join(line[5:].strip() for line in lines)))
        return found


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Seat:
    """Signed in, with a Copilot token of its own."""

    def __init__(self, sim: SimulatedCopilot, http: aiohttp.ClientSession) -> None:
        self.sim = sim
        self.http = http
        self.token = ""

    async def sign_in(self, github_token: str | None = None) -> Answer:
        headers = {"Authorization": f"token {github_token or self.sim.github_token}"}
        answer = await self.get(self.sim.github_api_url + "/copilot_internal/v2/token", headers)
        if answer.status == 200:
            self.token = answer.json["token"]
        return answer

    @property
    def headers(self) -> dict[str, str]:
        return EDITOR | {"Authorization": f"Bearer {self.token}"}

    async def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        async with self.http.get(url, headers=headers) as response:
            return Answer(response.status, lower(response.headers), await response.read())

    async def post(self, path: str, body: Any, headers: dict[str, str | None] | None = None) -> Answer:
        """To the data plane; a header of None is left out."""
        merged = {
            name: value for name, value in (self.headers | (headers or {})).items() if value is not None
        }
        async with self.http.post(self.sim.api_url + path, json=body, headers=merged) as response:
            return Answer(response.status, lower(response.headers), await response.read())


def asking(path: str, model: str, prompt: str, **more: Any) -> dict[str, Any]:
    """The smallest good body for a path."""
    if path == "/responses":
        return {"model": model, "input": prompt, **more}
    body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    return body | ({"max_tokens": 4000} if path == "/v1/messages" else {}) | more


def tools(path: str, **schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Function tools in a path's spelling."""
    if path == "/v1/messages":
        return [{"name": name, "input_schema": schema} for name, schema in schemas.items()]
    if path == "/responses":
        return [{"type": "function", "name": name, "parameters": schema} for name, schema in schemas.items()]
    return [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name, schema in schemas.items()
    ]
