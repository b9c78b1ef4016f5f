"""The icon: what it says for which state, and that it can be told apart at 16 pixels on every bar."""

import io
import runpy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tray_app.controls import ApprovalView, AppState, ProxyState, QuotaView, Trouble
from tray_app.desktop.icon import draw, draw_program
from tray_app.desktop.icon_bar import theme_of
from tray_app.desktop.icon_files import OURS
from tray_app.desktop.icon_look import Figure, Level, Look, Theme, look_of, percent_left
from tray_app.desktop.tray_windows import SIZES, ico
from tray_app.desktop.tray_xorg import on_bar

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUNNING = AppState(version="1", proxy=ProxyState.RUNNING, url="http://127.0.0.1:8314", signed_in=True)
APPROVAL = ApprovalView("1", "Codex", "gpt-5.6", 1000, None, NOW, NOW)
BARS = {Theme.DARK: (32, 32, 34), Theme.LIGHT: (240, 240, 240), Theme.TEMPLATE: (222, 222, 222)}


def quota(percent: float | None, unlimited: bool = False) -> QuotaView:
    return QuotaView("premium_interactions", percent, unlimited=unlimited)


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ({}, Figure.RUNNING),
        ({"requests_running": 3}, Figure.BUSY),
        ({"signed_in": False}, Figure.SIGNED_OUT),
        ({"approvals": (APPROVAL,), "requests_running": 1}, Figure.APPROVAL),
        ({"trouble": Trouble("offline", "Can't reach GitHub")}, Figure.TROUBLE),
        ({"proxy": ProxyState.CRASHED}, Figure.TROUBLE),
        ({"proxy": ProxyState.STOPPED}, Figure.STOPPED),
        ({"proxy": ProxyState.STARTING}, Figure.STOPPED),
        ({"proxy": ProxyState.STOPPING, "requests_running": 1}, Figure.BUSY),
        ({"proxy": ProxyState.STOPPED, "signed_in": False}, Figure.STOPPED),
        ({"proxy": ProxyState.STOPPED, "trouble": Trouble("port_in_use", "…")}, Figure.TROUBLE),
    ],
)
def test_the_figure_follows_the_state(changes, figure):
    assert look_of(replace(RUNNING, **changes)).figure is figure


@pytest.mark.parametrize(
    ("view", "ring", "level"),
    [
        (None, None, Level.PLENTY),
        (quota(None), None, Level.PLENTY),
        (quota(float("nan")), None, Level.PLENTY),
        (quota(None, unlimited=True), 100, Level.PLENTY),
        (quota(62.4), 62, Level.PLENTY),
        (quota(101), 100, Level.PLENTY),
        (quota(99.9), 99, Level.PLENTY),
        (quota(20.9), 21, Level.PLENTY),
        (quota(20), 20, Level.LOW),
        (quota(5), 5, Level.EMPTY),
        (quota(0.2), 1, Level.EMPTY),
        (quota(0), 0, Level.EMPTY),
        (quota(-12), 0, Level.EMPTY),
    ],
)
def test_the_ring_is_what_is_left_within_0_and_100(view, ring, level):
    look = look_of(replace(RUNNING, quota=view))
    assert (look.ring, look.level) == (ring, level)
    assert percent_left(view) == ring


def test_with_the_proxy_stopped_the_ring_is_there_all_the_same():
    assert look_of(AppState(version="1", quota=quota(40))) == Look(Figure.STOPPED, 40)


def test_recording_bodies_shows():
    assert look_of(replace(RUNNING, recording_until=NOW)).is_recording


def on(bar: tuple[int, int, int], picture: Image.Image) -> Image.Image:
    plate = Image.new("RGB", picture.size, bar)
    plate.paste(picture, (0, 0), picture)
    return plate


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference per pixel and channel, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


LOOKS = [
    *(Look(figure, 62) for figure in Figure),
    Look(Figure.RUNNING, 62, is_recording=True),
    Look(Figure.RUNNING, 10, Level.LOW),
    Look(Figure.RUNNING, None),
]


@pytest.mark.parametrize("theme", BARS)
@pytest.mark.parametrize("size", [16, 22])
def test_any_two_looks_differ_at_a_glance(theme, size):
    drawn = [on(BARS[theme], draw(look, size, theme)) for look in LOOKS]
    for (one, first), (other, second) in combinations(zip(LOOKS, drawn, strict=True), 2):
        # 2.5 of 255 on average is a dozen of the 256 pixels turned from dark to light.
        assert difference(first, second) > 2.5, f"{one} and {other} look alike"


@pytest.mark.parametrize("bar", [(20, 20, 20), (60, 60, 60), (222, 222, 222), (255, 255, 255)])
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_on_a_bar_that_nobody_knows_every_look_can_be_seen(look, bar):
    shown = on(bar, draw(look, 22, Theme.EITHER))
    strong = sum(
        contrast(pixel, bar) >= 2.5
        for pixel in (shown.getpixel((x, y)) for x in range(22) for y in range(22))
    )
    assert strong > 40  # a tenth of the picture stands out


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The contrast ratio of WCAG 2."""

    def light(colour: tuple[int, ...]) -> float:
        parts = [part / 255 for part in colour[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("size", [16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256])
def test_every_size_is_drawn_and_not_blurred(size):
    picture = draw(Look(Figure.RUNNING, 100), size, Theme.DARK)
    assert picture.size == (size, size)
    assert picture.mode == "RGBA"
    # The seat's back is a straight edge: from nothing to full within a pixel of its outline, at each size.
    middle = [picture.getpixel((x, round(size * 0.45)))[3] for x in range(size)]
    assert max(middle) == 255
    left = middle[round(size * 0.12) : round(size * 0.4)]
    half_toned = [alpha for alpha in left if 0 < alpha < 255]
    assert len(half_toned) <= 1 or size > 48


def test_a_template_is_black_and_alpha_alone():
    for look in LOOKS:
        picture = draw(look, 36, Theme.TEMPLATE)
        colours = {pixel[:3] for _, pixel in picture.getcolors(36 * 36) if pixel[3]}
        assert colours == {(0, 0, 0)}


def test_more_quota_left_is_more_ring():
    def ink(ring: int) -> int:
        return sum(draw(Look(Figure.STOPPED, ring), 32, Theme.DARK).getchannel("A").histogram()[200:])

    amounts = [ink(ring) for ring in (0, 10, 25, 50, 75, 100)]
    assert amounts == sorted(amounts)
    assert len(set(amounts)) == len(amounts)


def test_the_ring_runs_clockwise_from_the_top():
    picture = draw(Look(Figure.STOPPED, 25), 64, Theme.DARK)
    assert picture.getpixel((60, 20))[3] == 255  # a quarter: upper right
    assert 0 < picture.getpixel((60, 44))[3] < 128
    assert 0 < picture.getpixel((4, 20))[3] < 128


def test_the_dot_of_recording_is_at_the_lower_right():
    plain, dotted = (draw(Look(Figure.RUNNING, 62, is_recording=on), 32, Theme.DARK) for on in (False, True))
    changed = ImageChops.difference(plain, dotted).convert("RGB").getbbox()
    assert changed is not None
    assert changed[0] >= 16
    assert changed[1] >= 16
    red, green, blue, _ = dotted.getpixel((26, 26))
    assert red > 2 * max(green, blue)


@pytest.mark.parametrize(
    ("platform", "desktop", "windows_light", "scheme", "theme"),
    [
        ("darwin", "", None, None, Theme.TEMPLATE),
        ("win32", "", True, None, Theme.LIGHT),
        ("win32", "", False, None, Theme.DARK),
        ("win32", "", None, None, Theme.EITHER),
        ("linux", "ubuntu:GNOME", None, 2, Theme.DARK),
        ("linux", "KDE", None, 1, Theme.DARK),
        ("linux", "KDE", None, 2, Theme.EITHER),
        ("linux", "XFCE", None, None, Theme.EITHER),
        ("linux", "", None, 0, Theme.EITHER),
    ],
)
def test_the_theme_follows_what_the_system_tells(platform, desktop, windows_light, scheme, theme):
    assert theme_of(platform, desktop, windows_light, scheme) is theme


def test_windows_gets_a_picture_drawn_for_each_size(tmp_path):
    path = tmp_path / "look.ico"
    look = Look(Figure.BUSY, 62)
    path.write_bytes(ico(look, Theme.DARK))
    with Image.open(path) as file:
        assert file.info["sizes"] == {(size, size) for size in SIZES}
        for size in (16, 20, 32):
            file.size = (size, size)
            file.load()
            assert file.convert("RGBA").tobytes() == draw(look, size, Theme.DARK).tobytes()
            file.seek(0)


@pytest.mark.parametrize(("bar", "ink"), [((20, 22, 24), 255), ((220, 218, 213), 28)])
def test_on_plain_x11_the_icon_stands_on_the_panels_colour(bar, ink):
    picture = on_bar(Look(Figure.RUNNING, None), 24, 28, bar)
    assert picture.mode == "RGB"
    assert picture.size == (24, 28)
    assert picture.getpixel((0, 0)) == bar
    assert any(abs(pixel[0] - ink) < 3 for _, pixel in picture.getcolors(24 * 28))


def test_the_icon_files_are_those_of_the_artwork():
    make = runpy.run_path(str(ROOT / "assets" / "make.py"))
    made = [(ROOT / "assets" / name, data) for name, data in make["files"]()]
    made += [(OURS / name, data) for name, data in make["states"]()]
    for path, data in made:
        name = path.name
        assert path.exists(), f"{name} is missing: run make icons"
        if path.suffix == ".svg":
            assert path.read_bytes() == data, f"{name} is old: run make icons"
            continue
        # Not by their bytes: another zlib packs the same picture otherwise.
        with Image.open(path) as kept, Image.open(io.BytesIO(data)) as new:
            assert kept.info.get("sizes") == new.info.get("sizes")
            assert kept.convert("RGBA").tobytes() == new.convert("RGBA").tobytes(), f"{name}: run make icons"


def test_the_programs_icon_is_the_same_artwork_on_a_plate():
    plate = draw_program(64)
    assert plate.getpixel((4, 32)) == (31, 111, 235, 255)
    assert plate.getpixel((0, 0))[3] < 60  # round corners
    assert draw_program(64, margin=0.1).getpixel((3, 32))[3] == 0
