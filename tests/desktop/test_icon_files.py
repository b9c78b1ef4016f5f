"""The icon's pictures come from a process of their own, and from here where that fails."""

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tray_app.desktop.icon import draw
from tray_app.desktop.icon_drawing import draw_files
from tray_app.desktop.icon_files import KEPT, OURS, SIZE, THEMES, IconFiles, name_of, order
from tray_app.desktop.icon_look import Figure, Level, Look, Theme
from tray_app.desktop.window import command

BUSY = Look(Figure.BUSY, 62)


def pixels(path: Path) -> bytes:
    with Image.open(path) as picture:
        return picture.convert("RGBA").tobytes()


def drawn(look: Look, theme: Theme) -> bytes:
    return draw(look, SIZE, theme).tobytes()


class Starts:
    """Counts the processes, each with this code instead of the program's."""

    def __init__(self, code: str = "") -> None:
        self.count, self.code = 0, code

    def __call__(self) -> list[str]:
        self.count += 1
        return [sys.executable, "-c", self.code] if self.code else command("--draw-icons")


@pytest.mark.parametrize("theme", THEMES)
def test_what_a_start_begins_with_is_at_hand(tmp_path, theme):
    starts = Starts()
    files = IconFiles(tmp_path, theme, starts)
    for figure in Figure:
        path = files.file(Look(figure))
        assert path is not None
        assert path.parent == OURS
        assert pixels(path) == drawn(Look(figure), theme)
    assert starts.count == 0


@pytest.mark.parametrize("theme", THEMES)
def test_a_process_draws_the_look_and_what_will_become_of_it(tmp_path, theme):
    starts = Starts()
    files = IconFiles(tmp_path, theme, starts)
    for look in (BUSY, *(replace(BUSY, figure=figure) for figure in Figure)):
        path = files.file(look)
        assert path is not None
        assert pixels(path) == drawn(look, theme)
    assert starts.count == 1
    others = [Look(Figure.BUSY, 3, Level.EMPTY), replace(BUSY, is_recording=True)]
    for number, look in enumerate(others, 2):
        path = files.file(look)
        assert path is not None
        assert pixels(path) == drawn(look, theme)
        assert starts.count == number


@pytest.mark.parametrize("code", ["raise SystemExit('no Pillow')", "input()", "import os; os.close(0)"])
def test_a_process_that_fails_is_asked_once(tmp_path, code, caplog):
    starts = Starts(code)
    files = IconFiles(tmp_path, Theme.DARK, starts)
    with caplog.at_level("INFO"):
        for look in (BUSY, replace(BUSY, ring=61)):
            path = files.file(look)
            assert path is not None
            assert pixels(path) == drawn(look, Theme.DARK)
    assert starts.count == 1
    assert "draws the icon failed" in caplog.text


def test_a_program_that_is_not_there_is_no_obstacle(tmp_path):
    files = IconFiles(tmp_path, Theme.DARK, lambda: [str(tmp_path / "gone")])
    path = files.file(BUSY)
    assert path is not None
    assert pixels(path) == drawn(BUSY, Theme.DARK)


def test_one_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("tray_app.desktop.icon_files._SECONDS", 0.5)
    files = IconFiles(tmp_path, Theme.DARK, Starts("import time; time.sleep(60)"))
    path = files.file(BUSY)
    assert path is not None
    assert pixels(path) == drawn(BUSY, Theme.DARK)
    assert psutil.Process().children() == []


def test_the_end_of_the_tray_ends_the_process(tmp_path):
    files = IconFiles(tmp_path, Theme.DARK, Starts("import time; time.sleep(60)"))
    found: list[Path | None] = []
    asking = threading.Thread(target=lambda: found.append(files.file(BUSY)))
    asking.start()
    ends = time.monotonic() + 10
    while not psutil.Process().children() and time.monotonic() < ends:
        time.sleep(0.01)
    files.close()
    asking.join(5)
    assert found == [None]
    assert psutil.Process().children() == []
    assert files.file(BUSY) is None


def test_pictures_that_somebody_removed_are_drawn_again(tmp_path):
    starts = Starts()
    files = IconFiles(tmp_path, Theme.DARK, starts)
    first = files.file(BUSY)
    assert first is not None
    first.unlink()
    again = files.file(BUSY)
    assert again == first
    assert pixels(again) == drawn(BUSY, Theme.DARK)
    assert starts.count == 2


def test_a_folder_that_is_gone_leaves_the_icon_as_it_is(tmp_path, caplog):
    files = IconFiles(tmp_path / "gone", Theme.DARK, Starts("raise SystemExit(1)"))
    assert files.file(BUSY) is None
    assert "cannot be written" in caplog.text


def test_old_pictures_go_and_the_newest_stays(tmp_path):
    files = IconFiles(tmp_path, Theme.DARK, Starts("raise SystemExit(1)"))
    for ring in range(KEPT + 10):
        path = files.file(Look(Figure.RUNNING, 100 - ring))
        assert path is not None
        assert path.exists()
    assert len(list(tmp_path.iterdir())) == KEPT


def test_every_look_has_a_name_of_its_own():
    looks = [
        Look(figure, ring, level, is_recording)
        for figure in Figure
        for ring, level in ((None, Level.PLENTY), (0, Level.EMPTY), (20, Level.LOW), (62, Level.PLENTY))
        for is_recording in (False, True)
    ]
    names = {name_of(look, theme) for look in looks for theme in Theme}
    assert len(names) == len(looks) * len(Theme)


def test_the_process_says_what_is_wrong_with_an_order(tmp_path):
    told = order(tmp_path, Theme.DARK, [BUSY]).replace("busy", "sleeping")
    ran = subprocess.run(command("--draw-icons"), input=told, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "sleeping" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_drawing_replaces_a_damaged_file(tmp_path):
    path = tmp_path / name_of(BUSY, Theme.DARK)
    path.write_bytes(b"\x89PNG cut off")
    draw_files(tmp_path, Theme.DARK, [BUSY])
    assert pixels(path) == drawn(BUSY, Theme.DARK)
    assert list(tmp_path.iterdir()) == [path]
