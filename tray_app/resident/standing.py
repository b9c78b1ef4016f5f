"""How we stand: whether GitHub and Copilot can be reached with this seat, and whether there is room here."""

import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tray_app.controls import Trouble
from tray_app.errors import Fault, JumpseatError
from tray_app.history.record import Record
from tray_app.proxy.seat import Seat

log = logging.getLogger(__name__)

_LEAST_ROOM = 10 * 1024 * 1024  # bytes; less is a full disk for what we write
_SIGNED_OUT = frozenset({"not_signed_in", "no_usable_token"})
_AGAIN = "GitHub can be reached again"
_EXPIRED = "token_revoked"
_CERTIFICATE = frozenset({"tls_untrusted", "tls_failed"})
_OFFLINE = frozenset(
    {
        *("no_network", "upstream_timeout", "connection_refused", "connection_reset", "upstream_unreachable"),
        *("proxy_authentication", "proxy_refused", "proxy_unreachable", "proxy_unsupported"),
        *("github_unavailable", "github_unexpected", "server_error"),
    }
)
_PASSING = frozenset({"github_rate_limited", "rate_limit_exceeded", "token_loop", "catalog_unreadable"})


async def warm_up(seat: Seat) -> None:
    """Sign in, read the catalog and the quota ahead of the first request. Failures show in /health."""
    with contextlib.suppress(JumpseatError):  # kept as `catalog.error`
        await seat.catalog.current()
    await seat.quota.refresh()


class Standing:
    """The last that is known of it. Belongs to the event loop."""

    def __init__(self, seat: Seat, changed: Callable[[], None]) -> None:
        self._seat, self._changed = seat, changed
        self._fault: Fault | None = None

    async def look(self) -> None:
        """Ask, as far as it is not known; what is asked too often comes from memory."""
        await warm_up(self._seat)
        self._put(self._seat.catalog.error, self._seat.quota.failure)

    def answered(self, record: Record) -> bool:
        """A request is over. True when its end says that a look is worth while."""
        if record.upstream_endpoint is None:
            return False
        if record.error is None:
            self._put(None, None)
            return False
        return record.error in _OFFLINE | _CERTIFICATE and self._fault is None

    @property
    def is_expired(self) -> bool:
        """GitHub does not accept the sign-in any more."""
        return self._fault is not None and self._fault.code == _EXPIRED

    @property
    def is_troubled(self) -> bool:
        return self._fault is not None

    @property
    def trouble(self) -> Trouble | None:
        fault = self._fault
        return None if fault is None else Trouble(_code(fault), fault.message)

    def _put(self, *errors: JumpseatError | None) -> None:
        faults = [error.fault for error in errors if error is not None]
        fault = next((fault for fault in faults if fault.code not in _SIGNED_OUT | _PASSING), None)
        if fault != self._fault:
            self._fault = fault
            log.log(logging.WARNING if fault else logging.INFO, "%s", fault.message if fault else _AGAIN)
            self._changed()


def _code(fault: Fault) -> str:
    if fault.code == _EXPIRED:
        return "sign_in_expired"
    if fault.code in _CERTIFICATE:
        return "certificate"
    return "no_seat" if fault.status == 403 else "offline"


def disk_trouble(home: Path) -> Trouble | None:
    """No room, or no right, to write where our files are. May block."""
    place = next((folder for folder in (home, *home.parents) if folder.is_dir()), home)
    try:
        room = shutil.disk_usage(place).free
    except OSError:
        return None
    if room < _LEAST_ROOM:
        return Trouble(
            "disk", f"The disk that holds {home} is full.", "Free some space; nothing is kept now."
        )
    if not os.access(place, os.W_OK):
        remedy = "Make it writable, or set JUMPSEAT_HOME to a folder of yours; nothing is kept now."
        return Trouble("disk", f"{home} cannot be written.", remedy)
    return None
