"""Server-sent events, bytes to events and back.

The reader takes chunks cut anywhere, also inside a UTF-8 character, and gives whole events. It never
decodes a partial line and never scans a byte twice.

Format: WHATWG HTML, "Server-sent events". Copilot sends both "data: x" and "data:x", CRLF and LF,
comments, and at times no blank line behind the last event.
"""

from dataclasses import dataclass

MAX_EVENT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `name` is the `event:` line ("" if none), `data` its data lines joined by newline."""

    name: str
    data: bytes

    def encode(self) -> bytes:
        head = f"event: {self.name}\n".encode() if self.name else b""
        return head + b"data: " + self.data.replace(b"\n", b"\ndata: ") + b"\n\n"


class EventTooLarge(ValueError):
    """One event outgrew MAX_EVENT_BYTES."""


class Reader:
    """Bytes in, events out. `flush` at the end of the body gives a last event without its blank line."""

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._partial: list[bytes] = []  # pieces of the line being received
        self._partial_size = 0
        self._after_cr = False
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0
        self._first = True

    @property
    def at_boundary(self) -> bool:
        """True between two events: only here may a keepalive go out."""
        return not self._partial and not self._data and not self._name

    def feed(self, chunk: bytes) -> list[Event]:
        """Whole events completed by this chunk. Raises EventTooLarge."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[:1] == b"\n":
                chunk = chunk[1:]
        if not chunk:
            return []
        events: list[Event] = []
        lines = chunk.splitlines(keepends=True)  # on bytes: \n, \r and \r\n only
        if lines[-1][-1:] not in (b"\n", b"\r"):
            tail = lines.pop()
        else:
            tail = b""
            self._after_cr = lines[-1][-1:] == b"\r"
        for line in lines:
            line = line.rstrip(b"\r\n")
            if self._partial:
                self._partial.append(line)
                line = b"".join(self._partial)
                self._partial, self._partial_size = [], 0
            self._line(line, events)
        if tail:
            self._partial.append(tail)
            self._partial_size += len(tail)
            if self._partial_size > self._limit:
                raise EventTooLarge(f"an event line is larger than {self._limit} bytes")
        return events

    def flush(self) -> list[Event]:
        """What is left when the body ends."""
        events: list[Event] = []
        if self._partial:
            line = b"".join(self._partial)
            self._partial, self._partial_size = [], 0
            self._line(line, events)
        self._line(b"", events)
        return events

    def _line(self, line: bytes, events: list[Event]) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            if self._data:
                events.append(Event(self._name, b"\n".join(self._data)))
            self._name, self._data, self._size = "", [], 0
            return
        field, colon, value = line.partition(b":")
        if not field and colon:
            return  # a comment
        value = value.removeprefix(b" ")
        if field == b"data":
            self._size += len(value)
            if self._size > self._limit:
                raise EventTooLarge(f"an event is larger than {self._limit} bytes")
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")


def comment(text: str = "") -> bytes:
    """A keepalive that carries nothing."""
    return f": {text}\n\n".encode() if text else b":\n\n"
