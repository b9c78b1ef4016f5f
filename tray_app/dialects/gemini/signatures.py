"""Thought signatures: what a model wants back of its thinking, on the part behind the thoughts.

Google's clients drop thoughts from the conversation and keep only the signature, whose bytes they decode and
encode again. So ours is true base64 and holds the thinking itself, text and seal, for as many blocks as
stood before the part. What does not come from here is Google's own, and no model at Copilot can read it.
"""

import base64
import binascii
from collections.abc import Iterable

import orjson

from tray_app.dialects.carrier import KINDS, PREFIX
from tray_app.dialects.neutral import Opaque, Thinking

_MARK = PREFIX.encode()
# What Gemini CLI and Google's documentation write where a call has no signature.
_STAND_INS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")


def write_signature(thoughts: Iterable[Thinking]) -> str:
    """The signature for the part that stands behind these thoughts; each has its opaque value."""
    held = [
        [one.text, one.redacted, one.opaque.kind, one.opaque.value, one.opaque.id]
        for one in thoughts
        if one.opaque is not None
    ]
    return base64.b64encode(_MARK + orjson.dumps(held)).decode()


def read_signature(signature: str) -> list[Thinking] | Opaque | None:
    """The thoughts of one of ours, Google's own as an opaque value, or None for one that says nothing."""
    if signature in _STAND_INS or not signature:
        return None
    try:
        plain = signature.replace("-", "+").replace("_", "/").rstrip("=")
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return Opaque("gemini", signature)
    if not raw.startswith(_MARK):
        return Opaque("gemini", signature)
    try:
        return [_thinking(*one) for one in orjson.loads(raw[len(_MARK) :])]
    except (ValueError, TypeError):
        return None


def _thinking(text: object, redacted: object, kind: object, value: object, id: object) -> Thinking:
    """Raises ValueError for anything that was not written here."""
    known = next((one for one in KINDS if one == kind), None)
    if known is None or not isinstance(text, str) or not isinstance(value, str):
        raise ValueError("not a thought of ours")
    if not isinstance(id, str | None):
        raise ValueError("not an id")
    return Thinking(text, Opaque(known, value, id), redacted is True)
