"""Makes dist/jumpseat_VERSION_ARCH.deb from dist/jumpseat: `make deb`.

dpkg-deb and dpkg-shlibdeps (package dpkg-dev) do the work; neither debhelper nor root is needed.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from email.utils import format_datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
import layout
import notices

from tray_app import __version__

MAINTAINER = os.environ.get("JUMPSEAT_MAINTAINER", "Jumpseat maintainers <maintainers@jumpseat.invalid>")

# Found by name at run time, so dpkg-shlibdeps cannot see them: the menu, the window.
DEPENDS = ("gir1.2-gtk-3.0", "gir1.2-ayatanaappindicator3-0.1", "gir1.2-webkit2-4.1")
RECOMMENDS = ("gnome-keyring | kwalletmanager | keepassxc", "dbus-user-session | dbus-x11", "xdg-utils")
SUGGESTS = ("gnome-shell-extension-appindicator",)

CONTROL = """\
Package: jumpseat
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: {recommends}
Suggests: {suggests}
Section: devel
Priority: optional
Description: Let every coding tool use your GitHub Copilot seat
 Jumpseat is an icon in the tray that starts and stops a small proxy on your own
 machine. Coding tools that speak the APIs of OpenAI or Anthropic talk to it, and
 it speaks Copilot's protocol for them. A window shows what was spent and how much
 is left.
 .
 It is unofficial: not made, endorsed or supported by GitHub.
"""


def build(program: Path, target: Path) -> Path:
    """The path of the package, made in the folder `target`."""
    architecture = _output("dpkg", "--print-architecture").strip()
    package = target / f"jumpseat_{debian_version()}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="jumpseat-deb-") as scratch:
        root = Path(scratch) / "root"
        layout.stage(program, root / "usr")
        _documents(root / "usr" / "share")
        layout.set_modes(root)
        _control(root, architecture)
        _output("dpkg-deb", "--root-owner-group", "-Zxz", "-z9", "--build", str(root), str(package))
    return package


def debian_version() -> str:
    """0.2.0rc1 comes before 0.2.0, for dpkg too."""
    return re.sub(r"(\d)\.?(a|b|rc|dev)(\d)", r"\1~\2\3", __version__)


def _documents(share: Path) -> None:
    documents = share / "doc" / "jumpseat"
    documents.mkdir(parents=True)
    license_text = "".join(
        f" {line or '.'}\n" for line in (layout.ROOT / "LICENSE").read_text("utf-8").splitlines()
    )
    copyright_text = (layout.HERE / "copyright").read_text("utf-8").replace("@LICENSE@\n", license_text)
    (documents / "copyright").write_text(copyright_text, encoding="utf-8")
    (documents / "THIRD-PARTY.txt").write_text(notices.text(), encoding="utf-8")
    changelog = (
        f"jumpseat ({debian_version()}) unstable; urgency=medium\n\n{layout.changes()}\n\n"
        f" -- {MAINTAINER}  {format_datetime(layout.source_date())}\n"
    )
    _compress(documents / "changelog.gz", changelog)
    manual = share / "man" / "man1" / "jumpseat.1"
    _compress(manual.with_suffix(".1.gz"), manual.read_text("utf-8"))
    manual.unlink()
    (manual.parent / "jumpseat-tray.1.gz").symlink_to("jumpseat.1.gz")


def _compress(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _control(root: Path, architecture: str) -> None:
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    control = root / "DEBIAN"
    control.mkdir()
    control.chmod(0o755)
    depends = [*_libraries(root), *DEPENDS]
    (control / "control").write_text(
        CONTROL.format(
            version=debian_version(),
            architecture=architecture,
            maintainer=MAINTAINER,
            kilobytes=sum(-(-path.stat().st_size // 1024) for path in files),
            depends=", ".join(depends),
            recommends=", ".join(RECOMMENDS),
            suggests=", ".join(SUGGESTS),
        ),
        encoding="utf-8",
    )
    (control / "control").chmod(0o644)
    for script in ("prerm", "postrm"):
        shutil.copyfile(layout.HERE / script, control / script)
        (control / script).chmod(0o755)


def _libraries(root: Path) -> list[str]:
    """The packages, with versions, that hold the libraries which the program links to."""
    program = root / "usr" / "lib" / "jumpseat"
    linked = [path for path in program.rglob("*") if not path.is_symlink() and _is_elf(path)]
    own = sorted({f"-l{path.parent}" for path in linked})
    with tempfile.TemporaryDirectory(prefix="jumpseat-shlibs-") as scratch:
        (Path(scratch) / "debian").mkdir()
        (Path(scratch) / "debian" / "control").write_text(
            "Source: jumpseat\n\nPackage: jumpseat\nArchitecture: any\n"
        )
        told = _output(
            *("dpkg-shlibdeps", "-O", "--ignore-missing-info", "--warnings=0", *own),
            *(f"-e{path}" for path in linked),
            cwd=scratch,
        )
    return told.removeprefix("shlibs:Depends=").strip().split(", ")


def _is_elf(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _output(*command: str, cwd: str | None = None) -> str:
    try:
        return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise SystemExit(f"{command[0]} is needed: apt-get install dpkg-dev") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{command[0]} failed with {error.returncode}:\n{error.stderr}") from None


if __name__ == "__main__":
    made = build(layout.ROOT / "dist" / "jumpseat", layout.ROOT / "dist")
    print(f"{made.stat().st_size / 1e6:8.1f} MB  {made.relative_to(layout.ROOT)}")
