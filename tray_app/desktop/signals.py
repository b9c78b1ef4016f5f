"""SIGINT and SIGTERM while the main thread is in the tray's loop, where Python may see none of them."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

_ENDING = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """While open, either signal calls `end` on a thread of its own, more than once perhaps.

    The C part of Python writes a byte to a socket as soon as a signal is there, whatever the main thread
    does. GLib's loop takes that socket's place with one of its own and runs Python's handlers, so the handler
    writes the byte as well. To be used on the main thread.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Signals":
        self._heard, self._told = socket.socketpair()
        self._told.setblocking(False)
        self._fd_before = signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        for one in _ENDING:
            self._before[one] = signal.signal(one, self._handle)
        self._thread = threading.Thread(target=self._listen, name="signals", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._fd_before)
        for one, handler in self._before.items():
            signal.signal(one, handler)
        with contextlib.suppress(OSError):
            self._told.send(b"\0")  # no signal: the end of listening
        self._thread.join(1.0)
        self._heard.close()
        self._told.close()

    def _handle(self, number: int, _: FrameType | None) -> None:
        with contextlib.suppress(OSError):
            self._told.send(bytes((number,)))

    def _listen(self) -> None:
        while numbers := self._heard.recv(64):
            if 0 in numbers:
                return
            if set(numbers) & set(_ENDING):  # others too come by here, as that of a child that has ended
                self._end()
