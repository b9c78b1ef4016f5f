"""`connect`, `disconnect` and `clients` as processes, with a demo for the models."""

import json
import os
import subprocess
import sys

import pytest

SETTINGS = '{\n  // mine\n  "theme": "dark"\n}\n'


@pytest.fixture
def proxy(background):
    """A running demo; its models are the seat's, and its address is in the settings."""
    demo = background("demo", "--port", "0", "--still")
    return demo.url


@pytest.fixture
def run(jumpseat, proxy):
    port = proxy.rpartition(":")[2]
    return lambda *arguments, **variables: jumpseat(*arguments, JUMPSEAT_SERVER_PORT=port, **variables)


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text(SETTINGS)
    return path


def test_there_and_back(run, proxy, settings):
    done = run("connect", "claude-code", "--yes")
    assert done.returncode == 0, done.stderr
    assert f'+    "ANTHROPIC_BASE_URL": "{proxy}",' in done.stdout
    assert f"Claude Code is connected to Jumpseat at {proxy}." in done.stdout
    assert "settings.json.jumpseat-" in done.stdout
    assert "// mine" in settings.read_text()
    again = run("connect", "claude-code", "--yes")
    assert "Nothing had to be changed" in again.stdout
    listed = run("clients")
    assert "claude-code  connected" in listed.stdout
    back = run("disconnect", "claude-code", "--yes")
    assert back.returncode == 0, back.stderr
    assert settings.read_text() == SETTINGS
    assert [path.name for path in settings.parent.iterdir()] == ["settings.json"]


def test_without_an_answer_nothing_is_written(run, settings):
    done = run("connect", "claude-code")
    assert done.returncode == 1
    assert '+  "model": "claude-sonnet-5"' in done.stdout
    assert "--yes" in done.stderr
    assert settings.read_text() == SETTINGS


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize(
    ("answer", "is_written"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False)]
)
def test_at_a_terminal_it_asks(environ, proxy, settings, tmp_path, answer, is_written):
    import pty

    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        [sys.executable, "-m", "tray_app", "connect", "claude-code"],
        env=environ | {"JUMPSEAT_SERVER_PORT": proxy.rpartition(":")[2]},
        cwd=tmp_path,
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(ours)
    os.close(theirs)
    assert "Write this? [y/N]" in done.stdout
    assert done.returncode == (0 if is_written else 1), done.stderr
    assert (settings.read_text() != SETTINGS) == is_written


def test_a_dry_run_shows_and_is_done(run, settings):
    done = run("connect", "claude-code", "--dry-run", "--model", "opus")
    assert done.returncode == 0
    assert '+  "model": "claude-opus-5"' in done.stdout
    assert settings.read_text() == SETTINGS
    assert run("disconnect", "claude-code", "--dry-run").returncode == 1  # there is nothing to take back


def test_json_for_scripts(run, proxy, settings):
    dry = run("connect", "claude-code", "--dry-run", "--json")
    assert (dry.returncode, json.loads(dry.stdout)["written"]) == (0, False)
    asked = run("connect", "claude-code", "--json")
    assert (asked.returncode, json.loads(asked.stdout)["written"]) == (1, False)
    done = json.loads(run("connect", "claude-code", "--yes", "--json", "--small-model", "gpt-4.1").stdout)
    assert done["written"]
    assert done["models"] == ["claude-sonnet-5", "gpt-4.1"]
    assert done["files"][0]["path"] == str(settings)
    assert len(done["backups"]) == 1
    rows = json.loads(run("clients", "--json").stdout)["clients"]
    assert [row["name"] for row in rows] == [
        "claude-code", "codex", "gemini-cli", "opencode", "aider", "continue", "llm"
    ]  # fmt: skip
    assert rows[0]["state"] == "connected"
    assert rows[0]["base_url"] == proxy
    assert {row["state"] for row in rows[1:]} <= {"not found", "not connected"}
    assert json.loads(run("disconnect", "claude-code", "--yes", "--json").stdout)["written"]
    assert settings.read_text() == SETTINGS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["connect", "emacs"], "not a tool"),
        (["connect", "claude-code", "--model", "gpt-99"], "no model named gpt-99"),
        (["connect", "claude-code", "--wsl", "Ubuntu"], "--wsl is for Windows"),
        (["disconnect", "codex"], "was not connected"),
    ],
)
def test_reasons_on_one_line(run, arguments, said):
    done = run(*arguments)
    assert done.returncode == (3 if "--wsl" in arguments else 1)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_cannot_be_connected_is_told_before_signing_in(jumpseat):
    done = jumpseat("connect", "emacs", JUMPSEAT_SERVER_PORT="1")
    assert (done.returncode, "not a tool" in done.stderr) == (1, True)


def test_a_broken_file_is_named_with_its_line(run, settings):
    settings.write_text('{\n  "theme": dark\n}\n')
    done = run("connect", "claude-code", "--yes")
    assert done.returncode == 1
    assert f"{settings}, line 2" in done.stderr
    assert "unreadable" in run("clients").stdout


def test_the_key_of_the_settings_is_written(run, tmp_path, proxy):
    # The demo takes any key; ours is the first one.
    assert run("connect", "codex", "--yes", JUMPSEAT_SERVER_API_KEYS="first,second").returncode == 0
    assert 'experimental_bearer_token = "first"' in (tmp_path / ".codex" / "config.toml").read_text()


def test_signed_out_and_without_a_proxy_the_way_back_is_open(run, jumpseat, background, settings):
    """Connecting needs the seat's models, disconnecting needs nobody."""
    assert run("connect", "claude-code", "--yes").returncode == 0
    assert jumpseat("connect", "claude-code", "--yes", JUMPSEAT_SERVER_PORT="1").returncode == 1
    done = jumpseat("disconnect", "claude-code", "--yes", JUMPSEAT_SERVER_PORT="1")
    assert done.returncode == 0, done.stderr
    assert settings.read_text() == SETTINGS


@pytest.mark.parametrize("name", ["claude-code", "codex", "opencode", "aider", "continue", "llm"])
def test_every_tool_there_and_back(run, tmp_path, name):
    before = sorted(path for path in tmp_path.rglob("*") if "home" not in path.parts)
    assert run("connect", name, "--yes").returncode == 0
    assert f"{name}" in run("clients").stdout
    assert run("disconnect", name, "--yes").returncode == 0
    assert sorted(path for path in tmp_path.rglob("*") if "home" not in path.parts) == before
