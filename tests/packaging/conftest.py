"""What `make deb tarball` made, and a desktop to run it on."""

import subprocess
from pathlib import Path

import pytest

from tests.desktop.conftest import gi_tools, screen, screen_tools  # noqa: F401  fixtures
from tray_app import __version__

ROOT = Path(__file__).parent.parent.parent


def made(pattern: str) -> Path:
    """The one file in dist/ of this version; without it the tests have nothing to look at."""
    found = list((ROOT / "dist").glob(pattern))
    assert len(found) == 1, f"dist/{pattern}: {len(found)} files; run `make test-packages`"
    return found[0]


@pytest.fixture(scope="session")
def deb() -> Path:
    return made(f"jumpseat_{__version__}_*.deb")


@pytest.fixture(scope="session")
def tarball() -> Path:
    return made(f"jumpseat-{__version__}-linux-*.tar.xz")


def output(*command: object, **more: object) -> str:
    """What a command prints. CalledProcessError, with stderr in the report, when it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, **more
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
