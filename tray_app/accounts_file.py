"""accounts.json: which logins are signed in and which is active. No secrets; a keyring cannot list itself.

Accounts of another GitHub than github.com are in a file of their own, accounts-HOST.json.
"""

import contextlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tray_app.errors import LocalFault

log = logging.getLogger(__name__)

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_LOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class AccountsFile:
    """What the file says, in the order of sign-in."""

    logins: tuple[str, ...] = ()
    active: str | None = None

    def find(self, login: str) -> str | None:
        """The login as it is written here; GitHub does not tell capitals from small letters."""
        return next((known for known in self.logins if known.casefold() == login.casefold()), None)

    def using(self, login: str) -> "AccountsFile":
        """With this login, and it active."""
        logins = self.logins if login in self.logins else (*self.logins, login)
        return AccountsFile(logins, login)

    def without(self, login: str) -> "AccountsFile":
        """Without this login; nobody else becomes active by that."""
        logins = tuple(known for known in self.logins if known != login)
        return AccountsFile(logins, self.active if self.active != login else None)


def rewrite(file: Path, change: Callable[[AccountsFile], AccountsFile]) -> AccountsFile:
    """Change the file as it is now, under a lock between processes. Raises LocalFault."""
    import filelock

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with filelock.FileLock(f"{file}.lock", timeout=_LOCK_SECONDS, mode=0o600):
            changed = change(load(file))
            _save(file, changed)
    except (OSError, filelock.Timeout) as error:
        raise LocalFault(
            f"The list of accounts could not be written to {file}: {error}.",
            "Check that the folder is yours and not full.",
        ) from error
    return changed


def file_of(home: Path, host: str) -> Path:
    """The file for the accounts of a GitHub; `host` is "" for github.com."""
    plain = re.sub(r"[^a-z0-9.-]", "_", host.lower())
    return home / (f"accounts-{plain[:100]}.json" if host else "accounts.json")


def check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise LocalFault(f"{login[:100]!r} is not a GitHub login.")


def mark_of(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def load(file: Path) -> AccountsFile:
    """The file, or an empty one if it is missing or damaged: signing in again mends it."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return AccountsFile()
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s). Sign in again with `jumpseat login`.", file, error)
        return AccountsFile()
    return _read(found)


def _read(found: object) -> AccountsFile:
    if not isinstance(found, dict) or not isinstance(found.get("logins"), list):
        return AccountsFile()
    logins = dict.fromkeys(
        login for login in found["logins"] if isinstance(login, str) and _LOGIN.fullmatch(login)
    )
    active = found.get("active")
    return AccountsFile(tuple(logins), active if isinstance(active, str) and active in logins else None)


def _save(file: Path, accounts: AccountsFile) -> None:
    """Replace the file whole, readable by its owner only."""
    text = json.dumps({"active": accounts.active, "logins": list(accounts.logins)}, indent=2) + "\n"
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".accounts-")  # made 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as temporary:
            temporary.write(text)
        os.replace(name, file)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
