"""Interleaved blocks become strictly sequential ones."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.deltas import Closed, Delta, Opened, Piece, Sealed
from tray_app.dialects.neutral import Opaque, Text, Thinking, ToolCall
from tray_app.dialects.sequence import Sequencer

A, B = ToolCall("a", "f", ""), ToolCall("b", "g", "")


def test_a_later_block_waits_until_the_first_is_done() -> None:
    blocks = Sequencer()
    assert blocks.open(0, Text("")) == [Opened(Text(""))]
    assert blocks.open(1, A) == []
    assert blocks.piece(1, "{}") == []
    assert blocks.piece(0, "hi") == [Piece("hi")]
    assert blocks.close(0) == [Closed(), Opened(A), Piece("{}")]
    assert blocks.close(1) == [Closed()]


def test_a_call_with_whole_arguments_makes_room_for_the_next() -> None:
    blocks = Sequencer()
    blocks.open(0, A)
    blocks.piece(0, '{"x":')
    assert blocks.open(1, B) == []
    assert blocks.piece(0, '"}"}') == [Piece('"}"}'), Closed(), Opened(B)]
    assert blocks.piece(0, "too late") == []
    assert blocks.finish() == [Piece("{}"), Closed()]


def test_the_last_opaque_value_goes_out_once_before_the_end() -> None:
    blocks = Sequencer()
    blocks.open(0, Thinking())
    blocks.seal(0, Opaque("chat", "old"))
    blocks.seal(0, Opaque("chat", "new"))
    assert blocks.close(0) == [Sealed(Opaque("chat", "new")), Closed()]


steps = st.lists(
    st.tuples(
        st.sampled_from(["open", "piece", "close"]), st.integers(0, 4), st.sampled_from(["a", '{"b":1}'])
    ),
    max_size=40,
)


@given(steps=steps)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_in_blocks_come_out_one_after_the_other(steps: list[tuple[str, int, str]]) -> None:
    blocks = Sequencer()
    deltas: list[Delta] = []
    sent: dict[int, str] = {}
    shut: set[int] = set()
    for what, key, text in steps:
        if what == "open":
            deltas += blocks.open(key, Text(f"{key}") if key % 2 else ToolCall(f"{key}", "f", ""))
            sent.setdefault(key, "")
        elif what == "piece":
            deltas += blocks.piece(key, text)
            if key in sent and key not in shut and key % 2:
                sent[key] += text
        else:
            deltas += blocks.close(key)
            if key in sent:
                shut.add(key)
    deltas += blocks.finish()
    is_open = False
    got: dict[int, str] = {}
    key = -1
    for delta in deltas:
        match delta:
            case Opened(part):
                assert not is_open
                is_open = True
                key = int(part.text if isinstance(part, Text) else part.id)
                assert key not in got
                got[key] = ""
            case Piece(text):
                assert is_open
                got[key] += text
            case Closed():
                assert is_open
                is_open = False
    assert not is_open
    assert set(got) == set(sent)
    assert {k: v for k, v in got.items() if k % 2} == {k: v for k, v in sent.items() if k % 2}
