"""The real window under Xvfb: its process, its page, what it may do, and what happens when it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.desktop.conftest import need
from tests.desktop.pages import Site
from tests.desktop.screen import Screen, until
from tray_app.desktop.window import Look, Window, command, without_secrets
from tray_app.errors import LocalFault

NAMES = ("--name", "^Jumpseat$")


@pytest.fixture(scope="session")
def web_view(gi_tools: None) -> None:
    probe = "import gi; gi.require_version('WebKit2', '4.1'); from gi.repository import WebKit2"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True)
    need("" if done.returncode == 0 else "WebKit2GTK's typelib is not installed")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({}).open() as opened:
        yield opened


class Opened:
    """A Window and what it told."""

    def __init__(self, screen: Screen, url: Callable[[str], str], **more: object) -> None:
        self.closed: list[str] = []
        self.elsewhere: list[tuple[str, str]] = []
        self.browsed: list[str] = []
        self.events: list[str] = []
        self.place = screen.home / "jumpseat" / "window.json"
        self.window = Window(
            url,
            look=Look(place=self.place),
            closed=self.closed.append,
            elsewhere=lambda *told: self.elsewhere.append(told),
            event=self.events.append,
            browse=self.browsed.append,
            **more,  # type: ignore[arg-type]
        )

    @property
    def process(self) -> psutil.Process:
        assert self.window.pid is not None
        return psutil.Process(self.window.pid)


@pytest.fixture
def opened(web_view: None, screen: Screen, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    be_on(screen, monkeypatch)
    monkeypatch.setenv("BROWSER", f"{recorder(screen)} %s")
    tickets = iter(range(1, 100))
    one = Opened(screen, lambda page: f"{site.url}{page}?ticket={next(tickets)}")
    yield one
    one.window.close()


def be_on(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """This very process starts the window."""
    for name in {*os.environ} - {*screen.env}:
        monkeypatch.delenv(name)
    for name, value in screen.env.items():
        monkeypatch.setenv(name, value)


def recorder(screen: Screen) -> Path:
    """A browser that notes its arguments and ends."""
    script = screen.home / "browser"
    script.write_text(f'#!/bin/sh\necho "$@" >> {screen.home}/browsed\n')
    script.chmod(0o700)
    return script


def browsed(screen: Screen) -> list[str]:
    noted = screen.home / "browsed"
    return noted.read_text().split() if noted.exists() else []


def everything_of(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


async def ended(processes: list[psutil.Process]) -> None:
    await until(
        lambda: not [one for one in processes if one.is_running() and one.status() != "zombie"],
        what="the end of every process of the window",
    )


async def test_opening_shows_the_page_and_closing_ends_every_process(
    opened: Opened, screen: Screen, site: Site, tmp_path: Path
) -> None:
    opened.window.open("/usage")
    await until(lambda: site.is_shown("/usage?ticket=1"))
    await until(lambda: screen.windows("--onlyvisible", *NAMES))
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    await until(
        lambda: screen.picture().getpixel(spot.middle) == (0x20, 0x40, 0x60), what="the page's colour"
    )
    arguments = [" ".join(one.cmdline()) for one in everything_of(opened.process)]
    surroundings = list(opened.process.environ().values())
    assert not [text for text in arguments + surroundings if "ticket" in text]

    everything = everything_of(opened.process)
    assert len(everything) > 1  # the web engine's own
    screen.run("wmctrl", "-c", "Jumpseat")
    await ended(everything)
    await until(lambda: opened.closed == [""])
    assert not opened.window.is_open
    assert opened.events[:2] == ["shown", "loaded"]
    assert opened.events[-1] == "closed"
    stored = [path for path in screen.home.rglob("*") if path.is_file() and "bus" not in path.name]
    assert not [path for path in stored if b"secret" in path.read_bytes()]  # the cookie


async def test_opening_again_raises_the_window_and_goes_to_the_page(
    opened: Opened, screen: Screen, site: Site
) -> None:
    opened.window.open()
    await until(lambda: site.is_shown("/?ticket=1"))
    pid = opened.window.pid
    screen.start("xmessage", "-geometry", "1000x660+0+0", "in front", name="other")
    other = (await until(lambda: screen.windows("--onlyvisible", "--class", "xmessage")))[0]
    await until(lambda: screen.run("xdotool", "getactivewindow").strip() == str(other.window))
    opened.window.open("/requests")
    await until(lambda: site.is_shown("/requests?ticket=2"))
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    await until(
        lambda: screen.run("xdotool", "getactivewindow").strip() == str(spot.window),
        what="the window in front",
    )
    assert opened.window.pid == pid


async def test_killing_the_window_hurts_nobody_and_it_opens_again(opened: Opened, site: Site) -> None:
    opened.window.open()
    await until(lambda: site.is_shown("/?ticket=1"))
    everything = everything_of(opened.process)
    os.kill(everything[0].pid, signal.SIGKILL)
    await until(lambda: opened.closed)
    assert "status -9" in opened.closed[0]
    await ended(everything)
    opened.window.open()
    await until(lambda: site.is_shown("/?ticket=2"))


async def test_a_web_engine_that_crashes_is_told_with_its_reason(opened: Opened, site: Site) -> None:
    opened.window.open()
    await until(lambda: site.is_shown("/?ticket=1"))
    engine = next(one for one in everything_of(opened.process) if "WebProcess" in one.name())
    engine.kill()
    await until(lambda: opened.closed)
    assert opened.closed == ["The web engine crashed."]
    assert not opened.browsed


async def test_the_window_goes_with_its_parent(web_view: None, screen: Screen, site: Site) -> None:
    code = (
        "import sys, time; from tray_app.desktop.window import Window\n"
        f"Window(lambda page: {site.url!r} + page).open('/mine'); time.sleep(100)"
    )
    parent = screen.python("-c", code)
    await until(lambda: site.is_shown("/mine"))
    everything = everything_of(psutil.Process(parent.pid))
    parent.process.kill()
    await ended(everything)


async def test_links_elsewhere_open_in_the_browser_and_never_in_the_window(
    opened: Opened, screen: Screen, site: Site
) -> None:
    site.pages["/"] = (
        '<a style="top:0" href="https://github.com/login/device">AAAAAAAAAAAAAAAAAAAA</a>'
        '<a style="top:80px" target="_blank" href="https://example.org/terms">BBBBBBBBBBBBBBB</a>'
        '<a style="top:160px" target="_blank" href="file:///etc/passwd">CCCCCCCCCCCCCCC</a>'
        '<a style="top:240px" href="/inside">DDDDDDDDDDDDDDDDDDDD</a>'
    )
    opened.window.open()
    await until(lambda: "loaded" in opened.events)
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    screen.click(spot.x + 100, spot.y + 40)
    await until(lambda: browsed(screen) == ["https://github.com/login/device"])
    screen.click(spot.x + 100, spot.y + 120)
    await until(lambda: len(browsed(screen)) == 2)
    screen.click(spot.x + 100, spot.y + 200)
    screen.click(spot.x + 100, spot.y + 280)
    await until(lambda: site.is_shown("/inside"))
    assert browsed(screen) == ["https://github.com/login/device", "https://example.org/terms"]


async def test_an_export_is_saved_where_the_person_says(opened: Opened, screen: Screen, site: Site) -> None:
    site.pages["/"] = '<a style="top:0" href="/file">AAAAAAAAAAAAAAAAAAAA</a>'
    opened.window.open()
    await until(lambda: "loaded" in opened.events)
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    screen.click(spot.x + 100, spot.y + 40)
    dialog = (await until(lambda: screen.windows("--onlyvisible", "--name", "^kept.jsonl$")))[0]
    screen.run("xdotool", "windowfocus", "--sync", str(dialog.window))
    screen.press("Return")
    await until(lambda: (screen.home / "kept.jsonl").exists())
    assert (screen.home / "kept.jsonl").read_text() == "kept\n"
    assert opened.window.is_open


async def test_size_place_and_zoom_are_kept(opened: Opened, screen: Screen, site: Site) -> None:
    opened.place.parent.mkdir()
    opened.place.write_text('{"width": 930, "height": 610, "x": 40, "y": 50}')
    opened.window.open()
    await until(lambda: "loaded" in opened.events)
    spot = (await until(lambda: screen.windows("--onlyvisible", *NAMES)))[0]
    await until(lambda: (screen.spot(spot.window).width, screen.spot(spot.window).height) == (930, 610))
    screen.run("xdotool", "windowfocus", "--sync", str(spot.window))
    screen.press("ctrl+plus", "ctrl+plus", "ctrl+minus", "ctrl+plus", "ctrl+w")
    await until(lambda: opened.closed == [""])
    for _ in range(2):  # it must not wander from one opening to the next
        assert opened.place.read_text() == (
            '{"width": 930, "height": 610, "x": 40, "y": 50, "maximized": false, "zoom": 1.2}'
        )
        opened.closed.clear()
        opened.events.clear()
        opened.window.open()
        await until(lambda: "loaded" in opened.events)
        opened.window.close()
        await until(lambda: opened.closed == [""])


async def test_text_can_be_copied(opened: Opened, screen: Screen, site: Site) -> None:
    site.pages["/"] = '<input id="i" value="the copied text" autofocus style="font-size:40px">'
    opened.window.open()
    await until(lambda: "loaded" in opened.events)
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    screen.click(spot.x + 60, spot.y + 30)
    script = "import gi; gi.require_version('Gtk','3.0')\nfrom gi.repository import Gtk, Gdk\n" + (
        "print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text())"
    )

    def clipboard() -> bool:
        screen.press("ctrl+a", "ctrl+c")
        return screen.run(sys.executable, "-c", script).strip() == "the copied text"

    await until(clipboard)


# --- where there is no window ------------------------------------------------------------------------


async def browser_instead(screen: Screen, monkeypatch: pytest.MonkeyPatch, argv: list[str]) -> Opened:
    be_on(screen, monkeypatch)
    tickets = iter(range(1, 100))
    one = Opened(screen, lambda page: f"http://127.0.0.1:1{page}?ticket={next(tickets)}", start=lambda: argv)
    one.window.open("/usage")
    await until(lambda: one.elsewhere)
    assert one.browsed == ["http://127.0.0.1:1/usage?ticket=2"]  # the first may be used up
    assert not one.closed
    assert not one.window.is_open
    return one


NO_TOOLKIT = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ('gi', 'qtpy', 'PySide6', 'PyQt6', 'PyQt5'):
            raise ImportError(name)
sys.meta_path.insert(0, Nothing())
sys.argv = ['jumpseat', '--window']
from tray_app.cli import main
raise SystemExit(main(['--window']))
"""


async def test_without_a_toolkit_the_browser_shows_the_page(
    bare_screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await browser_instead(bare_screen, monkeypatch, [sys.executable, "-c", NO_TOOLKIT])
    assert one.elsewhere[0][0].startswith("No web view is installed here")


async def test_without_a_display_the_browser_is_asked_all_the_same(
    web_view: None, bare_screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bare_screen.env["DISPLAY"]
    one = await browser_instead(bare_screen, monkeypatch, command())
    assert one.elsewhere[0][0] == "The display cannot be opened."


async def test_a_process_that_dies_at_once_is_told_by_its_last_words(
    bare_screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = [
        sys.executable,
        "-c",
        "import sys, os; print('cannot open display'); sys.stdout.flush(); os.abort()",
    ]
    one = await browser_instead(bare_screen, monkeypatch, dying)
    assert one.elsewhere == [("cannot open display", "http://127.0.0.1:1/")]


def test_a_window_gets_no_secrets() -> None:
    kept = {"PATH": "/bin", "DISPLAY": ":1", "PYTHON_KEYRING_BACKEND": "x", "JUMPSEAT_HOME": "/h"}
    secrets = (
        "COPILOT_GITHUB_TOKEN",
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "JUMPSEAT_SERVER_API_KEYS",
        "OPENAI_API_KEY",
    )
    assert without_secrets(kept | dict.fromkeys(secrets, "hidden")) == kept


def test_the_program_starts_itself_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command() == [sys.executable, "-m", "tray_app", "--window"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command() == [sys.executable, "--window"]


def test_the_hidden_option_is_not_in_the_help() -> None:
    done = subprocess.run([*command()[:-1], "--help"], capture_output=True, text=True, check=True)
    assert "--window" not in done.stdout


def test_closing_waits_for_a_process_that_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tray_app.desktop.window.END_SECONDS", 0.2)
    closed = threading.Event()
    deaf = "import time, signal; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    window = Window(
        lambda page: page, closed=lambda _: closed.set(), start=lambda: [sys.executable, "-c", deaf]
    )
    window.open()
    time.sleep(0.3)
    window.close()
    assert closed.wait(5)


async def test_a_page_that_cannot_be_had_is_told(bare_screen: Screen) -> None:
    def nowhere(_page: str) -> str:
        raise LocalFault("The pages did not come up in time.")

    one = Opened(bare_screen, nowhere)
    one.window.open()
    await until(lambda: one.elsewhere == [("The pages did not come up in time.", "")])
    assert not one.browsed
    assert not one.window.is_open


async def test_the_window_has_an_icon_and_the_name_of_the_program(
    opened: Opened, screen: Screen, site: Site
) -> None:
    opened.window.open()
    await until(lambda: site.is_shown("/?ticket=1"))
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    await until(lambda: "Icon (128 x 128)" in screen.run("xprop", "-id", str(spot.window), "_NET_WM_ICON"))
    assert '"jumpseat"' in screen.run("xprop", "-id", str(spot.window), "WM_CLASS")


async def test_charts_are_drawn(opened: Opened, screen: Screen, site: Site) -> None:
    """They are canvases, and the window does without the graphics card."""
    site.pages["/"] = (
        '<canvas id="c" width="400" height="300" style="position:fixed;left:0;top:0"></canvas><script>'
        'const pen = c.getContext("2d"); pen.fillStyle = "#d02030"; pen.fillRect(0, 0, 400, 300)</script>'
    )
    opened.window.open()
    await until(lambda: "loaded" in opened.events)
    (spot,) = screen.windows("--onlyvisible", *NAMES)
    await until(lambda: screen.picture().getpixel((spot.x + 200, spot.y + 150)) == (0xD0, 0x20, 0x30))


async def test_opening_again_while_the_last_one_goes_opens_a_new_one(
    opened: Opened, screen: Screen, site: Site
) -> None:
    opened.window.open()
    await until(lambda: "loaded" in opened.events)
    first = opened.window.pid
    screen.run("wmctrl", "-c", "Jumpseat")
    await until(lambda: "closed" in opened.events)
    opened.window.open("/again")
    await until(lambda: site.is_shown("/again?ticket=2"))
    assert opened.window.pid != first
    assert len(opened.closed) <= 1  # of the first, if it was gone by then
