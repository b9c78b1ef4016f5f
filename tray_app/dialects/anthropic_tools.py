"""Anthropic's typed client tools (`bash_20250124` and the like), which the client itself runs.

Claude knows them by their type; any other model needs them as ordinary tools with a schema.
"""

from tray_app.dialects.fields import Json


def is_client_tool(kind: object) -> bool:
    """Whether a tool's `type` is one of these."""
    return isinstance(kind, str) and kind.startswith(tuple(_CLIENT_SCHEMAS))


def as_custom_tool(tool: Json) -> Json:
    """One of Anthropic's typed client tools as a plain one. The client knows it by its name."""
    kind = str(tool.get("type"))
    schema = next(schema for prefix, schema in _CLIENT_SCHEMAS.items() if kind.startswith(prefix))
    clean = {"name": tool.get("name"), "description": schema[0], "input_schema": _schema_of(*schema[1:])}
    if "cache_control" in tool:
        clean["cache_control"] = tool["cache_control"]
    return clean


def _schema_of(required: str, optional: str) -> Json:
    """The schema of these parameters, given as words; texts but for those in `_TYPES`."""
    words = f"{required} {optional}".split()
    properties = {word: dict(_TYPES.get(word, {"type": "string"})) for word in words}
    return {"type": "object", "properties": properties, "required": required.split()}


_TYPES: dict[str, Json] = {
    "insert_line": {"type": "integer"},
    "view_range": {"type": "array", "items": {"type": "integer"}},
    "restart": {"type": "boolean"},
}
# Start of the type: description, required and optional parameters.
_CLIENT_SCHEMAS = {
    "bash_": ("Run a command in the shell.", "", "command restart"),
    "text_editor_": (
        "View and edit files. command is one of view, create, str_replace, insert.",
        "command path",
        "file_text old_str new_str insert_line view_range",
    ),
    "memory_": (
        "Read and write memory files. command is one of view, create, str_replace, insert, delete, rename.",
        "command",
        "path file_text old_str new_str insert_line insert_text old_path new_path view_range",
    ),
}
