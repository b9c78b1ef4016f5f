"""Draws the icon, crisp at each size, for dark and light bars: a look, a size and a theme in, a picture out.

Shapes are drawn eight times larger and averaged down. Below 48 px their edges are first moved to whole
pixels, because a seat that is 2.6 pixels thick is a blur.
"""

import math
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from tray_app.desktop.icon_look import Look, Theme
from tray_app.desktop.icon_shapes import (
    UNITS,
    WALL,
    Arc,
    Box,
    Disc,
    Layer,
    Line,
    Paint,
    Shape,
    Triangle,
    layers,
    program_layers,
)

SNAPPED_BELOW = 48  # px; above that the eye sees no blur

Colour = tuple[int, int, int, int]


_COLOURS: dict[Theme, dict[Paint, Colour]] = {
    Theme.DARK: {
        Paint.GLYPH: (255, 255, 255, 255),
        Paint.TRACK: (255, 255, 255, 80),
        Paint.LOW: (255, 178, 36, 255),
        Paint.EMPTY: (255, 99, 92, 255),
        Paint.ALERT: (255, 178, 36, 255),
        Paint.RECORDING: (255, 82, 76, 255),
    },
    Theme.LIGHT: {
        Paint.GLYPH: (28, 31, 36, 255),
        Paint.TRACK: (28, 31, 36, 76),
        Paint.LOW: (196, 92, 0, 255),
        Paint.EMPTY: (207, 34, 46, 255),
        Paint.ALERT: (196, 92, 0, 255),
        Paint.RECORDING: (217, 32, 39, 255),
    },
    Theme.EITHER: {
        Paint.GLYPH: (47, 129, 247, 255),
        Paint.TRACK: (112, 134, 166, 130),
        Paint.LOW: (219, 118, 9, 255),
        Paint.EMPTY: (229, 72, 77, 255),
        Paint.ALERT: (219, 118, 9, 255),
        Paint.RECORDING: (229, 57, 53, 255),
    },
    Theme.TEMPLATE: {paint: (0, 0, 0, 80 if paint is Paint.TRACK else 255) for paint in Paint},
}
PROGRAM_COLOURS: dict[Paint, Colour] = {
    Paint.PLATE: (31, 111, 235, 255),
    Paint.GLYPH: (255, 255, 255, 255),
    Paint.TRACK: (255, 255, 255, 80),
}
RING_FROM = 40  # px of the program's icon


def draw(look: Look, size: int, theme: Theme = Theme.EITHER) -> Image.Image:
    """The icon as a square RGBA image of `size` pixels (16 to 1024)."""
    return paint(layers(look), size, _COLOURS[theme])


def draw_program(size: int, margin: float = 0.0) -> Image.Image:
    """The program's own icon, for windows, launchers and notifications."""
    return paint(program_layers(size >= RING_FROM, margin), size, PROGRAM_COLOURS)


def paint(painted: tuple[Layer, ...], size: int, colours: dict[Paint, Colour]) -> Image.Image:
    """Layers from back to front, each in its paint's colour, on nothing."""
    grid = _Grid.of(size)
    picture = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    for layer in painted:
        if layer.clear:
            kept = ImageChops.invert(_mask(layer.clear, grid))
            picture.putalpha(ImageChops.multiply(picture.getchannel("A"), kept))
        mask = _layer_mask(layer, grid)
        red, green, blue, alpha = colours[layer.paint]
        sheet = Image.new("RGBA", (size, size), (red, green, blue, 0))
        sheet.putalpha(mask.point([round(value * alpha / 255) for value in range(256)]))
        picture = Image.alpha_composite(picture, sheet)
    return picture


@dataclass(frozen=True, slots=True)
class _Grid:
    """How units become fine pixels: `size` pixels of `fine` fine ones each."""

    size: int
    fine: int
    is_snapped: bool

    @classmethod
    def of(cls, size: int) -> "_Grid":
        return cls(size, 8 if size <= 128 else 4 if size <= 512 else 2, size < SNAPPED_BELOW)

    @property
    def side(self) -> int:
        return self.size * self.fine

    def at(self, units: float) -> float:
        """A coordinate that nobody needs on a whole pixel."""
        return units * self.side / UNITS

    def edge(self, units: float) -> float:
        """A coordinate of a straight edge: on a whole pixel where that matters."""
        if not self.is_snapped:
            return self.at(units)
        return math.floor(units * self.size / UNITS + 0.5) * self.fine

    def width(self, units: float) -> float:
        """A stroke's width: whole half pixels, at least one pixel, where that matters."""
        if not self.is_snapped:
            return self.at(units)
        return max(round(units * self.size / UNITS * 2) / 2, 1.0) * self.fine

    def wall(self, units: float) -> float:
        """The wall of an outline: whole pixels, at least one, where that matters."""
        if not self.is_snapped:
            return self.at(units)
        return max(math.floor(units * self.size / UNITS + 0.5), 1) * self.fine


def _layer_mask(layer: Layer, grid: _Grid) -> Image.Image:
    large = Image.new("L", (grid.side, grid.side), 0)
    pen = ImageDraw.Draw(large)
    for shape in layer.shapes:
        _stroke(pen, shape, grid, 255)
    for box in layer.hollow:
        _box(pen, box, grid, 0, grid.wall(WALL))
    for shape in layer.cut:
        _stroke(pen, shape, grid, 0)
    return large.reduce(grid.fine)


def _mask(shapes: tuple[Shape, ...], grid: _Grid) -> Image.Image:
    large = Image.new("L", (grid.side, grid.side), 0)
    pen = ImageDraw.Draw(large)
    for shape in shapes:
        _stroke(pen, shape, grid, 255)
    return large.reduce(grid.fine)


def _stroke(pen: ImageDraw.ImageDraw, shape: Shape, grid: _Grid, fill: int) -> None:
    match shape:
        case Box():
            _box(pen, shape, grid, fill, 0)
        case Disc():
            _disc(pen, shape, grid, fill)
        case Arc():
            _arc(pen, shape, grid, fill)
        case Triangle():
            _triangle(pen, shape, grid, fill)
        case Line():
            width = max(round(grid.width(shape.width)), 1)
            ends = (grid.at(shape.x0), grid.at(shape.y0), grid.at(shape.x1), grid.at(shape.y1))
            pen.line(ends, fill=fill, width=width)


def _box(pen: ImageDraw.ImageDraw, box: Box, grid: _Grid, fill: int, inset: float) -> None:
    left, top = grid.edge(box.left) + inset, grid.edge(box.top) + inset
    # An edge that is rounded away would leave nothing: at least one pixel stays.
    right = max(grid.edge(box.right) - inset, left + (grid.fine if not inset else 1))
    bottom = max(grid.edge(box.bottom) - inset, top + (grid.fine if not inset else 1))
    radius = max(grid.at(box.radius) - inset, 0)
    pen.rounded_rectangle((left, top, right - 1, bottom - 1), radius, fill=fill)


def _disc(pen: ImageDraw.ImageDraw, disc: Disc, grid: _Grid, fill: int) -> None:
    across = grid.wall(2 * disc.radius)
    left, top = grid.edge(disc.x - disc.radius), grid.edge(disc.y - disc.radius)
    pen.ellipse((left, top, left + across - 1, top + across - 1), fill=fill)


def _arc(pen: ImageDraw.ImageDraw, arc: Arc, grid: _Grid, fill: int) -> None:
    width = grid.width(arc.width)
    outer = grid.at(arc.radius + arc.width / 2)
    x, y = grid.at(arc.x), grid.at(arc.y)
    begin = arc.start * 360 - 90
    box = (x - outer, y - outer, x + outer - 1, y + outer - 1)
    pen.arc(box, begin, begin + arc.share * 360, fill=fill, width=max(round(width), 1))


def _triangle(pen: ImageDraw.ImageDraw, shape: Triangle, grid: _Grid, fill: int) -> None:
    radius = grid.at(shape.radius)
    left, right = grid.edge(shape.left) + radius, grid.edge(shape.right) - radius
    top, bottom = grid.edge(shape.top) + radius, grid.edge(shape.bottom) - radius
    corners = [((left + right) / 2, top), (right, bottom), (left, bottom)]
    pen.polygon(corners, fill=fill)
    pen.line([*corners, corners[0]], fill=fill, width=round(2 * radius))
    for x, y in corners:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
