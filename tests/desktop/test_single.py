"""One instance of each home, also where the home takes no files."""

from pathlib import Path

import pytest

from tray_app.desktop.single import OneInstance


def test_the_first_one_has_it_until_it_gives_it_back(tmp_path: Path) -> None:
    first, second = (OneInstance(tmp_path / "home" / "lock") for _ in range(2))
    assert first.take()
    assert not second.take()
    first.give_back()
    assert second.take()
    second.give_back()


def test_a_home_that_takes_no_files_has_its_lock_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    (tmp_path / "file").touch()
    first, second, other = (OneInstance(tmp_path / "file" / name) for name in ("a", "a", "b"))
    assert first.take()
    assert other.take()
    assert not second.take()
    first.give_back()
    assert second.take()


def test_where_nothing_can_be_written_each_goes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file" / "run"))
    first, second = (OneInstance(tmp_path / "file" / "lock") for _ in range(2))
    assert first.take()
    assert second.take()
    first.give_back()
