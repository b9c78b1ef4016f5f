"""Faults of turns: who started them, what pictures they carry, and calls that lost their results."""

import json
from typing import Any

import pytest

from tests.compatibility.clients import NATIVE, PICTURE, Client
from tests.compatibility.matrix import ENDPOINTS, MODELS
from tests.harness import Jumpseat

PAIRS = pytest.mark.parametrize(
    ("client", "upstream"),
    [(NATIVE[client], upstream) for client, upstream in MODELS if client in NATIVE],
    ids=[f"{client}-to-{upstream}" for client, upstream in MODELS if client in NATIVE],
)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def model_of(client: Client, upstream: str) -> str:
    return MODELS[client.name, upstream]


def statuses(jumpseat: Jumpseat, upstream: str) -> list[int | None]:
    return [seen.status for seen in jumpseat.sim.requests if seen.path == ENDPOINTS[upstream]]


@pytest.mark.bug(1, 2)
@PAIRS
@STREAM
async def test_a_prompt_is_the_users_and_its_tool_rounds_are_the_agents(
    client: Client, upstream: str, stream: bool, jumpseat: Jumpseat
) -> None:
    model, history = model_of(client, upstream), []
    for number in (1, 2):
        history += client.prompt(f"use 3 turns for prompt {number}")
        said = await client.ask(jumpseat, model, history, stream=stream, tools=("get_weather",))
        while said.calls:
            history += [*said.history, *client.results(said.calls, "sunny")]
            said = await client.ask(jumpseat, model, history, stream=stream, tools=("get_weather",))
        history += said.history
    assert [entry.initiator for entry in jumpseat.sim.ledger] == ["user", "agent", "agent", "agent"] * 2
    premium = [entry.premium for entry in jumpseat.sim.ledger]
    assert sum(premium) == 2 * premium[0]
    assert [row.initiator for row in jumpseat.seat.records.all()] == ["user", "agent", "agent", "agent"] * 2


@pytest.mark.bug(1)
async def test_claude_codes_reminders_beside_tool_results_are_no_prompt(
    jumpseat: Jumpseat, messages: Client
) -> None:
    history = messages.prompt("call get_weather")
    said = await messages.ask(jumpseat, "claude-sonnet-5", history, tools=("get_weather",))
    results = messages.results(said.calls, "sunny")
    results[0]["content"].append(
        {"type": "text", "text": "<system-reminder>Mind the list.</system-reminder>"}
    )
    await messages.ask(
        jumpseat, "claude-sonnet-5", [*history, *said.history, *results], tools=("get_weather",)
    )
    assert jumpseat.sim.ledger[-1].initiator == "agent"
    results[0]["content"].append({"type": "text", "text": "No, stop. Say hello instead."})
    await messages.ask(
        jumpseat, "claude-sonnet-5", [*history, *said.history, *results], tools=("get_weather",)
    )
    assert jumpseat.sim.ledger[-1].initiator == "user"


@pytest.mark.bug(3)
@PAIRS
async def test_a_client_that_knows_its_turns_is_believed_and_nothing_is_guessed(
    client: Client, upstream: str, jumpseat: Jumpseat
) -> None:
    body = client.body(model_of(client, upstream), client.prompt("A short title for this, please"), False)
    await client.send(jumpseat, body)
    assert jumpseat.sim.ledger[-1].initiator == "user"
    await client.send(jumpseat, body, **{"X-Initiator": "agent"})
    assert jumpseat.sim.ledger[-1].initiator == "agent"
    assert jumpseat.last["initiator_source"] == "client"


@pytest.mark.bug(3)
async def test_a_subagent_that_claude_code_marks_is_no_prompt(jumpseat: Jumpseat, messages: Client) -> None:
    line = "x-anthropic-billing-header: cc_version=2.1.330.a1b; cc_entrypoint=cli; cc_is_subagent=true;"
    system = [{"type": "text", "text": line}, {"type": "text", "text": "You are a helper."}]
    said = await messages.ask(jumpseat, "claude-sonnet-5", messages.prompt("Look around"), system=system)
    assert said.status == 200
    assert jumpseat.sim.ledger[-1].initiator == "agent"
    assert "billing-header" not in json.dumps(jumpseat.sim.ledger[-1].body)


@pytest.mark.bug(4)
@PAIRS
async def test_a_picture_of_an_earlier_turn_still_needs_the_vision_header(
    client: Client, upstream: str, jumpseat: Jumpseat
) -> None:
    model, history = model_of(client, upstream), client.prompt("What is this?", images=1)
    for _ in range(3):
        said = await client.ask(jumpseat, model, history)
        assert said.error is None
        assert jumpseat.sim.ledger[-1].headers["copilot-vision-request"] == "true"
        history += [*said.history, *client.prompt("And now?")]
    await client.ask(jumpseat, model, client.prompt("No picture"))
    assert "copilot-vision-request" not in jumpseat.sim.ledger[-1].headers


@pytest.mark.bug(5)
@PAIRS
@pytest.mark.parametrize("inside_result", [False, True], ids=["prompt", "tool-result"])
async def test_a_picture_on_the_web_is_a_clear_400(
    client: Client, upstream: str, inside_result: bool, jumpseat: Jumpseat
) -> None:
    """Never fetched: a proxy that opens addresses on behalf of a prompt is a door into the user's network."""
    history = client.prompt("What is this?", images=1)
    if inside_result:
        said = await client.ask(
            jumpseat, model_of(client, upstream), client.prompt("call get_weather"), tools=("get_weather",)
        )
        history = [*client.prompt("call get_weather"), *said.history]
        history += client.results(said.calls, "look", images=1)
    text = json.dumps(history).replace(f"data:image/png;base64,{PICTURE}", "https://example.org/cat.png")
    history = json.loads(text)
    for message in history:
        for block in message["content"] if isinstance(message.get("content"), list) else []:
            for part in [block, *(block["content"] if isinstance(block.get("content"), list) else [])]:
                if part.get("type") == "image":
                    part["source"] = {"type": "url", "url": "https://example.org/cat.png"}
    before = len(statuses(jumpseat, upstream))
    said = await client.ask(
        jumpseat, model_of(client, upstream), history, stream=True, tools=("get_weather",)
    )
    assert said.status == 400
    assert "image" in said.error["message"]
    assert "base64" in said.error["message"] or "data" in said.error["message"]
    assert len(statuses(jumpseat, upstream)) == before, "refused here, without asking upstream"


RESULTS = {
    "texts": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
    "text-image-text": [
        {"type": "text", "text": "one"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
        {"type": "text", "text": "two"},
    ],
    "image-alone": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}
    ],
    "blank-text": [{"type": "text", "text": " "}],
    "empty-list": [],
    "empty-text": "",
    "absent": None,
}


@pytest.mark.bug(6)
@pytest.mark.parametrize("upstream", ENDPOINTS)
@pytest.mark.parametrize("content", RESULTS.values(), ids=RESULTS)
async def test_tool_results_of_every_shape_arrive(
    upstream: str, content: Any, jumpseat: Jumpseat, messages: Client
) -> None:
    model, history = MODELS["messages", upstream], messages.prompt("call get_weather")
    said = await messages.ask(jumpseat, model, history, tools=("get_weather",))
    block = {"type": "tool_result", "tool_use_id": said.calls[0].id, "content": content}
    if content is None:
        del block["content"]
    history += [*said.history, {"role": "user", "content": [block]}]
    said = await messages.ask(jumpseat, model, history, tools=("get_weather",))
    assert said.error is None
    assert statuses(jumpseat, upstream) == [200, 200]
    sent = json.dumps(jumpseat.sim.ledger[-1].body)
    for word in ("one", "two") if content and "one" in str(content) else ():
        assert f'"{word}' in sent or f"\\n{word}" in sent
    assert jumpseat.sim.ledger[-1].is_vision == (PICTURE in json.dumps(content))


@pytest.mark.bug(7)
@PAIRS
@STREAM
async def test_a_turn_that_was_interrupted_between_call_and_result_goes_on(
    client: Client, upstream: str, stream: bool, jumpseat: Jumpseat
) -> None:
    model, asked = model_of(client, upstream), client.prompt("call get_weather")
    said = await client.ask(jumpseat, model, asked, tools=("get_weather",))
    unanswered = [*asked, *said.history, *client.prompt("say: never mind")]
    orphaned = [*asked, *client.results(said.calls, "sunny"), *client.prompt("say: never mind")]
    for history in (unanswered, orphaned):
        seen = len(statuses(jumpseat, upstream))
        said = await client.ask(jumpseat, model, history, stream=stream, tools=("get_weather",))
        assert said.error is None
        assert statuses(jumpseat, upstream)[seen:] == [200], "mended before it is sent"
        assert jumpseat.last["repairs"] or jumpseat.last["notes"]


@pytest.mark.bug(7)
@STREAM
@pytest.mark.parametrize("wrapped", ["message", "error", "anthropic"])
async def test_a_refusal_that_names_orphans_is_mended_and_sent_again(
    wrapped: str, stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    history = messages.prompt("call get_weather")
    said = await messages.ask(jumpseat, "claude-sonnet-5", history, tools=("get_weather",))
    call = said.calls[0]
    text = (
        f"messages.2.content.0: unexpected tool_use_id found in tool_result blocks: {call.id}. Each "
        "tool_result block must have a corresponding tool_use block in the previous message."
    )
    body = {
        "message": {"message": text},
        "error": {"error": {"message": text, "code": "invalid_request_body"}},
        "anthropic": {"type": "error", "error": {"type": "invalid_request_error", "message": text}},
    }[wrapped]
    jumpseat.sim.faults.add("status", status=400, body=body)
    history += [*said.history, *messages.results(said.calls, "sunny"), *messages.prompt("say: on")]
    said = await messages.ask(jumpseat, "claude-sonnet-5", history, stream=stream, tools=("get_weather",))
    assert said.text == "on"
    assert call.id not in json.dumps(jumpseat.sim.ledger[-1].body)
    assert jumpseat.last["repairs"]


@pytest.mark.bug(68)
@PAIRS
@STREAM
async def test_a_turn_begun_by_another_model_goes_on_with_gemini(
    client: Client, upstream: str, stream: bool, jumpseat: Jumpseat
) -> None:
    """Its calls carry no signature that Gemini knows, as after a restart in the middle of a turn."""
    history = client.prompt("call get_weather MARKER-9")
    said = await client.ask(jumpseat, model_of(client, upstream), history, tools=("get_weather",), think=True)
    history += [*said.history, *client.results(said.calls, "sunny")]
    said = await client.ask(
        jumpseat, "gemini-3.5-flash-lite", history, stream=stream, tools=("get_weather",), think=True
    )
    assert "sunny" in said.text, said.error
    assert jumpseat.sim.ledger[-1].initiator == "agent"


@pytest.mark.bug(18)
@STREAM
@pytest.mark.parametrize("upstream", ENDPOINTS)
async def test_calls_and_results_are_paired_by_call_id(
    upstream: str, stream: bool, jumpseat: Jumpseat, responses: Client
) -> None:
    call = {"type": "function_call", "id": "fc_item1", "call_id": "call_pair1", "name": "get_weather"}
    history = [
        *responses.prompt("call get_weather"),
        call | {"arguments": '{"city":"Rom"}', "status": "completed"},
        {"type": "function_call_output", "id": "fco_other", "call_id": "call_pair1", "output": "sunny"},
    ]
    said = await responses.ask(
        jumpseat, MODELS["responses", upstream], history, stream=stream, tools=("get_weather",)
    )
    assert "sunny" in said.text
    unsigned = [400] if upstream == "chat" else []  # Gemini wants a signature on calls; mended
    assert statuses(jumpseat, upstream) == [*unsigned, 200]
    sent = json.dumps(jumpseat.sim.ledger[-1].body)
    assert sent.count("call_pair1") == 2, "no call or result was dropped as an orphan"
