"""What the terminal gets: text and JSON on stdout, reasons on stderr, never a secret."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from tray_app.errors import LocalFault
from tray_app.redaction import redact

# What a terminal takes for commands; names of models and messages come from elsewhere.
_NO_COMMANDS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")


def say(text: str) -> None:
    """A line on stdout, at once: whoever waits for the ready line reads a pipe.

    Raises BrokenPipeError when nobody reads any more, LocalFault when it cannot be written.
    """
    try:
        print(text.translate(_NO_COMMANDS), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise LocalFault(f"The output could not be written: {error.strerror or error}.") from error


def drop_output() -> None:
    """Send stdout nowhere, so that Python does not stumble over its rest on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(text: str) -> None:
    print(f"jumpseat: {redact(text).translate(_NO_COMMANDS)}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    """The reason for a failure, on one line."""
    warn(" ".join(text.split()))


def say_json(value: Any) -> None:
    import json

    say(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def say_table(rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their widest cell, the last one as it is."""
    rows = [tuple(row) for row in rows]
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        say("  ".join([*cells, row[-1]]).rstrip())
