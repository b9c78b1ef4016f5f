"""Asking the program that runs already, with the key of its run from the file `control`."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tray_app.cli.ask import NotRunning
from tray_app.errors import LocalFault
from tray_app.paths import Paths
from tray_app.resident import control_file
from tray_app.resident.control_file import Control

_SECONDS = 15.0  # a window's address may wait for a keyring
_ANSWER_BYTES = 64 * 1024


def open_window(paths: Paths, page: str) -> None:
    """Ask the running tray for its window. Raises NotRunning; LocalFault where there is no window."""
    control = _control(paths)
    _post(control.door, "/api/window", control, {"page": page})


def ticket(paths: Paths, page: str) -> str:
    """The URL that opens the running dashboard once, signed in; "" while the proxy is stopped.

    Raises NotRunning, LocalFault.
    """
    control = _control(paths)
    if not control.url:
        return ""
    url = str(_post(control.url, "/api/tickets", control, {"page": page}).get("url", ""))
    if not url.startswith(_reachable(control.url)):
        raise LocalFault("The running Jumpseat gave no link to its dashboard.")
    return url


def _control(paths: Paths) -> Control:
    control = control_file.read(paths)
    if control is None:
        raise NotRunning("Jumpseat is not running.", "Start it with `jumpseat`, or `jumpseat serve`.")
    return control


def _reachable(base: str) -> str:
    """An address of every interface is to listen on; Windows connects nobody to it."""
    return base.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _post(base: str, path: str, control: Control, body: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(_reachable(base))
    if url.scheme != "http" or not url.hostname:
        raise NotRunning("Jumpseat is not running.", "Start it with `jumpseat`, or `jumpseat serve`.")
    # http.client asks no proxy of the environment: the key never leaves the machine.
    connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=_SECONDS)
    headers = {"Authorization": f"Bearer {control.key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read(_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotRunning("Jumpseat is not running.", "Start it with `jumpseat`.") from error
    finally:
        connection.close()
    if answer.status == 403:  # another run has this port now
        raise NotRunning("Jumpseat is not running.", "Start it with `jumpseat`.")
    if answer.status >= 400 or not isinstance(said, dict):
        refusal = said.get("error") if isinstance(said, dict) else None
        raise LocalFault(str(refusal.get("message")) if isinstance(refusal, dict) else "Jumpseat refused.")
    return said
