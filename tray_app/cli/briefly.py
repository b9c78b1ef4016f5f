"""A proxy that lives for one question: `usage` and `models` work without a running one."""

import asyncio
import secrets
from dataclasses import replace
from typing import Any

from tray_app.cli.ask import ask_at
from tray_app.paths import Paths
from tray_app.settings import Live, Settings
from tray_app.tasks import Tasks


def ask_briefly(paths: Paths, settings: Settings, path: str) -> dict[str, Any]:
    """GET `path` of a proxy on a free port, behind a key of its own. Raises LocalFault."""
    server = replace(settings.server, host="127.0.0.1", port=0, api_keys=(secrets.token_urlsafe(),))
    return asyncio.run(_ask(paths, Live(replace(settings, server=server)), path))


async def _ask(paths: Paths, live: Live, path: str) -> dict[str, Any]:
    from tray_app.app import serve

    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    async with Tasks() as tasks:
        serving = tasks.start(
            serve(live, paths, ready=started.set_result, stop=stop), "a proxy for one question"
        )
        await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving  # it could not start: its reason is the answer
        try:
            return await asyncio.to_thread(ask_at, await started, live.now.server.api_keys, path)
        finally:
            stop.set()
            await serving
