"""Tells people what they should know: follows the state, and remembers what it has told."""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from tray_app.controls import AppState
from tray_app.desktop.alerts import Alert, Told, alerts, over
from tray_app.desktop.menu import Action
from tray_app.desktop.notify import Notifier
from tray_app.desktop.wording import Wording
from tray_app.errors import LocalFault
from tray_app.paths import write_private
from tray_app.settings import DesktopSettings

log = logging.getLogger(__name__)

_LARGEST = 64 * 1024


class Attention:
    """`changed` is called with each state, by one thread. `act(action, argument)` gets what a click on a
    notification asks for, on another thread, as a click in the menu would."""

    def __init__(
        self,
        notifier: Notifier,
        file: Path,
        *,
        settings: Callable[[], DesktopSettings],
        wording: Callable[[AppState], Wording],
        act: Callable[[str, str], None],
    ) -> None:
        self._notifier, self._file = notifier, file
        self._settings, self._wording, self._act = settings, wording, act
        self._before: AppState | None = None
        self._told = _read(file)
        self._writing = threading.Lock()

    def changed(self, state: AppState) -> None:
        """Tell what is new in this state."""
        before, self._before = self._before, state
        found, told = alerts(before, state, self._settings(), self._told, self._wording(state))
        if before is not None:
            for kind in over(before, state):
                self._notifier.withdraw(kind)
        for alert in found:
            self._tell(alert)
        if told != self._told:
            self._told = told
            threading.Thread(target=self._keep, name="what was told", daemon=True).start()

    def _tell(self, alert: Alert) -> None:
        buttons = {str(place): entry for place, entry in enumerate(alert.buttons)}

        def chosen(name: str) -> None:
            entry = buttons.get(name)
            if entry is None:
                self._act(Action.OPEN, alert.page)
            elif entry.action is not None:
                self._act(entry.action, entry.argument)

        labels = [(name, entry.label) for name, entry in buttons.items()]
        self._notifier.notify(alert.kind, alert.title, alert.text, labels, chosen)

    def _keep(self) -> None:
        with self._writing:
            try:
                write_private(self._file, json.dumps(self._told.as_json()))
            except LocalFault as fault:
                log.info("A notification may come again: %s", fault)


def _read(file: Path) -> Told:
    try:
        with file.open("rb") as opened:
            return Told.read(json.loads(opened.read(_LARGEST)))
    except (OSError, ValueError):
        return Told()
