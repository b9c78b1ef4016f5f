"""Other programs' files: read as they are, replaced whole or not at all, with their modes and links kept."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tray_app.errors import LocalFault
from tray_app.paths import FOLDER_MODE, open_private

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def read_text(path: Path) -> str | None:
    """The text with every byte kept, byte order mark and line endings included; None without a file.

    Raises LocalFault when it cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise LocalFault(f"{path.parent} is not a folder.") from error
    except UnicodeDecodeError as error:
        raise LocalFault(f"{path} is not UTF-8 text.", "Save it as UTF-8 and try again.") from error
    except OSError as error:
        raise LocalFault(f"{path} cannot be read: {error.strerror or error}.") from error


def check_writable(path: Path) -> None:
    """Raises LocalFault when the file, or the folder that it should come into, takes no writing.

    The mode is looked at, not only asked of the system: replacing a file does not need its permission,
    but whoever made it read-only meant it.
    """
    real = Path(os.path.realpath(path))
    if real.exists():
        if not real.is_file():
            raise LocalFault(f"{path} is not a file.")
        if not real.stat().st_mode & stat.S_IWUSR or not os.access(real, os.W_OK):
            raise LocalFault(f"{path} is read-only.", "Make it writable and try again.")
    folder = next((place for place in (real.parent, *real.parent.parents) if place.exists()), real.parent)
    if not folder.is_dir():
        raise LocalFault(f"{folder} is not a folder.")
    if not folder.stat().st_mode & stat.S_IWUSR or not os.access(folder, os.W_OK):
        raise LocalFault(f"The folder {folder} is read-only.", "Make it writable and try again.")


def write_text(path: Path, text: str) -> None:
    """Replace or create the file in one step. A link stays, its target is replaced; the mode stays.

    A new file is 0600, as it may hold a key. Raises LocalFault.
    """
    check_writable(path)
    real = Path(os.path.realpath(path))
    scratch = real.with_name(f".{real.name}.{secrets.token_hex(4)}")
    try:
        _make_folder(real.parent)
        before = real.stat() if real.exists() else None
        _write_new(scratch, text)
        if before is not None:
            scratch.chmod(stat.S_IMODE(before.st_mode))
            with suppress(
                OSError, AttributeError
            ):  # Windows has no owners; others' files stay theirs if we may
                os.chown(scratch, before.st_uid, before.st_gid)
        scratch.replace(real)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error


def remove(path: Path) -> None:
    """Remove a file that we made; a link that led to nothing before leads there again. Raises LocalFault."""
    try:
        Path(os.path.realpath(path)).unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from error


def remove_empty(folders: list[Path]) -> None:
    """Remove the folders that we made, innermost first, as far as nothing else has come into them."""
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        with suppress(OSError):
            folder.rmdir()


def missing_folders(path: Path) -> list[Path]:
    """The folders above a file that would have to be made."""
    return [folder for folder in path.parents if not folder.exists()]


def back_up(path: Path, text: str, now: datetime) -> Path:
    """A dated copy beside the file, for its owner only. Raises LocalFault."""
    stem = f"{path.name}.jumpseat-{now:%Y-%m-%d-%H%M%S}"
    for number in range(1, 100):
        backup = path.with_name(f"{stem}{f'-{number}' if number > 1 else ''}.bak")
        try:
            _write_new(backup, text)
        except FileExistsError:
            continue
        except OSError as error:
            raise _cannot_write(backup, error) from error
        return backup
    raise LocalFault(f"There are too many backups beside {path}.", "Remove some.")


def _make_folder(folder: Path) -> None:
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _write_new(path: Path, text: str) -> None:
    with os.fdopen(open_private(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _cannot_write(path: Path, error: OSError) -> LocalFault:
    if error.errno in _FULL:
        return LocalFault(f"The disk that holds {path} is full.", "Free some space and try again.")
    return LocalFault(f"{path} cannot be written: {error.strerror or error}.", "Nothing was changed.")
