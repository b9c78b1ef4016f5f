"""The command line. Nothing outside this package prints.

Exit status: 0 done, 1 failed with a reason on stderr, 2 bad usage, 3 not possible here.
"""

import logging
import sys
from collections.abc import Sequence

from tray_app import log
from tray_app.cli.output import drop_output, fail
from tray_app.cli.parser import parser
from tray_app.errors import JumpseatError, KeyringFault, LocalFault, NotPossibleHere

DONE, FAILED, USAGE, NOT_HERE = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = parser().parse_args(argv)
    log.set_up(None, verbose=arguments.verbose, debug=arguments.debug)
    try:
        return int(arguments.run(arguments))
    except (NotPossibleHere, KeyringFault) as fault:
        return _failed(fault, NOT_HERE)
    except (LocalFault, JumpseatError) as fault:
        return _failed(fault, FAILED)
    except KeyboardInterrupt:
        fail("Interrupted.")
        return FAILED
    except BrokenPipeError:  # as in `jumpseat models | head -1`
        drop_output()
        return DONE
    except Exception as bug:  # noqa: BLE001  the last line before the user: no traceback unless asked
        return _failed(bug, FAILED)


def _failed(fault: Exception, status: int) -> int:
    """Tell the reason; the traceback is for the log file and for --debug."""
    known = isinstance(fault, LocalFault | JumpseatError)
    if known:
        fail(str(fault))
    else:
        said = f"{type(fault).__name__}: {fault}"
        fail(f"Something went wrong inside Jumpseat ({said}). Run it again with --debug for the details.")
    level = logging.DEBUG if known else logging.INFO
    logging.getLogger(__name__).log(level, "%s ended with", sys.argv[1:], exc_info=fault)
    return status
