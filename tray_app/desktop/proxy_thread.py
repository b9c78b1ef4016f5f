"""The background thread with the proxy's event loop: started, asked, started anew after a mistake, ended.

The main thread belongs to the tray. Wishes go to the loop as functions of the controls, the state comes
back through `changed`, always from this thread. `start` returns when all is up; a mistake that ends the
thread later shows as a state: CRASHED, with its reason.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar

from tray_app import __version__
from tray_app.controls import AppState, Controls, ProxyState, Trouble
from tray_app.errors import LocalFault

log = logging.getLogger(__name__)

START_SECONDS = 60.0
END_SECONDS = 15.0  # ten for running answers, the rest for everything else

T = TypeVar("T")
Reside = Callable[[], AbstractAsyncContextManager[Controls]]
LoopFactory = Callable[[], asyncio.AbstractEventLoop]


class ProxyThread:
    """At most one thread at a time. `start`, `stop` and `restart` block, and are not for the loop itself."""

    def __init__(
        self,
        reside: Reside,
        changed: Callable[[AppState], None] = lambda _: None,
        loop_factory: LoopFactory | None = None,
    ) -> None:
        self._reside, self._changed, self._loop_factory = reside, changed, loop_factory
        self._turn = threading.Lock()
        self._run: _Run | None = None
        self.state = AppState(__version__, ProxyState.STARTING)

    def start(self, seconds: float = START_SECONDS) -> None:
        """Make a thread and wait until all is up. Raises what kept it from that, LocalFault as a rule."""
        with self._turn:
            self._start(seconds)

    def stop(self, seconds: float = END_SECONDS) -> bool:
        """End the thread in order. False: it did not end in time, and goes with the process."""
        with self._turn:
            return self._stop(seconds)

    def restart(self, seconds: float = START_SECONDS) -> None:
        """A new thread in place of the old one, if that still lives. Raises as `start`."""
        with self._turn:
            self._stop(END_SECONDS)
            self._put(replace(self.state, proxy=ProxyState.STARTING, trouble=None))
            self._start(seconds)

    def submit(self, wish: Callable[[Controls], Coroutine[Any, Any, T]]) -> "Future[T]":
        """Do something with the controls, on their loop. The future has the result, or LocalFault when
        there is no loop."""
        run = self._run
        if run is not None and (future := run.submit(wish)) is not None:
            return future
        failed: Future[T] = Future()
        failed.set_exception(LocalFault("Jumpseat's proxy does not run.", "Restart it from the tray."))
        return failed

    @property
    def is_alive(self) -> bool:
        return self._run is not None and self._run.thread.is_alive()

    def _start(self, seconds: float) -> None:
        if self.is_alive:
            return
        self._run = run = _Run(self._reside, self._put, self._ended, self._loop_factory)
        run.thread.start()
        try:
            run.ready.result(seconds)
        except BaseException:
            run.end()
            raise

    def _stop(self, seconds: float) -> bool:
        run = self._run
        if run is None:
            return True
        run.end()
        run.thread.join(seconds)
        if run.thread.is_alive():
            log.error("The proxy's thread did not end within %.0f s", seconds)
            return False
        self._run = None
        return True

    def _put(self, state: AppState) -> None:
        self.state = state
        self._changed(state)

    def _ended(self, error: BaseException) -> None:
        """The thread has ended by a mistake."""
        log.critical("The proxy's thread ended by a mistake", exc_info=error)
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        said = f"The proxy ended by a mistake of its own ({reason[:200]})."
        trouble = Trouble("crashed", said, "Restart it; the log has more.")
        self._put(
            replace(
                self.state,
                proxy=ProxyState.CRASHED,
                url="",
                trouble=trouble,
                requests_running=0,
                approvals=(),
                sign_in=None,
            )
        )


class _Run:
    """One thread from its start to its end."""

    def __init__(
        self,
        reside: Reside,
        changed: Callable[[AppState], None],
        ended: Callable[[BaseException], None],
        loop_factory: LoopFactory | None = None,
    ) -> None:
        self._reside, self._changed, self._ended = reside, changed, ended
        self._loop_factory = loop_factory
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_end: asyncio.Event | None = None
        self._is_told = False
        self._controls: Controls | None = None
        self.ready: Future[None] = Future()
        self.thread = threading.Thread(target=self._main, name="proxy", daemon=True)

    def submit(self, wish: Callable[[Controls], Coroutine[Any, Any, T]]) -> "Future[T] | None":
        """None: there is no loop to do it on."""
        loop, controls = self._loop, self._controls
        if loop is None or controls is None or not self.thread.is_alive():
            return None
        work = wish(controls)
        try:
            return asyncio.run_coroutine_threadsafe(work, loop)
        except RuntimeError:  # the loop was closed just now
            work.close()
            return None

    def end(self) -> None:
        """Tell it to end, from any thread and at any time."""
        self._is_told = True
        loop, told = self._loop, self._told_to_end
        if loop is not None and told is not None and self.thread.is_alive():
            try:
                loop.call_soon_threadsafe(told.set)
            except RuntimeError:
                return  # it has ended by itself just now

    def _main(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._live())
        except BaseException as error:
            if not self.ready.done():
                self.ready.set_exception(error)
            elif not self._is_told:
                self._ended(error)
            else:
                log.error("The proxy's thread did not end in order", exc_info=error)
        finally:
            self._controls = None

    async def _live(self) -> None:
        self._loop, self._told_to_end = asyncio.get_running_loop(), asyncio.Event()
        async with self._reside() as controls:
            self._controls = controls
            end = controls.subscribe(self._changed)
            self._changed(controls.state())
            self.ready.set_result(None)
            if not self._is_told:
                await self._told_to_end.wait()
            end()
            self._changed(replace(controls.state(), proxy=ProxyState.STOPPING))
