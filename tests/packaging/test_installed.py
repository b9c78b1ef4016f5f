"""The Linux packages, installed and used: icon, proxy, window, Quit, and taken away again."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.desktop.menu_bus import menu_of
from tests.desktop.screen import until
from tests.packaging.conftest import output
from tray_app import __version__

pytestmark = pytest.mark.packages


@dataclass(frozen=True)
class Installed:
    """Where a package put its programs."""

    bin: Path
    program: Path  # the folder with everything

    def processes(self):
        """Everything that runs from it."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if Path(process.exe()).is_relative_to(self.program):
                    yield process


@pytest.fixture(scope="module")
def installed(deb, tmp_path_factory):
    """The .deb: installed by dpkg where a machine is ours to change (CI), otherwise unpacked."""
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        output("dpkg", "--install", deb)
        yield Installed(Path("/usr/bin"), Path("/usr/lib/jumpseat"))
        output("dpkg", "--purge", "jumpseat")
        return
    root = tmp_path_factory.mktemp("root")
    output("dpkg-deb", "-x", deb, root)
    yield Installed(root / "usr" / "bin", root / "usr" / "lib" / "jumpseat")


def settings(sim, home):
    """The environment of a signed-in Jumpseat in `home`, in front of the simulated Copilot."""
    return {
        "JUMPSEAT_HOME": str(home),
        "JUMPSEAT_SERVER_PORT": "0",
        "JUMPSEAT_COPILOT_GITHUB_URL": sim.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": sim.github_api_url,
        "COPILOT_GITHUB_TOKEN": sim.github_token,
    }


async def fetch(url, **more):
    async with aiohttp.ClientSession() as http:
        method = http.post if more else http.get
        async with method(url, **more) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json(content_type=None)


def colours(picture):
    """How many colours a picture has; a blank page has one or two."""
    return len(picture.getcolors(maxcolors=1 << 24))


async def ready(home):
    """The proxy's address, when it is signed in and serves."""
    url = await until(lambda: (home / "address").read_text(), 30, "the proxy's address")
    health = await until(lambda: fetch(f"{url}/health"), 30, "health")
    assert health["version"] == __version__
    return url


async def test_the_tray_starts_serves_opens_its_window_and_quits(installed, screen, sim, tmp_path):
    home = tmp_path / "home"
    program = screen.start(installed.bin / "jumpseat-tray", "--hidden", env=settings(sim, home))
    icon = await screen.icon(seconds=30)
    assert colours(screen.picture_of(icon)) > 3, "the icon is blank"

    url = await ready(home)
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}
    answer = await fetch(f"{url}/v1/chat/completions", json=body)
    assert answer["choices"][0]["message"]["content"]

    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("Open dashboard")
        assert not screen.windows("--onlyvisible", "--name", "Jumpseat$") or not window(screen)
        await menu.click("Open dashboard")
        shown = await until(lambda: window(screen), 30, "the window")
        await until(lambda: colours(screen.picture_of(shown)) > 100, 30, "a page that is not blank")
        screen.screenshot(tmp_path / "dashboard.png")
        assert len(list(installed.processes())) == 2, "the tray and its window"
        await menu.click("Quit")
    assert await program.ended(30) == 0, program.output
    await until(lambda: not list(installed.processes()), 15, "the end of every process")
    assert not (home / "address").exists()
    assert "Traceback" not in program.output


def window(screen):
    """The large window, if it is there; the icon has the same name."""
    spots = screen.windows("--onlyvisible", "--name", "Jumpseat$")
    return next((spot for spot in spots if spot.width > 300), None)


async def test_a_second_start_opens_the_window_of_the_first(installed, screen, sim, tmp_path):
    home = tmp_path / "home"
    first = screen.start(installed.bin / "jumpseat-tray", "--hidden", env=settings(sim, home))
    await ready(home)
    second = screen.start(installed.bin / "jumpseat", env=settings(sim, home))
    assert await second.ended(30) == 0, second.output
    await until(lambda: window(screen), 30, "the window")
    first.process.send_signal(signal.SIGTERM)
    assert await first.ended(30) == 0, first.output
    await until(lambda: not list(installed.processes()), 15, "the end of every process")


def test_the_window_gets_the_systems_libraries(installed, screen, sim, tmp_path):
    """What the program starts must not look for libraries in the program's folder."""
    env = {**screen.env, **settings(sim, tmp_path / "home")}
    program = subprocess.Popen([installed.bin / "jumpseat-tray"], env=env, start_new_session=True)
    try:
        asyncio.run(until(lambda: window(screen), 30, "the window"))
        child = next(one for one in psutil.Process(program.pid).children() if "--window" in one.cmdline())
        for inner in child.children(recursive=True):
            assert "LD_LIBRARY_PATH" not in inner.environ(), inner.name()
        libraries = {Path(map.path) for map in child.memory_maps()}
        gtk = [path for path in libraries if path.name.startswith(("libgtk-3", "libglib-2", "libwebkit2gtk"))]
        assert len(gtk) == 3
        assert not any(path.is_relative_to(installed.program) for path in gtk)
    finally:
        program.terminate()
        assert program.wait(30) == 0


def test_the_command_line_of_the_package(installed, tmp_path):
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "JUMPSEAT_HOME": str(tmp_path / "home")}
    jumpseat = installed.bin / "jumpseat"
    assert output(jumpseat, "--version", env=env) == f"jumpseat {__version__}\n"
    assert "claude-code" in output(jumpseat, "clients", env=env)
    without_display = subprocess.run([jumpseat], env=env, capture_output=True, text=True, timeout=30)
    assert without_display.returncode == 3
    assert "jumpseat serve" in without_display.stderr


async def test_the_demo_of_the_package(installed, tmp_path):
    """The simulated Copilot's data and the tokenizer's vocabularies are in the package."""
    await check_demo(installed.bin / "jumpseat", tmp_path)


async def check_demo(jumpseat, tmp_path):
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [jumpseat, "demo", "--no-window", "--port", "0"]
    demo = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        line = await asyncio.wait_for(asyncio.to_thread(demo.stdout.readline), 60)
        assert line.startswith("Jumpseat is ready at "), line
        url = line.split()[-1]
        assert (await fetch(f"{url}/health"))["signed_in"]
        count = {"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "one two three"}]}
        assert (await fetch(f"{url}/v1/messages/count_tokens", json=count))["input_tokens"] > 3
        a_week_ago = (datetime.now(UTC) - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert (await fetch(f"{url}/api/stats?from={a_week_ago}"))["requests"] > 50, "a week of history"
        async with aiohttp.ClientSession() as http, http.get(url, headers={"Accept": "text/html"}) as page:
            assert "<script" in await page.text()
    finally:
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=30)
    assert demo.returncode == 0, rest


def test_what_the_deb_says_and_where_its_files_are(deb, tmp_path):
    fields = output("dpkg-deb", "--field", deb)
    for name in (
        "gir1.2-gtk-3.0",
        "gir1.2-webkit2-4.1",
        "gir1.2-ayatanaappindicator3-0.1",
        "libgirepository",
    ):
        assert name in fields
    assert f"Version: {__version__}" in fields
    assert deb.stat().st_size < 40e6
    output("dpkg-deb", "-x", deb, tmp_path)
    share = tmp_path / "usr" / "share"
    output("desktop-file-validate", share / "applications" / "jumpseat.desktop")
    for file in (
        "metainfo/io.github.jumpseat.metainfo.xml",
        "man/man1/jumpseat.1.gz",
        "doc/jumpseat/copyright",
        "doc/jumpseat/changelog.gz",
        "doc/jumpseat/THIRD-PARTY.txt",
        "icons/hicolor/scalable/apps/jumpseat.svg",
        "icons/hicolor/48x48/apps/jumpseat.png",
        "icons/hicolor/symbolic/apps/jumpseat-symbolic.svg",
    ):
        assert (share / file).stat().st_size > 100, file
    bundled = [path.name for path in (tmp_path / "usr" / "lib").rglob("lib*.so*")]
    for name in ("libgtk", "libglib", "libgobject", "libwebkit", "libz.so", "libssl", "libstdc++"):
        assert not [file for file in bundled if file.startswith(name)], name
    listed = output("dpkg-deb", "--contents", deb).splitlines()
    assert all(line.split()[1] == "root/root" for line in listed)
    assert not [line for line in listed if line[0] != "l" and "w" in line[5] + line[8]], "others may write"


async def test_removing_the_deb_ends_what_runs_and_leaves_what_users_keep(installed, deb, sim, tmp_path):
    home = tmp_path / "home"
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], **settings(sim, home)}
    running = subprocess.Popen([installed.bin / "jumpseat", "serve"], env=env, stdout=subprocess.DEVNULL)
    await ready(home)
    if installed.bin != Path("/usr/bin"):
        running.terminate()
        running.wait(30)
        pytest.skip("the .deb is only unpacked here; CI installs it")
    try:
        said = await asyncio.to_thread(output, "dpkg", "--remove", "jumpseat")
        assert running.wait(1) == 0
        assert not installed.program.exists()
        assert home.is_dir()
        assert ".local/share/jumpseat" in said
    finally:
        output("dpkg", "--install", deb)


async def test_the_tarball_installs_for_one_user_and_goes_away_cleanly(tarball, screen, sim, tmp_path):
    with tarfile.open(tarball) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = next(tmp_path.glob("jumpseat-*"))
    home = tmp_path / "user"
    kept = home / ".local" / "share" / "jumpseat" / "accounts.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}

    for _ in range(2):  # the second one is an update
        said = output(folder / "install.sh", env=env)
    assert ".local/bin is not on your PATH" in said
    assert "missing" not in said
    desktop = home / ".local" / "share" / "applications" / "jumpseat.desktop"
    assert f"Exec={home}/.local/bin/jumpseat-tray\n" in desktop.read_text()
    output("desktop-file-validate", desktop)

    program = screen.start(
        *("sh", "-c", f"exec gio launch {desktop}"), env=settings(sim, tmp_path / "home"), name="gio"
    )
    await ready(tmp_path / "home")
    await screen.icon()

    said = output(home / ".local" / "lib" / "jumpseat" / "uninstall.sh", env=env)
    assert ".config/jumpseat" in said
    place = Installed(home / ".local" / "bin", home / ".local" / "lib" / "jumpseat")
    await until(lambda: not list(place.processes()), 20, "the end of the program")
    assert await program.ended(20) == 0
    assert [path for path in home.rglob("*") if not path.is_dir()] == [kept]


# --- without a package -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """What somebody has who clones the repository."""
    root = Path(__file__).parent.parent.parent
    copy = tmp_path_factory.mktemp("clone")
    for name in output("git", "ls-files", "-z", cwd=root).split("\0"):
        if name and (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
    return copy


async def test_pipx_installs_it_without_a_compiler(sources, tmp_path):
    venv = tmp_path / "tools"
    output("python3", "-m", "venv", venv)
    output(venv / "bin" / "pip", "install", "--quiet", "pipx")
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "CC": "/bin/false",  # the core needs none
    }
    output(venv / "bin" / "pipx", "install", str(sources), env=env)
    jumpseat = tmp_path / "bin" / "jumpseat"
    assert output(jumpseat, "--version", env=env) == f"jumpseat {__version__}\n"
    assert (tmp_path / "bin" / "jumpseat-tray").exists()
    await check_demo(jumpseat, tmp_path)
