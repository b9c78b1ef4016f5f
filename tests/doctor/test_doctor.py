import errno
import os
import socket
import sys
from datetime import UTC, datetime

import pytest

from tray_app.doctor import Finding, local
from tray_app.doctor.holder import holder_of, why_not
from tray_app.doctor.report import report
from tray_app.paths import Paths
from tray_app.settings import ServerSettings
from tray_app.settings_file import load
from tray_app.settings_save import save

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@linux
def test_the_program_on_a_port_is_named(taken):
    assert f"({os.getpid()})" in holder_of(taken)


@linux
def test_a_free_port_has_no_holder(taken):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        assert holder_of(other.getsockname()[1]) is None, "bound, but nobody listens"


def test_a_taken_port_is_wrong(taken):
    found = local.port(ServerSettings(port=taken), "http://127.0.0.1:1")
    assert (found.check, found.state) == ("port", "wrong")
    assert str(taken) in found.message


def test_a_home_that_is_a_file_is_wrong(tmp_path):
    (tmp_path / "home").write_text("")
    assert local.home(Paths(tmp_path / "home")).state == "wrong"
    assert local.home(Paths(tmp_path / "other")).state == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")
def test_open_doors_are_mentioned(tmp_path):
    tmp_path.chmod(0o755)
    found = local.home(Paths(tmp_path))
    assert (found.state, str(tmp_path) in found.message) == ("notice", True)


def test_wrong_settings_are_named(tmp_path):
    paths = Paths(tmp_path)
    paths.config.write_text("[server]\nprot = 1\n")
    found = local.config(load(paths, {}), paths)
    assert (found.state, "line 2" in found.message) == ("wrong", True)


def test_the_report_tells_nothing_private(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    paths = Paths(tmp_path / "home")
    save(paths, "server.api_keys", ["fictional-key"])
    save(paths, "filters.system_prompt_add", ["private words"])
    save(paths, "server.port", 8315)
    findings = [Finding("account", "ok", f"ada from {tmp_path}/home | gho_fictional00000000000000")]
    lines = ["Bearer gho_fictional00000000000000 for ada", "a request with fictional-key"]
    text = report(findings, load(paths, {}), lines, datetime(2026, 11, 23, tzinfo=UTC), ["ada"])
    for private in ("fictional", "private words", str(tmp_path), "ada "):
        assert private not in text
    assert "`server.port` = `8315` (config.toml line" in text
    assert "`server.api_keys` = 1 set" in text
    assert r"LOGIN from ~/home \| " in text


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"copilot.github_url": "https://acme.ghe.com"}, "ok"),
        ({"copilot.github_api_url": "https://api.acme.ghe.com"}, "ok"),
        (
            {
                "copilot.github_url": "https://acme.ghe.com",
                "copilot.github_api_url": "https://api.other.ghe.com",
            },
            "wrong",
        ),
        ({"copilot.github_api_url": "https://api.github.example.com"}, "wrong"),
        (
            {
                "copilot.github_url": "https://acme.ghe.com",
                "copilot.github_api_url": "https://api.acme.ghe.com",
            },
            "ok",
        ),
        ({}, "ok"),
    ],
    ids=["only sign-in", "only the API", "two tenants", "half", "both", "neither"],
)
def test_the_addresses_of_an_enterprise_move_together(tmp_path, changed, state):
    paths = Paths(tmp_path)
    for key, value in changed.items():
        save(paths, key, value)
    found = local.config(load(paths, {}), paths)
    assert found.state == state
    assert state == "ok" or "a token of one does not work at the other" in found.message


def test_another_port_that_is_named_is_one_to_take() -> None:
    taken = OSError(errno.EADDRINUSE, "in use")
    for port, other in ((1, 8314), (8314, 8315), (9000, 9001), (65535, 8314)):
        assert f"--port {other}," in why_not("127.0.0.1", port, taken).remedy
