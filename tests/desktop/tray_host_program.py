"""A program with nothing but the tray: states come in on a FIFO as Python, clicks go out on stdout."""

import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tray_app import controls
from tray_app.controls import AppState
from tray_app.desktop.tray import Tray, probe

NAMES = {**vars(controls), "datetime": datetime, "UTC": UTC}


def main() -> None:
    found = probe()
    print("probe", found.kind, found.backend, found.hint, flush=True)
    state = AppState(version="1")
    tray = Tray(lambda action, argument: print("act", action, argument, flush=True))

    def orders(fifo: Path) -> None:
        nonlocal state
        while True:
            with fifo.open() as lines:
                for line in lines:
                    word, _, rest = line.strip().partition(" ")
                    if word == "state":
                        state = replace(state, **eval(f"dict({rest})", NAMES))
                        tray.update(state)
                    elif word == "storm":
                        for number in range(int(rest)):
                            tray.update(replace(state, requests_running=number % 2, login=f"user{number}"))
                        tray.update(state)
                    elif word == "notify":
                        tray.notify(*rest.split("|"))
                    elif word == "stop":
                        tray.stop()
                        return
                    print("done", line.strip(), flush=True)

    threading.Thread(target=orders, args=(Path(sys.argv[1]),), daemon=True).start()
    tray.run(state)
    print("ended", flush=True)


if __name__ == "__main__":
    main()
