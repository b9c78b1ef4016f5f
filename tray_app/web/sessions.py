"""Who has the dashboard open: tickets for one entry, and sessions, which end with the program.

Nothing here is stored. A ticket travels in a URL, so it is worth one entry within a minute; the session
travels in an HttpOnly cookie that no script and no other site's page can use.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable

TICKET_SECONDS = 60.0
MAX_TICKETS = 32
MAX_SESSIONS = 64
_RANDOM_BYTES = 32
_COOKIE = "jumpseat_session_"


def cookie_name(port: int) -> str:
    """Cookies know no ports: two Jumpseats on one machine would overwrite each other's."""
    return f"{_COOKIE}{port}"


def cookie(port: int, session: str) -> str:
    """The Set-Cookie header of a session. It ends with the browser."""
    return f"{cookie_name(port)}={session}; Path=/; HttpOnly; SameSite=Strict"


class Sessions:
    """Tickets and sessions of this run. Belongs to one event loop."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tickets: dict[str, float] = {}  # ticket -> when it ends
        self._sessions: dict[str, None] = {}  # oldest first

    def ticket(self) -> str:
        """A new ticket; the oldest goes when there are too many."""
        now = self._monotonic()
        self._tickets = {ticket: end for ticket, end in self._tickets.items() if end > now}
        _make_room(self._tickets, MAX_TICKETS)
        ticket = secrets.token_urlsafe(_RANDOM_BYTES)
        self._tickets[ticket] = now + TICKET_SECONDS
        return ticket

    def enter(self, ticket: str) -> str | None:
        """A session for a ticket, which is used up by that. None: no such ticket, or too late."""
        found = _find(ticket, self._tickets)
        if found is None or self._tickets.pop(found) <= self._monotonic():
            return None
        _make_room(self._sessions, MAX_SESSIONS)
        session = secrets.token_urlsafe(_RANDOM_BYTES)
        self._sessions[session] = None
        return session

    def knows(self, session: str) -> bool:
        return _find(session, self._sessions) is not None

    def known_among(self, cookies: Iterable[tuple[str, str]]) -> bool:
        """Whether one of a request's cookies is a session of ours, under whichever port it was given:
        the proxy may have moved since."""
        return any(name.startswith(_COOKIE) and self.knows(value) for name, value in cookies)

    def end_all(self) -> None:
        self._tickets.clear()
        self._sessions.clear()


def _find(value: str, among: Iterable[str]) -> str | None:
    """The equal one, found in a time that does not tell how much of it was right."""
    offered = value.encode("utf-8", "surrogateescape")
    matches = [known for known in among if hmac.compare_digest(known.encode(), offered)]
    return matches[0] if matches else None


def _make_room(kept: dict[str, float] | dict[str, None], most: int) -> None:
    while len(kept) >= most:
        del kept[next(iter(kept))]
