"""Loading the program without what its libraries make or load at import and Jumpseat never uses."""

import contextlib
import os
import sys
from collections.abc import Iterator

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_FONTS = "PIL._imagingft"
_M_ARENA_MAX = -8  # malloc.h of glibc


@contextlib.contextmanager
def lean() -> Iterator[None]:
    """For the imports of the program, before it has threads.

    aiohttp makes two TLS contexts at import and reads all of the system's certificates for each: 50 ms and
    2 MB. Ours is another one (`copilot.trust`), so they get none, and would trust nobody. Pillow loads
    libraries for fonts, 2 MB; no icon has letters.
    """
    before = {name: os.environ.get(name) for name in _CERTIFICATES}
    os.environ.update(dict.fromkeys(_CERTIFICATES, os.devnull))
    are_fonts_free = _FONTS not in sys.modules
    if are_fonts_free:
        sys.modules[_FONTS] = None  # type: ignore[assignment]  # what the language has for "not to be had"
    try:
        yield
    finally:
        if are_fonts_free:
            del sys.modules[_FONTS]
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def share_one_heap() -> None:
    """For a program of many threads that mostly wait: glibc gives each a heap of its own, 128 kB and more."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
