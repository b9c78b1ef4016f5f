"""Errors that Copilot puts into an answer instead of a status: in-stream error events, and error bodies
that came with status 200."""

from dataclasses import replace
from typing import Any

import orjson

from tray_app.dialects import faults
from tray_app.errors import Broken, Fault


def read_fault(body: dict[str, Any]) -> Fault:
    """The fault in an error object, in any of the shapes Copilot and its gateway use."""
    fault = faults.read_upstream(502, "application/json", orjson.dumps(body), {})
    if not fault.message.strip() or fault.message.lstrip().startswith("{"):
        return replace(fault, message="Copilot reported an error in its answer.")
    return fault


def unreadable() -> Fault:
    return Broken("Copilot sent something that is not valid JSON.").fault


def too_large() -> Fault:
    return Broken("One event of Copilot's answer was too large.").fault
