"""A foreign settings file: which program's it is, and what it holds."""

from pathlib import Path
from typing import Any

from tray_app.clients import json_reader
from tray_app.clients.edits import Unparsable
from tray_app.clients.yaml_text import Yaml
from tray_app.errors import LocalFault
from tray_app.importing import copilot_api, ghc_proxy
from tray_app.importing.taking import Taken, take

_LARGEST = 1024 * 1024
_KNOWN = "a config.yaml of ghc-proxy or a config.json of copilot-api"


def read(file: Path) -> Taken:
    """What the file gives us. Raises LocalFault, with the line where there is one."""
    text = _text(file)
    try:
        document: Any = json_reader.parse(text).value if _is_json(text) else Yaml().read(text)
    except Unparsable as fault:
        place = f" line {fault.line}" if fault.line else ""
        raise LocalFault(f"{file.name}{place} cannot be read: {fault.reason}.") from fault
    if not isinstance(document, dict):
        raise LocalFault(f"{file.name} is not {_KNOWN}.")
    programs = (ghc_proxy, copilot_api)
    program = max(programs, key=lambda one: len(one.RULES.keys() & document.keys()))
    if not program.RULES.keys() & document.keys():
        raise LocalFault(f"{file.name} is not {_KNOWN}: it has none of their keys.")
    return take(program.NAME, program.RULES, document, text)


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
    except OSError as error:
        raise LocalFault(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(raw) > _LARGEST:
        raise LocalFault(f"{file.name} is too large to be {_KNOWN}.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise LocalFault(f"{file.name} line {line} is not UTF-8 text.") from error
