"""Server-sent events: however they are written and however they are cut, the same events come out."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.sse import Event, EventTooLarge, Reader

LINES = st.sampled_from(
    [b"data: a", b"data:b", b"data: ", b"data", b"event: e", b"event:f", b"event: ", b": c", b"id: 1", b"",
     b"", b"data:  x: y", b"data: \xc3\xa4", b"retry: 3", b"other: 1"]
)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])


def by_the_book(whole: bytes) -> list[Event]:
    """WHATWG's algorithm over a body that has come completely, a missing last blank line allowed."""
    events, name, data = [], "", []
    for line in [*whole.removeprefix(b"\xef\xbb\xbf").splitlines(), b""]:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                events.append(Event(name, b"\n".join(data)))
            name, data = "", []
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode()
    return events


def read(whole: bytes, cuts: list[int]) -> list[Event]:
    reader, events = Reader(), []
    places = [0, *sorted(cut % (len(whole) + 1) for cut in cuts), len(whole)]
    for start, end in pairwise(places):
        events += reader.feed(whole[start:end])
    return events + reader.flush()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(LINES, ENDS), max_size=14), st.lists(st.integers(0, 400), max_size=8), st.booleans()
)
def test_any_spelling_cut_anywhere(lines, cuts, mark):
    whole = b"\xef\xbb\xbf" * mark + b"".join(line + end for line, end in lines)
    assert read(whole, cuts) == by_the_book(whole)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=14), st.lists(st.integers(0, 200), max_size=8))
def test_copilots_spelling_cut_anywhere(lines, cuts):
    whole = b"data: first\n\n" + b"".join(line + b"\n" for line in lines)
    assert read(whole, cuts) == by_the_book(whole)


@pytest.mark.parametrize("cut", [1, 7, 1000])
@pytest.mark.parametrize("head", [b"data: ", b"event: e\ndata: ", b"data:"])
def test_an_event_above_the_limit_is_refused(head, cut):
    reader = Reader(limit=100)
    whole = b"data: small\n\n" + head + b"x" * 101 + b"\n\n"
    pieces = [whole[start : start + cut] for start in range(0, len(whole), cut)]
    with pytest.raises(EventTooLarge):
        list(map(reader.feed, pieces))


def test_a_boundary_is_only_between_events():
    reader = Reader()
    assert reader.feed(b"data: a\n\nevent: b\n") == [Event("", b"a")]
    assert not reader.at_boundary
    assert reader.feed(b"data: c\n") == []
    assert not reader.at_boundary
    assert reader.feed(b"\ndata: d\n\n") == [Event("b", b"c"), Event("", b"d")]
    assert reader.at_boundary
