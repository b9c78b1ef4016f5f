"""The built pages on disk: the shell, and the files that its manifest names, and no others."""

import json
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    content_type: str
    is_packed: bool  # gzip


def read_shell(static: Path) -> str | None:
    """`index.html`, None where the pages were not built. Blocks."""
    try:
        return (static / "index.html").read_text("utf-8")
    except FileNotFoundError:
        return None


def read_asset(static: Path, name: str, *, packed: bool) -> Asset | None:
    """A file of the manifest, by its name in `assets/`; None if it is in no manifest. Blocks.

    `packed`: the client takes gzip. What is not listed is not looked for, so no name leads elsewhere.
    """
    if f"assets/{name}" not in _listed(static):
        return None
    file = static / "assets" / name
    content_type = _TYPES.get(file.suffix, "application/octet-stream")
    beside = file.with_name(f"{name}.gz")
    try:
        if packed and beside.exists():
            return Asset(beside.read_bytes(), content_type, is_packed=True)
        return Asset(file.read_bytes(), content_type, is_packed=False)
    except FileNotFoundError:
        return None


def _listed(static: Path) -> frozenset[str]:
    try:
        return frozenset(json.loads((static / "manifest.json").read_bytes())["files"])
    except (FileNotFoundError, ValueError, KeyError):
        return frozenset()
