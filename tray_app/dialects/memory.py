"""What must be remembered between two requests of a conversation, bounded and in memory only.

- which item id came with which encrypted reasoning blob: Copilot refuses a blob under another id
- the reasoning behind a tool call: chat clients drop it, some models refuse the next turn without it
- the items of answers that a Responses client may name by id (`item_reference`): Copilot stores none
- which seals on reasoning a model refused: one refusal for each, not one for every later request
- what a model was found to refuse, so that a repair is made ahead of time
"""

import hashlib
import sys
from collections import OrderedDict
from typing import Generic, TypeVar

from tray_app.dialects.neutral import Thinking

V = TypeVar("V")

MAX_ENTRIES = 20_000
MAX_BYTES = 32 * 1024 * 1024  # of each kind
_ENTRY = 300  # bytes that an entry costs besides what it holds


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _Bounded(Generic[V]):
    """Least recently used entries go first, by count and by size."""

    def __init__(self, entries: int, size: int) -> None:
        self._entries, self._size_limit, self._size = entries, size, 0
        self._values: OrderedDict[bytes, tuple[V, int]] = OrderedDict()

    def put(self, key: bytes, value: V, size: int) -> None:
        if (old := self._values.pop(key, None)) is not None:
            self._size -= old[1]
        self._values[key] = (value, size)
        self._size += size
        while len(self._values) > self._entries or (self._size > self._size_limit and self._values):
            _, (_, gone) = self._values.popitem(last=False)
            self._size -= gone

    def get(self, key: bytes) -> V | None:
        if (found := self._values.get(key)) is None:
            return None
        self._values.move_to_end(key)
        return found[0]


class Memory:
    """One per running proxy."""

    def __init__(self, entries: int = MAX_ENTRIES, size: int = MAX_BYTES) -> None:
        self._items: _Bounded[str] = _Bounded(entries, size)
        self._thinking: _Bounded[Thinking] = _Bounded(entries, size)
        self._answers: _Bounded[bytes] = _Bounded(entries, size)
        self._refused: _Bounded[bool] = _Bounded(entries, size)
        self._facts: dict[str, frozenset[str]] = {}

    def keep_item_id(self, blob: str, item_id: str) -> None:
        """`item_id` is the one of the `response.output_item.done` that carried `blob`."""
        self._items.put(_key(blob), item_id, sys.getsizeof(item_id) + _ENTRY)

    def item_id(self, blob: str) -> str | None:
        return self._items.get(_key(blob))

    def keep_item(self, item_id: str, item: bytes) -> None:
        """An item of an answer as the client got it, as JSON."""
        self._answers.put(_key(item_id), item, len(item) + _ENTRY)

    def item(self, item_id: str) -> bytes | None:
        return self._answers.get(_key(item_id))

    def keep_thinking(self, call_id: str, thinking: Thinking) -> None:
        size = sys.getsizeof(thinking.text) + (sys.getsizeof(thinking.opaque.value) if thinking.opaque else 0)
        self._thinking.put(_key(call_id), thinking, size + _ENTRY)

    def thinking(self, call_id: str) -> Thinking | None:
        return self._thinking.get(_key(call_id))

    def refuse_seal(self, model_id: str, seal: str) -> None:
        """The model would not take this signature or opaque value: another one wrote it."""
        self._refused.put(_key(f"{model_id} {seal}"), True, _ENTRY)

    def is_refused(self, model_id: str, seal: str) -> bool:
        return self._refused.get(_key(f"{model_id} {seal}")) is not None

    def learn(self, model_id: str, fact: str) -> None:
        self._facts[model_id] = self.facts(model_id) | {fact}

    def facts(self, model_id: str) -> frozenset[str]:
        return self._facts.get(model_id, frozenset())
