"""Logging: one rotating file in the logs folder, and stderr when somebody asks. No secret in either."""

import copy
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from typing import IO, Any

from tray_app.errors import LocalFault
from tray_app.paths import Paths, cannot_write, make_folder, open_private
from tray_app.redaction import redact

FILE_NAME = "jumpseat.log"
FILE_BYTES = 1_000_000
OLDER_FILES = 3

_NO_COMMANDS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")

# Libraries that talk at info about each request.
_CHATTY = ("aiohttp.access", "asyncio", "urllib3", "keyring")


class Redacted(logging.Formatter):
    """Takes secrets out of the finished line: messages, arguments and tracebacks alike.

    A message stays one line and steers no terminal, whatever a client put into a path or a name.
    """

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record)).translate(_NO_COMMANDS)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        record.message = record.message.replace("\r", " ").replace("\n", " ")
        return super().formatMessage(record)


class Brief(Redacted):
    """For the terminal: a failure is one line, its traceback is for the file and for --debug."""

    def format(self, record: logging.LogRecord) -> str:
        short = copy.copy(record)
        failure = record.exc_info[1] if record.exc_info else None
        if failure is not None:
            short.msg, short.args = f"{record.getMessage()}: {type(failure).__name__}: {failure}", ()
        short.exc_info = short.exc_text = short.stack_info = None
        return super().format(short)


class PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner may read."""

    def _open(self) -> "IO[Any]":  # type: ignore[override]  # the base class names the concrete class
        return open(self.baseFilename, self.mode, encoding="utf-8", opener=open_private)


def set_up(paths: Paths | None, *, verbose: bool = False, debug: bool = False) -> None:
    """Send the log to the file of `paths` and, with `verbose` or `debug`, to stderr too.

    Without a file, or when it cannot be written, warnings go to stderr; the program works all the same.
    """
    level = logging.DEBUG if debug else logging.INFO
    handlers: list[logging.Handler] = []
    trouble = ""
    if paths is not None:
        try:
            handlers.append(_file(paths))
        except LocalFault as fault:
            trouble = str(fault)
    if verbose or debug or not handlers:
        handlers.append(_console(level if verbose or debug else logging.WARNING, debug=debug))
    _install(handlers, level)
    if trouble:
        logging.getLogger(__name__).warning("No log file: %s", trouble)


def _file(paths: Paths) -> logging.Handler:
    make_folder(paths.logs)
    try:
        handler = PrivateFile(paths.logs / FILE_NAME, maxBytes=FILE_BYTES, backupCount=OLDER_FILES)
    except OSError as error:
        raise cannot_write(paths.logs / FILE_NAME, error) from error
    handler.setFormatter(Redacted("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


def _console(level: int, *, debug: bool) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    formatter = Redacted if debug else Brief
    handler.setFormatter(formatter("%(levelname)s %(name)s: %(message)s"))
    return handler


def _install(handlers: list[logging.Handler], level: int) -> None:
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.raiseExceptions = False  # a full disk must not print tracebacks at each line


def tail(paths: Paths, lines: int = 200) -> list[str]:
    """The last lines of the log, redacted once more; for a report."""
    try:
        with open(paths.logs / FILE_NAME, encoding="utf-8", errors="replace") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 400 * lines))
            return [redact(line.rstrip("\n")) for line in file.readlines()[-lines:]]
    except OSError:
        return []
