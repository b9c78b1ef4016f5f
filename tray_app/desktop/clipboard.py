"""The clipboard without a toolkit: by one of the small tools that systems have for it."""

import logging
import shutil
import subprocess
import sys

log = logging.getLogger(__name__)

_TOOLS = {
    "darwin": (("pbcopy",),),
    "win32": (("clip",),),
    "linux": (("wl-copy",), ("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")),
}


def copy(text: str, platform: str = sys.platform) -> bool:
    """Whether the text is in the clipboard now. May take a few seconds: not on an event loop."""
    for tool, *arguments in _TOOLS.get(platform, _TOOLS["linux"]):
        path = shutil.which(tool)
        if path is None:
            continue
        try:
            # The tools for X11 stay in the background to serve the clipboard and would hold a pipe open.
            subprocess.run(  # noqa: S603  a fixed name, found on the PATH
                [path, *arguments],
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
                timeout=5,
            )
        except (OSError, subprocess.SubprocessError) as error:
            log.info("%s did not take the text: %s", tool, error)
            continue
        return True
    return False
