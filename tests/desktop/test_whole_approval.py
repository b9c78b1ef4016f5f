"""`limits.manual_approval`: each request waits for its owner, who answers from a notification or the menu."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.desktop.menu_bus import MenuBus, menu_of
from tests.desktop.notices import Desktop, desktop
from tests.desktop.screen import Screen, until
from tests.desktop.whole import Tray, colours, page
from tray_app.simulated import SimulatedCopilot

ASKS = "[server]\nport = 0\n\n[limits]\nmanual_approval = true\n"


@dataclass
class Asked:
    """The program, its menu, and whoever shows its notifications."""

    tray: Tray
    menu: MenuBus
    shown: Desktop


@pytest.fixture
async def asked(bare_screen: Screen, sim: SimulatedCopilot, tmp_path) -> AsyncIterator[Asked]:
    tray = Tray(bare_screen, sim, tmp_path / "home", config=ASKS, ODD_PATIENCE="8")
    async with desktop(bare_screen, "actions", "body") as shown:
        program = tray.start("--hidden", program="tests.desktop.odd_program")
        async with menu_of(bare_screen, program.pid) as menu:
            await menu.until_label("● Running", 30)
            yield Asked(tray, menu, shown)
        assert "Traceback" not in program.output


def button(notice: dict, label: str) -> str:
    """The name behind a button."""
    actions = notice["actions"]
    return next(name for name, text in zip(actions[::2], actions[1::2], strict=True) if text == label)


async def test_allowed_and_denied_from_the_notification(asked: Asked, sim: SimulatedCopilot) -> None:
    for label, status in (("Allow", 200), ("Deny", 403)):
        request = asked.tray.asking("May I?", "claude-cli/2.1.0 (external, cli)")
        number, notice = (await until(lambda: list(asked.shown.notices.items())))[0]
        assert notice["title"] == "Claude Code asks to send a request"
        assert "gpt-4.1, 1 kB, about" in notice["text"]
        assert not request.done()
        before = len(sim.ledger)
        await asked.shown.click(number, button(notice, label))
        assert (await asyncio.wait_for(request, 5))[0] == status
        assert len(sim.ledger) - before == (1 if status == 200 else 0)
        await until(lambda: not asked.shown.notices, what="the notice to be taken away")
    assert "denied" in json.loads(request.result()[1])["error"]["message"]


async def test_answered_in_the_menu_and_a_whole_client_for_an_hour(asked: Asked) -> None:
    codex, curl = "codex_cli_rs/0.98.0", "curl/8.5.0"
    first = asked.tray.asking("one", codex)
    await asked.menu.until_label("Waiting for approval (1)")
    second = asked.tray.asking("two", curl)
    waiting = await asked.menu.until_label("Waiting for approval (2)")
    labels = [item.label for item in waiting.items]
    assert labels[0].startswith("Codex: gpt-4.1, ")
    assert labels[1:4] == ["Allow", "Deny", "Allow Codex for an hour"]
    await asked.menu.click("Waiting for approval", "Allow Codex for an hour")
    assert (await asyncio.wait_for(first, 5))[0] == 200
    await asked.menu.until_label("Waiting for approval (1)")
    assert not second.done()
    await asked.menu.click("Waiting for approval", "Deny")
    assert (await asyncio.wait_for(second, 5))[0] == 403
    await asked.menu.until_label("No request waits for approval")
    assert (await asyncio.wait_for(asked.tray.ask("three", codex), 3))[0] == 200, "nobody is asked again"


async def test_nobody_answers_and_it_is_denied(asked: Asked, sim: SimulatedCopilot) -> None:
    status, text = await asyncio.wait_for(asked.tray.ask("Anybody there?"), 20)
    assert status == 403
    assert "Nobody approved this request in time" in text
    assert not sim.ledger
    await asked.menu.until_label("No request waits for approval")
    await until(lambda: not asked.shown.notices)


async def test_the_window_asks_too(asked: Asked) -> None:
    await asked.menu.click("Open dashboard")
    await page(asked.tray.screen, "Overview")
    request = asked.tray.asking("May I?")
    await page(asked.tray.screen, "curl", "Allow", "Deny")
    await asked.menu.click("Waiting for approval", "Deny")
    assert (await request)[0] == 403


async def test_the_icon_becomes_a_question(screen: Screen, sim: SimulatedCopilot, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home", config=ASKS)
    program = tray.start("--hidden")
    spot = await screen.icon()
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("100 % left", 30)
        await asyncio.sleep(0.5)
        before = screen.picture_of(spot).tobytes()
        request = tray.asking()
        await until(lambda: screen.picture_of(spot).tobytes() != before, what="another icon")
        assert len(colours(screen, spot)) > 3
        assert [title for title, _ in await until(screen.notices)] == ["curl asks to send a request"]
        await menu.click("Waiting for approval", "Allow")
        assert (await request)[0] == 200
