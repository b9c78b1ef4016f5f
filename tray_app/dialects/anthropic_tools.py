"""Anthropic's typed client tools (`bash_20250124` and the like), which the client itself runs.

Claude knows them by their type; any other model needs them as ordinary tools with a schema.
"""

from tray_app.dialects.fields import Json

_KINDS = ("bash_", "text_editor_", "memory_")


def is_client_tool(kind: object) -> bool:
    """Whether a tool's `type` is one of these."""
    return isinstance(kind, str) and kind.startswith(_KINDS)


def as_custom_tool(tool: Json) -> Json:
    """One of Anthropic's typed client tools as a plain one. The client knows it by its name."""
    kind = str(tool.get("type"))
    schema = next(schema for prefix, schema in _CLIENT_SCHEMAS.items() if kind.startswith(prefix))
    clean = {"name": tool.get("name"), "description": schema[0], "input_schema": _schema_of(*schema[1:])}
    if "cache_control" in tool:
        clean["cache_control"] = tool["cache_control"]
    return clean


def _schema_of(required: str, optional: str) -> Json:
    properties: Json = {name: {"type": "string"} for name in f"{required} {optional}".split()}
    for name in ("insert_line",):
        if name in properties:
            properties[name] = {"type": "integer"}
    if "view_range" in properties:
        properties["view_range"] = {"type": "array", "items": {"type": "integer"}}
    if "restart" in properties:
        properties["restart"] = {"type": "boolean"}
    return {"type": "object", "properties": properties, "required": required.split()}


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
