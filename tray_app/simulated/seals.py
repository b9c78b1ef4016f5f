"""Signatures and sealed blobs that only this simulated Copilot can have minted.

A seal names what it was made for (kind, model, account, backend, item) and carries a MAC over it, so that
a replayed one can be judged without remembering anything.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seal:
    """What a valid seal says about its origin."""

    kind: str  # "thinking", "opaque", "reasoning", "compaction"
    model: str
    login: str
    backend: str = ""
    item: str = ""  # digest of the item id that the blob belongs to


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()


class Mint:
    """Makes seals and tells ours from foreign ones."""

    def __init__(self, seed: int) -> None:
        self._key = hashlib.blake2b(f"simulated copilot {seed}".encode()).digest()
        self._count = 0

    def seal(self, kind: str, model: str, login: str, backend: str = "", item_id: str = "") -> str:
        """A fresh blob of some 250 base64 characters."""
        self._count += 1
        item = digest(item_id) if item_id else ""
        text = "\x1f".join((kind, model, login, backend, item, str(self._count))).ljust(160, "\x1e")
        payload = text.encode()
        return base64.b64encode(self._mac(payload) + payload).decode()

    def read(self, blob: object) -> Seal | None:
        """What the blob seals, or None when it was not minted here."""
        if not isinstance(blob, str):
            return None
        try:
            raw = base64.b64decode(blob, validate=True)
        except ValueError:
            return None
        mac, payload = raw[:20], raw[20:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            return None
        fields = payload.decode().rstrip("\x1e").split("\x1f")
        return Seal(*fields[:5])

    def _mac(self, payload: bytes) -> bytes:
        return hashlib.blake2b(payload, key=self._key[:64], digest_size=20).digest()
