"""One instance per user: a lock that the system frees when its holder ends, however it ends."""

from pathlib import Path

from filelock import FileLock, Timeout

from tray_app.paths import FILE_MODE, cannot_write, make_folder


class OneInstance:
    """The lock of one home. Where it cannot be written there is nothing to share: each goes alone."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = FileLock(file, mode=FILE_MODE)

    def take(self) -> bool:
        """Whether this process is the one now. Raises LocalFault when the home takes no files."""
        make_folder(self._file.parent)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise cannot_write(self._file, error) from error
        return True

    def give_back(self) -> None:
        self._lock.release()
