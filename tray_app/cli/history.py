"""`export` and `import`: the request history as JSON Lines, with the proxy running or not."""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tray_app.cli.config import loaded_with_warnings
from tray_app.cli.output import drop_output, say, warn
from tray_app.errors import BadRequest, LocalFault
from tray_app.history.search import Query
from tray_app.history.transfer import LONGEST_LINE, export_file, import_file
from tray_app.paths import Paths, cannot_write, open_private
from tray_app.proxy import questions


def export_history(arguments: argparse.Namespace) -> int:
    """To stdout, or to a file of its owner's alone. Raises LocalFault."""
    lines = export_file(Paths.find().history, _query(arguments), bodies=arguments.bodies)
    if arguments.output is None or arguments.output == "-":
        _write_out(lines)
        return 0
    path = Path(arguments.output)
    try:
        with open(path, "wb", opener=open_private) as file:
            count = sum(file.write(chunk) and chunk.count(b"\n") for chunk in lines)
    except OSError as error:
        raise cannot_write(path, error) from error
    say(f"{count} requests are in {path}.")
    return 0


def _write_out(lines: Iterator[bytes]) -> None:
    try:
        for chunk in lines:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise LocalFault(f"The output could not be written: {error.strerror or error}.") from error


def _query(arguments: argparse.Namespace) -> Query:
    """The filters, read as `/api/requests` reads them. Raises LocalFault."""
    names = {"from": arguments.start, "to": arguments.end, "q": arguments.q}
    names |= {name: getattr(arguments, name) for name in ("model", "client", "status", "session")}
    try:
        return questions.filters({name: value for name, value in names.items() if value})
    except BadRequest as error:
        raise LocalFault(f"--{error.fault.message}") from error


def import_history(arguments: argparse.Namespace) -> int:
    """Exit status 1 when lines were wrong; the others are in. Raises LocalFault."""
    settings = loaded_with_warnings().settings.history
    with _lines(arguments.file) as lines:
        said = import_file(Paths.find().history, lines)
    say(f"{said.new} requests were added; {said.known} were there already.")
    too_old = datetime.now(UTC) - timedelta(days=settings.retention_days)
    if said.oldest is not None and said.oldest < too_old:
        warn(
            f"Some are older than {settings.retention_days} days, as long as records are kept "
            "(history.retention_days): the proxy will delete those."
        )
    for mistake in said.mistakes:
        warn(mistake)
    if said.wrong:
        warn(f"{said.wrong} line was left out." if said.wrong == 1 else f"{said.wrong} lines were left out.")
    return 1 if said.wrong else 0


@contextlib.contextmanager
def _lines(name: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, or of stdin for `-`; one that is too long ends early and is wrong by that."""
    if name == "-":
        yield iter(lambda: sys.stdin.buffer.readline(LONGEST_LINE + 1), b"")
        return
    try:
        file = open(name, "rb")  # noqa: SIM115  closed below; what goes wrong meanwhile is not about opening
    except OSError as error:
        said = error.strerror or os.strerror(error.errno or 0)
        raise LocalFault(f"{name} cannot be read: {said}.") from error
    with file:
        yield iter(lambda: file.readline(LONGEST_LINE + 1), b"")
