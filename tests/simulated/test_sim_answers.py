"""What the three endpoints answer, whole and streamed, with the oddities of each family."""

from typing import Any

import pytest
from plain_client import SHELL, WRITE, Seat, asking, tools

from tray_app.simulated import SimulatedCopilot

CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
PAIRS = [
    (CHAT, "gpt-4.1"),
    (CHAT, "gpt-5-mini"),
    (CHAT, "claude-opus-5"),
    (CHAT, "claude-haiku-4.5"),
    (CHAT, "gemini-3.1-pro"),
    (CHAT, "gemini-3.5-flash-lite"),
    (CHAT, "grok-code-fast-1"),
    (RESPONSES, "gpt-5-mini"),
    (RESPONSES, "gpt-5.3-codex"),
    (RESPONSES, "gpt-5.5"),
    (MESSAGES, "claude-opus-4.8"),
    (MESSAGES, "claude-sonnet-4.5"),
    (MESSAGES, "claude-opus-4.5"),
]
IDS = [f"{path.strip('/')}-{model}" for path, model in PAIRS]


def text_of(path: str, body: Any) -> str:
    if path == CHAT:
        return "".join(choice["message"]["content"] or "" for choice in body["choices"])
    if path == MESSAGES:
        return "".join(block["text"] for block in body["content"] if block["type"] == "text")
    parts = [part for item in body["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part["text"] for part in parts)


def streamed_text(path: str, events: list[Any]) -> str:
    if path == CHAT:
        choices = [choice for event in events for choice in event["choices"]]
        return "".join(choice["delta"].get("content") or "" for choice in choices)
    if path == MESSAGES:
        return "".join(
            event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta"
        )
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


@pytest.mark.parametrize(("path", "model"), PAIRS, ids=IDS)
async def test_it_says_what_it_was_told_to(seat: Seat, path: str, model: str) -> None:
    said = "Grüße aus Köln 🚀, 你好"
    body = asking(path, model, f"say: {said}")
    assert text_of(path, (await seat.post(path, body)).json) == said
    answer = await seat.post(path, body | {"stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert streamed_text(path, answer.events) == said


@pytest.mark.parametrize(("path", "model"), PAIRS, ids=IDS)
async def test_usage_and_cost_agree_with_the_ledger(
    sim: SimulatedCopilot, seat: Seat, path: str, model: str
) -> None:
    for stream in (False, True):
        answer = await seat.post(path, asking(path, model, "think about it", stream=stream))
        body = answer.events if stream else [answer.json]
        billed = [event["copilot_usage"] for event in body if "copilot_usage" in event]
        assert len(billed) == 1
        entry = sim.ledger[-1]
        assert billed[0]["total_nano_aiu"] == entry.nano_aiu
        details = billed[0]["token_details"]
        parts = [line["token_count"] * line["cost_per_batch"] // line["batch_size"] for line in details]
        assert sum(parts) == entry.nano_aiu
        if details:
            inputs = [line["token_count"] for line in details if line["token_type"] != "output"]
            assert sum(inputs) == entry.input_tokens
        assert "x-request-id" in answer.headers


async def stream(seat: Seat, path: str, model: str, prompt: str, **more: Any) -> list[Any]:
    answer = await seat.post(path, asking(path, model, prompt, stream=True, **more))
    assert answer.status == 200, answer.text
    return answer.events


async def test_gpt_chat_begins_without_choices_and_ends_with_usage(seat: Seat) -> None:
    events = await stream(seat, CHAT, "gpt-5-mini", "say: hi")
    assert events[0]["choices"] == []
    assert (events[0]["id"], events[0]["created"]) == ("", 0)
    assert events[-1]["choices"] == []
    assert events[-1]["usage"]["completion_tokens"] == 1
    assert events[-2]["choices"] == []
    assert "usage" not in events[-2]
    assert events[-3]["choices"][0]["finish_reason"] == "stop"
    assert events[-3]["model"] == "gpt-5-mini-2025-08-07"


async def test_claude_on_chat_calls_in_a_second_choice(seat: Seat) -> None:
    offered = tools(CHAT, Write=WRITE)
    prompt = 'create file a.txt with content "hi"'
    body = asking(CHAT, "claude-opus-5", prompt, tools=offered)
    choices = (await seat.post(CHAT, body)).json["choices"]
    assert [choice["index"] for choice in choices] == [0, 1]
    assert "tool_calls" not in choices[0]["message"]
    assert choices[1]["message"]["tool_calls"][0]["function"]["name"] == "Write"
    events = await stream(seat, CHAT, "claude-opus-5", prompt, tools=offered)
    assert {
        choice["index"] for event in events for choice in event["choices"] if "tool_calls" in choice["delta"]
    } == {1}


async def calls(seat: Seat, model: str) -> tuple[list[Any], list[Any]]:
    prompt = 'create file a.txt with content "hi" and also run: ls\nin parallel'
    events = await stream(seat, CHAT, model, prompt, tools=tools(CHAT, write=WRITE, bash=SHELL))
    choices = [choice for event in events for choice in event["choices"]]
    return choices, [call for choice in choices for call in choice["delta"].get("tool_calls", [])]


async def test_gemini_gives_all_calls_index_0_and_flat_usage(seat: Seat) -> None:
    choices, found = await calls(seat, "gemini-3.1-pro")
    assert [call["index"] for call in found] == [0, 0]
    assert choices[0]["finish_reason"] == ""
    last_call = max(n for n, choice in enumerate(choices) if "tool_calls" in choice["delta"])
    assert any(choice["delta"].get("content") for choice in choices[last_call + 1 :])
    events = await stream(seat, CHAT, "gemini-3.1-pro", "think")
    usage = events[-1]["usage"]
    parts = usage["prompt_tokens"] + usage["completion_tokens"] + usage["reasoning_tokens"]
    assert usage["total_tokens"] == parts > usage["prompt_tokens"] + usage["completion_tokens"]


async def test_flash_lite_has_no_index_and_no_done(seat: Seat) -> None:
    _, found = await calls(seat, "gemini-3.5-flash-lite")
    assert len(found) == 2
    assert all("index" not in call for call in found)
    answer = await seat.post(CHAT, asking(CHAT, "gemini-3.5-flash-lite", "say: hi", stream=True))
    assert b"[DONE]" not in answer.raw


async def test_grok_stops_although_it_calls(seat: Seat) -> None:
    choices, found = await calls(seat, "grok-code-fast-1")
    assert found
    assert choices[-1]["finish_reason"] == "stop"


async def test_gpt_41_names_a_call_after_its_id(seat: Seat) -> None:
    _, found = await calls(seat, "gpt-4.1")
    assert "id" in found[0]
    assert "function" not in found[0]
    assert found[1]["function"]["name"] == "write"


async def test_sonnet_on_chat_forgets_its_finish_reason(seat: Seat) -> None:
    body = asking(CHAT, "claude-sonnet-4.5", "run: ls", tools=tools(CHAT, bash=SHELL))
    call = (await seat.post(CHAT, body)).json["choices"][1]["message"]["tool_calls"][0]
    assistant = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": call["id"], "content": "a.txt"}
    body["messages"] += [assistant, result]
    events = (await seat.post(CHAT, body | {"stream": True})).events
    assert {choice.get("finish_reason") for event in events for choice in event["choices"]} == {None}


async def test_item_ids_differ_in_every_event(seat: Seat) -> None:
    more = {"include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low", "summary": "auto"}}
    events = await stream(seat, RESPONSES, "gpt-5.3-codex", "think", **more)
    ids = [event["item_id"] for event in events if "item_id" in event]
    ids += [event["item"]["id"] for event in events if "item" in event]
    ids += [item["id"] for item in events[-1]["response"]["output"]]
    assert len(ids) == len(set(ids)) > 10
    assert min(len(one) for one in ids) > 300
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert len({event["response"]["id"] for event in events if "response" in event}) == 3
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [item["type"] for item in done] == ["reasoning", "message"]
    assert done[0]["summary"][0]["text"]
    assert done[1]["phase"] == "final_answer"
    assert events[-1]["type"] == "response.completed"
    assert "copilot_usage" in events[-1]
    assert "copilot_usage" not in events[-1]["response"]


async def test_deltas_carry_padding(seat: Seat) -> None:
    events = await stream(seat, RESPONSES, "gpt-5.2", "say: hello there")
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    assert all(event["obfuscation"] and event["logprobs"] == [] for event in deltas)
    assert "".join(event["delta"] for event in deltas) == "hello there"


async def test_messages_events_in_order(seat: Seat) -> None:
    thinking = {"type": "adaptive", "display": "summarized"}
    events = await stream(seat, MESSAGES, "claude-opus-5", "say: hi", thinking=thinking)
    kinds = [event["type"] for event in events]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert "ping" not in kinds
    assert events[0]["message"]["usage"]["output_tokens"] == 1
    assert events[0]["message"]["model"] == "claude-opus-5"
    assert events[-2]["usage"]["output_tokens_details"]["thinking_tokens"] > 0
    starts = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert starts == ["thinking", "text"]


async def test_thinking_is_silent_unless_it_is_asked_for(seat: Seat) -> None:
    for model, wish, heard in [
        ("claude-opus-5", {"type": "adaptive"}, False),
        ("claude-opus-5", {"type": "adaptive", "display": "summarized"}, True),
        ("claude-sonnet-4.5", {"type": "enabled", "budget_tokens": 2000}, True),
    ]:
        body = asking(MESSAGES, model, "hi", thinking=wish)
        block = (await seat.post(MESSAGES, body)).json["content"][0]
        assert block["type"] == "thinking"
        assert bool(block["thinking"]) == heard


async def test_backends_take_turns_and_new_models_never_meet_vertex(seat: Seat) -> None:
    seen: dict[str, set[str]] = {"claude-sonnet-4.5": set(), "claude-opus-5": set()}
    for model, prefixes in seen.items():
        for _ in range(7):
            message = (await seat.post(MESSAGES, asking(MESSAGES, model, "say: x"))).json
            prefixes.add(message["id"][:8])
    assert {prefix[:6] for prefix in seen["claude-sonnet-4.5"]} == {"msg_bd", "msg_vr", "msg_01"}
    assert {prefix[:6] for prefix in seen["claude-opus-5"]} == {"msg_bd", "msg_01"}


@pytest.mark.parametrize(("path", "model"), PAIRS, ids=IDS)
async def test_a_short_limit_cuts(seat: Seat, path: str, model: str) -> None:
    key = {CHAT: "max_tokens", RESPONSES: "max_output_tokens", MESSAGES: "max_tokens"}[path]
    answer = (await seat.post(path, asking(path, model, "write 500 words") | {key: 20})).json
    assert len(text_of(path, answer)) == 80
    if path == RESPONSES:
        assert answer["incomplete_details"] == {"reason": "max_output_tokens"}


async def test_whole_answers_are_cut_where_streams_are_not(seat: Seat) -> None:
    body = asking(MESSAGES, "claude-opus-5", "write 20000 words") | {"max_tokens": 64000}
    whole = (await seat.post(MESSAGES, body)).json
    assert (whole["stop_reason"], whole["usage"]["output_tokens"]) == ("max_tokens", 16000)
    events = (await seat.post(MESSAGES, body | {"stream": True})).events
    assert events[-2]["delta"]["stop_reason"] == "end_turn"


async def test_stop_sequences(seat: Seat) -> None:
    body = asking(MESSAGES, "claude-opus-5", "say: one two three", stop_sequences=["two"])
    message = (await seat.post(MESSAGES, body)).json
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "two")
    assert text_of(MESSAGES, message) == "one "


async def test_structured_output_fits(seat: Seat) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    body = asking(MESSAGES, "claude-haiku-4.5", "Fix the login page")
    body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    assert text_of(MESSAGES, (await seat.post(MESSAGES, body)).json) == '{"title":"Fix the login page"}'


async def test_models_and_embeddings(sim: SimulatedCopilot, seat: Seat) -> None:
    listed = (await seat.get(sim.api_url + "/models", seat.headers)).json
    ids = [entry["id"] for entry in listed["data"]]
    assert len(ids) > len(set(ids)) > 15
    body = {"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 8}
    data = (await seat.post("/embeddings", body)).json["data"]
    assert [len(item["embedding"]) for item in data] == [8, 8]
    assert data[0]["embedding"] != data[1]["embedding"]


async def test_count_tokens_says_what_a_message_is_billed(sim: SimulatedCopilot, seat: Seat) -> None:
    body = asking(MESSAGES, "claude-opus-5", "how long is this?")
    counted = (await seat.post("/v1/messages/count_tokens", {k: body[k] for k in ("model", "messages")})).json
    await seat.post(MESSAGES, body)
    assert counted == {"input_tokens": sim.ledger[-1].input_tokens}


async def test_compaction_on_responses(seat: Seat) -> None:
    items = [{"role": "user", "content": "hi"}, {"type": "compaction_trigger"}]
    answer = (await seat.post(RESPONSES, {"model": "gpt-5-mini", "input": items})).json
    assert [item["type"] for item in answer["output"]] == ["compaction", "compaction"]
    again = [*answer["output"], {"role": "user", "content": "say: ok"}]
    assert (await seat.post(RESPONSES, {"model": "gpt-5-mini", "input": again})).status == 200
