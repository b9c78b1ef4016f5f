"""A client of Responses over WebSocket, as plain as can be: messages out, events in."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from tests.harness import Jumpseat

MODEL = "gpt-5.3-codex"
SHELL = {
    "type": "function",
    "name": "shell",
    "description": "Run a command",
    "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


class Talk:
    """One connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.id: str | None = None

    async def send(self, **fields: Any) -> None:
        await self.socket.send_str(json.dumps({"type": "response.create"} | fields))

    async def event(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=10)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        found: dict[str, Any] = json.loads(message.data)
        return found

    async def events(self) -> list[dict[str, Any]]:
        """Up to and with the one that ends the answer."""
        found = []
        while True:
            found.append(await self.event())
            kind = found[-1]["type"]
            if kind in ("response.completed", "response.incomplete", "response.failed"):
                self.id = found[-1]["response"]["id"]
                return found
            if kind == "error" and "status" in found[-1]:
                return found

    async def ask(self, *items: Any, **fields: Any) -> dict[str, Any]:
        """One request; the event that ended it."""
        body = {"model": MODEL, "input": list(items), "store": False}
        await self.send(**(body | {"include": ["reasoning.encrypted_content"]} | fields))
        return (await self.events())[-1]

    async def go_on(self, *items: Any, **fields: Any) -> dict[str, Any]:
        """New items only, behind the last response."""
        return await self.ask(*items, **({"previous_response_id": self.id} | fields))


@contextlib.asynccontextmanager
async def talking(jumpseat: Jumpseat, path: str = "/v1/responses", **headers: str) -> AsyncIterator[Talk]:
    async with jumpseat.http.ws_connect(jumpseat.url + path, headers=headers) as socket:
        yield Talk(socket)


def text_of(end: dict[str, Any]) -> str:
    parts = [part for item in end["response"]["output"] for part in item.get("content") or []]
    return "".join(part.get("text", "") for part in parts)


def calls_of(end: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in end["response"]["output"] if item["type"] == "function_call"]


def result(call: dict[str, Any], output: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call["call_id"], "output": output}
