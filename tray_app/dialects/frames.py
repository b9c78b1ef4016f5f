"""Whole events out of chunks cut anywhere, as raw bytes: for streams that pass untranslated.

A half-received event is held back: no client can use half an event, and bytes once sent cannot be
taken back when the stream then breaks.
"""

import re
from collections.abc import Iterator

from tray_app.dialects.sse import MAX_EVENT_BYTES, Event, EventTooLarge, Reader

_BLANK = re.compile(rb"\n\r?\n|\r\r")


class Frames:
    """`feed` gives the bytes of the events that this chunk completed, in linear time."""

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._tail = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Raises EventTooLarge."""
        if not self._tail and chunk.endswith(b"\n\n"):
            return chunk
        tail = self._tail
        start = max(0, len(tail) - 2)
        tail += chunk
        end = _last_blank(tail, start)
        if len(tail) - end > self._limit:
            raise EventTooLarge(f"an event is larger than {self._limit} bytes")
        if not end:
            return b""
        whole = bytes(tail[:end])
        del tail[:end]
        return whole

    def rest(self) -> bytes:
        """What is left when the body ends: a last event without its blank line, or nothing."""
        left = bytes(self._tail)
        self._tail.clear()
        return left


def _last_blank(data: bytearray, start: int) -> int:
    """The end of the last blank line at or after `start`; 0 if there is none."""
    end = data.rfind(b"\n\n", start) + 2
    if b"\r" not in data[start:]:
        return end if end > 1 else 0
    last = 0
    for found in _BLANK.finditer(data, start):
        last = found.end()
    return last


def datas(whole: bytes) -> Iterator[bytes]:
    """The data of each event in bytes that hold whole events only."""
    if b"\r" in whole:
        yield from (event.data for event in _parse(whole))
        return
    for block in whole.split(b"\n\n"):
        if block.startswith(b"data: ") and b"\n" not in block:
            yield block[6:]
        elif block:
            yield from (event.data for event in _parse(block))


def _parse(block: bytes) -> list[Event]:
    reader = Reader()
    return reader.feed(block) + reader.flush()


def blocks(whole: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Raw bytes and data of each event in bytes that hold whole events only."""
    if b"\r" not in whole and whole.endswith(b"\n\n"):
        for block in whole.split(b"\n\n")[:-1]:
            head, found, data = block.partition(b"\ndata: ")
            if found and head.startswith(b"event: ") and b"\n" not in data and b"\n" not in head:
                yield block + b"\n\n", data
            else:
                yield block + b"\n\n", _data(block)
        return
    start = 0
    for blank in _BLANK.finditer(whole):
        yield whole[start : blank.end()], _data(whole[start : blank.end()])
        start = blank.end()
    if start < len(whole):
        yield whole[start:], _data(whole[start:])


def _data(block: bytes) -> bytes:
    return b"\n".join(event.data for event in _parse(block))
