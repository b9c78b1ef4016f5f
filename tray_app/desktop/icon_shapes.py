"""The artwork: a seat in a ring, as shapes on a square of 256 units.

Both the tray icon and the program's icon files are made from this, so that they stay the same picture. The
units are chosen so that the edges fall on whole pixels at 16 px.
"""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TypeVar

from tray_app.desktop.icon_look import Figure, Level, Look

UNITS = 256


class Paint(StrEnum):
    """What a shape is painted with; a theme says which colour that is."""

    GLYPH = "glyph"
    TRACK = "track"  # the glyph's colour, faint
    LOW = "low"
    EMPTY = "empty"
    ALERT = "alert"
    RECORDING = "recording"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with round corners."""

    left: float
    top: float
    right: float
    bottom: float
    radius: float


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Arc:
    """A part of a circle line, clockwise: `start` and `share` are parts of a turn, 0 is the top."""

    x: float
    y: float
    radius: float  # to the middle of the line
    width: float
    start: float = 0.0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Triangle:
    """A triangle that stands on its longest side, with round corners."""

    left: float
    top: float
    right: float
    bottom: float
    radius: float


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line with square ends."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float


Shape = Box | Disc | Arc | Triangle | Line
AnyShape = TypeVar("AnyShape", bound=Shape)


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes in one paint. `hollow` is cut out of them by that width of wall, `cut` out of them,
    `clear` out of everything painted before."""

    paint: Paint
    shapes: tuple[Shape, ...]
    cut: tuple[Shape, ...] = ()
    clear: tuple[Shape, ...] = ()
    hollow: tuple[Box, ...] = ()


RING_WIDTH = 24.0
WALL = 15.0  # of an outlined seat

_MIDDLE = UNITS / 2
_GROWTH = 1.5
_PLACES = {"left", "top", "right", "bottom", "x", "y", "x0", "y0", "x1", "y1"}
_TURNS = {"start", "share"}

_PADS = (Box(64, 60, 112, 176, 22), Box(64, 128, 192, 176, 22))
_FOOT = (Box(112, 168, 144, 196, 0), Box(80, 192, 176, 208, 8))
_PASSENGER = Box(132, 52, 180, 112, 24)
_SLASH = ((52, 204), (204, 52))


def layers(look: Look) -> tuple[Layer, ...]:
    """The picture, from back to front."""
    figure = _figure(look.figure)
    if look.ring is None:
        figure = [_scaled(layer, _GROWTH) for layer in figure]  # there is room
    painted = [*_ring(look), *figure]
    if look.is_recording:
        painted.append(
            Layer(Paint.RECORDING, (Disc(208, 208, 40),), clear=(Disc(208, 208, 58),)),
        )
    return tuple(painted)


def program_layers(has_ring: bool = True, margin: float = 0.0) -> tuple[Layer, ...]:
    """The program's own icon: the artwork on a plate. At small sizes there is room for the seat alone.

    `margin` is the part of the side that stays empty all around, as macOS wants it.
    """
    plate = Layer(Paint.PLATE, (Box(0, 0, UNITS, UNITS, 56),))
    look = Look(Figure.RUNNING, 70 if has_ring else None)
    artwork = (plate, *(_scaled(layer, 0.78 if has_ring else 0.84) for layer in layers(look)))
    return tuple(_scaled(layer, 1 - 2 * margin) for layer in artwork)


def _ring(look: Look) -> list[Layer]:
    if look.ring is None:
        return []
    middle, radius = UNITS / 2, (UNITS - RING_WIDTH) / 2
    track = Layer(Paint.TRACK, (Arc(middle, middle, radius, RING_WIDTH),))
    if look.ring == 0:
        return [track]
    paint = {Level.PLENTY: Paint.GLYPH, Level.LOW: Paint.LOW, Level.EMPTY: Paint.EMPTY}[look.level]
    left = Arc(middle, middle, radius, RING_WIDTH, share=look.ring / 100)
    return [track, Layer(paint, (left,), clear=(left,))]


def _figure(figure: Figure) -> list[Layer]:
    filled = Layer(Paint.GLYPH, (*_PADS, *_FOOT))
    outlined = Layer(Paint.GLYPH, (*_PADS, *_FOOT), hollow=_PADS)
    if figure is Figure.RUNNING:
        return [filled]
    if figure is Figure.BUSY:
        return [filled, Layer(Paint.GLYPH, (_PASSENGER,))]
    if figure is Figure.STOPPED:
        return [outlined]
    if figure is Figure.SIGNED_OUT:
        (x0, y0), (x1, y1) = _SLASH
        return [
            filled,
            Layer(Paint.GLYPH, (Line(x0, y0, x1, y1, 20),), clear=(Line(x0, y0, x1, y1, 50),)),
        ]
    if figure is Figure.APPROVAL:
        return [Layer(Paint.GLYPH, _QUESTION)]
    return [Layer(Paint.ALERT, (Triangle(48, 44, 208, 192, 18),), cut=_EXCLAMATION)]


def _scaled(layer: Layer, factor: float) -> Layer:
    return replace(
        layer,
        shapes=tuple(_scaled_shape(shape, factor) for shape in layer.shapes),
        cut=tuple(_scaled_shape(shape, factor) for shape in layer.cut),
        clear=tuple(_scaled_shape(shape, factor) for shape in layer.clear),
        hollow=tuple(_scaled_shape(box, factor) for box in layer.hollow),
    )


def _scaled_shape(shape: AnyShape, factor: float) -> AnyShape:
    """The shape in another size, as seen from the middle."""
    changes = {
        name: (value - _MIDDLE) * factor + _MIDDLE if name in _PLACES else value * factor
        for name, value in asdict(shape).items()
        if name not in _TURNS
    }
    return replace(shape, **changes)


_QUESTION: tuple[Shape, ...] = (
    Arc(128, 100, 36, 26, start=0.75, share=0.75),
    Box(115, 123, 141, 156, 0),
    Disc(128, 188, 17),
)
_EXCLAMATION: tuple[Shape, ...] = (Box(112, 88, 144, 144, 6), Box(112, 156, 144, 180, 6))
