"""Compaction requests, answered by way of a trigger."""

import pytest
from openai.types.responses import CompactedResponse

from tray_app.dialects.responses.compaction import compact_body, compact_reply
from tray_app.errors import Broken

USAGE = {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}
BODY = {"model": "m", "input": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}
ANSWER = {
    "id": "resp_1",
    "created_at": 5,
    "usage": USAGE,
    "output": [
        {"type": "reasoning", "id": "r", "summary": []},
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "a"},
        {"type": "compaction", "id": "cmp_2", "encrypted_content": "b"},
    ],
}


def test_the_trigger_is_the_last_item():
    body = compact_body(BODY | {"tools": [], "stream": True})
    assert body["input"][-1] == {"type": "compaction_trigger"}
    assert len(body["input"]) == 3
    assert (body["stream"], body["store"]) == (False, False)
    assert "tools" not in body
    assert compact_body({"input": "hi"})["input"][0]["content"] == "hi"


def test_the_answer_has_the_users_words_and_every_blob():
    reply = compact_reply(dict(ANSWER), BODY)
    CompactedResponse.model_validate({**reply, "output": reply["output"][1:]})
    assert reply["object"] == "response.compaction"
    assert reply["output"][0]["content"] == [{"type": "input_text", "text": "hi"}]
    assert [item.get("encrypted_content") for item in reply["output"][1:]] == ["a", "b"]


def test_old_messages_beyond_the_budget_are_left_out():
    long = {"role": "user", "content": "x" * 200_000}
    reply = compact_reply(dict(ANSWER), {"input": [long, long, {"role": "user", "content": "new"}]})
    assert [len(item["content"][0]["text"]) for item in reply["output"][:2]] == [200_000, 3]
    assert len(reply["output"]) == 4


def test_an_answer_without_compaction_is_an_error():
    with pytest.raises(Broken):
        compact_reply({"output": []}, BODY)
