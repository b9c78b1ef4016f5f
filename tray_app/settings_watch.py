"""Edits of config.toml take effect while the program runs."""

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any

from tray_app.paths import Paths
from tray_app.settings import Live
from tray_app.settings_file import Finding, Loaded, reload

log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int] | None  # of a file: its time, size and number; None when there is none


class FileWatcher:
    """Looks at config.toml every `interval` seconds and puts good edits into force.

    An edit counts once the file has stood still from one look to the next: some editors empty a file before
    they fill it, and an empty file would mean defaults. What is wrong is logged once per edit.
    """

    def __init__(
        self,
        paths: Paths,
        live: Live,
        loaded: Loaded,
        environ: Mapping[str, str] = os.environ,
        overrides: Mapping[str, Any] | None = None,
        interval: float = 0.5,
    ) -> None:
        self._paths, self._live, self.loaded = paths, live, loaded
        self._environ, self._overrides, self._interval = environ, overrides, interval
        self._seen = self._applied = self._stamp()
        self._told: tuple[Finding, ...] = loaded.findings

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            self.look()

    def look(self) -> None:
        """One look; takes effect when the file differs from the one in force and stands still."""
        stamp = self._stamp()
        if stamp == self._seen and stamp != self._applied:
            self._applied = stamp
            self._apply()
        self._seen = stamp

    async def take(self) -> Loaded:
        """Put the file into force now, without waiting for the next look: it was written by ourselves."""
        stamp = self._stamp()
        loaded = await asyncio.to_thread(reload, self.loaded, self._paths, self._environ, self._overrides)
        self._seen = self._applied = stamp
        self._force(loaded)
        return loaded

    def _apply(self) -> None:
        self._force(reload(self.loaded, self._paths, self._environ, self._overrides))

    def _force(self, loaded: Loaded) -> None:
        self.loaded = loaded
        if self.loaded.findings != self._told:
            for finding in self.loaded.findings:
                log.warning("%s", finding)
            self._told = self.loaded.findings
        self._live.replace(self.loaded.settings)

    def _stamp(self) -> _Stamp:
        try:
            seen = os.stat(self._paths.config)
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino
