"""What the findings about a desktop mean for the icon, and what a person is told to install."""

import socket
import sys
from dataclasses import replace

import pytest

from tests.desktop.screen import Screen
from tray_app.controls import TrayKind
from tray_app.desktop import clipboard
from tray_app.desktop.tray_probe import Findings, Probe, judge, probe

FULL = Findings(
    has_display=True,
    has_gtk=True,
    has_indicator=True,
    has_xlib=True,
    has_watcher=True,
    has_xembed_tray=True,
    os_release='NAME="Debian"\nID=debian\n',
)


def test_with_everything_there_is_a_menu():
    assert judge(FULL) == Probe(TrayKind.MENU, "", "appindicator")
    assert judge(replace(FULL, has_xembed_tray=False)).kind is TrayKind.MENU  # KDE
    assert judge(replace(FULL, has_watcher=False)).kind is TrayKind.MENU  # trayer, and the like
    assert judge(replace(FULL, has_xlib=False, has_xembed_tray=False)).kind is TrayKind.MENU  # Wayland alone


def test_without_an_indicator_gtk_does_on_older_trays():
    assert judge(replace(FULL, has_indicator=False)) == Probe(TrayKind.MENU, "", "gtk")


def test_without_gi_a_click_opens_the_window_and_the_packages_are_named():
    found = judge(replace(FULL, has_gtk=False, has_indicator=False))
    assert (found.kind, found.backend) == (TrayKind.CLICK, "xorg")
    assert found.hint == (
        "For a menu, install the libraries for it: "
        "sudo apt install python3-gi gir1.2-gtk-3.0 gir1.2-ayatanaappindicator3-0.1"
    )


@pytest.mark.parametrize(
    ("os_release", "command"),
    [
        ('ID=linuxmint\nID_LIKE="ubuntu debian"', "sudo apt install python3-gi"),
        ("ID=fedora", "sudo dnf install python3-gobject"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "sudo dnf install python3-gobject"),
        ("ID=manjaro\nID_LIKE=arch", "sudo pacman -S python-gobject"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"', "sudo zypper install python3-gobject"),
        ("ID=nixos", "install PyGObject, GTK 3"),
        ("", "install PyGObject, GTK 3"),
    ],
)
def test_the_packages_are_those_of_the_distribution(os_release, command):
    assert command in judge(replace(FULL, has_gtk=False, os_release=os_release)).hint


def test_no_tray_host_says_what_shows_icons():
    hidden = replace(FULL, has_watcher=False, has_xembed_tray=False)
    assert judge(hidden).kind is TrayKind.NONE
    assert judge(hidden).backend == "appindicator"  # shown all the same when a host comes
    assert "Add a system tray to your panel" in judge(hidden).hint
    assert "gnome-shell-extension-appindicator" in judge(replace(hidden, desktop="ubuntu:GNOME")).hint


def test_a_watcher_alone_does_not_help_a_backend_that_cannot_speak_to_it():
    found = judge(replace(FULL, has_gtk=False, has_indicator=False, has_xembed_tray=False))
    assert (found.kind, found.backend) == (TrayKind.NONE, "xorg")


def test_wayland_without_gtk_has_no_icon_and_says_what_to_install():
    found = judge(replace(FULL, has_gtk=False, has_indicator=False, has_xlib=False, has_xembed_tray=False))
    assert (found.kind, found.backend) == (TrayKind.NONE, "")
    assert "sudo apt install" in found.hint


def test_no_display_names_serve():
    found = judge(Findings(has_display=False))
    assert found.kind is TrayKind.HEADLESS
    assert "jumpseat serve" in found.hint


def test_a_forced_backend_is_respected():
    assert judge(replace(FULL, forced="xorg")).kind is TrayKind.CLICK


@pytest.mark.parametrize(("has_tray", "kind"), [(True, TrayKind.MENU), (False, TrayKind.NONE)])
def test_a_real_desktop_is_seen_as_it_is(has_tray, kind, request):
    screen: Screen = request.getfixturevalue("screen" if has_tray else "bare_screen")
    code = "from tray_app.desktop.tray_probe import probe; print(probe().kind)"
    assert screen.run(sys.executable, "-c", code).strip() == kind


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a tray")
def test_without_display_variables_nothing_is_asked():
    assert probe({}).kind is TrayKind.HEADLESS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a tray")
def test_a_compositor_that_is_gone_is_no_display(tmp_path):
    gone = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert probe(gone).kind is TrayKind.HEADLESS
    (tmp_path / "wayland-7").touch()
    assert probe(gone).kind is TrayKind.HEADLESS
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "here"))
        compositor.listen()
        assert probe({**gone, "WAYLAND_DISPLAY": "here"}).kind is not TrayKind.HEADLESS
        assert probe({"WAYLAND_DISPLAY": str(tmp_path / "here")}).kind is not TrayKind.HEADLESS


@pytest.mark.skipif(sys.platform == "win32", reason="the tools here are shell scripts")
def test_the_clipboard_is_filled_by_whatever_tool_works(tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    broken, working = tmp_path / "wl-copy", tmp_path / "xclip"
    broken.write_text("#!/bin/sh\nexit 1\n")
    working.write_text(f'#!/bin/sh\n/bin/cat > "{kept}"\n')
    for tool in (broken, working):
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clipboard.copy("http://127.0.0.1:8314", "linux")
    assert kept.read_text() == "http://127.0.0.1:8314"
    working.unlink()
    assert not clipboard.copy("x", "linux")
