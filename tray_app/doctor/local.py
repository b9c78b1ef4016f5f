"""Checks on this machine."""

import http.client
import json
import platform
import secrets
import socket
import stat
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from tray_app import __version__
from tray_app.accounts import Accounts
from tray_app.doctor.finding import Finding
from tray_app.doctor.holder import why_not
from tray_app.errors import KeyringFault, LocalFault
from tray_app.log import FILE_NAME
from tray_app.paths import Paths, write_private
from tray_app.settings import ServerSettings
from tray_app.settings_file import Loaded, check_binding
from tray_app.vocabulary import SHA256, seed

_PROBE_CHARACTERS = 8192  # an empty file fits on a full disk
_HEALTH_BYTES = 64 * 1024
_PACKAGES = ("aiohttp", "orjson", "tiktoken", "keyring", "uvloop", "winloop")


def versions() -> Finding:
    """What runs here, for a report."""
    parts = [f"Jumpseat {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in _PACKAGES:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return Finding("versions", "ok", ", ".join(parts))


def home(paths: Paths) -> Finding:
    """Whether we can write, and nobody else can read."""
    probe = paths.home / f".probe-{secrets.token_hex(4)}"
    try:
        paths.prepare()
        write_private(probe, "-" * _PROBE_CHARACTERS)
        probe.unlink()
    except LocalFault as fault:
        return Finding("home", "wrong", fault.message, fault.remedy)
    except OSError as error:
        return Finding("home", "wrong", f"{paths.home} cannot be used: {error.strerror or error}.")
    if loose := [path for path in (paths.home, paths.config, paths.accounts) if _is_open(path)]:
        names = ", ".join(str(path) for path in loose)
        return Finding(
            "home", "notice", f"Others on this machine may look into {names}.", "`chmod go= FILE` closes it."
        )
    return Finding("home", "ok", f"{paths.home}, the log is {paths.logs / FILE_NAME}")


def _is_open(path: Path) -> bool:
    if sys.platform == "win32" or not path.exists():
        return False
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def config(loaded: Loaded, paths: Paths) -> Finding:
    """What is wrong with the settings."""
    found = [str(finding) for finding in loaded.findings]
    try:
        check_binding(loaded.settings.server)
    except LocalFault as fault:
        found.append(fault.message)
    if found:
        return Finding("settings", "wrong", " ".join(found), f"They are in {paths.config}.")
    changed = sum(source != "default" for source in loaded.sources.values())
    return Finding(
        "settings", "ok", f"{changed} of {len(loaded.sources)} differ from the defaults; {paths.config}"
    )


def vocabularies(paths: Paths) -> Finding:
    """Whether tokens can be counted offline."""
    try:
        for encoding in SHA256:
            seed(encoding, paths.vocabularies)
    except LocalFault as fault:
        return Finding("tokenizer", "wrong", fault.message, fault.remedy)
    except OSError as error:
        return Finding(
            "tokenizer",
            "notice",
            f"The vocabularies cannot be kept in {paths.vocabularies} ({error.strerror or error}); "
            "they are unpacked at each start.",
        )
    return Finding("tokenizer", "ok", f"{' and '.join(SHA256)} are here")


def port(server: ServerSettings, address: str) -> Finding:
    """Whether the proxy runs or could."""
    if _is_jumpseat(address):
        return Finding("port", "ok", f"Jumpseat runs at {address}")
    if server.port == 0:
        return Finding("port", "ok", "any free port")
    try:
        _bind(server.host, server.port)
    except OSError as error:
        fault = why_not(server.host, server.port, error)
        return Finding("port", "wrong", fault.message, fault.remedy)
    return Finding("port", "ok", f"{server.port} is free; Jumpseat does not run")


def _bind(host: str, number: int) -> None:
    family, kind, protocol, _, where = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(where)


def _is_jumpseat(address: str) -> bool:
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=3)
    try:
        connection.request("GET", "/health")
        answer = json.loads(connection.getresponse().read(_HEALTH_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(answer, dict) and ("copilot_token" in answer or "error" in answer)


async def keyring(accounts: Accounts) -> Finding:
    """Whether the system's keyring answers."""
    try:
        return Finding("keyring", "ok", await accounts.keyring_name())
    except KeyringFault as fault:
        return Finding("keyring", "notice", fault.message, fault.remedy)


async def account(accounts: Accounts) -> Finding:
    """Whose token would be used, and where it comes from."""
    try:
        active = await accounts.active()
    except LocalFault as fault:
        return Finding("account", "wrong", fault.message, fault.remedy)
    if active is None:
        return Finding("account", "wrong", "Nobody is signed in.", "Run `jumpseat login`.")
    kind = active.token.reveal()[:4]
    known = kind if kind in ("gho_", "ghu_") else "of an unknown kind"
    return Finding("account", "ok", f"{active.login or 'a token'} from {active.source}, {known}")
