"""Where the window opens again: within reach, on a screen that is there."""

import stat

import pytest

from tray_app.desktop.window_place import Area, Place, fitting, read_place, write_place, zoomed

SCREEN = Area(0, 0, 1920, 1080)
RIGHT = Area(1920, 0, 1280, 1024)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        (Place(), Place()),
        (Place(1000, 700, 100, 50), Place(1000, 700, 100, 50)),
        pytest.param(Place(1000, 700, 2000, 50), Place(1000, 700, 2000, 50), id="second screen"),
        pytest.param(Place(1000, 700, 1700, 900), Place(1000, 700, 920, 380), id="hangs over the edge"),
        pytest.param(Place(1000, 700, 9000, 50), Place(1000, 700), id="that screen is gone"),
        pytest.param(Place(1000, 700, -990, 50), Place(1000, 700), id="nothing of it within reach"),
        pytest.param(Place(5000, 4000, 10, 10), Place(1920, 1080, 0, 0), id="larger than the screen"),
        pytest.param(Place(10, 10, 100, 50), Place(900, 600, 100, 50), id="smaller than the least"),
    ],
)
def test_a_kept_place_fits_the_screens_of_now(kept, shown):
    assert fitting(kept, [SCREEN, RIGHT]) == shown


def test_a_small_screen_is_filled_and_no_more():
    assert fitting(Place(), [Area(0, 0, 800, 480)]) == Place(800, 480)


def test_without_screens_the_system_chooses():
    assert fitting(Place(1000, 700, 5, 5), []) == Place(1000, 700)


def test_it_is_kept_in_a_private_file(tmp_path):
    path = tmp_path / "home" / "window.json"
    place = Place(1000, 700, -50, 20, True, 1.2)
    write_place(path, place)
    assert read_place(path) == place
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_takes_no_writing_is_no_matter(tmp_path):
    (tmp_path / "home").write_text("a file")
    write_place(tmp_path / "home" / "window.json", Place())


@pytest.mark.parametrize(
    "text",
    [
        *("", "nonsense", "[]", "null", '{"width": "wide"}', '{"width": true, "height": -1, "zoom": 99}'),
        *('{"x": 1e9, "y": null}', '{"width": 1e999}', '{"zoom": NaN}'),
        '{"x":' + " " * 5000 + "7}",
    ],
)
def test_what_makes_no_sense_is_the_default(tmp_path, text):
    path = tmp_path / "window.json"
    path.write_text(text)
    assert read_place(path) == Place()


def test_zoom_stays_readable():
    assert [zoomed(1.0, 1), zoomed(1.0, -1), zoomed(3.0, 1), zoomed(0.5, -1), zoomed(2.3, 0)] == [
        *(1.1, 0.9, 3.0, 0.5, 1.0)
    ]
