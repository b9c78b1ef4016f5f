"""THIRD-PARTY.txt: what the package carries that others wrote, under which licence, from its metadata."""

import json
import platform
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
import requirements

ROOT = Path(__file__).parent.parent
UI = ROOT / "tray_app" / "web" / "ui"

# Said by the sources of these packages, but not in their metadata in a form that names the licence exactly.
SAID_ELSEWHERE = {
    "backports-tarfile": "MIT",
    "jaraco-classes": "MIT",
    "proxy-tools": "MIT",
    "pygobject": "LGPL-2.1-or-later",
    "pycairo": "LGPL-2.1-only OR MPL-1.1",
    "pystray": "LGPL-3.0-only",
    "python-xlib": "LGPL-2.1-or-later",
}

# Needed by name, but left out by build.spec, or never loaded from the package.
NOT_CARRIED = {"requests", "urllib3", "certifi", "charset-normalizer", "pycairo"}

PREFACE = """\
Jumpseat is MIT licensed (LICENSE). This package also carries the following, unchanged, each under its own
licence.

Those under the LGPL can be exchanged for another version: pystray, Xlib and gi lie as files of their own in
`_internal`, and `make package` in Jumpseat's sources makes the whole folder anew with what is installed.
Their sources are at the addresses below. GTK, WebKitGTK and AppIndicator are not carried: on Linux they are
the system's.
"""


@dataclass(frozen=True)
class Notice:
    """One work by others. `texts` are the licences as they came with it."""

    name: str
    version: str
    licence: str
    home: str
    texts: tuple[str, ...]


def notices() -> list[Notice]:
    """Python, its packages, and the two libraries inside of the pages."""
    carried = {name: one for name, one in requirements.needed().items() if name not in NOT_CARRIED}
    return [
        _python(),
        _bootloader(),
        *(_of(name, one) for name, one in sorted(carried.items())),
        *_of_pages(),
    ]


def text() -> str:
    """The whole file."""
    found = notices()
    table = "\n".join(f"  {one.name} {one.version}: {one.licence}" for one in found)
    first: dict[str, str] = {}  # a licence's text -> who it stands with
    for one in found:
        for words in one.texts:
            first.setdefault(words, one.name)
    return f"{PREFACE}\n{table}\n" + "".join(_section(one, first) for one in found)


def _section(one: Notice, first: dict[str, str]) -> str:
    texts = [
        words if first[words] == one.name else f"(The same text as with {first[words]}.)"
        for words in one.texts
    ]
    return "\n".join(
        ["", "=" * 100, f"{one.name} {one.version}", one.licence, one.home, "", "\n\n".join(texts), ""]
    )


def _of(name: str, one: metadata.Distribution) -> Notice:
    info = one.metadata
    licence = SAID_ELSEWHERE.get(name) or info.get("License-Expression") or info.get("License") or ""
    texts = [file.locate() for file in one.files or [] if _is_licence(file.name) and "dist-info" in str(file)]
    home = f"https://pypi.org/project/{info['Name']}/{one.version}/"
    return Notice(info["Name"], one.version, licence.strip().splitlines()[0], home, _read(texts))


def _is_licence(name: str) -> bool:
    return name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))


def _python() -> Notice:
    folder = Path(sysconfig.get_path("stdlib"))
    return Notice(
        "Python",
        platform.python_version(),
        "PSF-2.0",
        "https://www.python.org",
        _read([folder / "LICENSE.txt"]),
    )


def _bootloader() -> Notice:
    """The start of each program is PyInstaller's; its licence has an exception for programs made with it."""
    return Notice(
        "PyInstaller's bootloader",
        metadata.version("pyinstaller"),
        "GPL-2.0-or-later WITH Bootloader-exception",
        "https://pyinstaller.org/en/stable/license.html",
        (),
    )


def _of_pages() -> Iterator[Notice]:
    for name in sorted(json.loads((UI / "package.json").read_text("utf-8")).get("dependencies", {})):
        folder = UI / "node_modules" / name
        info = json.loads((folder / "package.json").read_text("utf-8"))
        texts = sorted(file for file in folder.iterdir() if _is_licence(file.name))
        yield Notice(name, info["version"], info["license"], info.get("homepage", ""), _read(texts))


def _read(files: list[Path]) -> tuple[str, ...]:
    return tuple(Path(file).read_text("utf-8", "replace").strip() for file in files if Path(file).is_file())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
