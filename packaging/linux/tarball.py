"""Makes dist/jumpseat-VERSION-linux-ARCH.tar.xz of dist/jumpseat, with its install script: `make tarball`."""

import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
import layout
import notices

from tray_app import __version__

SCRIPTS = ("install.sh", "uninstall.sh")


def build(program: Path, target: Path) -> Path:
    """The path of the archive, made in the folder `target`."""
    name = f"jumpseat-{__version__}-linux-{platform.machine()}"
    archive = target / f"{name}.tar.xz"
    with tempfile.TemporaryDirectory(prefix="jumpseat-tarball-") as scratch:
        root = Path(scratch) / name
        layout.stage(program, root / "files")
        (root / "THIRD-PARTY.txt").write_text(notices.text(), encoding="utf-8")
        shutil.copyfile(layout.ROOT / "LICENSE", root / "LICENSE")
        shutil.copyfile(layout.HERE / "tarball-README.txt", root / "README.txt")
        for script in SCRIPTS:
            shutil.copyfile(layout.HERE / script, root / script)
            (root / script).chmod(0o755)
        with tarfile.open(archive, "w:xz", preset=9) as file:
            file.add(root, name, filter=_for_everybody)
    return archive


def _for_everybody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = int(layout.source_date().timestamp())
    return entry


if __name__ == "__main__":
    made = build(layout.ROOT / "dist" / "jumpseat", layout.ROOT / "dist")
    print(f"{made.stat().st_size / 1e6:8.1f} MB  {made.relative_to(layout.ROOT)}")
