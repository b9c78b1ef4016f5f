"""Faults that strike before an answer begins, and the error that ends one in mid-stream."""

import asyncio
from typing import Any

from aiohttp import web

from tray_app.simulated import frames, sending
from tray_app.simulated.faults import Fault, html_page
from tray_app.simulated.models import CHAT, MESSAGES, RESPONSES
from tray_app.simulated.refused import Refused
from tray_app.simulated.state import State


async def before(request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
    """Faults that strike before anything is looked at."""
    if fault is None:
        return None
    if fault.kind == "reset":
        sending.reset(request)
        return web.Response()
    if fault.kind == "status":
        raise fault.refusal()
    if fault.kind == "html_502":
        raise html_page()
    if fault.kind == "json_200":
        body = fault.options.get("body") or {
            "error": {"message": "internal server error", "code": "internal_error"}
        }
        raise Refused(200, body, content_type=fault.options.get("content_type"))
    if fault.kind == "stall_headers":
        await asyncio.sleep(fault.seconds)
    return None


async def meet(request: web.Request, state: State, path: str) -> web.StreamResponse | None:
    """The fault that a request beside the generating endpoints meets, if one was planned for its path."""
    return await before(request, state.faults.take(path, inference=False))


def error_event(fault: Fault, path: str) -> bytes:
    """An error in mid-stream, in one of its forms."""
    message = str(fault.options.get("message", "internal server error"))
    code = str(fault.options.get("code", "internal_error"))
    default = {CHAT: "openai", RESPONSES: "nested", MESSAGES: "anthropic"}[path]
    form = fault.options.get("form", default)
    inner = {"code": code, "message": message}
    if form == "openai":
        return frames.data({"error": inner})
    if form == "anthropic":
        kind = str(fault.options.get("type", "overloaded_error"))
        return frames.named({"type": "error", "error": {"type": kind, "message": message}})
    if form == "copilot":
        problem = {"type": "agent", "identifier": "", **inner}
        return frames.data({"choices": None, "copilot_errors": [problem], "created": 0, "id": ""})
    if form == "flat":
        return frames.named({"type": "error", **inner, "param": None, "sequence_number": 99})
    failed = b""
    if form == "failed":
        response: dict[str, Any] = {"id": "resp_failed", "object": "response", "status": "failed"}
        response |= {"error": None, "output": []}
        failed = frames.named({"type": "response.failed", "response": response, "sequence_number": 98})
    return failed + frames.named({"type": "error", "error": inner})
