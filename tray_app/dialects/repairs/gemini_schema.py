"""JSON schemas of tools in the subset that Gemini's backend takes."""

from typing import Any

from tray_app.dialects.fields import Json

_KEPT = frozenset(
    (
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "maxItems",
        "minItems",
        "required",
        "minProperties",
        "maxProperties",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
    )
)
_FORMATS = frozenset(("enum", "date-time", "int32", "int64", "float", "double"))
_DEPTH = 24


def clean(schema: Json) -> tuple[Json, list[str]]:
    """The schema without what Gemini refuses, and the keywords that had to go, sorted."""
    gone: set[str] = set()
    definitions = {
        f"#/{word}/{name}": definition
        for word in ("$defs", "definitions")
        if isinstance(schema.get(word), dict)
        for name, definition in schema[word].items()
    }
    return _clean(schema, definitions, gone, 0), sorted(gone)


def _clean(schema: Any, definitions: Json, gone: set[str], depth: int) -> Json:
    if not isinstance(schema, dict) or depth > _DEPTH:
        return {"type": "string"} if depth > _DEPTH else {}
    if isinstance(reference := schema.get("$ref"), str):
        gone.add("$ref")
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        target = definitions.get(reference)
        schema = {**(target if isinstance(target, dict) else {}), **rest}
        schema.pop("$ref", None)
    schema = _merged_all_of(schema, gone)
    kept: Json = {key: value for key, value in schema.items() if key in _KEPT}
    _type(schema, kept, gone)
    _enum(schema, kept, gone)
    if "format" in kept and kept["format"] not in _FORMATS:
        del kept["format"]
        gone.add("format")
    _children(schema, kept, definitions, gone, depth)
    gone |= {key for key in schema if key not in kept and key not in ("const", "oneOf")}
    return kept


def _merged_all_of(schema: Json, gone: set[str]) -> Json:
    if not isinstance(parts := schema.get("allOf"), list):
        return schema
    gone.add("allOf")
    merged: Json = {}
    for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
        if isinstance(part, dict):
            properties = {**_object(merged.get("properties")), **_object(part.get("properties"))}
            merged = {**merged, **part, **({"properties": properties} if properties else {})}
    merged.pop("allOf", None)
    return merged


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _type(schema: Json, kept: Json, gone: set[str]) -> None:
    """A list of types becomes one type, `nullable` if null was among them."""
    kind = schema.get("type")
    if isinstance(kind, list):
        named = [item for item in kind if isinstance(item, str) and item != "null"]
        kept["type"] = named[0] if named else "string"
        if "null" in kind:
            kept["nullable"] = True
        gone.add("type as a list")
    elif kind is not None and not isinstance(kind, str):
        del kept["type"]


def _enum(schema: Json, kept: Json, gone: set[str]) -> None:
    """`const` is an enum of one; enums hold strings only."""
    if "const" in schema:
        kept["enum"] = [schema["const"]]
        gone.add("const")
    values = kept.get("enum")
    if values is None:
        return
    words = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    if isinstance(values, list) and None in values:
        kept["nullable"] = True
    if words:
        kept["enum"] = words
        kept.setdefault("type", "string")
    else:
        del kept["enum"]
        gone.add("enum")


def _children(schema: Json, kept: Json, definitions: Json, gone: set[str], depth: int) -> None:
    if isinstance(properties := schema.get("properties"), dict):
        kept["properties"] = {
            name: _clean(value, definitions, gone, depth + 1) for name, value in properties.items()
        }
        if isinstance(required := kept.get("required"), list):
            kept["required"] = [name for name in required if isinstance(name, str) and name in properties]
    if not kept.get("required"):
        kept.pop("required", None)
    if "items" in schema or kept.get("type") == "array":
        items = schema.get("items")
        kept["items"] = _clean(items, definitions, gone, depth + 1) or {"type": "string"}
    variants = schema.get("anyOf") or schema.get("oneOf")
    if "oneOf" in schema:
        gone.add("oneOf")
    if isinstance(variants, list):
        _variants(variants, kept, definitions, gone, depth)


def _variants(variants: list[Any], kept: Json, definitions: Json, gone: set[str], depth: int) -> None:
    real = [item for item in variants if not (isinstance(item, dict) and item.get("type") == "null")]
    if len(real) != len(variants):
        kept["nullable"] = True
        gone.add("type null")
    cleaned = [item for variant in real if (item := _clean(variant, definitions, gone, depth + 1))]
    if len(cleaned) == 1:
        for key, value in cleaned[0].items():
            kept.setdefault(key, value)
    elif cleaned:
        kept["anyOf"] = cleaned
