"""Reaching into WSL: paths and addresses. WSL itself is not run here."""

from pathlib import PureWindowsPath

import pytest

from tray_app.clients import wsl
from tray_app.errors import LocalFault, NotPossibleHere

URL = "http://127.0.0.1:8314"


class Distribution:
    """Answers as one that has been set up so."""

    def __init__(
        self, mode="nat", home="/home/me", route="default via 172.25.96.1 dev eth0 proto kernel"
    ) -> None:
        self._answers = {"sh": home, "wslinfo": mode, "ip": route}

    def __call__(self, distribution, command):
        if command[:2] == ["sh", "-lc"]:
            return "/usr/bin/claude" if "claude" in command[2] else ""
        if (answer := self._answers[command[0]]) is None:
            raise LocalFault("no such command")
        return answer


@pytest.mark.parametrize(
    ("path", "windows"),
    [
        ("/home/me", r"\\wsl$\Ubuntu\home\me"),
        ("/root", r"\\wsl$\Ubuntu\root"),
        ("/mnt/c/Users/me", r"C:\Users\me"),
        ("/mnt/d", "D:\\"),
        ("/mnt/data/me", r"\\wsl$\Ubuntu\mnt\data\me"),
    ],
)
def test_paths_inside_as_windows_opens_them(path, windows):
    assert wsl.windows_path("Ubuntu", path) == PureWindowsPath(windows)


@pytest.mark.parametrize(
    ("distribution", "path"), [("Ubuntu", ""), ("Ubuntu", "home"), ("", "/home"), (r"..\x", "/home")]
)
def test_what_is_no_path_is_refused(distribution, path):
    with pytest.raises(LocalFault, match="wsl --list"):
        wsl.windows_path(distribution, path)


@pytest.mark.parametrize("mode", ["mirrored", "virtioproxy", "Mirrored\n"])
def test_with_a_shared_loopback_the_address_stays(mode):
    place, url = wsl.reached("Ubuntu", URL, "127.0.0.1", Distribution(mode))
    assert url == URL
    assert (place.system, place.wsl) == ("linux", "Ubuntu")
    assert place.program("claude") == "/usr/bin/claude"
    assert place.program("codex") is None


@pytest.mark.parametrize("mode", ["nat", None, ""])
def test_behind_nat_a_proxy_on_loopback_is_out_of_reach(mode):
    with pytest.raises(LocalFault, match="networkingMode=mirrored"):
        wsl.reached("Ubuntu", URL, "127.0.0.1", Distribution(mode))


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", "http://172.25.96.1:8314"), ("192.168.1.5", "http://192.168.1.5:8314")]
)
def test_behind_nat_the_address_is_the_one_of_windows(host, url):
    assert wsl.reached("Ubuntu", URL, host, Distribution("nat"))[1] == url


def test_a_distribution_without_a_route_or_network():
    with pytest.raises(LocalFault, match="address"):
        wsl.reached("Ubuntu", URL, "0.0.0.0", Distribution("nat", route=""))
    with pytest.raises(LocalFault, match="no network"):
        wsl.reached("Ubuntu", URL, "0.0.0.0", Distribution("none"))


def test_elsewhere_than_on_windows_the_option_is_not_possible():
    with pytest.raises(NotPossibleHere):
        wsl.reach("Ubuntu", URL, "127.0.0.1", system="linux")
