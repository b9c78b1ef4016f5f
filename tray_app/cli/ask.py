"""Questions to the running proxy, over its own HTTP."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tray_app.errors import LocalFault
from tray_app.paths import Paths
from tray_app.settings import ServerSettings, Settings
from tray_app.settings_rules import is_loopback

ANSWER_SECONDS = 60.0
ANSWER_BYTES = 64 * 1024 * 1024
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  read, not bound


class NotRunning(LocalFault):
    """Nobody answers at the proxy's address."""


def address(paths: Paths, server: ServerSettings) -> str:
    """The URL of the running proxy: what it noted down itself, else what the settings say."""
    try:
        noted = paths.address.read_text().strip()
    except (OSError, UnicodeDecodeError):
        noted = ""
    if noted.startswith("http://") and _is_ours(noted, server):
        # An address of every interface is to listen on; Windows connects nobody to it.
        return noted.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    host = _EVERYWHERE.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def _is_ours(noted: str, server: ServerSettings) -> bool:
    """Whether the API key may go there: to this machine, or to the address that the settings bind."""
    try:
        url = urlsplit(noted)
        name, _ = url.hostname or "", url.port
    except ValueError:
        return False
    if url.username is not None or url.path not in ("", "/") or url.query or url.fragment:
        return False
    bound = server.host.strip("[]").lower()
    return bool(name) and (name in _EVERYWHERE or _is_here(name) or name == bound)


def _is_here(name: str) -> bool:
    """Loopback by its address; `x.localhost` is for the resolver to decide, and so not trusted here."""
    return is_loopback(name) and not name.endswith(".localhost")


def ask(paths: Paths, settings: Settings, path: str, *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """GET `path` of the running proxy. Raises NotRunning, or LocalFault with what it answered."""
    return ask_at(address(paths, settings.server), settings.server.api_keys, path, seconds=seconds)


def ask_at(
    base: str, api_keys: tuple[str, ...], path: str, *, seconds: float = ANSWER_SECONDS
) -> dict[str, Any]:
    """As `ask`, at a known URL, waiting so long at most."""
    status, body = _get(base, path, api_keys, seconds)
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise NotRunning(f"Something that is not Jumpseat answers at {base}.") from error
    if not isinstance(answer, dict):
        raise NotRunning(f"Something that is not Jumpseat answers at {base}.")
    if status >= 400:
        raise LocalFault(_reason(answer) or f"The proxy at {base} answered with status {status}.")
    return answer


def _get(base: str, path: str, api_keys: tuple[str, ...], seconds: float) -> tuple[int, bytes]:
    # http.client asks no proxy of the environment: this never leaves the machine.
    url = urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=seconds)
    headers = {"Accept": "application/json", "User-Agent": "jumpseat-cli"}
    if api_keys:
        headers["Authorization"] = f"Bearer {api_keys[0]}"
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read(ANSWER_BYTES + 1)
    except TimeoutError as error:
        raise LocalFault(
            f"The proxy at {base} did not answer within {seconds:.0f} s.",
            "GitHub or Copilot may be slow: `jumpseat doctor` shows what is reachable.",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise NotRunning(f"Jumpseat is not running at {base}.", "Start it with `jumpseat serve`.") from error
    finally:
        connection.close()
    if len(body) > ANSWER_BYTES:
        raise NotRunning(f"Something that is not Jumpseat answers at {base}.")
    return answer.status, body


def _reason(answer: dict[str, Any]) -> str:
    """The message of an error in OpenAI's shape."""
    error = answer.get("error")
    return str(error.get("message", "")) if isinstance(error, dict) else ""
