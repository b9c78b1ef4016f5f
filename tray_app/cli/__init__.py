"""The command line. Nothing outside this package prints.

Exit status: 0 done, 1 failed with a reason on stderr, 2 bad usage, 3 not possible here.
"""

import logging
import os
import sys
from collections.abc import Sequence

from tray_app.cli.output import fail
from tray_app.cli.parser import parser
from tray_app.errors import JumpseatError, KeyringFault, LocalFault, NotPossibleHere

DONE, FAILED, USAGE, NOT_HERE = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (NotPossibleHere, KeyringFault) as fault:
        return _failed(fault, arguments.debug, NOT_HERE)
    except (LocalFault, JumpseatError) as fault:
        return _failed(fault, arguments.debug, FAILED)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:  # as in `jumpseat models | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as bug:  # the last line before the user: no traceback unless asked
        logging.getLogger(__name__).exception("%s failed", arguments.command)
        return _failed(
            LocalFault(
                f"Something went wrong inside Jumpseat ({type(bug).__name__}: {bug}).",
                "Run it again with --debug for the details.",
            ),
            arguments.debug,
            FAILED,
        )


def _failed(fault: Exception, debug: bool, status: int) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    else:
        fail(str(fault))
    return status
