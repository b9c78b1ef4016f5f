"""One picture of the tray icon in every state, at four sizes, on a dark, a light and an unknown bar.

`python assets/states.py FILE`: made to be looked at, after any change of the artwork.
"""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from tray_app.desktop.icon import draw
from tray_app.desktop.icon_look import Figure, Level, Look, Theme

SIZES = (16, 22, 32, 64)
BARS = (
    (Theme.DARK, (32, 32, 34)),
    (Theme.LIGHT, (240, 240, 240)),
    (Theme.EITHER, (32, 32, 34)),
    (Theme.EITHER, (245, 245, 245)),
    (Theme.TEMPLATE, (222, 222, 222)),
)
LOOKS = {
    **{figure.replace("_", " "): Look(figure, 62) for figure in Figure},
    "recording": Look(Figure.RUNNING, 62, is_recording=True),
    "unlimited": Look(Figure.RUNNING, 100),
    "15 % left": Look(Figure.RUNNING, 15, Level.LOW),
    "3 % left": Look(Figure.RUNNING, 3, Level.EMPTY),
    "0 % left": Look(Figure.RUNNING, 0, Level.EMPTY),
    "quota unknown": Look(Figure.RUNNING),
    "stopped, unknown": Look(Figure.STOPPED),
}
COLUMN, GAP, HEAD = 92, 8, 22


def sheet() -> Image.Image:
    """A column for each look, a band for each bar."""
    band = sum(size + GAP for size in SIZES) + GAP
    picture = Image.new("RGB", (COLUMN * len(LOOKS), HEAD + band * len(BARS)), "white")
    pen = ImageDraw.Draw(picture)
    for column, (name, look) in enumerate(LOOKS.items()):
        pen.text((column * COLUMN + 4, 5), name, fill="black")
        for row, (theme, bar) in enumerate(BARS):
            top = HEAD + row * band
            pen.rectangle((column * COLUMN, top, (column + 1) * COLUMN - 1, top + band - 1), fill=bar)
            for size in SIZES:
                icon = draw(look, size, theme)
                picture.paste(icon, (column * COLUMN + GAP, top + GAP), icon)
                top += size + GAP
    return picture


if __name__ == "__main__":
    sheet().save(Path(sys.argv[1]))
