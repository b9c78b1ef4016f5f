"""Values that fit a JSON schema: tool arguments and structured answers."""

import re
from typing import Any

from tray_app.simulated.conversation import number, objects

_DEPTH = 8
_LONGEST = 100  # items of an array that a schema wants
_FORMATS = {
    "date": "2026-11-23",
    "date-time": "2026-11-23T08:00:00Z",
    "time": "08:00:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def fit(
    schema: dict[str, Any], hints: dict[str, Any], name: str = "", *, root: Any = None, depth: int = 0
) -> Any:
    """A value for `schema`. `hints` are values by property name; "" is the text for other strings."""
    root = schema if root is None else root
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return hints[name] if hints.get(name) in schema["enum"] else schema["enum"][0]
    for many in ("anyOf", "oneOf", "allOf"):
        options = list(objects(schema.get(many)))
        useful = [option for option in options if option.get("type") != "null"]
        if useful:
            return fit({**schema, **useful[0], many: None}, hints, name, root=root, depth=depth + 1)
    kind = _kind(schema)
    if kind == "object":
        return _object(schema, hints, root, depth)
    if kind == "array":
        return _array(schema, hints, name, root, depth)
    if name in hints:
        return hints[name]
    return _scalar(kind, schema, hints)


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind.lower()
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _resolved(schema: dict[str, Any], root: Any) -> dict[str, Any]:
    for _ in range(_DEPTH):
        pointer = schema.get("$ref")
        if not isinstance(pointer, str):
            return schema
        found: Any = root
        for step in pointer.removeprefix("#/").split("/"):
            found = found.get(step, {}) if isinstance(found, dict) else {}
        schema = found if isinstance(found, dict) else {}
    return {}


def _object(schema: dict[str, Any], hints: dict[str, Any], root: Any, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth > _DEPTH:
        return {}
    required = schema.get("required")
    required = required if isinstance(required, list) and required else list(properties)
    wanted = [key for key in properties if key in required or key in hints]
    return {
        key: fit(properties[key], hints, key, root=root, depth=depth + 1)
        for key in wanted
        if isinstance(properties[key], dict)
    }


def _array(schema: dict[str, Any], hints: dict[str, Any], name: str, root: Any, depth: int) -> list[Any]:
    if isinstance(hints.get(name), list):
        return list(hints[name])
    items = schema.get("items")
    length = min(max(number(schema.get("minItems")) or 0, 1 if name in hints else 0), _LONGEST)
    if not isinstance(items, dict) or depth > _DEPTH:
        return []
    return [fit(items, hints, name, root=root, depth=depth + 1) for _ in range(length)]


def _scalar(kind: str, schema: dict[str, Any], hints: dict[str, Any]) -> Any:
    if kind in ("integer", "number"):
        above = number(schema.get("exclusiveMinimum")) or 0
        least, most = number(schema.get("minimum")), number(schema.get("maximum"))
        low = above + 1 if least is None else least
        return low if most is None else min(low, most)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    text = _FORMATS.get(str(schema.get("format")), str(hints.get("", "text")))
    text = text.ljust(min(number(schema.get("minLength")) or 0, _LONGEST * 100), ".")
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _matches(pattern, text):
        return ""
    return text[: number(schema.get("maxLength")) or len(text)]


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True
