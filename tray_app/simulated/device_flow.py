"""The device flow as GitHub answers it: HTTP 200 also for errors (copilot-wire 1.2)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tray_app.simulated.accounts import Accounts

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENTS = {"Iv1.b507a08c87ecfe98": "ghu_", "01ab8ac9400c4e429b23": "gho_", "Ov23li8tweQw6odWQebz": "gho_"}
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"


@dataclass(slots=True)
class _Attempt:
    device_code: str
    user_code: str
    client_id: str
    scope: str
    expires_at: float
    interval: float
    asked_at: float | None = None
    login: str | None = None
    denied: bool = False


class DeviceFlow:
    """Running sign-ins. Set `disabled` for device_flow_disabled."""

    def __init__(
        self, accounts: Accounts, clock: Callable[[], float], interval: float = 5, life: float = 900
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self.interval = interval
        self.life = life
        self.auto_approve = False
        self.disabled = False
        self._attempts: dict[str, _Attempt] = {}

    @property
    def user_codes(self) -> list[str]:
        """Codes that wait for a person, oldest first."""
        return [attempt.user_code for attempt in self._attempts.values() if not attempt.login]

    def start(self, fields: dict[str, Any], verification_uri: str) -> dict[str, Any]:
        if self.disabled:
            return _error("device_flow_disabled", "Device Flow must be explicitly enabled for this App")
        client = str(fields.get("client_id", ""))
        if client not in CLIENTS:
            return _error("incorrect_client_credentials", "The client_id passed is incorrect.")
        scope = str(fields.get("scope", ""))
        if "models" in scope.replace(",", " ").split():
            return _error("invalid_scope", "The scopes requested are invalid: models.")
        attempt = self._attempt(client, scope)
        return {
            "device_code": attempt.device_code,
            "user_code": attempt.user_code,
            "verification_uri": verification_uri,
            "expires_in": int(self.life),
            "interval": int(self.interval),
        }

    def poll(self, fields: dict[str, Any]) -> dict[str, Any]:
        if fields.get("grant_type") != GRANT:
            return _error("unsupported_grant_type", "The grant_type is not supported.")
        if fields.get("client_id") not in CLIENTS:
            return _error("incorrect_client_credentials", "The client_id passed is incorrect.")
        attempt = self._attempts.get(str(fields.get("device_code", "")))
        if attempt is None or attempt.client_id != fields["client_id"]:
            return _error("incorrect_device_code", "The device_code provided is not valid.")
        return self._outcome(attempt)

    def settle(self, user_code: str, login: str | None) -> None:
        """The person approves as `login`, or presses cancel (None). Raises KeyError for a foreign code."""
        for attempt in self._attempts.values():
            if attempt.user_code == user_code.strip().upper():
                attempt.login, attempt.denied = login, login is None
                return
        raise KeyError(user_code)

    def _attempt(self, client: str, scope: str) -> _Attempt:
        secret = hashlib.sha256(f"{client} {len(self._attempts)} {self._clock()}".encode()).digest()
        letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in secret[:8])
        attempt = _Attempt(
            secret.hex()[:40],
            f"{letters[:4]}-{letters[4:]}",
            client,
            scope,
            self._clock() + self.life,
            self.interval,
        )
        self._attempts[attempt.device_code] = attempt
        return attempt

    def _outcome(self, attempt: _Attempt) -> dict[str, Any]:
        now, before = self._clock(), attempt.asked_at
        attempt.asked_at = now
        if now >= attempt.expires_at:
            return _error("expired_token", "The device_code has expired.")
        if before is not None and now - before < attempt.interval:
            attempt.interval += 5
            slow = _error("slow_down", "Too many requests have been made in the same timeframe.")
            return slow | {"interval": int(attempt.interval)}
        if attempt.denied:
            return _error("access_denied", "The authorization request was denied.")
        login = attempt.login or (next(iter(self._accounts.people)) if self.auto_approve else None)
        if login is None:
            return _error("authorization_pending", "The authorization request is still pending.")
        del self._attempts[attempt.device_code]
        token = self._accounts.mint_github_token(login, CLIENTS[attempt.client_id])
        return {"access_token": token, "token_type": "bearer", "scope": attempt.scope}


def _error(code: str, description: str) -> dict[str, Any]:
    uri = "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow"
    return {"error": code, "error_description": description, "error_uri": uri}
