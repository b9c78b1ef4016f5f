"""Making a change that was shown: all files or none, with dated backups, and what we know of it first."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tray_app.clients import files, memory, undo
from tray_app.clients.client import Change, Context, FileChange
from tray_app.clients.memory import Remembered
from tray_app.errors import LocalFault


def make(change: Change, context: Context, now: datetime | None = None) -> tuple[Path, ...]:
    """Write a change as it was shown, with dated backups; gives their paths. All files or none.

    Raises LocalFault, also when a file has changed since the preview.
    """
    earlier = memory.recall(context.paths, change.client)
    touched = [file for file in change.files if file.is_change]
    for file in touched:
        if files.read_text(file.path) != file.before:
            raise LocalFault(f"{file.path} has just been changed by somebody else.", "Please try again.")
        files.check_writable(file.path)
    backups = _back_up(touched, earlier, now or datetime.now())
    remembered = change.remembered and _with_backups(change.remembered, backups)
    # First what we know, then what we do: after a crash in between, taking back finds nothing of ours.
    memory.remember(context.paths, change.client, remembered or earlier)
    try:
        _write_all(touched)
    except LocalFault:
        memory.remember(context.paths, change.client, earlier)
        raise
    if remembered is None:
        memory.remember(context.paths, change.client, None)
        _tidy(change, earlier)
    return tuple(backups.values())


def _back_up(touched: list[FileChange], earlier: Remembered | None, now: datetime) -> dict[Path, Path]:
    """A copy of each file that is not just as we left it: of that one there is a backup already."""
    backups = {}
    for file in touched:
        ours = earlier.files.get(file.path) if earlier else None
        if file.before is not None and (ours is None or undo.digest(file.before) != ours.digest):
            backups[file.path] = files.back_up(file.path, file.before, now)
    return backups


def _with_backups(remembered: Remembered, backups: Mapping[Path, Path]) -> Remembered:
    return replace(
        remembered,
        files={
            path: replace(written, backup=str(backups[path])) if path in backups else written
            for path, written in remembered.files.items()
        },
    )


def _write_all(touched: list[FileChange]) -> None:
    """All of them; when one fails, those before it are put back."""
    done: list[FileChange] = []
    try:
        for file in touched:
            _write(file.path, file.after)
            done.append(file)
    except LocalFault:
        for file in reversed(done):
            _write(file.path, file.before)
        raise


def _write(path: Path, text: str | None) -> None:
    if text is None:
        files.remove(path)
    else:
        files.write_text(path, text)


def _tidy(change: Change, earlier: Remembered | None) -> None:
    """Backups that say the same as the file again, and folders that we made, go."""
    if earlier is None:
        return
    for file in change.files:
        backup = earlier.files[file.path].backup if file.path in earlier.files else ""
        if backup and file.after is not None and _says(Path(backup), file.after):
            files.remove(Path(backup))
    files.remove_empty(list(earlier.folders))


def _says(path: Path, text: str) -> bool:
    try:
        return files.read_text(path) == text
    except LocalFault:
        return False
