"""An Anthropic stream from Copilot to an Anthropic client: whole events pass byte for byte.

Each is read on the way, for usage and the ending, and so that broken JSON never reaches a client.
"""

import re

import orjson

from tray_app.dialects import faults
from tray_app.dialects.fields import Json
from tray_app.dialects.frames import Frames, blocks
from tray_app.dialects.messages.usage import StreamUsage
from tray_app.dialects.neutral import Note, Usage
from tray_app.dialects.overflow import is_overflow
from tray_app.dialects.protocol import Rules
from tray_app.dialects.sse import Event, EventTooLarge
from tray_app.dialects.upstream_faults import read_error, too_large, unreadable
from tray_app.errors import Broken, Fault

# What a stream mostly consists of: text and thinking deltas, in exactly the form that Copilot writes. Each is
# checked to be whole and well-formed JSON, as the parser would, at a fifth of its price.
_PLAIN_DELTAS = re.compile(
    rb"(?:event: content_block_delta\n"
    rb'data: \{"type":"content_block_delta","index":\d++,"delta":\{"type":"(?:text|thinking)_delta",'
    rb'"(?:text|thinking)":"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"\}\}\n\n)++'
)


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
        self._has_stop = False
        self._kind = ""  # of the event looked into last
        self._open: int | None = None  # index of the block that has not been stopped

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
        return self._close() + faults.stream_error_event("messages", fault)

    def _close(self) -> bytes:
        """The end of the block that is open: no client should wait for the rest of one (wire 11.3)."""
        if self._open is None:
            return b""
        index, self._open = self._open, None
        stop = {"type": "content_block_stop", "index": index}
        return Event("content_block_stop", orjson.dumps(stop)).encode()

    def _events(self, whole: bytes) -> bytes:
        """The events as they came, up to the ending if it is among them."""
        if _PLAIN_DELTAS.fullmatch(whole):
            return whole
        out: list[bytes] = []
        for raw, data in blocks(whole):
            if data.strip() == b"[DONE]":
                continue  # OpenAI's ending, unknown here
            if data and (failed := self._event(data)):
                out.append(failed)
            else:
                out.append(raw if not data or _has_name(raw) else self._named(data))
            if self.ended:
                break
        return b"".join(out)

    def _named(self, data: bytes) -> bytes:
        """An event that came without its name: SDKs read nothing of such a stream."""
        return Event(self._kind, data).encode()

    def _event(self, data: bytes) -> bytes:
        """Look into one event. Gives an error event to send in its place, or nothing."""
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self.fail(unreadable())
        kind = event.get("type") if isinstance(event, dict) else ""
        self._kind = kind if isinstance(kind, str) else ""
        match kind:
            case "content_block_delta":
                pass
            case "content_block_start":
                index = event.get("index")
                self._open = index if isinstance(index, int) else None
            case "content_block_stop":
                self._open = None
            case "message_start":
                message = event.get("message")
                if isinstance(message, dict):
                    self._start(message)
            case "message_delta":
                self._measure(event)
            case "message_stop" if not self._has_stop:
                return self.fail(Broken().fault)  # a neat end without a reason loops some clients
            case "message_stop":
                self.ended = True
            case "error":
                return self._error(read_error(event))
            case None if "error" in event:
                return self.fail(read_error(event))  # the gateway's own shape
        return b""

    def _measure(self, event: Json) -> None:
        self.usage = self.usage.merged(self._gathered.feed(event))
        delta = event.get("delta")
        self._has_stop |= isinstance(delta, dict) and bool(delta.get("stop_reason"))

    def _error(self, fault: Fault) -> bytes:
        """Upstream's own error event passes, but for one that the client's compaction must understand."""
        if is_overflow(fault):
            return self.fail(fault)
        self.ended, self.fault = True, fault
        return b""

    def _start(self, message: Json) -> None:
        model = message.get("model")
        self.model_served = model if isinstance(model, str) else None
        self._gathered.feed(message)  # partly placeholders: only message_delta makes figures of them


def _has_name(raw: bytes) -> bool:
    return raw.startswith(b"event:") or b"\nevent:" in raw or b"\revent:" in raw
