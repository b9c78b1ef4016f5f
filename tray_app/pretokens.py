"""PURE. Cutting a text for BPE without changing its tokens.

tiktoken first splits a text with a pattern, then merges each pretoken on its own. A cut between two
pretokens therefore changes nothing. Two things make cuts necessary: `\\s+(?!\\S)` in the pattern panics
("StackOverflow", tiktoken 0.14) on a million blanks in a row, and a text of many megabytes would become a
list of as many millions of numbers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# White space as Rust's regex crate knows it, less CR and LF.
_BLANK = (
    "\t\x0b\x0c \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_BLANKS = re.compile(f"[{_BLANK}]+")
# Surely between two pretokens: before a blank and a letter, and behind a line end before a letter.
# (Not before "/": o200k adds it to the line ends behind punctuation.)
_BETWEEN = re.compile(r"(?<=\S)(?= [A-Za-z])|(?<=\n)(?=[A-Za-z0-9])")

LONGEST_RUN = 100_000
LONGEST_PIECE = 1_000_000
_EQUAL_BLANKS = 32_768


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. `whole` marks one that is a single pretoken and must not meet the pattern."""

    text: str
    whole: bool = False


def cut(
    text: str, *, blanks_end_alone: bool, run: int = LONGEST_RUN, piece: int = LONGEST_PIECE
) -> Iterator[Piece]:
    """The text in pieces whose tokens, one after the other, are the text's tokens.

    Runs of `run` blanks or more become pieces of their own. `blanks_end_alone` says that blanks at the
    end of the text are a pretoken without the line ends before them (o200k; in cl100k they belong
    together, and its pattern takes them without harm).
    """
    done = 0
    for start, end in _long_runs(text, run):
        if text[end : end + 1] in ("\r", "\n") or (end == len(text) and not blanks_end_alone):
            continue  # one pretoken with the line end, or with what stands before
        # The last blank belongs to the word behind it.
        stop = end if end == len(text) else end - 1
        yield from _pieces(text[done:start], piece)
        yield from _run_pieces(text[start:stop])
        done = stop
    yield from _pieces(text[done:] if done else text, piece)


def _long_runs(text: str, run: int) -> Iterator[tuple[int, int]]:
    """Start and end of each longest row of at least `run` blanks, in time linear in the text.

    Such a row covers one of the positions 0, run, 2 × run and so on.
    """
    position = 0
    while position < len(text):
        if found := _BLANKS.match(text, position):
            before = text[max(0, position - run) : position]
            start = position - (len(before) - len(before.rstrip(_BLANK)))
            if found.end() - start >= run:
                yield start, found.end()
                position = found.end() // run * run
        position += run


def _run_pieces(blanks: str) -> Iterator[Piece]:
    """A row of blanks. Merging doubles equal neighbours, so a row of one kind can be cut at a power of two:
    the encoder keeps every other thread waiting while it is at one piece."""
    start = 0
    if blanks == blanks[0] * len(blanks):
        while len(blanks) - start >= 2 * _EQUAL_BLANKS:
            yield Piece(blanks[start : start + _EQUAL_BLANKS], whole=True)
            start += _EQUAL_BLANKS
    yield Piece(blanks[start:], whole=True)


def _pieces(text: str, size: int) -> Iterator[Piece]:
    start = 0
    while len(text) - start > size:
        found = _BETWEEN.search(text, start + size)
        if found is None:
            break
        yield Piece(text[start : found.start()])
        start = found.start()
    if start < len(text):
        yield Piece(text[start:] if start else text)
