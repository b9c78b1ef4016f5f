"""Embeddings, OpenAI's form on both sides, with what Copilot's endpoint does not do done here.

Copilot takes a list of strings only, at most `max_inputs` of them, ignores `encoding_format`, and leaves
fields out of its answer.
"""

import base64
import sys
from array import array
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json, at, get_int, get_str, need, need_str
from tray_app.dialects.neutral import Note, Usage
from tray_app.errors import BadRequest, Broken

EncodingFormat = Literal["float", "base64"]
Tokens = tuple[int, ...]
Decode = Callable[[str, Sequence[int]], Awaitable[str]]

MAX_INPUTS = 512  # where the catalog names no limit
ENCODING = "cl100k_base"  # of every client that sends token ids
_KNOWN = frozenset({"model", "input", "encoding_format", "dimensions"})


@dataclass(frozen=True, slots=True)
class EmbeddingsAsk:
    """A request, its inputs as texts."""

    model: str
    inputs: tuple[str, ...]
    encoding_format: EncodingFormat = "float"
    dimensions: int | None = None
    notes: tuple[Note, ...] = ()


async def read_request(body: Json, decode: Decode) -> EmbeddingsAsk:
    """Raises BadRequest naming the field. `decode(encoding, ids)` gives the text of token ids, which
    Copilot does not take; it raises ValueError for a number that is no token."""
    model = need_str(body, "model")
    encoding = get_str(body, "encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise BadRequest('encoding_format: expected "float" or "base64".', "encoding_format")
    dimensions = get_int(body, "dimensions")
    if dimensions is not None and dimensions < 1:
        raise BadRequest("dimensions: expected a number of 1 or more.", "dimensions")
    notes = tuple(Note(key, "dropped") for key in body if key not in _KNOWN)
    inputs = list(_inputs(need(body, "input")))
    texts = tuple([await _as_text(given, decode) for given in inputs])
    return EmbeddingsAsk(model, texts, "base64" if encoding == "base64" else "float", dimensions, notes)


async def _as_text(given: str | Tokens, decode: Decode) -> str:
    if isinstance(given, str):
        return given
    try:
        return await decode(ENCODING, given)
    except ValueError as error:
        raise BadRequest(f"input: holds a number that is no token of {ENCODING}.", "input") from error


def _inputs(value: object) -> Iterator[str | Tokens]:
    """A text, a list of texts, a list of token ids, or a list of such lists."""
    if isinstance(value, list) and value and all(_is_token(item) for item in value):
        yield tuple(value)
        return
    items, in_list = (value, True) if isinstance(value, list) else ([value], False)
    if not items:
        raise BadRequest("input: an empty list has nothing to embed.", "input")
    for index, item in enumerate(items):
        path = at("input", index) if in_list else "input"
        if not item:
            raise BadRequest(f"{path}: cannot be empty.", path)
        if isinstance(item, str):
            yield item
        elif isinstance(item, list) and all(_is_token(token) for token in item):
            yield tuple(item)
        else:
            raise BadRequest(f"{path}: expected a string or a list of token ids.", path, code="invalid_type")


def _is_token(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def write_request(ask: EmbeddingsAsk, texts: Sequence[str], model: Model) -> Json:
    """The body for upstream, for a part of the inputs."""
    body: Json = {"model": model.id, "input": list(texts)}
    if ask.dimensions is not None:
        if not model.dimensions:
            raise BadRequest(f"dimensions: {model.id} gives vectors of one length only.", "dimensions")
        body["dimensions"] = ask.dimensions
    return body


def split(inputs: Sequence[str], max_inputs: int | None) -> list[list[str]]:
    """Parts of at most `max_inputs`, in order."""
    size = max_inputs or MAX_INPUTS
    return [list(inputs[start : start + size]) for start in range(0, len(inputs), size)]


def merge(parts: Sequence[Json], encoding_format: EncodingFormat, model: str) -> Json:
    """Upstream's answers, in the order of their requests, as one of OpenAI's.

    `model` is used where upstream names none. Raises Broken when an answer holds no vectors.
    """
    data: list[Json] = []
    for part in parts:
        for item in _items(part):
            vector = _vector(item.get("embedding"), encoding_format)
            data.append({"object": "embedding", "index": len(data), "embedding": vector})
    prompt = sum(_usage(part, "prompt_tokens") for part in parts)
    total = sum(_usage(part, "total_tokens") for part in parts)
    names = [part["model"] for part in parts if isinstance(part.get("model"), str) and part["model"]]
    return {
        "object": "list",
        "data": data,
        "model": names[0] if names else model,
        "usage": {"prompt_tokens": prompt, "total_tokens": max(prompt, total)},
    }


def _items(part: Json) -> list[Json]:
    """The items of one answer by their index; without one, as they stand."""
    items = part.get("data")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Broken("Copilot's answer holds no embeddings.")
    places = [item.get("index") for item in items]
    if all(isinstance(place, int) for place in places):
        return sorted(items, key=lambda item: int(item["index"]))
    return items


def _vector(value: Any, encoding_format: EncodingFormat) -> list[float] | str:
    try:
        if encoding_format == "base64":
            return value if isinstance(value, str) else encode(value)
        if isinstance(value, list):
            return value
        return decode(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Broken("Copilot's answer holds an embedding that cannot be read.") from error


def encode(vector: Sequence[float]) -> str:
    """Little-endian float32 in base64, as OpenAI's SDKs ask for by default."""
    return base64.b64encode(_little_endian(array("f", vector)).tobytes()).decode()


def decode(text: str) -> list[float]:
    numbers = array("f")
    numbers.frombytes(base64.b64decode(text, validate=True))
    return _little_endian(numbers).tolist()


def _little_endian(numbers: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def read_usage(reply: Json) -> Usage:
    """Usage of an answer of ours or of upstream's."""
    usage = reply.get("usage")
    value = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return Usage(input_tokens=value if isinstance(value, int) and value > 0 else None)


def _usage(part: Json, key: str) -> int:
    usage = part.get("usage")
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) else 0
