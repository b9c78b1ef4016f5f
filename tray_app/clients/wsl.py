"""Reaching into the Windows Subsystem for Linux: its files by a network path, our proxy by an address.

Linux programs in WSL have a home of their own, which Windows shows under `\\\\wsl$\\DISTRIBUTION`. Whether
they reach what listens on Windows' loopback depends on WSL's networking: mirrored does, NAT does not.
Source: Microsoft, "Accessing network applications with WSL".
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path, PureWindowsPath
from urllib.parse import urlsplit, urlunsplit

from tray_app.clients.places import Place
from tray_app.errors import LocalFault, NotPossibleHere

_ANSWER_SECONDS = 30
_SHARED = ("mirrored", "virtioproxy")  # loopback of Windows is loopback of Linux, too

Ask = Callable[[str, Sequence[str]], str]  # distribution, command -> what it says


def reach(distribution: str, base_url: str, host: str, system: str = sys.platform) -> tuple[Place, str]:
    """The place of the distribution's user, and our base URL as seen from there.

    Raises NotPossibleHere outside of Windows, LocalFault when it cannot be reached.
    """
    if system != "win32":
        raise NotPossibleHere("--wsl is for Windows; inside WSL, `jumpseat connect` needs no option.")
    return reached(distribution, base_url, host, _ask)


def reached(distribution: str, base_url: str, host: str, ask: Ask) -> tuple[Place, str]:
    """As `reach`, with `ask` to run commands inside."""
    home = ask(distribution, ["sh", "-c", 'printf %s "$HOME"'])
    folder = Path(str(windows_path(distribution, home)))

    def which(name: str) -> str | None:
        try:
            return ask(distribution, ["sh", "-lc", f"command -v {name}"]) or None
        except LocalFault:
            return None

    place = Place(folder, {}, "linux", which, distribution)
    return place, url_inside(
        base_url, host, networking(distribution, ask), lambda: _gateway(distribution, ask)
    )


def windows_path(distribution: str, path: str) -> PureWindowsPath:
    """A path inside the distribution as Windows opens it. Raises LocalFault for one that is not absolute."""
    if not path.startswith("/") or not distribution or set(distribution) & set('\\/:*?"<>|'):
        raise LocalFault(
            f"WSL has no usable home folder for {distribution}.", "`wsl --list` shows the names."
        )
    if path.startswith("/mnt/") and len(path) > 5 and (len(path) == 6 or path[6] == "/"):
        return PureWindowsPath(f"{path[5].upper()}:\\", *path[7:].split("/"))
    return PureWindowsPath(f"\\\\wsl$\\{distribution}\\", *path[1:].split("/"))


def networking(distribution: str, ask: Ask) -> str:
    """nat, mirrored, virtioproxy, none; nat where WSL is too old to tell."""
    try:
        return ask(distribution, ["wslinfo", "--networking-mode"]).strip().lower() or "nat"
    except LocalFault:
        return "nat"


def url_inside(base_url: str, host: str, mode: str, gateway: Callable[[], str]) -> str:
    """The proxy's URL as programs in WSL reach it. Raises LocalFault when they cannot.

    `host` is `server.host`: with NAT the proxy has to listen on more than loopback.
    """
    if mode in _SHARED:
        return base_url
    if mode == "none":
        raise LocalFault("This WSL has no network.", "Set networkingMode=mirrored in .wslconfig.")
    if _is_loopback(host):
        raise LocalFault(
            "Programs in WSL cannot reach a proxy that listens on this machine's loopback only.",
            "Best set networkingMode=mirrored in .wslconfig; or set server.api_keys and server.host 0.0.0.0.",
        )
    url = urlsplit(base_url)
    name = gateway() if _is_any(host) else host
    name = f"[{name}]" if ":" in name else name
    return urlunsplit((url.scheme, f"{name}:{url.port}", url.path, "", ""))


def _gateway(distribution: str, ask: Ask) -> str:
    """Windows as WSL sees it: where its default route goes. Raises LocalFault."""
    words = ask(distribution, ["ip", "route", "show", "default"]).split()
    try:
        return str(ip_address(words[words.index("via") + 1]))
    except (ValueError, IndexError) as error:
        raise LocalFault("WSL does not tell under which address it reaches Windows.") from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host


def _ask(distribution: str, command: Sequence[str]) -> str:
    """What a command inside says on stdout. Raises LocalFault."""
    try:
        done = subprocess.run(  # noqa: S603  no shell on this side, and the words are ours
            ["wsl.exe", "-d", distribution, "-e", *command],  # noqa: S607  Windows has one in its folder
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise LocalFault("WSL is not installed.") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise LocalFault(f"WSL does not answer: {error}.") from error
    if done.returncode:
        raise LocalFault(f"WSL has no {distribution}, or it does not start.", "`wsl --list` shows the names.")
    return done.stdout.decode(errors="replace").strip()
