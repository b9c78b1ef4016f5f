"""`jumpseat config import FILE`: the settings of another Copilot proxy, shown as a change first."""

import argparse
import sys
from pathlib import Path

from tray_app.cli.output import say, say_json, warn
from tray_app.importing import foreign, plan
from tray_app.importing.taking import Taken
from tray_app.paths import Paths


def run(arguments: argparse.Namespace) -> int:
    """Show the change and what has no counterpart, ask, write. Status 1 when it was not written."""
    paths = Paths.find()
    taken = foreign.read(Path(arguments.file))
    made = plan.make(paths, taken)
    if not arguments.json:
        _show(taken, made)
    may_write = not arguments.dry_run and (arguments.yes or (not arguments.json and _agreed(made)))
    if may_write and made.changed:
        plan.write(paths, made)
    if arguments.json:
        left = [{"key": one.key, "line": one.line, "why": one.why} for one in taken.left]
        written = may_write and bool(made.changed)
        say_json({"program": taken.program, "changed": list(made.changed), "written": written, "left": left})
    elif may_write:
        say(
            f"Taken over from {taken.program}: {', '.join(made.changed) or 'nothing, all of it stands here'}."
        )
    if not may_write and not arguments.dry_run:
        warn("Nothing was written. Add --yes to write it without being asked.")
        return 1
    return 0


def _show(taken: Taken, made: plan.Plan) -> None:
    if made.changed:
        say(made.diff.rstrip("\n"))
    if taken.left:
        say(f"Not taken over from {taken.program}:")
    for left in taken.left:
        say(f"  {left}")


def _agreed(made: plan.Plan) -> bool:
    """Nothing to write needs no answer; where nobody can answer, it is no."""
    if not made.changed:
        return True
    if not sys.stdin or not sys.stdin.isatty():
        return False
    try:
        return input("Write this? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
