"""`/v1/completions`: chat underneath, billed once for each prompt, errors in OpenAI's shape."""

import json
from typing import Any

import pytest

from tests.harness import Jumpseat

MODELS = {
    "gpt-4.1": "/chat/completions",
    "gpt-5.3-codex": "/responses",
    "claude-sonnet-5": "/v1/messages",
    "gemini-3.1-pro": "/chat/completions",
}


def chunks(raw: str) -> list[Any]:
    assert raw.endswith("data: [DONE]\n\n")
    return [json.loads(line[6:]) for line in raw.split("\n\n")[:-2]]


@pytest.mark.parametrize("path", ["/v1/completions", "/completions"])
@pytest.mark.parametrize("model", MODELS)
async def test_it_is_a_request_of_a_person(jumpseat: Jumpseat, model: str, path: str) -> None:
    body = {"model": model, "prompt": "say: MARKER", "max_tokens": 2000, "temperature": 1, "user": "u"}
    reply = await jumpseat.post(path, body)
    assert reply.status == 200, reply.text
    assert reply.json["choices"] == [
        {"text": "MARKER", "index": 0, "logprobs": None, "finish_reason": "stop"}
    ]
    (entry,) = jumpseat.sim.ledger
    assert (entry.initiator, entry.endpoint) == ("user", MODELS[model])
    record = jumpseat.last
    assert (record["path"], record["dialect"], record["status"]) == (path, "chat", 200)
    assert (record["initiator"], record["upstream_endpoint"]) == ("user", MODELS[model])
    assert record["nano_aiu"] == entry.nano_aiu
    assert reply.json["usage"]["prompt_tokens"] == record["input_tokens"] == entry.input_tokens


async def test_length_and_stop(jumpseat: Jumpseat) -> None:
    body = {"model": "gpt-4.1", "prompt": "say: " + "word " * 200, "max_tokens": 20, "stop": ["never"]}
    reply = await jumpseat.post("/v1/completions", body)
    assert reply.json["choices"][0]["finish_reason"] == "length"
    assert jumpseat.sim.ledger[0].body["stop"] == ["never"]


@pytest.mark.parametrize("model", MODELS)
async def test_a_stream_is_text_and_an_end(jumpseat: Jumpseat, model: str) -> None:
    body = {"model": model, "prompt": "say: one two three", "stream": True}
    reply = await jumpseat.post("/v1/completions", body)
    found = chunks(reply.text)
    assert "".join(chunk["choices"][0]["text"] for chunk in found) == "one two three"
    assert [chunk["choices"][0]["finish_reason"] for chunk in found][-1] == "stop"
    assert all("usage" not in chunk for chunk in found)
    assert jumpseat.last["stream"] is True


@pytest.mark.parametrize("kind", ["reset_mid", "close_early", "error_event"])
async def test_a_broken_stream_ends_with_an_error(jumpseat: Jumpseat, kind: str) -> None:
    jumpseat.sim.faults.add(kind, after=6)
    body = {"model": "gpt-4.1", "prompt": "say: one two three four five six seven", "stream": True}
    found = chunks((await jumpseat.post("/v1/completions", body)).text)
    assert set(found[-1]["error"]) == {"message", "type", "param", "code"}
    assert not any(chunk["choices"][0]["finish_reason"] for chunk in found[:-1])


async def test_each_prompt_is_billed_and_recorded(jumpseat: Jumpseat) -> None:
    body = {"model": "gpt-4.1", "prompt": ["say: a", "say: b"]}
    reply = await jumpseat.post("/v1/completions", body)
    assert [choice["text"] for choice in reply.json["choices"]] == ["a", "b"]
    ledger = jumpseat.sim.ledger
    assert [entry.initiator for entry in ledger] == ["user", "user"]
    assert reply.json["usage"]["prompt_tokens"] == sum(entry.input_tokens for entry in ledger)
    records = sorted(jumpseat.seat.records.all(), key=lambda record: record.started_mono)
    assert [record.usage.input_tokens for record in records] == [entry.input_tokens for entry in ledger]
    assert [record.status for record in records] == [200, 200]


async def test_one_of_several_that_fails_fails_them_all_and_says_so(jumpseat: Jumpseat) -> None:
    body = {"model": "gpt-4.1", "prompt": ["say: a", "say: b", "say: c"]}
    jumpseat.sim.faults.add("stall_headers", seconds=0)  # the first one gets through
    jumpseat.sim.faults.add("status", preset="422")
    reply = await jumpseat.post("/v1/completions", body)
    assert reply.status == 422
    assert reply.json["error"]["code"] == "content_filter"
    assert sorted(record.status or 0 for record in jumpseat.seat.records.all()) == [422, 422]
    assert len(jumpseat.sim.ledger) == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": "x"}, "model"),
        ({"model": "gpt-4.1"}, "prompt"),
        ({"model": "gpt-4.1", "prompt": None}, "prompt"),
        ({"model": "gpt-4.1", "prompt": ""}, "prompt"),
        ({"model": "gpt-4.1", "prompt": []}, "prompt"),
        ({"model": "gpt-4.1", "prompt": [[1, 2]]}, "prompt"),
        ({"model": "gpt-4.1", "prompt": {"a": 1}}, "prompt"),
        ({"model": "gpt-4.1", "prompt": ["x"] * 21}, "prompt"),
        ({"model": "gpt-4.1", "prompt": ["x", "y"], "stream": True}, "prompt"),
        ({"model": "gpt-4.1", "prompt": "x", "suffix": "y"}, "suffix"),
        ({"model": "gpt-4.1", "prompt": "x", "echo": True}, "echo"),
        ({"model": "gpt-4.1", "prompt": "x", "echo": "yes"}, "echo"),
        ({"model": "gpt-4.1", "prompt": "x", "logprobs": 0}, "logprobs"),
        ({"model": "gpt-4.1", "prompt": "x", "n": 2}, "n"),
        ({"model": "gpt-4.1", "prompt": "x", "stream": "yes"}, "stream"),
        ({"model": "gpt-4.1", "prompt": "x", "max_tokens": "many"}, "max_tokens"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_wrong_field_is_named(jumpseat: Jumpseat, body: dict[str, Any], param: str) -> None:
    reply = await jumpseat.post("/v1/completions", body)
    assert reply.status == 400
    assert set(reply.json["error"]) == {"message", "type", "param", "code"}
    assert reply.json["error"]["param"] == param
    assert jumpseat.sim.ledger == []
    assert jumpseat.last["status"] == 400


async def test_harmless_fields_pass(jumpseat: Jumpseat) -> None:
    body = {"model": "gpt-4.1", "prompt": "say: x", "n": 1, "best_of": 1, "echo": False, "logprobs": None,
            "suffix": None, "stop": None, "max_tokens": None}  # fmt: skip
    assert (await jumpseat.post("/v1/completions", body)).json["choices"][0]["text"] == "x"
