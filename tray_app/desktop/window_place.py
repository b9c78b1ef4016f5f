"""Where the window was and how large, kept from one opening to the next."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tray_app.errors import LocalFault
from tray_app.paths import write_private

WIDTH, HEIGHT = 1100, 720
MIN_WIDTH, MIN_HEIGHT = 900, 600
ZOOM_LOW, ZOOM_HIGH = 0.5, 3.0
_LARGEST = 20_000  # pixels; more is no screen
_READ_BYTES = 4096
_GRIP = 80  # pixels of the title bar that must be on a screen, so that it can be dragged


@dataclass(frozen=True, slots=True)
class Place:
    """`x` and `y` are None when the system is to choose. All in the system's own pixels."""

    width: int = WIDTH
    height: int = HEIGHT
    x: int | None = None
    y: int | None = None
    maximized: bool = False
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Area:
    """A screen, or what of it windows may use."""

    x: int
    y: int
    width: int
    height: int


def fitting(place: Place, screens: Sequence[Area]) -> Place:
    """`place` as it can be shown on these screens: not larger than its screen, its title bar within reach."""
    home = _screen_of(place, screens)
    largest = home or (screens[0] if screens else None)
    if largest is None:
        return replace(place, x=None, y=None)
    sized = replace(
        place,
        width=min(max(place.width, MIN_WIDTH), max(largest.width, 1)),
        height=min(max(place.height, MIN_HEIGHT), max(largest.height, 1)),
    )
    if home is None or place.x is None or place.y is None:
        return replace(sized, x=None, y=None)
    return replace(
        sized,
        x=min(max(place.x, home.x), home.x + home.width - sized.width),
        y=min(max(place.y, home.y), home.y + home.height - sized.height),
    )


def _screen_of(place: Place, screens: Sequence[Area]) -> Area | None:
    if place.x is None or place.y is None:
        return None
    for area in screens:
        across = place.x + place.width - _GRIP >= area.x and place.x + _GRIP <= area.x + area.width
        if across and area.y <= place.y + _GRIP <= area.y + area.height:
            return area
    return None


def zoomed(zoom: float, step: int) -> float:
    """One step in or out; 0 is the way back to 100 %."""
    return 1.0 if step == 0 else min(max(round(zoom + step / 10, 1), ZOOM_LOW), ZOOM_HIGH)


def read_place(path: Path) -> Place:
    """What was kept; the default for what is missing or makes no sense."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_READ_BYTES))
    except (OSError, ValueError):
        return Place()
    return _checked(said) if isinstance(said, Mapping) else Place()


def _checked(said: Mapping[str, Any]) -> Place:
    zoom = said.get("zoom")
    return Place(
        width=_pixels(said.get("width"), MIN_WIDTH) or WIDTH,
        height=_pixels(said.get("height"), MIN_HEIGHT) or HEIGHT,
        x=_pixels(said.get("x"), -_LARGEST),
        y=_pixels(said.get("y"), -_LARGEST),
        maximized=said.get("maximized") is True,
        zoom=float(zoom) if isinstance(zoom, int | float) and ZOOM_LOW <= zoom <= ZOOM_HIGH else 1.0,
    )


def _pixels(value: object, low: int) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(value) if whole and low <= value <= _LARGEST else None  # type: ignore[call-overload, operator]


def write_place(path: Path, place: Place) -> None:
    """Keep it; where that is not possible the next window opens in its usual place."""
    with contextlib.suppress(LocalFault):
        write_private(path, json.dumps(asdict(place)))
