"""Server-sent events as bytes, made fast: the long runs of text deltas are cut and escaped once."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from tray_app.simulated.agent import Turn
from tray_app.simulated.conversation import Conversation
from tray_app.simulated.ledger import Usage
from tray_app.simulated.models import Model
from tray_app.simulated.state import State

DELTA = 4  # characters, about a token
ARGUMENTS_DELTA = 16
DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Reply:
    """All that a renderer needs to write one answer down."""

    state: State
    model: Model
    login: str
    talk: Conversation
    turn: Turn
    usage: Usage
    billed: dict[str, Any]
    backend: str  # bdrk, vrtx or 01 on Claude, "" elsewhere
    body: dict[str, Any]
    serial: int
    ramble: int = 0  # lines of blanks at the end of tool arguments
    finish: bool = True  # False: no finish reason
    reason: str = ""  # a finish reason of a fault
    sent: int = 0  # events that went out, or tokens made of a whole answer

    def id(self, prefix: str, number: int = 0) -> str:
        """An id that nothing else has; the same one for the same number."""
        return prefix + token(f"{self.state.seed} {self.serial} {prefix} {number}", 24)

    def call_id(self, number: int) -> str:
        """Tool call ids look as the backend makes them."""
        styles = {"bdrk": "toolu_bdrk_", "vrtx": "toolu_vrtx_", "01": "toolu_01"}
        return self.id(styles.get(self.backend, "call_"), number)


def counted(events: Iterator[bytes], reply: Reply) -> Iterator[bytes]:
    """The events, counted as they go."""
    for event in events:
        reply.sent += 1
        yield event


def token(text: str, length: int) -> str:
    """Letters and digits from a hash."""
    raw = hashlib.blake2b(text.encode()).digest()
    return base64.b64encode(raw, b"Zz").decode().rstrip("=")[:length]


def data(value: Any) -> bytes:
    """A nameless event."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


def named(value: dict[str, Any]) -> bytes:
    """An event named after its type."""
    return b"event: " + str(value["type"]).encode() + b"\ndata: " + orjson.dumps(value) + b"\n\n"


def pieces(text: str, size: int = DELTA) -> Iterator[bytes]:
    """JSON strings of a few characters each."""
    dumps = orjson.dumps
    for start in range(0, len(text), size):
        yield dumps(text[start : start + size])


def split(template: dict[str, Any], mark: str) -> tuple[bytes, bytes]:
    """The JSON of a template, cut at the string that stands for the delta."""
    before, after = orjson.dumps(template).split(orjson.dumps(mark))
    return before, after


def arguments(reply: Reply, number: int) -> str:
    """A call's arguments as JSON text, or a custom tool's input; with the ramble of a faulty model."""
    call = reply.turn.calls[number]
    written = call.text if call.custom else orjson.dumps(call.arguments).decode()
    if reply.ramble and written.endswith("}"):
        return written[:-1] + "\n\t" * reply.ramble
    return written
