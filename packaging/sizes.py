"""Prints how large dist/jumpseat is and which parts of it are the largest."""

import sys
from pathlib import Path

SHOWN = 12


def sizes(folder: Path) -> dict[str, int]:
    """Part -> bytes. A part is a program, a library or a package: what stands in `_internal` or beside it."""
    found: dict[str, int] = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            inside = file.relative_to(folder).parts
            part = inside[1] if inside[0] == "_internal" and len(inside) > 1 else inside[0]
            found[part] = found.get(part, 0) + file.stat().st_size
    return found


def report(folder: Path) -> str:
    """The table for people, largest first."""
    found = sizes(folder)
    largest = sorted(found.items(), key=lambda item: -item[1])
    rest = sum(size for _, size in largest[SHOWN:])
    lines = [f"{size / 1e6:8.1f} MB  {part}" for part, size in largest[:SHOWN]]
    return "\n".join([*lines, f"{rest / 1e6:8.1f} MB  {max(0, len(largest) - SHOWN)} smaller ones",
                      f"{sum(found.values()) / 1e6:8.1f} MB  {folder}"])  # fmt: skip


if __name__ == "__main__":
    print(report(Path(sys.argv[1] if len(sys.argv) > 1 else "dist/jumpseat")))
