"""A proxy that lives for one question: `usage` and `models` work without a running one."""

import asyncio
import secrets
from dataclasses import replace
from typing import Any

from tray_app.cli.ask import ask_at
from tray_app.paths import Paths
from tray_app.settings import Live, Settings

# Time enough for a keyring that waits for its password, and for GitHub's answer with all retries.
LONGEST_SECONDS = 90.0


def ask_briefly(paths: Paths, settings: Settings, path: str) -> dict[str, Any]:
    """GET `path` of a proxy on a free port, behind a key of its own. Raises LocalFault."""
    server = replace(settings.server, host="127.0.0.1", port=0, api_keys=(secrets.token_urlsafe(),))
    return asyncio.run(_ask(paths, Live(replace(settings, server=server)), path))


async def _ask(paths: Paths, live: Live, path: str) -> dict[str, Any]:
    from tray_app.app import open_seat
    from tray_app.proxy.server import ProxyServer

    async with open_seat(live, paths) as seat:
        server = ProxyServer(seat)
        url = await server.start(live.now.server)
        try:
            keys = live.now.server.api_keys
            return await asyncio.to_thread(ask_at, url, keys, path, seconds=LONGEST_SECONDS)
        finally:
            await server.stop()
