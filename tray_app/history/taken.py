"""What was said in one request, taken down while it runs: references and times, nothing is worked on yet."""

from collections.abc import Callable

PART_BYTES = 2 * 1024 * 1024
MAX_FRAMES = 20_000


class Taken:
    """The parts of one exchange. `monotonic` gives seconds; the clock starts with the object."""

    def __init__(self, request: bytes, monotonic: Callable[[], float]) -> None:
        self.request = request
        self.upstream_request = b""
        self.pieces: list[tuple[float, bytes]] = []  # milliseconds since the start, bytes to the client
        self.truncated = False
        self._size = 0
        self._monotonic, self._started = monotonic, monotonic()

    def sent(self, body: bytes) -> None:
        """The body as it went to Copilot; of several attempts the last."""
        self.upstream_request = body

    def answered(self, data: bytes) -> None:
        """Bytes that went to the client."""
        if self._size >= PART_BYTES or len(self.pieces) >= MAX_FRAMES:
            self.truncated = True
            return
        self._size += len(data)
        self.pieces.append((round((self._monotonic() - self._started) * 1000, 1), data))
