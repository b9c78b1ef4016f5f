"""Google's schemas as JSON schemas: types in capitals, `nullable`, numbers written as texts.

Source: Google's `Schema` (a part of OpenAPI 3.0); copilot-wire 11.6.
"""

from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.gemini.spelling import camel

_TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_NAMES = {"ref": "$ref", "defs": "$defs"}
# Formats that only Google knows; upstream refuses the first, the others say nothing to it.
_FORMATS = ("enum", "int32", "int64", "float", "double")
_DROPPED = ("propertyOrdering", "example", "nullable")
_OF_NAMES = ("properties", "$defs", "definitions", "patternProperties")
_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")


def from_google(schema: Json) -> Json:
    """A `Schema` (the fields `parameters`, `responseSchema`)."""
    found = {_name(key): value for key, value in schema.items()}
    written = {key: _inner(key, value, from_google) for key, value in found.items() if key not in _DROPPED}
    if written.get("format") in _FORMATS:
        del written["format"]
    for key in _COUNTS:
        if isinstance(value := written.get(key), str) and value.isdecimal():
            written[key] = int(value)
    if found.get("nullable") is True:
        _add_null(written)
    return written


def with_small_types(schema: Json) -> Json:
    """A JSON schema as it is, but for types in capitals, which Gemini CLI writes there as well."""
    return {key: _inner(key, value, with_small_types) for key, value in schema.items()}


def _name(key: str) -> str:
    return _NAMES.get(key) or camel(key)


def _inner(key: str, value: Any, convert: Any) -> Any:
    if key == "type":
        return [_small(one) for one in value] if isinstance(value, list) else _small(value)
    if key in _OF_NAMES and isinstance(value, dict):
        return {name: convert(one) if isinstance(one, dict) else one for name, one in value.items()}
    if key in _OF_SCHEMAS and isinstance(value, list):
        return [convert(one) if isinstance(one, dict) else one for one in value]
    if key in ("items", "additionalProperties", "not") and isinstance(value, dict):
        return convert(value)
    return value


def _small(kind: Any) -> Any:
    return kind.lower() if isinstance(kind, str) and kind in _TYPES else kind


def _add_null(written: Json) -> None:
    """JSON schema's way to say that null is allowed too."""
    kind = written.get("type")
    if isinstance(kind, str):
        written["type"] = [kind, "null"]
    elif isinstance(written.get("anyOf"), list):
        written["anyOf"] = [*written["anyOf"], {"type": "null"}]
    if isinstance(written.get("enum"), list) and None not in written["enum"]:
        written["enum"] = [*written["enum"], None]
