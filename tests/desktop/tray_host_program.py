"""A program with nothing but the tray. Orders come in on a FIFO, clicks go out on stdout.

`state ARGUMENTS` changes fields of the state, `storm NUMBER` sends that many states at once, `notify
TITLE|TEXT` and `stop` are what they say.
"""

import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tray_app import controls
from tray_app.controls import AppState
from tray_app.desktop.tray import Tray, probe

NAMES = {**vars(controls), "datetime": datetime, "UTC": UTC}


class Host:
    """Carries out orders, on a thread of its own."""

    def __init__(self, fifo: Path) -> None:
        self.fifo = fifo
        self.state = AppState(version="1")
        self.tray = Tray(lambda action, argument: print("act", action, argument, flush=True))

    def run(self) -> None:
        found = probe()
        print("probe", found.kind, found.backend, found.hint, flush=True)
        threading.Thread(target=self.follow, daemon=True).start()
        self.tray.run(self.state)
        print("ended", [thread.name for thread in threading.enumerate() if not thread.daemon], flush=True)

    def follow(self) -> None:
        with self.fifo.open() as orders:
            for order in orders:
                word, _, rest = order.strip().partition(" ")
                self.obey(word, rest)

    def obey(self, word: str, rest: str) -> None:
        match word:
            case "state":
                self.state = replace(self.state, **eval(f"dict({rest})", NAMES))
                self.tray.update(self.state)
            case "storm":
                for number in range(int(rest)):
                    changed = replace(self.state, requests_running=number % 2, login=f"user{number}")
                    self.tray.update(changed)
                self.tray.update(self.state)
            case "notify":
                self.tray.notify(*rest.split("|"))
            case "stop":
                self.tray.stop()


if __name__ == "__main__":
    Host(Path(sys.argv[1])).run()
