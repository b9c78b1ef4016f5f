"""Events onto the wire: in batches or at a rate, and bent by a fault if one was asked for."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

from aiohttp import web

from tray_app.simulated.faults import Fault

BATCH = 64 * 1024  # bytes written at once when there is no rate
_GARBAGE = b'data: {"choices":[{"delta":{"content": "unfin\n\n'


class Hangup(Exception):
    """The connection was reset on purpose."""


def reset(request: web.Request) -> None:
    """Reset the connection, so that the client sees an error and no end."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError, AttributeError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def send(
    request: web.Request,
    response: web.StreamResponse,
    events: Iterator[bytes],
    fault: Fault | None,
    rate: float | None,
) -> int:
    """Write the events; returns how many went out. Raises Hangup after a reset on purpose."""
    batch: list[bytes] = []
    sent = size = 0
    for event in _bent(events, fault):
        if fault and fault.kind in ("stall", "reset_mid", "close_early") and sent == fault.after:
            await response.write(b"".join(batch))
            batch, size = [], 0
            if fault.kind == "stall":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "reset_mid":
                await _gone_out(request)
                reset(request)
                raise Hangup
            else:
                return sent
        batch.append(event)
        size += len(event)
        sent += 1
        if not event:  # silence: time passes, nothing goes out
            sent -= 1
        if rate is not None or size >= BATCH or (fault and fault.kind == "one_byte_chunks"):
            if size:
                await response.write(b"".join(batch))
            batch, size = [], 0
            await asyncio.sleep(1 / rate if rate else 0)
    if batch:
        await response.write(b"".join(batch))
    return sent


async def _gone_out(request: web.Request) -> None:
    """Let what was written leave, so that a reset hits the client in mid-stream and not before."""
    for _ in range(50):
        transport = request.transport
        if transport is None or transport.get_write_buffer_size() == 0:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


def _bent(events: Iterator[bytes], fault: Fault | None) -> Iterator[bytes]:
    """The events in the spelling that the fault wants."""
    kind = fault.kind if fault else ""
    if fault is None or kind in ("stall", "reset_mid", "close_early"):
        yield from events
    elif kind == "malformed_sse":
        yield from _interrupted(events, fault.after, _GARBAGE, goes_on=True)
    elif kind in ("no_done", "no_final_blank_line"):
        yield from _last_changed(events, drop=kind == "no_done")
    elif kind in ("split_utf8", "one_byte_chunks"):
        size = 1 if kind == "one_byte_chunks" else int(fault.options.get("size", 7))
        for event in events:
            yield from (event[start : start + size] for start in range(0, len(event), size))
    elif kind == "crlf":
        yield from (event.replace(b"\n", b"\r\n") for event in events)
    elif kind == "no_space":
        yield from (event.replace(b"data: ", b"data:").replace(b"event: ", b"event:") for event in events)
    else:
        yield from events


def interrupted(events: Iterator[bytes], after: int, last: bytes) -> Iterator[bytes]:
    """Some events, then `last`, then nothing."""
    return _interrupted(events, after, last, goes_on=False)


def _interrupted(events: Iterator[bytes], after: int, odd: bytes, *, goes_on: bool) -> Iterator[bytes]:
    for number, event in enumerate(event for event in events if event):
        if number == after:
            yield odd
            if not goes_on:
                return
        yield event
    if not goes_on:
        yield odd


def _last_changed(events: Iterator[bytes], *, drop: bool) -> Iterator[bytes]:
    held: bytes | None = None
    for event in events:
        if held is not None:
            yield held
        held = event
    if held is not None and not drop:
        yield held.rstrip(b"\n")
