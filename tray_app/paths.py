"""Where files live, and how they are written: folders 0700, files 0600, replaced whole or not at all.

With JUMPSEAT_HOME everything is in that folder; otherwise each kind goes where the system wants it.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tray_app.errors import LocalFault

FOLDER_MODE = 0o700
FILE_MODE = 0o600

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Paths:
    """`home` holds what must stay; the others default to folders inside it."""

    home: Path
    config_home: Path | None = None
    log_home: Path | None = None
    cache_home: Path | None = None

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> "Paths":
        """JUMPSEAT_HOME, else the platform's per-user folders. Creates nothing. Raises LocalFault."""
        if home := environ.get("JUMPSEAT_HOME"):
            return cls(_expanded(Path(home)).absolute())
        from platformdirs import PlatformDirs

        dirs = PlatformDirs("jumpseat", appauthor=False, roaming=False)
        return cls(dirs.user_data_path, dirs.user_config_path, dirs.user_log_path, dirs.user_cache_path)

    @property
    def config(self) -> Path:
        return (self.config_home or self.home) / "config.toml"

    @property
    def history(self) -> Path:
        return self.home / "history.db"

    @property
    def accounts(self) -> Path:
        """Who signed in and who is active: logins, never tokens."""
        return self.home / "accounts.json"

    @property
    def lock(self) -> Path:
        return self.home / "jumpseat.lock"

    @property
    def address(self) -> Path:
        """The URL of the proxy that runs now, for the other commands."""
        return self.home / "address"

    @property
    def control(self) -> Path:
        """How other commands of this user reach the program that runs now; holds the key of this run."""
        return self.home / "control"

    @property
    def logs(self) -> Path:
        return self.log_home or self.home / "logs"

    @property
    def cache(self) -> Path:
        return self.cache_home or self.home / "cache"

    @property
    def vocabularies(self) -> Path:
        """The tokenizer's files, unpacked once."""
        return self.cache / "vocabularies"

    def prepare(self) -> None:
        """Make the folders. Raises LocalFault when the place is read-only or full."""
        for folder in (self.home, self.config.parent, self.logs, self.cache):
            make_folder(folder)


def _expanded(path: Path) -> Path:
    """Raises LocalFault when nobody knows whose home `~name` is."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise LocalFault(f"{path} is nobody's home here.", "Set JUMPSEAT_HOME to a folder.") from error


def make_folder(folder: Path) -> None:
    """The folder and its parents; new ones are for their owner only. Raises LocalFault."""
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(mode=FOLDER_MODE, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder))
    except OSError as error:
        raise cannot_write(folder, error) from error


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step: a reader sees the old text or the new one. Raises LocalFault.

    A link stays a link (people keep their settings in a repository of dotfiles); its target is replaced.
    """
    path = Path(os.path.realpath(path))
    make_folder(path.parent)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_through(scratch, text.encode())
        scratch.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # a read-only disk does not even let go of what is not there
            scratch.unlink()
        raise cannot_write(path, error) from error


def _write_through(path: Path, content: bytes) -> None:
    with os.fdopen(open_private(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def open_private(name: str, flags: int) -> int:
    """For `open(..., opener=open_private)`: what it creates is 0600."""
    return os.open(name, flags, FILE_MODE)


def cannot_write(path: Path, error: OSError) -> LocalFault:
    """The sentence for a place that takes no writing."""
    if error.errno in _FULL:
        return LocalFault(f"The disk that holds {path} is full.", "Free some space and try again.")
    if error.errno in _READ_ONLY:
        return LocalFault(
            f"{path} cannot be written.", "Make it writable, or set JUMPSEAT_HOME to a folder of yours."
        )
    return LocalFault(
        f"{path} cannot be written: {error.strerror or error}.", "Set JUMPSEAT_HOME to a folder of yours."
    )
