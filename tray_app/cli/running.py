"""`serve` and `demo`: the proxy in the foreground until it is told to stop."""

import argparse
import asyncio
import contextlib
import socket
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tray_app import log
from tray_app.cli.output import say, warn
from tray_app.errors import LocalFault
from tray_app.paths import Paths, write_private
from tray_app.settings import Live
from tray_app.settings_file import Loaded, check_binding, load
from tray_app.settings_watch import FileWatcher
from tray_app.tasks import Tasks

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
    _run(_serve(paths, loaded, overrides))
    return 0


async def _serve(paths: Paths, loaded: Loaded, overrides: dict[str, Any]) -> None:
    from tray_app import app

    live = Live(loaded.settings)
    async with Tasks() as tasks:
        watcher = FileWatcher(paths, live, loaded, overrides=overrides)
        tasks.start(watcher.run(), "watching config.toml")
        try:
            await app.serve(live, paths, ready=_announced(paths))
        finally:
            paths.address.unlink(missing_ok=True)


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {"server.host": arguments.host, "server.port": arguments.port}
    return {key: value for key, value in given.items() if value is not None}


def _announced(paths: Paths) -> Callable[[str], None]:
    """Tells the terminal, and the other commands where to ask."""

    def ready(url: str) -> None:
        # In a read-only home the other commands ask at the address of the settings.
        with contextlib.suppress(LocalFault):
            write_private(paths.address, url)
        say(f"Jumpseat is ready at {url}")

    return ready


def demo(arguments: argparse.Namespace) -> int:
    """The product on a simulated Copilot, in a profile that is thrown away afterwards."""
    from tray_app import app

    port = arguments.port if arguments.port is not None else _free_port()
    with tempfile.TemporaryDirectory(prefix="jumpseat-demo-", ignore_cleanup_errors=True) as folder:
        paths = Paths(Path(folder))
        log.set_up(paths, verbose=arguments.verbose, debug=arguments.debug)
        _run(app.demo(paths, port, _demo_ready))
    return 0


def _free_port() -> int:
    """The usual port, or 0 (any) when the real proxy, say, has it."""
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", DEMO_PORT)) == 0 else DEMO_PORT


def _demo_ready(url: str) -> None:
    say(f"Jumpseat is ready at {url}")
    say(
        "This is a demo: the Copilot behind it is simulated, and nothing is kept. Try it in another terminal:"
    )
    say(
        f"  curl {url}/v1/chat/completions -H 'Content-Type: application/json' "
        """-d '{"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}'"""
    )
    say("Ctrl-C ends it.")


def _run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The quicker event loop of uvloop or winloop, where one is installed."""
    for name in ("uvloop", "winloop"):
        try:
            module: Any = __import__(name)
        except ImportError:
            continue
        factory: Callable[[], asyncio.AbstractEventLoop] = module.new_event_loop
        return factory
    return None
