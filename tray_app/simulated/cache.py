"""A prompt cache that really works: content hashes of prompt prefixes, per model.

GPT, Gemini and the others cache by themselves; Claude caches where the client set marks
(copilot-wire 5.9, 7.6).
"""

import hashlib
from collections.abc import Callable, Sequence

from tray_app.simulated.conversation import Chunk
from tray_app.simulated.ledger import Usage
from tray_app.simulated.models import Model

LOOK_BACK = 20  # chunks before a mark that may still hit
IMPLICIT_MINIMUM = 1024
CHAT_MINIMUM = 1700  # tokens below which a chat mark caches nothing
_LIVES = {"5m": 300.0, "1h": 3600.0}
_MARKED_MINIMUM = {"claude-haiku-4.5": 4096}
_HELD = 50_000


class PromptCache:
    """Remembers which prefixes it has seen, until when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[bytes, float] = {}

    def use(self, model: Model, login: str, chunks: list[Chunk], *, unmarked: bool = False) -> Usage:
        """Read and write for one request: the input side of its usage.

        `unmarked`: what a mark cached before is read without marks too (chat, copilot-wire 5.1).
        """
        keys, sums = _prefixes(model.id, login, chunks)
        total = sums[-1] if sums else 0
        if not model.is_claude:
            return Usage(input=total, cached=self._implicit(keys, sums))
        marks = [place for place, chunk in enumerate(chunks) if chunk.mark]
        if not marks:
            read = self._marked_read(keys, sums, range(len(keys))) if unmarked else 0
            return Usage(input=total, cached=read)
        read = self._marked_read(keys, sums, marks)
        least = CHAT_MINIMUM if unmarked else IMPLICIT_MINIMUM
        least = max(least, _MARKED_MINIMUM.get(model.id, 0))
        written, long = self._marked_write(least, keys, sums, marks, chunks, read)
        return Usage(input=total, cached=read, cache_write=written, cache_write_1h=long)

    def _alive(self, key: bytes) -> bool:
        return self._until.get(key, 0.0) > self._clock()

    def _store(self, key: bytes, life: float) -> None:
        if len(self._until) >= _HELD:
            now = self._clock()
            self._until = {held: until for held, until in self._until.items() if until > now}
            if len(self._until) >= _HELD:
                self._until.clear()
        self._until[key] = self._clock() + life

    def _implicit(self, keys: list[bytes], sums: list[int]) -> int:
        read = 0
        for place in range(len(keys) - 1, -1, -1):
            if self._alive(keys[place]):
                read = sums[place]
                break
        for place, key in enumerate(keys):
            if sums[place] >= IMPLICIT_MINIMUM:
                self._store(key, _LIVES["5m"])
        return read - read % 128

    def _marked_read(self, keys: list[bytes], sums: list[int], marks: Sequence[int]) -> int:
        for mark in reversed(marks):
            for place in range(mark, max(-1, mark - LOOK_BACK), -1):
                if self._alive(keys[place]):
                    return sums[place]
        return 0

    def _marked_write(
        self,
        least: int,
        keys: list[bytes],
        sums: list[int],
        marks: list[int],
        chunks: list[Chunk],
        read: int,
    ) -> tuple[int, int]:
        """Tokens written in all, and those of them with the long life."""
        done = read
        written = long = 0
        for mark in marks:
            if sums[mark] < least:
                continue
            ttl = chunks[mark].mark or "5m"
            self._store(keys[mark], _LIVES.get(ttl, 300.0))
            fresh = max(0, sums[mark] - done)
            written += fresh
            long += fresh if ttl == "1h" else 0
            done = max(done, sums[mark])
        return written, long


def _prefixes(model: str, login: str, chunks: list[Chunk]) -> tuple[list[bytes], list[int]]:
    running = hashlib.blake2b(f"{model} {login}".encode(), digest_size=16)
    keys, sums, total = [], [], 0
    for chunk in chunks:
        running.update(chunk.content)
        total += chunk.tokens
        keys.append(running.digest())
        sums.append(total)
    return keys, sums
