"""What the program noticed about its owner, in noticed.json: no settings, and nothing secret."""

import json
import logging
from pathlib import Path

from tray_app.paths import Paths, write_private

log = logging.getLogger(__name__)

_LARGEST = 64 * 1024


class Noticed:
    """Small facts that outlast a run. The file is read once, and written whole."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.home / "noticed.json"
        self._facts = _read(self._file)

    @property
    def terms_seen(self) -> bool:
        return self._facts.get("terms_seen") is True

    def see_terms(self) -> None:
        """Blocks; for a thread. Raises LocalFault: seen, but not written."""
        self.remember("terms_seen", True)

    def fact(self, name: str) -> object:
        """What was remembered under that name; None if nothing was."""
        return self._facts.get(name)

    def remember(self, name: str, value: object) -> None:
        """As `see_terms`. `value` is plain data."""
        self._facts[name] = value
        write_private(self._file, json.dumps(self._facts, indent=2) + "\n")


def _read(file: Path) -> dict[str, object]:
    """Nothing, when it cannot be read: then people see a notice twice."""
    try:
        with open(file, encoding="utf-8") as opened:
            facts = json.loads(opened.read(_LARGEST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read: %s", file, type(error).__name__)
        return {}
    return facts if isinstance(facts, dict) else {}
