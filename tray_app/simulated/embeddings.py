"""/embeddings: arrays of strings only, floats only (copilot-wire 8)."""

import hashlib
import math
from typing import Any

from tray_app.simulated.conversation import count
from tray_app.simulated.models import Model
from tray_app.simulated.refused import error

_DIMENSIONS = 1536
_LONGEST = 8191  # tokens of one input


def answer(body: dict[str, Any], model: Model) -> dict[str, Any]:
    """Vectors that depend on the text alone. `object` and `model` are missing, as they are upstream."""
    texts = _texts(body.get("input"), int(model.limits.get("max_inputs", 512)))
    size = _size(body, model)
    tokens = sum(count(len(text.encode())) for text in texts)
    data = [{"embedding": _vector(text, size), "index": place} for place, text in enumerate(texts)]
    return {"data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def _texts(value: object, most: int) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise error("input must be an array of strings")
    if not value or any(not text for text in value):
        raise error("input must not be empty")
    if len(value) > most:
        raise error(f"input array must have at most {most} items, got {len(value)}")
    longest = max(count(len(text.encode())) for text in value)
    if longest > _LONGEST:
        raise error(f"input of {longest} tokens exceeds the limit of {_LONGEST} tokens")
    return value


def _size(body: dict[str, Any], model: Model) -> int:
    wanted = body.get("dimensions")
    if wanted is None:
        return _DIMENSIONS
    if not model.supports.get("dimensions"):
        raise error("dimensions is not supported by this model")
    if not isinstance(wanted, int) or not 1 <= wanted <= _DIMENSIONS:
        raise error(f"dimensions must be between 1 and {_DIMENSIONS}")
    return wanted


def _vector(text: str, size: int) -> list[float]:
    """A unit vector drawn from the text's hash."""
    raw = b"".join(hashlib.blake2b(f"{block} {text}".encode()).digest() for block in range((size + 63) // 64))
    values = [byte - 127.5 for byte in raw[:size]]
    length = math.sqrt(sum(value * value for value in values))
    return [round(value / length, 9) for value in values]
