"""Tool arguments: JSON text in the neutral form, JSON objects in some dialects."""

from typing import Any

import orjson

from tray_app.errors import BadRequest

RAW = "_raw_arguments"


def to_object(text: str) -> dict[str, Any]:
    """Arguments as an object. Text that is no JSON object is kept under `_raw_arguments`: a call with
    odd arguments can be answered, a lost one cannot."""
    if not text.strip():
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {RAW: text}
    return value if isinstance(value, dict) else {RAW: text}


def to_text(value: object, path: str) -> str:
    """An object as JSON text. Raises BadRequest where it cannot be written (nested too deeply)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "{}"
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        raise BadRequest(f"{path}: cannot be written as JSON ({error}).", path) from error


def is_complete(text: str) -> bool:
    """Whether the text is one whole JSON object."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def wrap_input(text: str) -> str:
    """The raw input of a custom tool as the arguments of the function that stands for it."""
    return orjson.dumps({"input": text}).decode()


def unwrap_input(arguments: str) -> str:
    """The raw input again; anything that does not look wrapped is taken as the input itself."""
    value = to_object(arguments)
    inner = value.get("input")
    return inner if isinstance(inner, str) and len(value) == 1 else arguments
