"""Messages to messages: byte for byte, and an error event wherever message_stop is missing."""

import orjson
import pytest
from wire_cases import Case, load, params, rules, run, split_at

from tray_app.dialects.messages.native import NativeMessages
from tray_app.dialects.sse import Event, Reader

CASES = load("messages")
GOOD = [case for case in CASES if case.is_good]
BROKEN = [case for case in CASES if not case.is_good]


def events_of(data: bytes) -> list[Event]:
    reader = Reader()
    return reader.feed(data) + reader.flush()


@pytest.mark.parametrize("case", params(GOOD))
def test_a_good_stream_passes_byte_for_byte_up_to_message_stop(case: Case) -> None:
    stream = NativeMessages({}, rules())
    out = run(stream, case.sse)
    end = case.sse.index(b"event: message_stop")
    assert out[:end] == case.sse[:end]
    assert events_of(out)[-1].name == "message_stop"
    assert stream.ended
    assert stream.fault is None
    assert stream.model_served == "claude-opus-9"
    for name, count in case.want["usage"].items():
        assert getattr(stream.usage, name) == count


@pytest.mark.parametrize("case", params(CASES))
def test_the_client_gets_the_same_bytes_however_the_body_is_cut(case: Case) -> None:
    whole = run(NativeMessages({}, rules()), case.sse)
    assert run(NativeMessages({}, rules()), case.sse, size=1) == whole
    for place in range(0, len(case.sse), 3):
        assert split_at(NativeMessages({}, rules()), case.sse, place) == whole


@pytest.mark.parametrize("case", params(BROKEN))
def test_a_broken_stream_ends_with_one_error_event(case: Case) -> None:
    stream = NativeMessages({}, rules())
    events = events_of(run(stream, case.sse))
    assert [event.name for event in events].count("error") == 1
    assert case.want["fault"] in orjson.loads(events[-1].data)["error"]["message"]
    assert stream.ended
    assert stream.fault is not None
    for event in events:
        orjson.loads(event.data)  # no client ever gets half an event


def test_a_finished_turn_without_message_stop_is_broken() -> None:
    case = next(case for case in GOOD if case.name == "plain_text")
    cut = case.sse[: case.sse.index(b"event: message_stop")]
    stream = NativeMessages({}, rules())
    assert events_of(run(stream, cut))[-1].name == "error"
    assert stream.fault is not None


def test_a_stop_without_a_reason_is_broken() -> None:
    case = next(case for case in GOOD if case.name == "plain_text")
    silent = case.sse.replace(b'"stop_reason":"end_turn"', b'"stop_reason":null')
    assert silent != case.sse
    stream = NativeMessages({}, rules())
    assert events_of(run(stream, silent))[-1].name == "error"
    assert stream.fault is not None


def test_a_block_left_open_is_stopped_before_the_error() -> None:
    case = next(case for case in GOOD if case.name == "plain_text")
    cut = case.sse[: case.sse.index(b"event: content_block_stop")]
    events = events_of(run(NativeMessages({}, rules()), cut))
    assert [event.name for event in events[-2:]] == ["content_block_stop", "error"]
    assert orjson.loads(events[-2].data) == {"type": "content_block_stop", "index": 0}


def test_events_without_names_get_them() -> None:
    """The Python SDK reads nothing of a stream without `event:` lines, and says nothing either."""
    case = next(case for case in GOOD if case.name == "plain_text")
    nameless = b"".join(line for line in case.sse.splitlines(True) if not line.startswith(b"event:"))
    nameless = nameless.replace(
        b'data: {"type":"message_delta"', b'data: [DONE]\n\ndata: {"type":"message_delta"'
    )
    assert b"[DONE]" in nameless
    named = events_of(run(NativeMessages({}, rules()), nameless))
    assert [event.name for event in named] == [event.name for event in events_of(case.sse)]
