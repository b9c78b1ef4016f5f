"""Reading fields of untrusted JSON: the right type, or a BadRequest that names the field.

`path` is the dotted path of the object that holds the field ("" at the top), as in `messages[2]`.
"""

from typing import Any

from tray_app.errors import BadRequest

Json = dict[str, Any]


def at(path: str, key: str | int) -> str:
    """The path of a member: `at("messages", 2)` is `messages[2]`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def _wrong(path: str, expected: str, value: object) -> BadRequest:
    return BadRequest(f"{path}: expected {expected}, got {_kind(value)}.", path, code="invalid_type")


def _kind(value: object) -> str:
    names = {
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "an array",
        dict: "an object",
        type(None): "null",
    }
    return names.get(type(value), type(value).__name__)


def as_object(value: object, path: str) -> Json:
    if not isinstance(value, dict):
        raise _wrong(path or "body", "an object", value)
    return value


def as_list(value: object, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(path, "an array", value)
    return value


def as_str(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "a string", value)
    return value


def need(body: Json, key: str, path: str = "") -> Any:
    """A member that must be there and not null."""
    if body.get(key) is None:
        name = at(path, key)
        raise BadRequest(f"{name} is required.", name, code="missing_required_parameter")
    return body[key]


def need_str(body: Json, key: str, path: str = "") -> str:
    return as_str(need(body, key, path), at(path, key))


def need_list(body: Json, key: str, path: str = "") -> list[Any]:
    return as_list(need(body, key, path), at(path, key))


def need_object(body: Json, key: str, path: str = "") -> Json:
    return as_object(need(body, key, path), at(path, key))


def get_str(body: Json, key: str, path: str = "") -> str | None:
    value = body.get(key)
    return None if value is None else as_str(value, at(path, key))


def get_list(body: Json, key: str, path: str = "") -> list[Any]:
    """The list, or an empty one when absent or null."""
    value = body.get(key)
    return [] if value is None else as_list(value, at(path, key))


def get_object(body: Json, key: str, path: str = "") -> Json | None:
    value = body.get(key)
    return None if value is None else as_object(value, at(path, key))


def get_bool(body: Json, key: str, path: str = "") -> bool | None:
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise _wrong(at(path, key), "a boolean", value)
    return value


def get_int(body: Json, key: str, path: str = "") -> int | None:
    """A whole number; 5.0 counts as 5."""
    value = body.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _wrong(at(path, key), "a whole number", value)
    return value


def get_number(body: Json, key: str, path: str = "") -> float | None:
    value = body.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise _wrong(at(path, key), "a number", value)
    return value
