"""Blocking calls that may never return, off the event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def in_daemon_thread(call: Callable[[], T], name: str) -> "asyncio.Future[T]":
    """Run `call` in a thread of its own; the future has its result or its exception.

    A daemon thread, not asyncio's pool: that one is joined at exit, and a call that waits for a person to
    answer a dialog would hold the exit up.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    future.add_done_callback(_seen)

    def deliver(put: Callable[[Any], None], value: object) -> None:
        def in_loop() -> None:
            if not future.done():
                put(value)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(in_loop)

    def run() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001  handed over whole to whoever waits
            deliver(future.set_exception, error)
        else:
            deliver(future.set_result, result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def _seen(future: "asyncio.Future[Any]") -> None:
    """Take note of a failure that nobody waited for, so that asyncio does not complain about it."""
    if not future.cancelled():
        future.exception()
