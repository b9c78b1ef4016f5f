"""Notifications on a real bus: seen by dunst, answered through a desktop of the test's own, missing."""

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from dbus_fast import Variant

from tests.desktop.notices import desktop
from tests.desktop.screen import Screen, until
from tray_app.desktop.notify import Notifier

BUTTONS = (("allow", "Allow"), ("deny", "Deny"))


class Plain:
    """What the tray icon would have shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def __call__(self, title: str, text: str) -> None:
        self.shown.append((title, text))


def be_on(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, screen.env[name])


@pytest.fixture
def plain() -> Plain:
    return Plain()


@pytest.fixture
def notifier(bare_screen: Screen, monkeypatch: pytest.MonkeyPatch, plain: Plain) -> Iterator[Notifier]:
    be_on(bare_screen, monkeypatch)
    one = Notifier(plain)
    yield one
    one.close()


async def test_dunst_shows_title_and_text(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, plain: Plain
) -> None:
    be_on(screen, monkeypatch)
    notifier = Notifier(plain)
    notifier.notify("quota", "20 % of the quota left", "a < b & c")
    assert await until(screen.notices) == [("20 % of the quota left", "a < b & c")]
    notifier.close()
    assert not plain.shown
    assert not [one for one in threading.enumerate() if one.name == "notifications"]


async def test_buttons_and_clicks_are_heard(bare_screen: Screen, notifier: Notifier) -> None:
    heard: list[str] = []
    async with desktop(bare_screen, "actions", "body") as shown:
        notifier.notify("approval-1", "Codex asks", "gpt <b>", BUTTONS, heard.append)
        await until(lambda: 1 in shown.notices)
        assert shown.notices[1]["actions"] == ["default", "", "allow", "Allow", "deny", "Deny"]
        assert shown.notices[1]["text"] == "gpt <b>"
        assert shown.notices[1]["hints"]["desktop-entry"] == Variant("s", "jumpseat")
        for number, action in ((7, "allow"), (1, "unknown"), (1, "deny"), (1, "default")):
            await shown.click(number, action)
        await until(lambda: len(heard) == 2)
        assert heard == ["deny", ""]


async def test_the_next_of_a_kind_replaces_the_last_and_can_be_taken_away(
    bare_screen: Screen, notifier: Notifier
) -> None:
    async with desktop(bare_screen, "actions", "body-markup") as shown:
        notifier.withdraw("quota")  # nothing to do
        notifier.notify("port", "The proxy did not start", "taken")
        notifier.notify("quota", "50 % left", "a & b")
        notifier.notify("quota", "20 % left", "c & <d>")
        await until(lambda: shown.notices.get(2, {}).get("title") == "20 % left")
        assert shown.notices[2]["text"] == "c &amp; &lt;d&gt;"
        notifier.withdraw("quota")
        await until(lambda: 2 not in shown.notices)
        assert 1 in shown.notices


async def test_a_desktop_without_buttons_gets_none(bare_screen: Screen, notifier: Notifier) -> None:
    async with desktop(bare_screen, "body") as shown:
        notifier.notify("approval-1", "Codex asks", "x", BUTTONS)
        await until(lambda: shown.notices)
        assert shown.notices[1]["actions"] == []


async def test_nobody_who_shows_them_is_no_matter_and_later_somebody_may_come(
    bare_screen: Screen, notifier: Notifier
) -> None:
    begun = time.monotonic()
    for _ in range(20):
        notifier.notify("quota", "Nobody", "sees this")
    assert time.monotonic() - begun < 1.0
    await until(lambda: not notifier_is_busy(notifier))
    async with desktop(bare_screen, "actions") as shown:
        notifier.notify("quota", "Somebody", "sees this")
        await until(lambda: shown.notices)
        assert [one["title"] for one in shown.notices.values()] == ["Somebody"]


def notifier_is_busy(notifier: Notifier) -> bool:
    done = threading.Event()
    shows = notifier._shows  # the queue has no other window
    assert shows is not None
    shows.post(done.set)
    return not done.wait(0.5)


async def test_a_bus_that_goes_away_ends_nothing(bare_screen: Screen, notifier: Notifier) -> None:
    async with desktop(bare_screen, "actions") as shown:
        notifier.notify("quota", "Before", "x")
        await until(lambda: shown.notices)
        bus = next(one for one in bare_screen.programs if "dbus-daemon" in str(one.process.args))
        bus.end()
    notifier.notify("quota", "After", "x")
    notifier.withdraw("quota")
    await until(lambda: not notifier_is_busy(notifier))


async def test_texts_are_cut_to_what_every_system_takes(bare_screen: Screen, notifier: Notifier) -> None:
    async with desktop(bare_screen, "actions") as shown:
        notifier.notify("quota", "t" * 100, "x" * 999 + "\x1b[31m", (("a", "b" * 99),))
        await until(lambda: shown.notices)
        notice = shown.notices[1]
        assert len(notice["title"]) == 63
        assert len(notice["text"]) == 255
        assert len(notice["actions"][-1]) == 60


# --- without D-Bus from Python -----------------------------------------------------------------------


def without_gi(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("gi.", "tray_app.desktop.notify_bus"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gi", None)


async def test_notify_send_does_it_too(screen: Screen, monkeypatch: pytest.MonkeyPatch, plain: Plain) -> None:
    be_on(screen, monkeypatch)
    without_gi(monkeypatch)
    notifier = Notifier(plain)
    notifier.notify("quota", "--help is a title", "text")
    assert await until(screen.notices) == [("--help is a title", "text")]
    notifier.close()


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
async def test_else_the_tray_icon_shows_them(
    monkeypatch: pytest.MonkeyPatch, plain: Plain, system: str
) -> None:
    without_gi(monkeypatch)
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setattr(sys, "platform", system)
    notifier = Notifier(plain)
    notifier.notify("quota", "Title", "Text", BUTTONS)
    notifier.withdraw("quota")
    await until(lambda: plain.shown == [("Title", "Text")])
    notifier.close()
    notifier.notify("quota", "Too late", "Text")
    assert plain.shown == [("Title", "Text")]


def test_a_notifier_that_was_never_used_has_no_thread(plain: Plain) -> None:
    before = threading.active_count()
    notifier = Notifier(plain)
    notifier.withdraw("quota")
    notifier.close()
    assert threading.active_count() == before
