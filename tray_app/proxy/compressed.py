"""PURE. Compressed bodies, unpacked piece by piece: no more than asked for, whatever a bomb would give."""

import zlib
from collections.abc import Iterator

from tray_app.errors import BadRequest

_PIECE = 256 * 1024
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Unpacker:
    """One body in the encoding that its `Content-Encoding` names: gzip, deflate or none.

    Raises BadRequest: 415 for another encoding, 400 for data that is not in it.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower().removeprefix("x-")
        if self._encoding not in ("", "identity", "gzip", "deflate"):
            raise BadRequest(
                f"Content-Encoding: {self._encoding[:40]} cannot be read here; send gzip, deflate or none.",
                code="unsupported_encoding",
                status=415,
            )
        self._inflate = zlib.decompressobj(_GZIP) if self._encoding == "gzip" else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The content in pieces of at most 256 KiB: whoever has enough stops asking."""
        if self._encoding in ("", "identity"):
            yield data
            return
        try:
            yield from self._inflated(data)
        except zlib.error as error:
            raise _broken() from error

    def end(self) -> None:
        """Nothing more comes. Raises BadRequest when something is missing."""
        if self._inflate is not None and not self._inflate.eof:
            raise _broken()

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflate is None:  # deflate is zlib by the book, and bare by some
                self._inflate = zlib.decompressobj(_ZLIB if data[0] & 0x0F == 8 else _RAW)
            if self._inflate.eof:
                if self._encoding != "gzip":
                    raise _broken()
                self._inflate = zlib.decompressobj(_GZIP)  # gzip may have several members
            if piece := self._inflate.decompress(data, _PIECE):
                yield piece
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail


def _broken() -> BadRequest:
    return BadRequest("The body's compression is broken or cut off.", code="invalid_body")
