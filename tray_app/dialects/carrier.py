"""Opaque reasoning values that travel through a client whose dialect has no place of their own for them.

A client gives a thinking signature or an encrypted_content back as it came. When the value belongs to
another upstream form than the client's dialect, it is packed into a carrier that says so, in order that
it never reaches a backend that did not write it (a foreign signature is a 400 on every later turn).
"""

import base64
import binascii

import orjson

from tray_app.dialects.neutral import DialectName, Opaque

PREFIX = "jumpseat1."
KINDS: tuple[DialectName, ...] = ("chat", "responses", "messages", "gemini")


def pack(opaque: Opaque, towards: DialectName) -> str:
    """The text for a client that speaks `towards`: the bare value if it is native there, else a carrier.

    A Responses value keeps its item id, so it is bare only in Responses (which has its own id field).
    """
    if opaque.kind == towards:
        return opaque.value
    body = orjson.dumps([opaque.kind, opaque.value, opaque.id])
    return PREFIX + base64.urlsafe_b64encode(body).decode().rstrip("=")


def unpack(text: str, native: DialectName, id: str | None = None) -> Opaque | None:
    """The opaque value in a client's text: from a carrier, else native with `id`. None if damaged."""
    if not text.startswith(PREFIX):
        return Opaque(native, text, id)
    packed = text[len(PREFIX) :]
    try:
        kind, value, item_id = orjson.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (binascii.Error, ValueError, TypeError):
        return None
    if kind not in KINDS or not isinstance(value, str) or not isinstance(item_id, str | None):
        return None
    return Opaque(kind, value, item_id)


def is_carrier(text: object) -> bool:
    return isinstance(text, str) and text.startswith(PREFIX)
