"""The files around the program: what can be checked without installing anything, on any system."""

import os
import plistlib
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest

from tests.packaging.conftest import ROOT, output
from tray_app.cli.parser import parser
from tray_app.desktop import autostart_windows

PACKAGING = ROOT / "packaging"


def need(tool):
    if shutil.which(tool) is None:
        assert os.environ.get("CI") != "true", f"{tool} is not installed"
        pytest.skip(f"{tool} is not installed")


def python(code):
    """What a few lines print that use the scripts of packaging/."""
    path = f"{PACKAGING}:{PACKAGING / 'linux'}:{ROOT}"
    return output(sys.executable, "-c", code, cwd=ROOT, env={**os.environ, "PYTHONPATH": path})


# --- what goes in ----------------------------------------------------------------------------------


def test_the_package_needs_what_the_project_names_and_nothing_of_the_tests():
    needed = set(python("import requirements; print(*requirements.needed())").split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {re.match(r"[\w-]+", line)[0].lower() for line in project["dependencies"] if ";" not in line}
    assert named <= needed
    assert not needed & {"pytest", "hypothesis", "openai", "anthropic", "playwright", "mypy", "pyinstaller"}
    others = set(python("import requirements; print(*requirements.modules_of_others())").split())
    assert {"pytest", "hypothesis", "openai"} <= others
    assert not others & {"aiohttp", "PIL", "pystray", "webview", "yaml", "keyring", "tray_app"}


@pytest.mark.parametrize(
    ("source", "stays_out"),
    [
        ("/usr/lib/x86_64-linux-gnu/libgtk-3.so.0", True),
        ("/lib/x86_64-linux-gnu/libz.so.1", True),
        ("/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", False),
        ("/usr/lib/python3.11/lib-dynload/_bz2.cpython-311-x86_64-linux-gnu.so", False),
        (f"{sys.prefix}/lib/python3.11/site-packages/orjson/orjson.so", False),
    ],
)
def test_libraries_of_the_system_stay_out(source, stays_out):
    code = f"import parts; print(bool(parts.without_the_systems([('x', {source!r}, 'BINARY')])))"
    assert python(code).strip() == str(not stays_out)


def test_pages_that_are_built_in_part_are_noticed(tmp_path):
    def missing():
        return python(
            f"import parts, pathlib; print(parts.missing_pages(pathlib.Path({str(tmp_path)!r})))"
        ).strip()

    assert missing() == "manifest.json"
    (tmp_path / "manifest.json").write_text('{"files": {"main.js": 1}}')
    (tmp_path / "index.html").touch()
    assert missing() == "main.js"
    (tmp_path / "main.js").touch()
    assert missing() == ""


def test_everything_carried_has_a_licence_that_allows_it():
    found = python("import notices\nfor one in notices.notices(): print(one.name, one.licence, sep='|')")
    licences = dict(line.split("|") for line in found.splitlines())
    assert {"Python", "pystray", "pillow", "pywebview", "aiohttp", "preact", "uplot"} <= set(licences)
    fine = re.compile(r"MIT|BSD|Apache|PSF|MPL|LGPL|Bootloader-exception")
    assert {name: licence for name, licence in licences.items() if not fine.search(licence)} == {}
    assert [name for name, licence in licences.items() if re.search(r"(?<!L)GPL", licence)] == [
        "PyInstaller's bootloader"
    ]


def test_third_party_texts_are_there():
    text = python("import notices; print(notices.text())")
    for words in (
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "Apache License",
        "PYTHON SOFTWARE FOUNDATION LICENSE",
    ):
        assert words in text, words


# --- Linux -----------------------------------------------------------------------------------------


def test_the_desktop_file_is_valid():
    need("desktop-file-validate")
    assert output("desktop-file-validate", PACKAGING / "linux" / "jumpseat.desktop") == ""


def test_the_metainfo_is_valid(tmp_path):
    need("appstreamcli")
    path = tmp_path / "io.github.jumpseat.metainfo.xml"
    path.write_text(python("import layout; print(layout.metainfo())"), encoding="utf-8")
    output("appstreamcli", "validate", "--no-net", path)
    component = ElementTree.parse(path)
    assert component.findtext("launchable") == "jumpseat.desktop"
    assert component.find("releases/release").get("version") in python(
        "import tray_app; print(tray_app.__version__)"
    )


def test_the_manual_names_every_command():
    page = python("import layout; print(layout.man_page())").replace("\\-", "-")
    commands = next(
        action for action in parser()._actions if action.dest == "command" and action.choices
    ).choices
    for name in commands:
        assert f".B jumpseat {name}" in page, name


@pytest.mark.parametrize(
    "script",
    [
        *sorted(PACKAGING.rglob("*.sh")),
        *(PACKAGING / "linux" / name for name in ("prerm", "postrm")),
        ROOT / ".ci" / "run",
    ],
    ids=lambda path: path.name,
)
def test_scripts_are_sound(script):
    need("shellcheck")
    assert script.stat().st_mode & 0o111, "not executable"
    output("shellcheck", script)


def test_where_pygobject_cannot_be_compiled_a_sentence_says_what_is_missing(tmp_path):
    for name in ("sh", "uname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        [tmp_path / "sh", PACKAGING / "linux" / "gi_extra.sh", sys.executable],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")
    for package in ("libgirepository1.0-dev", "libcairo2-dev", "pkg-config", "gcc", "gir1.2-webkit2-4.1"):
        assert package in done.stderr
    assert "Everything else works" in done.stderr


# --- Windows and macOS: read, not run ----------------------------------------------------------------


def iss_sections():
    text = (PACKAGING / "windows" / "jumpseat.iss").read_text("utf-8")
    parts = re.split(r"^\[(\w+)\]$", text, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def test_the_windows_installer_is_for_one_user_and_cleans_up():
    sections = iss_sections()
    setup = dict(line.split("=", 1) for line in sections["Setup"].splitlines() if re.match(r"\w+=", line))
    assert setup["PrivilegesRequired"] == "lowest"
    assert setup["DefaultDirName"].startswith("{localappdata}")
    assert all(
        line.startswith("Root: HKCU") for line in sections["Registry"].splitlines() if line[:5] == "Root:"
    )
    assert 'Name: "autostart"' in sections["Tasks"]
    assert "Flags: unchecked" in sections["Tasks"]
    assert "uninsdeletevalue" in sections["Registry"]
    # What the installer writes and takes away is what the program's own switch writes.
    assert f'#define RunKey "{autostart_windows.RUN}"' in sections[""]
    assert sections["Registry"].count(f'ValueName: "{autostart_windows.NAME}"') == 2
    assert " --hidden" in sections["Registry"]
    assert "{group}" in sections["Icons"]
    begins, ends = (len(re.findall(rf"\b{word}\b", sections["Code"])) for word in ("begin", "end"))
    assert begins == ends
    assert "MB_DEFBUTTON2" in sections["Code"], "what the user keeps stays unless asked for"


def test_files_that_the_installer_takes_exist_or_are_made():
    text = (PACKAGING / "windows" / "jumpseat.iss").read_text("utf-8")
    for name in re.findall(r"\.\.\\\.\.\\([\w\\.-]+)", text):
        path = ROOT / name.replace("\\", "/")
        assert path.exists() or path.is_relative_to(ROOT / "dist"), name


def test_the_manifest_and_the_entitlements_can_be_read():
    manifest = ElementTree.parse(PACKAGING / "windows" / "jumpseat.manifest")
    assert "asInvoker" in ElementTree.tostring(manifest.getroot(), encoding="unicode")
    entitlements = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert all(name.startswith("com.apple.security.cs.") for name in entitlements)


def test_the_icons_that_packages_name_are_there():
    for name in ("jumpseat.ico", "jumpseat.icns", "jumpseat.svg"):
        assert (ROOT / "assets" / name).stat().st_size > 500, name
