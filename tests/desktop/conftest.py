"""A desktop of its own for each test that asks for one; see `screen.py` and `menu_bus.py`."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.screen import Screen, fresh_screen, missing, without_gi

HERE = Path(__file__).parent

# What talks to a session bus is for Linux; elsewhere its library is not even installed.
collect_ignore = (
    []
    if importlib.util.find_spec("dbus_fast")
    else [
        path.name
        for path in HERE.glob("test_*.py")
        if any(word in path.read_text("utf-8") for word in ("menu_bus", "dbus_fast"))
    ]
)


def need(reason: str) -> None:
    """Skip where something is missing, but never in CI: there it must not be missing."""
    if not reason:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def screen_tools() -> None:
    """The programs that a virtual desktop is made of."""
    need(missing())


@pytest.fixture(scope="session")
def gi_tools(screen_tools: None) -> None:
    """And the libraries that give the tray icon its menu."""
    need(without_gi())


@pytest.fixture
def screen(gi_tools: None, tmp_path: Path) -> Iterator[Screen]:
    """Xvfb, openbox, trayer and dunst on a session bus, none of them shared with another test."""
    home = tmp_path / "screen"
    home.mkdir()
    with fresh_screen(home) as fresh:
        yield fresh


@pytest.fixture
def bare_screen(gi_tools: None, tmp_path: Path) -> Iterator[Screen]:
    """A screen and a bus, but no tray host and nobody who shows notifications."""
    home = tmp_path / "screen"
    home.mkdir()
    with fresh_screen(home, tray=False, notices=False) as fresh:
        yield fresh
