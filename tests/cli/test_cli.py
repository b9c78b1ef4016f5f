import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tray_app import __version__
from tray_app.settings_keys import KEYS

posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX matter")


def test_version(jumpseat):
    done = jumpseat("--version")
    assert (done.stdout, done.returncode) == (f"jumpseat {__version__}\n", 0)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
@pytest.mark.parametrize("display", ["", ":99"])
def test_without_a_command_it_says_what_works(jumpseat, display):
    done = jumpseat(DISPLAY=display)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "jumpseat serve" in done.stderr
    assert ("no display" in done.stderr) is (display == "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "99999"],
        ["serve", "--port", "x"],
        ["use"],
        ["config"],
        ["config", "get"],
        ["status", "--frmat", "x"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_2(jumpseat, arguments):
    done = jumpseat(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: jumpseat" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["status"], "not running at http://127.0.0.1:1. Start it", id="status"),
        pytest.param(["use", "ada"], "'ada' is not signed in here. Sign in with", id="use"),
        pytest.param(["config", "get", "server.prt"], "did you mean server.port? ", id="misspelt"),
        pytest.param(["config", "set", "server.port", "70000"], "at most 65535, not 70000", id="range"),
        pytest.param(["config", "set", "server.port", "x"], 'a whole number, not "x"', id="type"),
        pytest.param(["config", "get", "models.exact.x"], "models.exact.x is not set", id="entry"),
        pytest.param(["serve", "--host", "0.0.0.0", "--port", "0"], "lets other machines in", id="open"),
        pytest.param(["status", "--format", "{stat}"], "{stat} is not a field. There are state", id="field"),
    ],
)
def test_failures_are_one_line_and_1(jumpseat, arguments, says):
    done = jumpseat(*arguments, JUMPSEAT_SERVER_PORT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("jumpseat: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_debug_brings_the_traceback(jumpseat):
    done = jumpseat("use", "ada", "--debug")
    assert "Traceback" in done.stderr
    assert done.returncode == 1


def test_settings_from_the_command_line(jumpseat, environ):
    assert jumpseat("config", "path").stdout.strip() == os.path.join(environ["JUMPSEAT_HOME"], "config.toml")
    assert jumpseat("config", "set", "server.port", "8315").returncode == 0
    assert jumpseat("config", "set", "models.exact.gpt-4.1", "gpt-5").returncode == 0
    assert jumpseat("config", "set", "models.exact", '{"a": "b"}').returncode == 0
    assert jumpseat("config", "set", "models.exact.c.d", "e").returncode == 0
    assert jumpseat("config", "get", "server.port").stdout == "8315\n"
    assert jumpseat("config", "get", "models.exact.c.d").stdout == "e\n"
    assert json.loads(jumpseat("config", "get", "models.exact").stdout) == {"a": "b", "c.d": "e"}
    assert jumpseat("config", "reset", "models.exact.a").returncode == 0
    assert json.loads(jumpseat("config", "get", "models.exact").stdout) == {"c.d": "e"}
    assert jumpseat("config", "reset", "server.port").returncode == 0
    assert jumpseat("config", "get", "server.port").stdout == "8314\n"


def test_config_show_has_every_setting_and_no_key(jumpseat):
    jumpseat("config", "set", "server.api_keys", "fictional-key-1,fictional-key-2")
    variables = {"JUMPSEAT_SERVER_PORT": "8316"}
    shown = jumpseat("config", "show", **variables).stdout
    assert [line.split()[0] for line in shown.splitlines()] == list(KEYS)
    assert re.search(r"^server\.port +8316 +JUMPSEAT_SERVER_PORT$", shown, re.MULTILINE)
    assert re.search(r"^server\.api_keys +\(2 set\) +config\.toml line 2$", shown, re.MULTILINE)
    as_json = jumpseat("config", "show", "--json", **variables).stdout
    assert json.loads(as_json)["server.port"] == {
        "value": 8316,
        "source": "JUMPSEAT_SERVER_PORT",
        "default": 8314,
    }
    assert "fictional" not in shown + as_json


def test_config_check(jumpseat, environ):
    assert jumpseat("config", "check").returncode == 0
    home = environ["JUMPSEAT_HOME"]
    os.makedirs(home)
    with open(os.path.join(home, "config.toml"), "w") as file:
        file.write("[server]\nprot = 1\nport = 'x'\n")
    done = jumpseat("config", "check", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert not found["ok"]
    assert [finding.split(":")[0] for finding in found["findings"]] == [
        "config.toml line 2",
        "config.toml line 3",
    ]


@posix
def test_a_variable_that_overrules_is_mentioned(jumpseat, environ):
    done = jumpseat("config", "set", "server.port", "8315", JUMPSEAT_SERVER_PORT="8316")
    assert done.returncode == 0
    assert "JUMPSEAT_SERVER_PORT is set and overrules config.toml" in done.stderr
    config = os.path.join(environ["JUMPSEAT_HOME"], "config.toml")
    assert stat.S_IMODE(os.stat(config).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(environ["JUMPSEAT_HOME"]).st_mode) == 0o700


def test_a_home_that_cannot_be_written_is_a_sentence(jumpseat, tmp_path):
    (tmp_path / "file").write_text("")
    done = jumpseat("config", "set", "server.port", "1", JUMPSEAT_HOME=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cannot be" in done.stderr


def test_status_of_nothing(jumpseat):
    variables = {"JUMPSEAT_SERVER_PORT": "1"}
    done = jumpseat("status", "--json", **variables)
    assert (json.loads(done.stdout), done.returncode) == ({"running": False, "url": "http://127.0.0.1:1"}, 1)
    done = jumpseat("status", "--format", "[{state} {percent_left}]", **variables)
    assert (done.stdout, done.returncode) == ("[stopped ?]\n", 1)


def test_accounts_of_nobody(jumpseat):
    assert json.loads(jumpseat("accounts", "--json").stdout) == []
    assert "jumpseat login" in jumpseat("accounts").stdout
    done = jumpseat("logout", GH_TOKEN="gho_fictional0000000000")
    assert (done.stdout, done.returncode) == ("Nobody is signed in.\n", 0)
    assert "GH_TOKEN is set and is still used" in done.stderr
    assert "fictional" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_told_in_one_line(environ, tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tray_app", "config", "show"],
            env=environ,
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr == "jumpseat: The output could not be written: No space left on device.\n"


@pytest.mark.parametrize("port", ["x", "-1", "70000", "1e3", "99999999999999999999"])
def test_a_port_that_is_none_is_bad_usage(jumpseat, port):
    done = jumpseat("serve", "--port", port)
    assert done.returncode == 2
    assert "from 0 to 65535" in done.stderr or "expected one argument" in done.stderr


@pytest.mark.parametrize("arguments", [("--debug", "config", "get", "x"), ("config", "get", "x", "--debug")])
def test_debug_counts_before_and_after_the_command(jumpseat, arguments):
    done = jumpseat(*arguments)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
