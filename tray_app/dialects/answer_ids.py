"""Ids of translated answers: recognisable in the client's dialect, and short.

Copilot's own ids of Responses answers are blobs of some hundred characters (copilot-wire 6.5).
"""

import hashlib

_LONGEST = 64


def answer_id(id: str, prefix: str) -> str:
    """`id` as the dialect of `prefix` would spell it; the same for the same id."""
    if id.startswith(prefix) and len(id) <= _LONGEST:
        return id
    if len(id) > _LONGEST:
        id = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"{prefix}{id or '0'}"
