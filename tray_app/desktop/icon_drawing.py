"""Pictures of the tray icon as files; also the process that draws them, `jumpseat --draw-icons`.

What to draw comes as one JSON object on stdin: `{"folder": "…", "theme": "dark", "looks": [{"figure": …}]}`.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tray_app.desktop.icon import draw
from tray_app.desktop.icon_files import SIZE, name_of
from tray_app.desktop.icon_look import Figure, Level, Look, Theme


def draw_files(folder: Path, theme: Theme, looks: Iterable[Look]) -> None:
    """A file for each look, whole or not there. Raises OSError."""
    for look in looks:
        name = name_of(look, theme)
        scratch = folder / f".{name}"
        draw(look, SIZE, theme).save(scratch)  # the format by its name: a named one would load five
        scratch.replace(folder / name)


def main() -> int:
    """Carry out one order. The exit status; raises OSError, and ValueError for what is no order."""
    told: Mapping[str, Any] = json.load(sys.stdin)
    looks = [
        Look(Figure(look["figure"]), look["ring"], Level(look["level"]), look["is_recording"])
        for look in told["looks"]
    ]
    draw_files(Path(told["folder"]), Theme(told["theme"]), looks)
    return 0
