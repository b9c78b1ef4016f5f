"""`login`, `accounts`, `use`, `logout` and `doctor`, as processes, against a simulated GitHub."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from tray_app.simulated import SimulatedCopilot

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


@pytest.fixture
async def github():
    async with SimulatedCopilot(device_interval=1) as simulated:
        yield simulated


@pytest.fixture
def run(github, jumpseat, tmp_path):
    """A command against the simulated GitHub, with a keyring; the test's loop goes on meanwhile."""

    async def command(*arguments, keyring="file_keyring.FileKeyring", **more):
        return await asyncio.to_thread(jumpseat, *arguments, **variables(github, tmp_path, keyring) | more)

    return command


def variables(github, tmp_path, keyring="file_keyring.FileKeyring"):
    return {
        "JUMPSEAT_COPILOT_GITHUB_URL": github.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": github.github_api_url,
        "PYTHON_KEYRING_BACKEND": keyring,
        "PYTHONPATH": f"{Path.cwd()}:{Path(__file__).parent}",
        "TEST_KEYRING": str(tmp_path / "keyring.json"),
        "JUMPSEAT_SERVER_PORT": "1",
    }


def kept(tmp_path):
    path = tmp_path / "keyring.json"
    return json.loads(path.read_text()) if path.exists() else {}


async def test_a_whole_life(github, run, tmp_path):
    github.auto_approve = True
    done = await run("login")
    assert (done.stdout, done.returncode) == ("Signed in as octocat.\n", 0)
    assert f"Open {github.github_url}/login/device and type in this code: " in done.stderr
    (token,) = kept(tmp_path).values()
    for file in (tmp_path / "home").rglob("*"):
        assert file.is_dir() or token.encode() not in file.read_bytes(), f"the token is in {file}"
    assert json.loads((await run("accounts", "--json")).stdout) == [
        {"login": "octocat", "active": True, "in_keyring": True}
    ]
    models = await run("models", "--json")
    assert {"id", "context_window"} <= json.loads(models.stdout)["data"][0].keys()
    usage = await run("usage", "--json")
    assert json.loads(usage.stdout)["login"] == "octocat"
    doctor = await run("doctor", "--bundle", JUMPSEAT_SERVER_PORT="0")
    assert doctor.returncode == 0, doctor.stdout
    assert doctor.stdout.splitlines()[-1].startswith("The report is ")
    (report,) = tmp_path.glob("jumpseat-report-*.md")
    for text in (done.stdout, done.stderr, models.stdout, usage.stdout, doctor.stdout, report.read_text()):
        assert token not in text
    assert "octocat" not in report.read_text()
    assert (await run("use", "OCTOCAT")).returncode == 0
    assert (await run("logout")).stdout == "octocat is signed out.\n"
    assert kept(tmp_path) == {}
    signed_out = await run("models")
    assert (signed_out.returncode, "jumpseat login" in signed_out.stderr) == (1, True)


async def test_a_refusal_in_the_browser_is_told(github, run):
    running = asyncio.ensure_future(run("login"))  # noqa: TID251  the test itself holds it
    async with asyncio.timeout(20):
        while not github.user_codes:
            await asyncio.sleep(0.05)
    github.deny(github.user_codes[0])
    done = await running
    assert (done.stdout, done.returncode) == ("", 1)
    assert "cancelled in the browser" in done.stderr.splitlines()[-1]


async def test_without_a_keyring_login_says_what_helps(github, run, tmp_path):
    github.auto_approve = True
    done = await run("login", keyring="keyring.backends.fail.Keyring")
    assert (done.stdout, done.returncode) == ("", 3)
    assert "jumpseat serve --login" in done.stderr.splitlines()[-1]
    assert kept(tmp_path) == {}
    assert json.loads((await run("accounts", "--json")).stdout) == []


@posix
async def test_serve_can_sign_in_for_one_run(github, background, jumpseat, tmp_path):
    github.auto_approve = True
    environ = variables(github, tmp_path, "keyring.backends.fail.Keyring")
    proxy = await asyncio.to_thread(background, "serve", "--login", "--port", "0", **environ)
    models = await asyncio.to_thread(jumpseat, "models", **environ)
    assert (models.returncode, models.stderr) == (0, "")
    out, err, status = await asyncio.to_thread(proxy.stop, signal.SIGTERM)
    assert (out, status) == ("", 0)
    assert "type in this code" in err
    assert "ghu_" not in err
    files = [file for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert not [file.name for file in files if b"ghu_" in file.read_bytes()]


async def test_doctor_names_what_is_missing(run):
    done = await run("doctor", "--json")
    found = {finding["check"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert found["account"]["state"] == "wrong"
    assert "jumpseat login" in found["account"]["remedy"]
    assert found["seat"]["state"] == found["models"]["state"] == "skipped"
    assert found["127.0.0.1"]["state"] == "ok"


async def test_doctor_explains_a_token_that_cannot_work(run):
    done = await run("doctor", "--json", GH_TOKEN="ghp_fictional00000000000000000000000000")
    found = {finding["check"]: finding for finding in json.loads(done.stdout)}
    assert "classic personal access token" in found["account"]["message"]
    assert "fictional" not in done.stdout + done.stderr


@posix
async def test_a_running_proxy_follows_sign_ins_of_other_processes(github, background, run, tmp_path):
    """Models, plan and quota are those of the account that is active now; signed out, there are none."""
    github.auto_approve = True
    proxy = await asyncio.to_thread(background, "serve", "--port", "0", **variables(github, tmp_path))

    async def becomes(state):
        async with asyncio.timeout(20):
            while (await run("status", "--format", "{login} {state}")).stdout != f"{state}\n":
                await asyncio.sleep(0.2)

    await becomes("? signed out")
    await run("login")
    await becomes("octocat ready")
    await run("logout")
    await becomes("? signed out")
    done = await run("models")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    await asyncio.to_thread(proxy.stop, signal.SIGTERM)


async def test_without_a_running_proxy_a_reason_is_one_line(run):
    for command in ("models", "usage"):
        done = await run(command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1, done.stderr


async def test_a_keyring_that_keeps_nothing_is_told_without_contradiction(github, run):
    github.auto_approve = True
    done = await run("login", keyring="keyring.backends.null.Keyring")
    reason = done.stderr.splitlines()[-1]
    assert done.returncode == 3
    assert "did not keep the token" in reason
    assert "for this run only" not in reason  # this run ends here
    assert reason.count("COPILOT_GITHUB_TOKEN") == 1


async def test_nobody_types_a_code_for_a_keyring_that_is_not_there(github, run):
    done = await run("login", keyring="keyring.backends.fail.Keyring")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert github.user_codes == []
