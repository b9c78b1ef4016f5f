"""Prompts that are too long for the model: how Copilot says it, and the words that clients compact upon.

Claude Code waits for "prompt is too long: N tokens > M maximum" (copilot-wire 10.4).
"""

import re
from dataclasses import replace

from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.neutral import DialectName
from tray_app.errors import Fault, Kind

_NUMBERED = (
    re.compile(r"prompt token count of (?P<n>\d+) exceeds the limit of (?P<m>\d+)"),
    re.compile(r"maximum context length is (?P<m>\d+) tokens.{0,80}?(?P<n>\d+) tokens", re.DOTALL),
    re.compile(r"prompt is too long: (?P<n>\d+) tokens > (?P<m>\d+) maximum"),
    re.compile(r"input token count \(?(?P<n>\d+)\)? exceeds the maximum[^(\d]{0,60}\(?(?P<m>\d+)"),
)
CODES = ("model_max_prompt_tokens_exceeded", "context_length_exceeded")
_PHRASES = (
    "prompt is too long",
    "too large for model context window",
    "exceeds the context window",
    "context_length_exceeded",
    "maximum context length",
)


def is_overflow(fault: Fault) -> bool:
    """Whether the prompt was too long for the model."""
    return says_overflow(fault.status, ErrorBody(fault.message, fault.code))


def says_overflow(status: int, said: ErrorBody) -> bool:
    """The same of upstream's own words, with its status."""
    if status not in (200, 400, 413, 422, 502):
        return False
    return (
        said.code in CODES or any(word in said.message for word in _PHRASES) or bool(_numbers(said.message))
    )


def _numbers(message: str) -> tuple[str, str] | None:
    """Tokens sent and tokens allowed."""
    for pattern in _NUMBERED:
        if found := pattern.search(message):
            return found["n"], found["m"]
    return None


def reworded(fault: Fault, dialect: DialectName | None) -> Fault:
    """Too long a prompt, in the words that the client's own compaction waits for."""
    message, numbers = fault.message, _numbers(fault.message)
    if dialect == "messages" and numbers:
        message = f"prompt is too long: {numbers[0]} tokens > {numbers[1]} maximum"
    elif dialect == "messages" and not message.startswith("prompt is too long"):
        message = f"prompt is too long: {message}"
    elif dialect == "gemini" and numbers:
        sent, allowed = numbers
        message = f"The input token count ({sent}) exceeds the maximum number of tokens allowed ({allowed})."
    code = "context_length_exceeded"
    return replace(fault, status=400, kind=Kind.INVALID, message=message, code=code, retry_after=None)
