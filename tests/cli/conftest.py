import os
import subprocess
import sys

import pytest

KEPT = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR")


@pytest.fixture
def environ(tmp_path):
    """The environment of a command: a home of its own, no keyring, no token, no proxy."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        "JUMPSEAT_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": os.getcwd(),
    }


@pytest.fixture
def jumpseat(environ, tmp_path):
    """Runs one command to its end."""

    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "tray_app", *arguments],
            env=environ | variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    return run


class Background:
    """A command that runs on; `ready` is its first line."""

    def __init__(self, arguments, environ, cwd):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tray_app", *arguments],
            env=environ,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.ready = self.process.stdout.readline().strip()
        self.url = self.ready.rpartition(" ")[2]

    def stop(self, signal):
        """What it wrote after the ready line, on stdout and stderr, and its exit status."""
        self.process.send_signal(signal)
        out, err = self.process.communicate(timeout=30)
        return out, err, self.process.returncode


@pytest.fixture
def background(environ, tmp_path):
    started = []

    def run(*arguments, **variables):
        started.append(Background(arguments, environ | variables, tmp_path))
        return started[-1]

    yield run
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
