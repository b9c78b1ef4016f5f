"""Makes the program's icon files from the artwork in tray_app/desktop/icon_shapes.py: `make icons`."""

import io
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tray_app.desktop.icon import PROGRAM_COLOURS, draw, draw_program
from tray_app.desktop.icon_files import OURS, SIZE, THEMES, name_of
from tray_app.desktop.icon_look import Figure, Look
from tray_app.desktop.icon_shapes import UNITS, Arc, Box, Layer, Paint, Shape, program_layers

HERE = Path(__file__).parent
PNG_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICNS_SIZES = (16, 32, 64, 128, 256, 512, 1024)
MAC_MARGIN = 0.098  # 100 of 1024 px stay empty on each side


def files() -> Iterator[tuple[str, bytes]]:
    """Every file, by its path in this folder."""
    drawing = svg(program_layers()).encode()
    yield "jumpseat.svg", drawing
    yield "hicolor/scalable/apps/jumpseat.svg", drawing
    yield "hicolor/symbolic/apps/jumpseat-symbolic.svg", symbolic(program_layers()).encode()
    for size in PNG_SIZES:
        yield f"hicolor/{size}x{size}/apps/jumpseat.png", _saved("PNG", (size,), optimize=True)
    yield "jumpseat.ico", _saved("ICO", ICO_SIZES, sizes=[(size, size) for size in ICO_SIZES])
    yield "jumpseat.icns", _saved("ICNS", ICNS_SIZES, MAC_MARGIN)


def _saved(kind: str, drawn: tuple[int, ...], margin: float = 0.0, **options: object) -> bytes:
    """Each size drawn for itself, the largest last."""
    pictures = [draw_program(size, margin) for size in drawn]
    out = io.BytesIO()
    pictures[-1].save(out, kind, append_images=pictures[:-1], **options)
    return out.getvalue()


def svg(layers: tuple[Layer, ...]) -> str:
    """The same shapes as a drawing."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {UNITS} {UNITS}"'
        ' role="img" aria-label="Jumpseat">'
    ]
    lines += [f"  {_element(shape, layer.paint)}" for layer in layers for shape in layer.shapes]
    return "\n".join([*lines, "</svg>", ""])


def symbolic(layers: tuple[Layer, ...]) -> str:
    """The seat alone, for desktops that give an icon their own colour: they do that to filled shapes only."""
    seat = [shape for layer in layers[1:] for shape in layer.shapes if isinstance(shape, Box)]
    left, right = min(box.left for box in seat), max(box.right for box in seat)
    top, bottom = min(box.top for box in seat), max(box.bottom for box in seat)
    side = max(right - left, bottom - top)
    view = f"{(left + right - side) / 2:g} {(top + bottom - side) / 2:g} {side:g} {side:g}"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="{view}">']
    for box in seat:
        size = f'width="{box.right - box.left:g}" height="{box.bottom - box.top:g}" rx="{box.radius:g}"'
        lines.append(f'  <rect x="{box.left:g}" y="{box.top:g}" {size} fill="#2e3436"/>')
    return "\n".join([*lines, "</svg>", ""])


def _element(shape: Shape, paint: Paint) -> str:
    red, green, blue, alpha = PROGRAM_COLOURS[paint]
    colour = f"#{red:02x}{green:02x}{blue:02x}"
    match shape:
        case Box():
            place = f'x="{shape.left:g}" y="{shape.top:g}"'
            size = f'width="{shape.right - shape.left:g}" height="{shape.bottom - shape.top:g}"'
            return f'<rect {place} {size} rx="{shape.radius:g}" fill="{colour}"/>'
        case Arc():
            # A circle's outline begins at three o'clock; pathLength makes its parts hundredths.
            opacity = "" if alpha == 255 else f' stroke-opacity="{alpha / 255:.2f}"'
            part = (
                "" if shape.share == 1 else f' pathLength="100" stroke-dasharray="{shape.share * 100:g} 100"'
            )
            turn = "" if shape.share == 1 else f' transform="rotate(-90 {shape.x:g} {shape.y:g})"'
            line = f'stroke="{colour}"{opacity} stroke-width="{shape.width:g}"{part}{turn}'
            return f'<circle cx="{shape.x:g}" cy="{shape.y:g}" r="{shape.radius:g}" fill="none" {line}/>'
    raise ValueError(f"the program's icon has no {type(shape).__name__}")


def states() -> Iterator[tuple[str, bytes]]:
    """The tray icon's looks without a ring, as Linux needs them: each start begins with one of these."""
    for theme, figure in product(THEMES, Figure):
        out = io.BytesIO()
        draw(Look(figure), SIZE, theme).save(out, "PNG", optimize=True)
        yield name_of(Look(figure), theme), out.getvalue()


def main() -> None:
    made = [(HERE / name, data) for name, data in files()] + [(OURS / name, data) for name, data in states()]
    for path, data in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    sys.stdout.write(f"{len(made)} icon files in {HERE} and {OURS}\n")


if __name__ == "__main__":
    main()
