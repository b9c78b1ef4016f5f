"""`serve` and `demo`: the proxy in the foreground until it is told to stop."""

import argparse
import asyncio
import contextlib
import gc
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tray_app import log
from tray_app.cli.output import say, warn
from tray_app.errors import LocalFault, NotPossibleHere
from tray_app.paths import Paths, write_private
from tray_app.settings_file import Loaded, check_binding, load

if TYPE_CHECKING:
    from tray_app.controls import Controls, Desktop
    from tray_app.desktop.main import Reside
    from tray_app.desktop.tray_probe import Probe

DEMO_PORT = 8314


def serve(arguments: argparse.Namespace) -> int:
    """Until SIGINT or SIGTERM. Raises LocalFault when it cannot start."""
    paths = Paths.find()
    overrides = _overrides(arguments)
    loaded = load(paths, overrides=overrides)
    for finding in loaded.findings:
        warn(str(finding))
    check_binding(loaded.settings.server)
    log.set_up(paths, verbose=arguments.verbose, debug=arguments.debug)
    _run(_serve(paths, loaded, overrides, sign_in_first=arguments.login))
    return 0


async def _serve(paths: Paths, loaded: Loaded, overrides: dict[str, Any], *, sign_in_first: bool) -> None:
    from tray_app.cli.loading import lean

    with lean():
        from tray_app import app

    environ = {**os.environ, **(await _signed_in(loaded) if sign_in_first else {})}
    noted = Address(paths)
    gc.freeze()  # the program itself is no garbage: looking through it takes 10 ms each time
    await app.serve(loaded, paths, ready=noted.ready, moved=noted.moved, environ=environ, overrides=overrides)


async def _signed_in(loaded: Loaded) -> dict[str, str]:
    """A sign-in for this run: the token goes where it would come from a variable, and nowhere else."""
    from tray_app.cli.signing_in import sign_in

    _, token = await sign_in(loaded.settings.copilot)
    return {"COPILOT_GITHUB_TOKEN": token.reveal()}


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {"server.host": arguments.host, "server.port": arguments.port}
    return {key: value for key, value in given.items() if value is not None}


class Address:
    """Tells the terminal where the proxy is, and the other commands by a file."""

    def __init__(self, paths: Paths) -> None:
        self._file, self._url = paths.address, ""

    def ready(self, url: str) -> None:
        say(f"Jumpseat is ready at {url}")

    def moved(self, url: str) -> None:
        """The proxy listens there now; "": nowhere."""
        if not url:
            self._forget()
            return
        self._url = url
        # In a read-only home the other commands ask at the address of the settings.
        with contextlib.suppress(LocalFault):
            write_private(self._file, url)

    def _forget(self) -> None:
        """Unless another proxy has put its own address there."""
        with contextlib.suppress(OSError):
            if self._file.read_text() == self._url:
                self._file.unlink()


def demo(arguments: argparse.Namespace) -> int:
    """The product on a simulated Copilot, in a profile that is thrown away afterwards."""
    port = arguments.port if arguments.port is not None else _free_port()
    with tempfile.TemporaryDirectory(prefix="jumpseat-demo-", ignore_cleanup_errors=True) as folder:
        paths = Paths(Path(folder))
        log.set_up(paths, verbose=arguments.verbose, debug=arguments.debug)
        if not arguments.no_window and (probe := _desktop()) is not None:
            from tray_app.cli.tray import run

            reside = _demo_resident(paths, port, still=arguments.still)
            return run(reside, probe, paths.home, by_hand=True)
        _run(_demo(paths, port, still=arguments.still))
    return 0


def _desktop() -> "Probe | None":
    from tray_app.cli.tray import desktop_here

    try:
        return desktop_here()
    except NotPossibleHere:
        return None


async def _demo(paths: Paths, port: int, *, still: bool) -> None:
    from tray_app import app

    noted = Address(paths)
    async with app.open_demo(paths, port, still=still) as made_up:
        await app.serve(
            made_up.loaded,
            paths,
            ready=lambda url: _demo_ready(url, made_up.simulated),
            moved=noted.moved,
            environ=made_up.environ,
            overrides=made_up.overrides,
            is_demo=True,
            begun=made_up.begun,
        )


def _demo_resident(paths: Paths, port: int, *, still: bool) -> "Reside":
    """The demo for the tray process. The ready lines are said once, when the proxy listens first."""
    from tray_app import app

    @contextlib.asynccontextmanager
    async def reside(desktop: "Desktop") -> "AsyncIterator[Controls]":
        noted, said = Address(paths), [False]

        def moved(url: str) -> None:
            noted.moved(url)
            if url and not said[0]:
                said[0] = True
                _demo_ready(url, made_up.simulated)

        async with (
            app.open_demo(paths, port, still=still) as made_up,
            app.reside(
                made_up.loaded,
                paths,
                made_up.environ,
                made_up.overrides,
                desktop=desktop,
                moved=moved,
                starts=True,
                is_demo=True,
                begun=made_up.begun,
            ) as resident,
        ):
            yield resident

    return reside


def _free_port() -> int:
    """The usual port, or 0 (any) when the real proxy, say, has it."""
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", DEMO_PORT)) == 0 else DEMO_PORT


def _demo_ready(url: str, simulated: str) -> None:
    say(f"Jumpseat is ready at {url}")
    say(
        "This is a demo: the Copilot behind it is simulated, and nothing is kept. Try it in another terminal:"
    )
    say(
        f"  curl {url}/v1/chat/completions -H 'Content-Type: application/json' "
        """-d '{"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}'"""
    )
    say("To see a refusal, let the simulated Copilot say once that the quota is used up:")
    say(f"""  curl {simulated}/_sim/faults -d '{{"kind": "status", "preset": "402"}}'""")
    say("Ctrl-C ends it.")


def _run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner, contextlib.suppress(KeyboardInterrupt):
        runner.run(work)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The quicker event loop of uvloop or winloop, where one is installed."""
    for name in ("uvloop", "winloop"):
        try:
            module: Any = __import__(name)
        except ImportError:
            continue
        factory: Callable[[], asyncio.AbstractEventLoop] = module.new_event_loop
        return factory
    return None
