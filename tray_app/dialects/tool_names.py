"""Names of tools on the wire, where the upstream form is stricter than the client's.

Chat and Messages know neither namespaces nor names beyond 64 characters of [a-zA-Z0-9_-]. A name is
therefore written as one safe word, the same for the same tool on every turn (the prompt cache depends
on it), and found again from the tools the client offered.
"""

import hashlib
import re
from collections.abc import Iterable

from tray_app.dialects.neutral import Tool

MAX_NAME = 64
_UNSAFE = re.compile(r"[^a-zA-Z0-9_-]")


def wire_name(name: str, namespace: str | None = None) -> str:
    """A name that every upstream accepts: `namespace__name`, cleaned, shortened with a hash if need be."""
    full = f"{namespace}__{name}" if namespace else name
    safe = _UNSAFE.sub("_", full)
    if safe == full and len(safe) <= MAX_NAME:
        return safe
    if len(safe) <= MAX_NAME and namespace and _UNSAFE.sub("_", name) == name:
        return safe
    digest = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe[: MAX_NAME - 9]}_{digest}"


class ToolNames:
    """From the name on the wire back to the tool that the client offered."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {wire_name(tool.name, tool.namespace): tool for tool in tools if tool.kind != "hosted"}

    def find(self, wire: str) -> Tool | None:
        return self._tools.get(wire)


def safe_call_id(id: str) -> str:
    """A tool call id as Claude backends take it: `[a-zA-Z0-9_-]+`; the same for the same id."""
    safe = _UNSAFE.sub("_", id)
    if safe == id and id:
        return id
    digest = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe[:48]}_{digest}" if safe else f"call_{digest}"
