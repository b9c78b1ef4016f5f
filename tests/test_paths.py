import errno
import os
import stat
import sys

import pytest

from tray_app.errors import LocalFault
from tray_app.paths import Paths, cannot_write, make_folder, write_private

posix = pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_home_holds_everything(tmp_path):
    paths = Paths.find({"JUMPSEAT_HOME": str(tmp_path / "home")})
    for place in (paths.config, paths.history, paths.accounts, paths.lock, paths.logs, paths.vocabularies):
        assert place.is_relative_to(tmp_path / "home")
    assert not (tmp_path / "home").exists(), "finding creates nothing"


def test_the_home_of_nobody_is_a_sentence():
    with pytest.raises(LocalFault, match="nobody's home"):
        Paths.find({"JUMPSEAT_HOME": "~nobody-of-that-name/here"})


def test_without_home_the_platform_decides():
    paths = Paths.find({})
    assert "jumpseat" in str(paths.config).lower()
    assert paths.config.name == "config.toml"


@posix
def test_new_folders_and_files_are_private(tmp_path):
    paths = Paths(tmp_path / "a" / "home")
    paths.prepare()
    write_private(paths.config, "x = 1\n")
    assert mode(tmp_path / "a") == mode(paths.home) == mode(paths.logs) == 0o700
    assert mode(paths.config) == 0o600


@posix
def test_a_readable_file_becomes_private_when_it_is_replaced(tmp_path):
    target = tmp_path / "config.toml"
    target.write_text("old")
    target.chmod(0o644)
    write_private(target, "grün")
    assert target.read_text(encoding="utf-8") == "grün"
    assert mode(target) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"], "no scratch file stays"


@posix
def test_a_link_stays_a_link(tmp_path):
    real = tmp_path / "dotfiles" / "config.toml"
    real.parent.mkdir()
    real.write_text("old")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    write_private(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(LocalFault, match="home"):
        make_folder(tmp_path / "home")
    with pytest.raises(LocalFault, match="home"):
        write_private(tmp_path / "home" / "x", "")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        pytest.param(errno.ENOSPC, "disk that holds .* is full", id="full disk"),
        pytest.param(errno.EDQUOT, "is full", id="quota of the disk"),
        pytest.param(errno.EROFS, "cannot be written.*JUMPSEAT_HOME", id="read-only"),
        pytest.param(errno.EACCES, "cannot be written.*JUMPSEAT_HOME", id="not ours"),
        pytest.param(errno.EIO, os.strerror(errno.EIO), id="anything else"),
    ],
)
def test_what_cannot_be_written_says_why(tmp_path, number, says):
    with pytest.raises(LocalFault, match=says):
        raise cannot_write(tmp_path / "x", OSError(number, os.strerror(number)))


def test_a_disk_that_became_read_only_is_a_sentence(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(LocalFault, match="cannot be written"):
        write_private(tmp_path / "config.toml", "x")


def test_a_failed_write_leaves_the_old_text(tmp_path, monkeypatch):
    target = tmp_path / "config.toml"
    target.write_text("old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LocalFault, match="full"):
        write_private(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
