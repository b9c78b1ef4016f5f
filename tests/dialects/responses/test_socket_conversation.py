"""What a WebSocket remembers, for any conversation: the whole input is the same whichever way it was sent,
and Copilot knows the same as the client."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.responses import continuation, conversation
from tray_app.dialects.responses.conversation import Conversation
from tray_app.errors import BadRequest

TEXT = st.text(max_size=12)
IDS = st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1, max_size=6)
USER = TEXT.map(
    lambda text: {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
)
RESULT = st.builds(
    lambda id, text: {"type": "function_call_output", "call_id": id, "output": text}, IDS, TEXT
)
ANSWER = TEXT.map(
    lambda text: {"type": "message", "role": "assistant", "id": "msg_up", "status": "completed",
                  "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]}
)  # fmt: skip
CALLED = {"type": "function_call", "id": "fc_up"}
CALL = st.builds(
    lambda id, name, text: CALLED | {"call_id": id, "name": name, "arguments": text},
    IDS, IDS, TEXT,
)  # fmt: skip
REASONING = TEXT.map(
    lambda text: {"type": "reasoning", "id": "rs_up", "summary": [], "encrypted_content": f"b{text}"}
)
INPUT = st.lists(USER | RESULT, min_size=1, max_size=4)
OUTPUT = st.lists(ANSWER | CALL | REASONING, max_size=4)
# A turn: new items, what was answered (None: it failed), and whether the client sends everything anew.
TURNS = st.lists(st.tuples(INPUT, st.none() | OUTPUT, st.booleans()), min_size=1, max_size=6)


def through_a_client(item: dict[str, Any]) -> dict[str, Any]:
    """An output item as clients send it back: with another id, without what only answers have."""
    back = {key: value for key, value in copy.deepcopy(item).items() if key != "status"}
    if item["type"] == "message":
        back |= {"id": "msg_shown", "content": [{"type": "output_text", "text": item["content"][0]["text"]}]}
    elif item["type"] != "reasoning":
        back["id"] = "fc_shown"
    return back


@settings(max_examples=300, deadline=None)
@given(TURNS)
def test_whatever_is_sent_the_whole_is_what_was_said(turns: list[Any]) -> None:
    """Against a client that keeps everything: new items only, everything anew, and failures in between."""
    remembered = Conversation(1_000_000)
    truth: list[dict[str, Any]] = []
    last: str | None = None
    for number, (new, output, anew) in enumerate(turns):
        body: dict[str, Any] = {"model": "m", "input": new}
        if anew or last is None:
            body["input"] = [*truth, *new]
        else:
            body["previous_response_id"] = last
        whole = remembered.whole(body)
        assert whole == {"model": "m", "input": [*truth, *new]}
        if output is None:
            continue  # it failed: what was known before is known still
        truth = [*truth, *new, *output]
        last = f"resp_{number}"
        remembered.keep(last, output)


@settings(max_examples=300, deadline=None)
@given(TURNS)
def test_copilot_gets_each_item_once_and_knows_them_all(turns: list[Any]) -> None:
    """What is sent is the rest of what the socket knows; put together it is the whole input."""
    said: continuation.Said | None = None
    known: list[dict[str, Any]] = []  # by the socket at Copilot's
    truth: list[dict[str, Any]] = []
    for number, (new, output, reconnected) in enumerate(turns):
        if reconnected:
            said, known = None, []
        whole = continuation.frame({"model": "m", "stream": True, "input": [*truth, *new]}, "user")
        sent = continuation.shortened(whole, said)
        assert "stream" not in sent
        if "previous_response_id" in sent:
            assert said is not None
            assert sent["previous_response_id"] == said.response_id
            assert sent["input"] == [continuation._without_id(item) for item in new]
            arrived = [*known, *sent["input"]]
        else:
            assert said is None
            arrived = sent["input"]
        assert continuation.digests(arrived) == continuation.digests(whole["input"])
        if output is None:
            said, known = None, []
            continue
        said = continuation.said_after(whole, f"resp_{number}", output)
        known = [*arrived, *output]
        truth = [*truth, *new, *(through_a_client(item) for item in output)]


@given(INPUT, OUTPUT, INPUT, st.integers(0, 7), TEXT)
def test_a_history_that_was_changed_is_sent_whole(
    first: list[Any], output: list[Any], new: list[Any], place: int, text: str
) -> None:
    said = continuation.said_after(
        continuation.frame({"model": "m", "input": first}, "user"), "resp_1", output
    )
    history = [*first, *output]
    changed = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "other" + text}]}
    if history[place % len(history)] == changed:
        return
    history[place % len(history)] = changed
    whole = continuation.frame({"model": "m", "input": [*history, *new]}, "user")
    assert continuation.shortened(whole, said) == whole
    same = continuation.frame({"model": "other", "input": [*first, *output, *new]}, "user")
    assert continuation.shortened(same, said) == same


@given(st.integers(1, 400), TURNS)
def test_no_more_than_the_limit_is_kept(limit: int, turns: list[Any]) -> None:
    remembered = Conversation(limit)
    for number, (new, output, _) in enumerate(turns):
        remembered.whole({"input": new})
        remembered.keep(f"resp_{number}", output or [])
        assert sum(map(len, remembered._items)) <= limit
        assert not remembered._asked


def test_what_is_not_the_last_response_is_refused() -> None:
    remembered = Conversation(1000)
    remembered.whole({"input": "a"})
    remembered.keep("resp_1", [])
    for wrong in ("resp_0", 5, ["resp_1"], ""):
        with pytest.raises(BadRequest) as refusal:
            remembered.whole({"previous_response_id": wrong})
        assert refusal.value.fault.code == "previous_response_not_found"
    assert remembered.whole({"previous_response_id": "resp_1", "input": "b"})["input"][0]["content"] == "a"


def test_the_headers_of_one_request() -> None:
    handshake = {
        "user-agent": "codex",
        "x-codex-turn-metadata": "old",
        "x-initiator": "agent",
        "session-id": "s",
    }
    body = {
        "client_metadata": {"X-Codex-Turn-Metadata": "new", "user-agent": "evil", "n": 1},
        "initiator": "user",
    }
    headers = conversation.headers_of(body, handshake)
    assert headers == {
        "user-agent": "codex", "x-codex-turn-metadata": "new", "session-id": "s", "x-initiator": "user",
    }  # fmt: skip
    assert "initiator" not in body
    assert "x-initiator" not in conversation.headers_of({}, handshake)
