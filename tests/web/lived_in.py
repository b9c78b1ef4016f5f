"""A dashboard with a week behind it, and what coding tools send in each dialect."""

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from tray_app.demo import seed
from tray_app.history.record import Record
from tray_app.simulated import SimulatedCopilot

if TYPE_CHECKING:
    from dashboard import Dashboard

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CHAT = "/v1/chat/completions"


@contextlib.asynccontextmanager
async def lived_in(sim: SimulatedCopilot, home: Path) -> AsyncIterator["Dashboard"]:
    """A dashboard whose history has the demo's week."""
    from dashboard import dashboard

    quota = sim.account().quota
    quota.remaining = 0.62 * quota.plan.entitlement
    async with dashboard(sim, home) as board:
        await seed(board.resident._seat, random.Random(1))
        await board.resident.see_terms()
        yield board


async def put(board: "Dashboard", *records: Record) -> None:
    """Requests that are over, into the history."""
    for record in records:
        board.resident._seat.history.keep(record)
    await board.page.get("/api/requests?limit=1")  # whoever reads waits for the writer


def asking(dialect: str, words: str, *, stream: bool = True) -> tuple[str, dict[str, Any]]:
    """Path and body of a small conversation with a tool, a tool's result and a picture."""
    shape = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    match dialect:
        case "chat":
            picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
            messages: list[dict[str, Any]] = [
                {"role": "system", "content": "You bake bread."},
                {"role": "user", "content": [{"type": "text", "text": "Look at the oven"}, picture]},
                {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function",
                 "function": {"name": "read_oven", "arguments": '{"path":"oven.txt"}'}}]},
                {"role": "tool", "tool_call_id": "call_1", "content": "230 degrees"},
                {"role": "user", "content": words},
            ]  # fmt: skip
            tool = {"type": "function", "function": {"name": "read_oven", "parameters": shape}}
            return CHAT, {"model": "gpt-4.1", "messages": messages, "tools": [tool], "stream": stream}
        case "responses":
            items: list[dict[str, Any]] = [
                {"type": "message", "role": "user", "content": [
                    {"type": "input_text", "text": "Look at the oven"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}]},
                {"type": "function_call", "call_id": "call_1", "name": "read_oven",
                 "arguments": '{"path":"oven.txt"}'},
                {"type": "function_call_output", "call_id": "call_1", "output": "230 degrees"},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]},
            ]  # fmt: skip
            tool = {"type": "function", "name": "read_oven", "parameters": shape}
            body = {"model": "gpt-5.3-codex", "instructions": "You bake bread.", "input": items}
            return "/v1/responses", body | {"tools": [tool], "stream": stream}
        case "messages":
            source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
            messages = [
                {"role": "user", "content": [{"type": "text", "text": "Look at the oven"},
                                             {"type": "image", "source": source}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "read_oven",
                                                   "input": {"path": "oven.txt"}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1",
                                              "content": "230 degrees"}, {"type": "text", "text": words}]},
            ]  # fmt: skip
            tool = {"name": "read_oven", "input_schema": shape}
            body = {"model": "claude-sonnet-5", "max_tokens": 2000, "system": "You bake bread."}
            return "/v1/messages", body | {"messages": messages, "tools": [tool], "stream": stream}
    part = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    call = {"functionCall": {"name": "read_oven", "args": {"path": "oven.txt"}}}
    told = {"functionResponse": {"name": "read_oven", "response": {"output": "230 degrees"}}}
    contents = [
        {"role": "user", "parts": [{"text": "Look at the oven"}, part]},
        {"role": "model", "parts": [call]},
        {"role": "user", "parts": [told]},
        {"role": "model", "parts": [{"text": "It is hot."}]},
        {"role": "user", "parts": [{"text": words}]},
    ]
    tools = [{"functionDeclarations": [{"name": "read_oven", "parameters": shape}]}]
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    body = {"contents": contents, "tools": tools}
    body["systemInstruction"] = {"parts": [{"text": "You bake bread."}]}
    return f"/v1beta/models/gemini-3.1-pro:{method}", body


async def send(
    board: "Dashboard", path: str, body: Any, agent: str = "codex_cli_rs/0.169.0", **headers: str
) -> int:
    """As a coding tool does; the status."""
    given = {"User-Agent": agent} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as http, http.post(board.url + path, json=body, headers=given) as got:
        await got.read()
        return got.status


def said(text: str, model: str = "gpt-4.1") -> dict[str, Any]:
    """A chat of one message."""
    return {"model": model, "messages": [{"role": "user", "content": text}]}
