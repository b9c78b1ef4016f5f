"""Where the files of the Linux packages go: below /usr for the .deb, below ~/.local for the tarball."""

import argparse
import datetime
import os
import re
import shutil
import textwrap
from pathlib import Path

from tray_app import __version__
from tray_app.cli.parser import parser

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = ("jumpseat", "jumpseat-tray")


def stage(program: Path, prefix: Path) -> None:
    """Put `program` (dist/jumpseat) and what a desktop wants to know of it below `prefix`, a new folder."""
    shutil.copytree(program, prefix / "lib" / "jumpseat", symlinks=True)
    (prefix / "bin").mkdir()
    for name in PROGRAMS:
        (prefix / "bin" / name).symlink_to(f"../lib/jumpseat/{name}")
    share = prefix / "share"
    _write(share / "applications" / "jumpseat.desktop", (HERE / "jumpseat.desktop").read_text("utf-8"))
    _write(share / "metainfo" / "io.github.jumpseat.metainfo.xml", metainfo())
    _write(share / "man" / "man1" / "jumpseat.1", man_page())
    _icons(share / "icons" / "hicolor")
    set_modes(prefix)


def _icons(theme: Path) -> None:
    for source in sorted((ROOT / "assets" / "hicolor").rglob("*.*")):
        target = theme / source.relative_to(ROOT / "assets" / "hicolor")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def set_modes(folder: Path) -> None:
    """As packages have them, whatever the umask was: folders and programs 0755, the rest 0644."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or (path.parent.name == "jumpseat" and path.name in PROGRAMS)
            path.chmod(0o755 if runs else 0o644)


def source_date() -> datetime.datetime:
    """The time that everything in a package carries: SOURCE_DATE_EPOCH, else now."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return (
        datetime.datetime.fromtimestamp(int(given), datetime.UTC)
        if given
        else datetime.datetime.now(datetime.UTC)
    )


def metainfo() -> str:
    """What software centres show."""
    text = (HERE / "io.github.jumpseat.metainfo.xml").read_text("utf-8")
    return text.replace("@VERSION@", __version__).replace("@DATE@", source_date().date().isoformat())


def man_page() -> str:
    """jumpseat(1), from the command line's own help."""
    top = parser()
    commands = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    lines = [
        f'.TH JUMPSEAT 1 "{source_date().date().isoformat()}" "Jumpseat {__version__}"',
        ".SH NAME",
        r"jumpseat \- let every coding tool use your GitHub Copilot seat",
        ".SH SYNOPSIS",
        ".B jumpseat\n[\\fICOMMAND\\fR] [\\fIOPTION\\fR]...",
        ".SH DESCRIPTION",
        "Without a command, jumpseat starts the tray application, or opens its window if it is running.",
        ".SH COMMANDS",
    ]
    for name, command in commands.choices.items():
        usage = " ".join(command.format_usage().removeprefix("usage: ").split())
        lines += [".TP", f".B {_escaped(usage)}", f"{_escaped(command.description or name)}."]
    lines += [
        ".SH EXIT STATUS",
        "0 done, 1 failed with the reason on stderr, 2 bad usage, 3 not possible here.",
        ".SH ENVIRONMENT",
        ".TP\n.B JUMPSEAT_HOME\nA folder for everything that Jumpseat keeps.",
        ".TP\n.B JUMPSEAT_*\nEvery setting, as JUMPSEAT_SERVER_PORT; jumpseat config show lists them.",
        ".SH FILES",
        ".I ~/.config/jumpseat/config.toml",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e").replace("-", "\\-"))


def changes() -> str:
    """The newest section of CHANGELOG.md, as indented lines for a Debian changelog."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)[1]
    items = re.findall(r"^- (.*?)(?=^- |^#|\Z)", section, re.MULTILINE | re.DOTALL)
    wrapped = (
        textwrap.fill(" ".join(item.split()), 76, initial_indent="  * ", subsequent_indent="    ")
        for item in items
    )
    return "\n".join(wrapped)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
