"""Shared fixtures: a clean environment for every test, and a simulated Copilot."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tray_app.simulated import SimulatedCopilot

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_TOKENS = ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The developer's laptop must not change a result: no proxies, no tokens, no settings, no keyring."""
    for name in (*_PROXIES, *(name.lower() for name in _PROXIES), *_TOKENS):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("JUMPSEAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JUMPSEAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedCopilot]:
    """A simulated GitHub and Copilot on two free ports."""
    async with SimulatedCopilot() as simulated:
        yield simulated
