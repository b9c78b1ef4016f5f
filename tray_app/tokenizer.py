"""Counting tokens with tiktoken, offline and off the event loop.

One worker thread does all of it: loading a vocabulary at its first use, encoding, remembering counts by
content. Neither tiktoken nor a vocabulary is touched before the first count.
"""

import asyncio
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tray_app import vocabulary
from tray_app.dialects.counting import Countable
from tray_app.pretokens import LONGEST_RUN, Piece, cut

if TYPE_CHECKING:
    import tiktoken

T = TypeVar("T")

MAX_REMEMBERED = 20_000
_SHORT = 64  # characters; such a text is its own key


class Tokenizer:
    """`cache_folder` is ours alone: the vocabularies are unpacked there once (5 MB)."""

    def __init__(self, cache_folder: Path) -> None:
        self._folder = cache_folder
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="jumpseat-tokens")
        # The rest belongs to the worker thread.
        self._encodings: dict[str, tiktoken.Encoding] = {}
        self._counts: OrderedDict[tuple[str, str | bytes], int] = OrderedDict()

    async def count_text(self, encoding: str, text: str) -> int:
        """Tokens of a plain text; names of special tokens in it count as the text they are."""
        return await self._work(lambda: self._count(vocabulary.known(encoding), text))

    async def count(self, countable: Countable, encoding: str) -> int:
        """Tokens of a request."""
        return await self._work(lambda: self._count_all(vocabulary.known(encoding), countable))

    async def decode(self, encoding: str, tokens: Sequence[int]) -> str:
        """The text of a list of tokens. Raises ValueError for a number that is no token."""
        return await self._work(lambda: self._decode(vocabulary.known(encoding), tokens))

    def close(self) -> None:
        """Ends the worker once the count it is at is done."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def _work(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, job)

    # --- in the worker thread ---------------------------------------------------------------------

    def _encoding(self, name: str) -> "tiktoken.Encoding":
        if name not in self._encodings:
            self._encodings[name] = vocabulary.load(name, self._folder)
        return self._encodings[name]

    def _count_all(self, encoding: str, countable: Countable) -> int:
        return sum(
            math.floor(
                (sum(self._count(encoding, text) for text in group.texts) + group.extra) * group.factor
            )
            for group in countable.groups
        )

    def _count(self, encoding: str, text: str) -> int:
        if not text:
            return 0
        key = (encoding, _key(text))
        if (known := self._counts.get(key)) is not None:
            self._counts.move_to_end(key)
            return known
        counted = count_tokens(self._encoding(encoding), text)
        self._counts[key] = counted
        if len(self._counts) > MAX_REMEMBERED:
            self._counts.popitem(last=False)
        return counted

    def _decode(self, encoding: str, tokens: Sequence[int]) -> str:
        try:
            return self._encoding(encoding).decode(list(tokens))
        except (KeyError, OverflowError) as error:
            raise ValueError(f"not a token of {encoding}") from error


def _key(text: str) -> str | bytes:
    if len(text) <= _SHORT:
        return text
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def count_tokens(encoding: "tiktoken.Encoding", text: str) -> int:
    """The exact count, in time linear in the text. Blocks: call it in a worker thread."""
    blanks_end_alone = encoding.name != "cl100k_base"
    return sum(_count_piece(encoding, piece) for piece in cut(text, blanks_end_alone=blanks_end_alone))


def _count_piece(encoding: "tiktoken.Encoding", piece: Piece) -> int:
    try:
        if piece.whole:
            return len(encoding._encode_single_piece(piece.text))
        return len(encoding.encode_ordinary(piece.text))
    except BaseException as failure:
        # A panic of the Rust encoder is no Exception. No text is known that still causes one.
        if type(failure).__name__ != "PanicException":
            raise
        return _count_roughly(piece.text)


def _count_roughly(text: str) -> int:
    """A third of the bytes: what the encoder refuses is better overestimated than an error."""
    return len(text.encode("utf-8", "surrogatepass")) // 3 + 1


__all__ = ["LONGEST_RUN", "MAX_REMEMBERED", "Tokenizer", "count_tokens"]
