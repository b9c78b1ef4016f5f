"""One instance per user: a lock that the system frees when its holder ends, however it ends."""

import contextlib
import hashlib
import logging
import os
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from tray_app.errors import LocalFault
from tray_app.paths import FILE_MODE, make_folder

log = logging.getLogger(__name__)


class OneInstance:
    """The lock of one home. Where a home takes no files, the lock is in the folder for a login's own things;
    where there is none either, each goes alone."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock: FileLock | None = None

    def take(self) -> bool:
        """Whether this process is the one now."""
        for file in (self._file, _elsewhere(self._file)):
            lock = FileLock(file, mode=FILE_MODE)
            try:
                make_folder(file.parent)
                lock.acquire(timeout=0)
            except Timeout:
                return False
            except (OSError, LocalFault) as error:
                log.warning("No lock at %s: %s", file, error)
                continue
            self._lock = lock
            return True
        return True

    def give_back(self) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._lock.release()


def _elsewhere(file: Path) -> Path:
    """Another place for the lock of the same home."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(folder, f"jumpseat-{hashlib.sha256(os.fsencode(file)).hexdigest()[:16]}.lock")
