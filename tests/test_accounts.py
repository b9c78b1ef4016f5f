"""Who is signed in: a real Secret Service, keyrings that fail in every way, and the list beside them."""

import asyncio
import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordDeleteError, PasswordSetError

from tray_app.accounts import Accounts
from tray_app.copilot.credentials import GitHubToken, UnusableToken
from tray_app.errors import KeyringFault, LocalFault

ADA, BOB = GitHubToken("ghu_adaadaada"), GitHubToken("gho_bobbobbob")


class Memory(KeyringBackend):
    """A keyring in a dictionary; `fail` is raised, `hold` blocks until it is set."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.held, self.calls = {}, []
        self.fail = self.hold = None

    def _call(self, *call):
        self.calls.append(call)
        assert threading.current_thread() is not threading.main_thread(), "blocks the event loop"
        if self.hold is not None:
            self.hold.wait(30)
        if self.fail is not None:
            raise self.fail

    def get_password(self, service, username):
        self._call("get", service, username)
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self._call("set", service, username)
        self.held[service, username] = password

    def delete_password(self, service, username):
        self._call("delete", service, username)
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 2  # each look is later than the file is trusted
        return self.now


@pytest.fixture
def ring():
    before = keyring.core._keyring_backend
    backend = Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.core._keyring_backend = before


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def accounts(home, ring):
    return Accounts(home, {}, monotonic=Clock())


async def test_nobody_is_signed_in_and_no_keyring_is_touched(accounts, ring):
    assert await accounts.active() is None
    assert await accounts.list() == []
    assert ring.calls == []


async def test_a_sign_in_is_kept_by_the_keyring_and_active(accounts, ring, home):
    assert await accounts.add("ada", ADA) is None
    assert ring.held == {("jumpseat", "ada"): "ghu_adaadaada"}
    assert await accounts.active() == ("ada", ADA, "keyring")
    assert await Accounts(home, {}).active() == ("ada", ADA, "keyring")


async def test_no_file_ever_holds_a_token(accounts, home):
    await accounts.add("ada", ADA)
    await accounts.add("bob", BOB)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert home / "accounts.json" in files
    for path in files:
        assert b"ghu_" not in path.read_bytes()
        assert b"gho_" not in path.read_bytes()
    assert json.loads((home / "accounts.json").read_text()) == {"active": "bob", "logins": ["ada", "bob"]}
    if os.name == "posix":
        assert stat.S_IMODE((home / "accounts.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def test_the_token_is_read_once(accounts, ring, home):
    await accounts.add("ada", ADA)
    later = Accounts(home, {})
    ring.calls.clear()
    await asyncio.gather(*(later.active() for _ in range(50)))
    await later.active()
    assert ring.calls == [("get", "jumpseat", "ada")]


async def test_switching(accounts):
    await accounts.add("ada", ADA)
    await accounts.add("bob", BOB)
    assert [(known.login, known.active) for known in await accounts.list()] == [("ada", False), ("bob", True)]
    await accounts.use("Ada")
    assert (await accounts.active()).token == ADA
    with pytest.raises(LocalFault, match=r"'eve' is not signed in.*ada, bob"):
        await accounts.use("eve")


async def test_signing_out_makes_nobody_else_active(accounts, ring):
    await accounts.add("ada", ADA)
    await accounts.add("bob", BOB)
    await accounts.remove("BOB")
    assert await accounts.active() is None
    assert ring.held == {("jumpseat", "ada"): "ghu_adaadaada"}
    with pytest.raises(LocalFault, match="not signed in"):
        await accounts.remove("bob")


async def test_signing_out_where_the_keyring_has_nothing_is_fine(accounts, ring):
    await accounts.add("ada", ADA)
    ring.held.clear()
    await accounts.remove("ada")
    assert await accounts.list() == []


async def test_a_second_sign_in_replaces_the_token(accounts, ring, home):
    await accounts.add("ada", ADA)
    await accounts.add("ADA", GitHubToken("ghu_newnewnew"))
    assert (await Accounts(home, {}).active()).token.reveal() == "ghu_newnewnew"
    assert [known.login for known in await accounts.list()] == ["ada"]


async def test_another_process_is_noticed(accounts, home):
    await accounts.add("ada", ADA)
    other = Accounts(home, {})
    await other.add("bob", BOB)
    assert (await accounts.active()).login == "bob"
    await other.remove("bob")
    await other.remove("ada")
    assert await accounts.active() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"logins": 7}', '{"logins": ["../x", 7], "active": "ada"}'])
async def test_a_damaged_list_is_as_good_as_none(accounts, home, text):
    home.mkdir()
    (home / "accounts.json").write_text(text)
    assert await accounts.active() is None
    await accounts.add("ada", ADA)
    assert (await accounts.active()).login == "ada"


@pytest.mark.parametrize("login", ["", "a b", "../ada", "ada\n", "-ada", "x" * 200])
async def test_impossible_logins(accounts, ring, login):
    with pytest.raises(LocalFault, match="not a GitHub login"):
        await accounts.add(login, ADA)
    assert ring.calls == []


@pytest.mark.bug(33)
async def test_a_token_that_cannot_work_is_not_kept(accounts, ring):
    with pytest.raises(UnusableToken):
        await accounts.add("ada", GitHubToken("ghp_classic"))
    assert ring.calls == []


# --- sources ---------------------------------------------------------------------------------------

VARIABLES = {
    "COPILOT_GITHUB_TOKEN": "ghu_first",
    "GH_TOKEN": "gho_third",
    "GITHUB_TOKEN": "gho_fourth",
}


@pytest.mark.parametrize(
    ("without", "source"),
    [
        ((), "COPILOT_GITHUB_TOKEN"),
        (("COPILOT_GITHUB_TOKEN",), "keyring"),
        (("COPILOT_GITHUB_TOKEN", "keyring"), "GH_TOKEN"),
        (("COPILOT_GITHUB_TOKEN", "keyring", "GH_TOKEN"), "GITHUB_TOKEN"),
        ((*VARIABLES, "keyring"), None),
    ],
)
async def test_the_first_source_wins(home, ring, without, source):
    environ = {name: f" {value}\n" for name, value in VARIABLES.items() if name not in without}
    accounts = Accounts(home, environ)
    if "keyring" not in without:
        await accounts.add("ada", ADA)
    found = await accounts.active()
    assert (found and found.source) == source
    if source in VARIABLES:
        assert found.token.reveal() == VARIABLES[source]
        assert found.login is None


async def test_a_variable_that_cannot_work_is_named_when_nothing_else_is_there(home, ring):
    accounts = Accounts(home, {"GH_TOKEN": "ghp_classic"})
    with pytest.raises(UnusableToken, match=r"GH_TOKEN is set.*classic") as caught:
        await accounts.active()
    assert "ghp_classic" not in str(caught.value)


async def test_a_variable_that_cannot_work_is_passed_over_for_a_later_one(home, ring):
    accounts = Accounts(home, {"GH_TOKEN": "ghp_classic", "GITHUB_TOKEN": "gho_good"})
    assert (await accounts.active()).source == "GITHUB_TOKEN"


async def test_the_explicit_variable_is_never_passed_over(home, ring):
    accounts = Accounts(home, {"COPILOT_GITHUB_TOKEN": "github_pat_x", "GH_TOKEN": "gho_good"})
    with pytest.raises(UnusableToken, match="COPILOT_GITHUB_TOKEN"):
        await accounts.active()


# --- keyrings that fail ----------------------------------------------------------------------------

FAILURES = [
    (NoKeyringError("no backend"), "no keyring"),
    (KeyringLocked("locked"), "locked"),
    (InitError("Failed to create the collection: Prompt dismissed"), "could not be opened"),
    (PasswordSetError("stub received bad data"), "refused"),
    (RuntimeError("secret text ghu_adaadaada"), "cannot be reached"),
    (OSError(1783, "CredWrite"), "OSError"),
]


@pytest.mark.parametrize(("error", "words"), FAILURES, ids=lambda value: type(value).__name__)
async def test_without_a_keyring_the_sign_in_is_for_this_run_and_says_so(accounts, ring, home, error, words):
    ring.fail = error
    fault = await accounts.add("ada", ADA)
    assert words in fault.message
    assert "for this run only" in fault.message
    assert "COPILOT_GITHUB_TOKEN" in fault.remedy
    assert "ghu_adaadaada" not in str(fault)
    assert await accounts.active() == ("ada", ADA, "this run")
    assert [(known.login, known.active, known.in_keyring) for known in await accounts.list()] == [
        ("ada", True, False)
    ]
    assert not (home / "accounts.json").exists()
    assert await Accounts(home, {}).active() is None


async def test_a_sign_in_of_this_run_can_be_left_and_ended(accounts, ring):
    await accounts.add("bob", BOB)
    ring.fail = KeyringLocked("locked")
    await accounts.add("ada", ADA)
    ring.fail = None
    await accounts.use("bob")
    assert (await accounts.active()).login == "bob"
    await accounts.use("ada")
    assert (await accounts.active()).source == "this run"
    await accounts.remove("ada")
    assert [known.login for known in await accounts.list()] == ["bob"]


@pytest.mark.parametrize(("error", "words"), FAILURES[:3], ids=lambda value: type(value).__name__)
async def test_a_keyring_that_fails_later_is_a_fault_with_a_remedy(accounts, ring, home, error, words):
    await accounts.add("ada", ADA)
    ring.fail = error
    later = Accounts(home, {"GH_TOKEN": "gho_otherperson"})
    with pytest.raises(KeyringFault, match=words) as caught:  # and not another person's token instead
        await later.active()
    assert caught.value.remedy
    ring.fail = None
    assert (await later.active()).login == "ada"


async def test_a_keyring_that_keeps_nothing_is_found_out(home):
    before = keyring.core._keyring_backend
    keyring.core._keyring_backend = None  # the null backend of the test environment
    try:
        fault = await Accounts(home, {}).add("ada", ADA)
    finally:
        keyring.core._keyring_backend = before
    assert "did not keep" in fault.message


async def test_a_keyring_in_a_plain_file_is_not_used(home, ring):
    """Secrets never touch a file, whatever else is installed."""
    plain = type("PlaintextKeyring", (Memory,), {"__module__": "keyrings.alt.file"})()
    keyring.set_keyring(plain)
    fault = await Accounts(home, {}).add("ada", ADA)
    assert "in a file" in fault.message
    assert plain.held == {}


async def test_a_keyring_that_blocks_for_ever_is_given_up_and_joined(accounts, ring, home):
    """With a display, a locked keyring opens a dialog and the call returns when somebody answers."""
    await accounts.add("ada", ADA)
    ring.calls.clear()
    ring.hold = threading.Event()
    told = []
    slow = Accounts(home, {}, keyring_seconds=0.05, waiting=told.append)
    try:
        for _ in range(3):
            with pytest.raises(KeyringFault, match="did not answer") as caught:
                await slow.active()
            assert "dialog" in caught.value.remedy
        assert ring.calls == [("get", "jumpseat", "ada")], "one dialog, however many ask"
        ring.hold.set()
        for _ in range(200):
            if not any(thread.name == "keyring" for thread in threading.enumerate()):
                break
            await asyncio.sleep(0.01)
        assert (await slow.active()).login == "ada"
        assert len(ring.calls) == 1, "the late answer counts"
    finally:
        ring.hold.set()


def test_a_blocked_keyring_does_not_hold_up_the_exit(tmp_path):
    code = (
        "import asyncio, sys, threading, keyring, pathlib\n"
        "from keyring.backend import KeyringBackend\n"
        "from tray_app.accounts import Accounts\n"
        "from tray_app.errors import KeyringFault\n"
        "class Stuck(KeyringBackend):\n"
        "    priority = 1\n"
        "    def get_password(self, service, username): threading.Event().wait()\n"
        "    set_password = delete_password = get_password\n"
        "keyring.set_keyring(Stuck())\n"
        "async def main():\n"
        "    try: await Accounts(pathlib.Path(sys.argv[1]), {}, keyring_seconds=0.05).active()\n"
        "    except KeyringFault: print('gave up')\n"
        "asyncio.run(main())\n"
    )
    (tmp_path / "accounts.json").write_text('{"active": "ada", "logins": ["ada"]}')
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "gave up", "")


async def test_the_person_is_told_where_to_look(ring, home, monkeypatch, caplog):
    monkeypatch.setattr("tray_app.token_keyring._WAITING_SECONDS", 0.01)
    home.mkdir()
    (home / "accounts.json").write_text('{"active": "ada", "logins": ["ada"]}')
    ring.held["jumpseat", "ada"] = ADA.reveal()
    ring.hold = threading.Event()
    timer = threading.Timer(0.1, ring.hold.set)
    timer.start()
    with caplog.at_level(logging.WARNING):
        assert (await Accounts(home, {}).active()).login == "ada"
    assert "Waiting for your keyring" in caplog.text


# --- a real Secret Service -------------------------------------------------------------------------

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
secret_service = pytest.mark.skipif(
    not os.environ.get("CI") and not all(map(shutil.which, PROGRAMS)),
    reason="needs " + " and ".join(PROGRAMS),
)
UNLOCK = 'printf "\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; '


def in_session(tmp_path, *lines):
    """Run round-trip scenarios, one per line of (shell before it, scenario), in one fresh session bus."""
    scratch = tmp_path / "scratch"
    for folder in ("run", "data", "config"):
        (scratch / folder).mkdir(parents=True, mode=0o700, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "XDG_RUNTIME_DIR": str(scratch / "run"),
        "XDG_DATA_HOME": str(scratch / "data"),
        "XDG_CONFIG_HOME": str(scratch / "config"),
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    script = Path(__file__).with_name("keyring_round_trip.py")
    shell = "".join(
        f'{before}"{sys.executable}" "{script}" {what} "{tmp_path}/home"; ' for before, what in lines
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", shell + "true"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(found) == len(lines), done.stderr
    return found


@secret_service
def test_round_trip_through_a_real_secret_service(tmp_path):
    (found,) = in_session(tmp_path, (UNLOCK, "round_trip"))
    assert found == {
        "stored": [None, None],
        "bob": ["bob", "gho_bobbobbob", "keyring"],
        "ada": ["ada", "ghu_adaadaada", "keyring"],
        "left": [],
        "active": None,
    }


@secret_service
def test_a_sign_in_survives_the_session(tmp_path):
    assert in_session(tmp_path, (UNLOCK, "add")) == [{"fault": None}]
    assert in_session(tmp_path, (UNLOCK, "read")) == [{"found": "ghu_adaadaada"}]


@secret_service
def test_a_locked_keyring_without_a_display(tmp_path):
    password = UNLOCK.replace('"\\n"', '"a password\\n"')
    assert in_session(tmp_path, (password, "add")) == [{"fault": None}]
    start = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; "
    (found,) = in_session(tmp_path, (start, "read"))
    assert "locked" in found["fault"]
    assert "Unlock it" in found["fault"]


@secret_service
def test_a_session_without_any_keyring_yet(tmp_path):
    start = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; "
    (found,) = in_session(tmp_path, (start, "add"))
    assert "for this run only" in found["fault"]


def test_no_session_bus_at_all(tmp_path):
    script = Path(__file__).with_name("keyring_round_trip.py")
    done = subprocess.run(
        [sys.executable, str(script), "add", str(tmp_path / "home")],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "XDG_RUNTIME_DIR": str(tmp_path),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nobody",
            "PYTHONPATH": str(Path(__file__).parent.parent),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    assert "no keyring on this system" in found["fault"].lower()
    assert "gnome-keyring" in found["fault"]


def test_no_keyring_is_said_in_words_when_a_variable_names_none(tmp_path):
    """In a process of its own, where keyring has not looked for backends yet."""
    code = (
        "import asyncio, pathlib, sys\n"
        "from tray_app.accounts import Accounts\n"
        "try:\n"
        "    print(asyncio.run(Accounts(pathlib.Path(sys.argv[1]), {}).keyring_name()))\n"
        "except Exception as fault:\n"
        "    print(fault)\n"
    )
    env = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    said = subprocess.run(
        [sys.executable, "-c", code, tmp_path], env=env, capture_output=True, text=True
    ).stdout
    assert said.startswith("There is no keyring on this system.")
