"""Start at login: what is written is what starts, the system's switch wins, and nothing of others is lost."""

import plistlib
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.conftest import need
from tests.desktop.screen import until
from tray_app.desktop.autostart import Autostart, command
from tray_app.desktop.autostart_linux import DesktopFile, autostart_folder, exec_line
from tray_app.desktop.autostart_mac import LABEL, LaunchAgent
from tray_app.desktop.autostart_windows import APPROVED, NAME, RUN, RunKey
from tray_app.errors import LocalFault

PROGRAM = ["/opt/jumpseat/jumpseat-tray", "--hidden"]
MOVED = ["/home/mona/jumpseat/jumpseat-tray", "--hidden"]


class Registry:
    """A registry in memory."""

    def __init__(self):
        self.values = {}
        self.is_closed = False

    def read(self, key, name):
        return self.values.get((key, name))

    def write(self, key, name, text):
        if self.is_closed:
            raise PermissionError(13, "Access is denied")
        self.values[key, name] = text

    def remove(self, key, name):
        self.values.pop((key, name), None)


@pytest.fixture
def entry(tmp_path):
    """A function that makes each system's entry for a program, on the same storage."""

    def make(system, program):
        if system == "windows":
            return RunKey(program, registry)
        kind = {"linux": DesktopFile, "macos": LaunchAgent}[system]
        return kind(program, tmp_path / "autostart")

    registry = Registry()
    return make


SYSTEMS = pytest.mark.parametrize("system", ["linux", "windows", "macos"])


@SYSTEMS
def test_it_is_off_until_somebody_asks_for_it_and_off_again_after(entry, system):
    autostart = Autostart(entry(system, PROGRAM))
    assert autostart.is_enabled() is False
    autostart.repair()
    assert autostart.is_enabled() is False
    autostart.set(True)
    autostart.set(True)
    assert autostart.is_enabled() is True
    autostart.set(False)
    autostart.set(False)
    assert autostart.is_enabled() is False


@SYSTEMS
def test_an_entry_that_is_on_follows_the_program(entry, system):
    before, now = entry(system, PROGRAM), entry(system, MOVED)
    before.enable()
    assert now.is_stale()
    assert now.is_enabled()
    Autostart(now).repair()
    assert not now.is_stale()
    assert before.is_stale()


def test_where_there_is_no_such_thing():
    autostart = Autostart(None)
    assert autostart.is_enabled() is None
    autostart.repair()
    with pytest.raises(LocalFault, match="not possible here"):
        autostart.set(True)


# --- Linux -------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    return tmp_path / "autostart" / "jumpseat.desktop"


def test_the_desktop_file(entry, file):
    entry("linux", PROGRAM).enable()
    assert file.read_text().splitlines() == [
        "[Desktop Entry]",
        "Type=Application",
        "Name=Jumpseat",
        "Comment=Use your GitHub Copilot seat with every coding tool",
        "Exec=/opt/jumpseat/jumpseat-tray --hidden",
        "Icon=jumpseat",
        "Terminal=false",
        "X-GNOME-Autostart-enabled=true",
    ]


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false", "Hidden = true"])
def test_who_switched_it_off_in_the_desktop_s_settings_stays_unbothered(entry, file, line):
    entry("linux", PROGRAM).enable()
    file.write_text(file.read_text().replace("X-GNOME-Autostart-enabled=true", line))
    before = file.read_text()
    autostart = Autostart(entry("linux", MOVED))
    assert autostart.is_enabled() is False
    autostart.repair()
    assert file.read_text() == before
    autostart.set(True)
    assert autostart.is_enabled() is True


def test_lines_of_others_stay(entry, file):
    file.parent.mkdir()
    file.write_text(
        "# mine\n[Desktop Entry]\nName=Old\nExec=/gone --hidden\nTryExec=/gone\n"
        "X-GNOME-Autostart-Delay=20\nName[de]=Klappsitz\n\n[Desktop Action x]\nExec=/other\n"
    )
    Autostart(entry("linux", PROGRAM)).repair()
    lines = file.read_text().splitlines()
    assert lines[:2] == ["# mine", "[Desktop Entry]"]
    assert "Exec=/opt/jumpseat/jumpseat-tray --hidden" in lines
    assert lines[-5:] == [
        *("X-GNOME-Autostart-Delay=20", "Name[de]=Klappsitz", "", "[Desktop Action x]", "Exec=/other")
    ]
    assert not [line for line in lines if "gone" in line or line == "Name=Old"]


@pytest.mark.parametrize("text", ["", "nonsense", "[Other]\nExec=/x", "[Desktop Entry]\nHidden=false"])
def test_a_file_without_a_program_is_off_and_can_be_switched_on(entry, file, text):
    file.parent.mkdir()
    file.write_text(text)
    autostart = Autostart(entry("linux", PROGRAM))
    assert autostart.is_enabled() is False
    autostart.set(True)
    assert autostart.is_enabled() is True


def test_a_folder_that_takes_no_writing_is_a_sentence(entry, file):
    file.parent.write_text("a file")
    with pytest.raises(LocalFault, match="cannot be"):
        Autostart(entry("linux", PROGRAM)).set(True)
    assert Autostart(entry("linux", PROGRAM)).is_enabled() is None


def test_the_folder_is_the_one_of_the_environment(monkeypatch):
    assert autostart_folder({"XDG_CONFIG_HOME": "/x/y"}) == Path("/x/y/autostart")
    assert autostart_folder({"XDG_CONFIG_HOME": "relative"}) == Path.home() / ".config/autostart"
    assert autostart_folder({}) == Path.home() / ".config/autostart"


def test_a_path_that_no_desktop_file_can_hold_is_refused():
    with pytest.raises(LocalFault, match="control character"):
        exec_line(["/home/a\nExec=/bin/rm"])


@pytest.mark.skipif(sys.platform != "linux", reason="XDG")
@pytest.mark.parametrize(
    "folder", ["plain", "with space", "a\"quote'", "$HOME `id`", "100%f", "back\\slash", "ünï – 码"]
)
async def test_exactly_this_program_is_started(tmp_path, folder):
    """By GLib, as GNOME, MATE and others do at login."""
    need("" if shutil.which("gio") else "gio is not installed")
    place = tmp_path / folder
    place.mkdir()
    program, noted = place / "jumpseat-tray", tmp_path / "noted"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" > "{noted}.new"\nmv "{noted}.new" "{noted}"\n')
    program.chmod(stat.S_IRWXU)
    DesktopFile([str(program), "--hidden", "a b", "50%"], tmp_path / "autostart").enable()
    entry = tmp_path / "autostart" / "jumpseat.desktop"
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run(["gio", "launch", str(entry)], check=True, env=environment, timeout=20)
    await until(noted.exists)
    assert noted.read_text().splitlines() == [str(program), "--hidden", "a b", "50%"]


# --- Windows -----------------------------------------------------------------------------------------


def test_the_run_value_is_quoted():
    registry = Registry()
    RunKey([r"C:\Users\Mona Lisa\Jumpseat\jumpseat-tray.exe", "--hidden"], registry).enable()
    assert registry.values == {
        (RUN, NAME): r'"C:\Users\Mona Lisa\Jumpseat\jumpseat-tray.exe" --hidden',
    }


@pytest.mark.parametrize(
    ("switch", "is_on"),
    [
        (b"\x02" + bytes(11), True),
        (b"\x06", True),
        (b"\x03" + bytes(11), False),
        (b"\x07", False),
        (b"", True),
    ],
)
def test_task_manager_s_switch_is_respected(switch, is_on):
    registry = Registry()
    RunKey(PROGRAM, registry).enable()
    registry.values[APPROVED, NAME] = switch
    autostart = Autostart(RunKey(MOVED, registry))
    assert autostart.is_enabled() is is_on
    autostart.repair()
    assert ("mona" in registry.values[RUN, NAME]) is is_on
    autostart.set(True)
    assert autostart.is_enabled() is True
    assert (APPROVED, NAME) not in registry.values


def test_a_registry_that_refuses_is_a_sentence():
    registry = Registry()
    registry.is_closed = True
    with pytest.raises(LocalFault, match="Access is denied"):
        Autostart(RunKey(PROGRAM, registry)).set(True)


# --- macOS -------------------------------------------------------------------------------------------


def test_the_launch_agent(entry, tmp_path):
    entry("macos", PROGRAM).enable()
    found = plistlib.loads((tmp_path / "autostart" / f"{LABEL}.plist").read_bytes())
    assert found["ProgramArguments"] == PROGRAM
    assert found["RunAtLoad"] is True
    assert found["Label"] == LABEL


@pytest.mark.parametrize("change", [{"RunAtLoad": False}, {"Disabled": True}, {"ProgramArguments": []}])
def test_an_agent_that_was_switched_off_is_off(entry, tmp_path, change):
    file = tmp_path / "autostart" / f"{LABEL}.plist"
    entry("macos", PROGRAM).enable()
    file.write_bytes(plistlib.dumps(plistlib.loads(file.read_bytes()) | change))
    assert Autostart(entry("macos", PROGRAM)).is_enabled() is False


@pytest.mark.parametrize("content", [b"", b"nonsense", b"<plist><array/></plist>", b"<plist><dict>"])
def test_an_agent_that_cannot_be_understood_is_off(entry, tmp_path, content):
    (tmp_path / "autostart").mkdir()
    (tmp_path / "autostart" / f"{LABEL}.plist").write_bytes(content)
    assert Autostart(entry("macos", PROGRAM)).is_enabled() is False


# --- which program -----------------------------------------------------------------------------------


def test_the_installed_tray_program_is_what_starts(monkeypatch, tmp_path):
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    assert command() == [sys.executable, "-m", "tray_app", "--hidden"]
    (tmp_path / "jumpseat-tray").touch()
    assert command() == [str(tmp_path / "jumpseat-tray"), "--hidden"]


def test_a_package_starts_its_own_program(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "jumpseat"))
    assert command() == [str(tmp_path / "jumpseat"), "--hidden"]
    (tmp_path / "jumpseat-tray").touch()
    assert command() == [str(tmp_path / "jumpseat-tray"), "--hidden"]


def test_here_reads_this_very_system(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Autostart.here().is_enabled() in (False, None)
