"""What an image costs in tokens: its size from the first bytes, then OpenAI's tile formula.

Nothing is decoded but a header. Formats: PNG, JPEG, GIF, WebP.
"""

import base64
import binascii
import math

LOW_DETAIL = 85
PER_TILE = 170
UNKNOWN = 765  # four tiles: what most pictures come to
_HEADER = 64
_JPEG_LIMIT = 1_400_000  # base64 characters; colour profiles and previews stand before the size


def image_tokens(data: str, detail: str | None = None) -> int:
    """Tokens of an image given as base64 or as a data URL; other URLs cost the usual four tiles.

    Fit into 2048², the shorter side to 768, then 512-pixel tiles: 85 + 170 each. Low detail is 85.
    """
    if detail == "low":
        return LOW_DETAIL
    size = image_size(data)
    return UNKNOWN if size is None else tile_tokens(*size)


def tile_tokens(width: int, height: int) -> int:
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / min(width, height))
    tiles = math.ceil(width * scale / 512) * math.ceil(height * scale / 512)
    return LOW_DETAIL + PER_TILE * tiles


def image_size(data: str) -> tuple[int, int] | None:
    """Width and height in pixels; None when the header does not tell."""
    if data.startswith("data:"):
        data = data[data.find(",", 0, 200) + 1 :]
    head = _decode(data[:_HEADER])
    if head.startswith(b"\xff\xd8"):
        size = _jpeg(_decode(data[:_JPEG_LIMIT]))
    else:
        size = _png(head) or _gif(head) or _webp(head)
    return size if size and min(size) > 0 else None


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""


def _png(head: bytes) -> tuple[int, int] | None:
    if head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        return None
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _gif(head: bytes) -> tuple[int, int] | None:
    if head[:6] not in (b"GIF87a", b"GIF89a"):
        return None
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


def _webp(head: bytes) -> tuple[int, int] | None:
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    match head[12:16]:
        case b"VP8 ":
            return (
                int.from_bytes(head[26:28], "little") & 0x3FFF,
                int.from_bytes(head[28:30], "little") & 0x3FFF,
            )
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """The frame header, found by stepping over the segments before it."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:  # fill byte, or no length behind it
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
