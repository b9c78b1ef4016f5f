"""What the tray process and the window's process say to each other: one JSON object a line.

Towards the window, on its stdin: a Hello first, then {"show": URL} or {"close": true}; the end of the file
means that the tray process is gone. From the window, each line behind a mark that no library prints:
{"event": "shown" | "loaded" | "closed" | "failed", "reason": text}.
The URL carries a ticket that signs in once, so it never goes into arguments or the environment.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

MARK = "jumpseat-window "
SHOWN, LOADED, CLOSED, FAILED = "shown", "loaded", "closed", "failed"


@dataclass(frozen=True, slots=True)
class Hello:
    """What a new window needs. `theme` is system, light or dark; `place` is the file of its size."""

    url: str
    title: str = "Jumpseat"
    theme: str = "system"
    place: str | None = None

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def read(cls, line: str) -> "Hello":
        """Raises ValueError or TypeError when it is none."""
        return cls(**json.loads(line))


def show(url: str) -> str:
    """Go to this page and come to the front."""
    return json.dumps({"show": url}) + "\n"


def close() -> str:
    return json.dumps({"close": True}) + "\n"


def event(name: str, reason: str = "") -> str:
    """A line of the window's; it begins on a line of its own, whatever was printed before."""
    return "\n" + MARK + json.dumps({"event": name, "reason": reason}) + "\n"


def read_event(line: str) -> tuple[str, str] | None:
    """(event, reason), or None for what some library printed."""
    if not line.startswith(MARK):
        return None
    said = read_wish(line.removeprefix(MARK))
    name = said.get("event")
    return (name, str(said.get("reason") or "")) if isinstance(name, str) else None


def read_wish(line: str) -> dict[str, Any]:
    """A line of the tray's; empty for anything unreadable."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
