"""Every error the program knows.

    JumpseatError            carries a Fault: a status, a kind and a message its reader can act on
      BadRequest             the client's body or path is wrong; `param` names the field
      SignedOut              no usable GitHub token
      Unreachable            no connection to GitHub or Copilot
      Silent                 upstream said nothing for longer than the limit
      Broken                 the upstream stream ended without an ending
      Rejected               upstream answered with an error status
    LocalFault               something on this machine; printed by the command line, shown by the tray
      SettingsFault          a setting is wrong; names key and line
      KeyringFault           no keyring, locked, or it did not answer
      NotPossibleHere        exit status 3: no display, no keyring

Subclasses exist only where somebody catches them. Dialects turn a `Fault` into their own shape
(`dialects/faults.py`); nothing else formats errors for clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What went wrong, in no dialect's words."""

    INVALID = "invalid_request"
    UNAUTHENTICATED = "authentication"
    BILLING = "billing"
    FORBIDDEN = "permission"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limit"
    UPSTREAM = "upstream"  # 500, 502
    OVERLOADED = "overloaded"  # 503, 529
    CONFIGURATION = "configuration"  # 421, 466: the seat or the version strings, not the request


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure, as a value.

    `status` is the HTTP status for the client, `code` a machine-readable word (OpenAI's `code`),
    `param` the field at fault, `retry_after` seconds or the upstream's own text for the header.
    """

    status: int
    kind: Kind
    message: str
    code: str | None = None
    param: str | None = None
    retry_after: str | None = None
    request_id: str | None = None
    details: Mapping[str, Any] | None = None

    def with_message(self, message: str) -> "Fault":
        return replace(self, message=message)


class JumpseatError(Exception):
    """An error that a client gets to see."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class BadRequest(JumpseatError):
    """The client's mistake. `param` is the dotted path of the field, as in `messages[2].content`."""

    def __init__(
        self, message: str, param: str | None = None, *, code: str | None = None, status: int = 400
    ) -> None:
        kind = {404: Kind.NOT_FOUND, 413: Kind.TOO_LARGE}.get(status, Kind.INVALID)
        super().__init__(Fault(status, kind, message, code=code, param=param))


class SignedOut(JumpseatError):
    """Nobody is signed in, or the token no longer works.

    The status is 403 in every dialect: clients retry a 401 for minutes (Claude Code 2.1, measured).
    """

    def __init__(self, message: str, *, code: str = "not_signed_in") -> None:
        super().__init__(Fault(403, Kind.FORBIDDEN, message, code=code))


class Unreachable(JumpseatError):
    """No connection. `message` says why and what to do."""

    def __init__(self, message: str, *, code: str = "upstream_unreachable") -> None:
        super().__init__(Fault(502, Kind.UPSTREAM, message, code=code))


class Silent(JumpseatError):
    """Upstream kept the connection open and said nothing."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            Fault(504, Kind.TIMEOUT, f"Copilot sent nothing for {seconds:.0f} s.", code="upstream_silent")
        )


class Broken(JumpseatError):
    """The upstream's answer ended before its end."""

    def __init__(self, message: str = "Copilot's answer broke off before its end.") -> None:
        super().__init__(Fault(502, Kind.UPSTREAM, message, code="upstream_broken"))


class Rejected(JumpseatError):
    """Upstream answered with an error status; `body` is what it said, at most 64 KiB."""

    def __init__(self, fault: Fault, body: bytes = b"") -> None:
        super().__init__(fault)
        self.body = body


class LocalFault(Exception):
    """Something on this machine is in the way. `remedy` says what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class SettingsFault(LocalFault):
    """A setting is wrong: `key` is its dotted name, `line` its line in config.toml when known."""

    def __init__(self, key: str, message: str, line: int | None = None) -> None:
        where = f" (line {line})" if line else ""
        super().__init__(f"{key}{where}: {message}")
        self.key, self.line, self.said = key, line, message


class KeyringFault(LocalFault):
    """The system keyring cannot be used now."""


class NotPossibleHere(LocalFault):
    """This machine lacks what the command needs; exit status 3."""
