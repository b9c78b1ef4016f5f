"""An Anthropic stream from Copilot to an Anthropic client: whole events pass byte for byte, and only
those that carry usage or an ending are looked into.

Inside JSON strings quotes are escaped, so a text that speaks of "message_stop" cannot be taken for one.
"""

import re

import orjson

from tray_app.dialects import faults
from tray_app.dialects.fields import Json
from tray_app.dialects.frames import Frames, blocks
from tray_app.dialects.messages.usage import StreamUsage
from tray_app.dialects.neutral import Note, Usage
from tray_app.dialects.protocol import Rules
from tray_app.dialects.sse import EventTooLarge
from tray_app.dialects.stream_faults import read_fault, too_large, unreadable
from tray_app.errors import Broken, Fault

# `"message_start"`, `"message_delta"`, `"message_stop"`, `"error"`, however the JSON is spaced.
_WORTH_A_LOOK = re.compile(rb'"(?:message_|error)')


class NativeMessages:
    """Implements `protocol.Stream` for messages to messages. Gives whole events only."""

    def __init__(self, client_body: Json, rules: Rules) -> None:
        self.usage = Usage()
        self.model_served: str | None = None
        self.fault: Fault | None = None
        self.notes: list[Note] = []
        self.ended = False
        self._frames = Frames()
        self._gathered = StreamUsage()

    @property
    def at_boundary(self) -> bool:
        return True

    def feed(self, chunk: bytes) -> bytes:
        if self.ended:
            return b""
        try:
            whole = self._frames.feed(chunk)
        except EventTooLarge:
            return self.fail(too_large())
        if _WORTH_A_LOOK.search(whole) is None:
            return whole
        return self._events(whole)

    def release(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        """A body without message_stop is a broken answer, whatever came before."""
        if self.ended:
            return b""
        rest = self._frames.rest()
        out = self._events(rest + b"\n\n") if rest.strip() else b""
        return out if self.ended else out + self.fail(Broken().fault)

    def fail(self, fault: Fault) -> bytes:
        if self.ended:
            return b""
        self.ended, self.fault = True, fault
        return faults.stream_error_event("messages", fault)

    def _events(self, whole: bytes) -> bytes:
        out: list[bytes] = []
        for raw, data in blocks(whole):
            if _WORTH_A_LOOK.search(raw) is None:
                out.append(raw)
                continue
            out.append(self._event(raw, data))
            if self.ended:
                break
        return b"".join(out)

    def _event(self, raw: bytes, data: bytes) -> bytes:
        try:
            event = orjson.loads(data) if data else {}
        except orjson.JSONDecodeError:
            return self.fail(unreadable())
        kind = event.get("type") if isinstance(event, dict) else None
        match kind:
            case "message_start":
                message = event.get("message")
                if isinstance(message, dict):
                    self._start(message)
            case "message_delta":
                self.usage = self.usage.merged(self._gathered.feed(event))
            case "message_stop":
                self.ended = True
            case "error":
                self.ended, self.fault = True, read_fault(event)
            case None if isinstance(event, dict) and "error" in event:
                return self.fail(read_fault(event))  # the gateway's own shape
        return raw

    def _start(self, message: Json) -> None:
        model = message.get("model")
        self.model_served = model if isinstance(model, str) else None
        self.usage = self.usage.merged(self._gathered.feed(message))
