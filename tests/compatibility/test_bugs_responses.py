"""Faults of Responses bodies and streams: ids, sealed reasoning, Codex' tools."""

import copy
import json
from typing import Any

import pytest

from tests.compatibility.clients import NATIVE, PICTURE, WEATHER, Client
from tests.compatibility.matrix import MODELS
from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot

PAIRS = pytest.mark.parametrize(
    ("client", "model"),
    [(NATIVE[client], model) for (client, _), model in MODELS.items() if client in NATIVE],
    ids=[f"{client}-to-{upstream}" for client, upstream in MODELS if client in NATIVE],
)
CLIENT = pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
CODEX = "gpt-5.3-codex"


def sent(jumpseat: Jumpseat) -> Any:
    return jumpseat.sim.ledger[-1].body


def statuses(jumpseat: Jumpseat) -> list[int | None]:
    return [seen.status for seen in jumpseat.sim.requests if seen.path == "/responses"]


@pytest.mark.bug(15)
@CLIENT
@STREAM
async def test_sealed_reasoning_of_another_model_does_not_block_the_conversation(
    client: Client, stream: bool, jumpseat: Jumpseat
) -> None:
    history = []
    for turn, model in enumerate((CODEX, "gpt-5.5", CODEX)):
        history += client.prompt(f"think and call get_weather for turn {turn}")
        options = {"stream": stream, "think": True, "tools": ("get_weather",)}
        said = await client.ask(jumpseat, model, history, **options)
        assert said.calls, said.error
        history += [*said.history, *client.results(said.calls, "sunny")]
        said = await client.ask(jumpseat, model, history, **options)
        assert "sunny" in said.text, said.error
        history += said.history


@pytest.mark.bug(15)
@STREAM
async def test_reasoning_of_another_seat_is_dropped_and_the_rest_kept(
    stream: bool, jumpseat: Jumpseat, responses: Client, tmp_path: Any
) -> None:
    """The blobs were sealed for somebody else: as after signing in with another account."""
    async with SimulatedCopilot(seed=7) as other, running(other, tmp_path / "other") as before:
        history = responses.prompt("think and call get_weather")
        said = await responses.ask(before, CODEX, history, think=True, tools=("get_weather",))
        history += [*said.history, *responses.results(said.calls, "sunny")]
    for _ in range(2):
        said = await responses.ask(
            jumpseat, CODEX, copy.deepcopy(history), stream=stream, think=True, tools=("get_weather",)
        )
        assert "sunny" in said.text, said.error
    assert statuses(jumpseat).count(400) <= 2
    kept = [item.get("type") for item in sent(jumpseat)["input"]]
    assert "function_call" in kept
    assert "function_call_output" in kept


@pytest.mark.bug(16)
@STREAM
async def test_reasoning_goes_back_under_the_id_its_blob_came_with(
    stream: bool, jumpseat: Jumpseat, responses: Client
) -> None:
    history = responses.prompt("think and use 4 turns")
    for turn in range(4):
        said = await responses.ask(
            jumpseat, CODEX, history, stream=stream, think=True, tools=("get_weather",)
        )
        assert said.error is None
        history += [*said.history, *responses.results(said.calls, "sunny")]
        reasoning = [item for item in sent(jumpseat)["input"] if item.get("type") == "reasoning"]
        assert len(reasoning) == turn
    assert set(statuses(jumpseat)) == {200}, "upstream checks that id and blob stem from one event"


@pytest.mark.bug(17)
@pytest.mark.parametrize("upstream", ["chat", "responses", "messages"])
async def test_one_id_per_item_in_every_event(upstream: str, jumpseat: Jumpseat, responses: Client) -> None:
    """The strict client compares the ids of all events of an item, and the final list with the items."""
    model = MODELS["responses", upstream]
    prompt = responses.prompt("think. in parallel call get_weather\ncall get_time\n")
    said = await responses.ask(
        jumpseat, model, prompt, stream=True, think=True, tools=("get_weather", "get_time")
    )
    assert {item["type"] for item in said.history} == {"reasoning", "message", "function_call"}
    assert len({item["id"] for item in said.history}) == len(said.history)
    for event in said.events:
        if event["type"] == "response.output_item.added" and event["item"]["type"] == "reasoning":
            assert event["item"].get("summary") in (None, []), "summaries come as parts"
    ids = {event["response"]["id"] for event in said.events if "response" in event}
    assert len(ids) == 1


@pytest.mark.bug(19)
@CLIENT
@STREAM
async def test_a_401_about_a_connection_is_no_matter_of_signing_in(
    client: Client, stream: bool, jumpseat: Jumpseat
) -> None:
    await client.ask(jumpseat, CODEX, client.prompt("say: warm"))
    exchanged = len([seen for seen in jumpseat.sim.requests if "/token" in seen.path])
    jumpseat.sim.faults.add("status", preset="connection", times=9)
    said = await client.ask(jumpseat, CODEX, client.prompt("say: hi"), stream=stream)
    assert said.status == 400
    assert "sign in" not in said.error["message"].lower()
    assert len([seen for seen in jumpseat.sim.requests if "/token" in seen.path]) == exchanged


@pytest.mark.bug(19)
async def test_ids_of_a_lost_connection_are_dropped_and_sent_once_more(
    jumpseat: Jumpseat, responses: Client
) -> None:
    history = responses.prompt("think and call get_weather")
    said = await responses.ask(jumpseat, CODEX, history, think=True, tools=("get_weather",))
    jumpseat.sim.faults.add("status", preset="connection")
    history += [*said.history, *responses.results(said.calls, "sunny")]
    said = await responses.ask(jumpseat, CODEX, history, think=True, tools=("get_weather",))
    assert "sunny" in said.text, said.error


@pytest.mark.bug(20)
@PAIRS
@pytest.mark.parametrize("tier", ["fast", None])
async def test_service_tier_never_reaches_upstream(
    client: Client, model: str, tier: str | None, jumpseat: Jumpseat
) -> None:
    said = await client.ask(jumpseat, model, client.prompt("say: hi"), service_tier=tier)
    assert said.text == "hi", said.error
    assert sent(jumpseat).get("service_tier") is None
    assert len(jumpseat.sim.ledger) == 1
    if tier is not None:
        assert any("service_tier" in text for text in jumpseat.last["notes"] + jumpseat.last["repairs"])


@pytest.mark.bug(21)
@CLIENT
@STREAM
async def test_max_tokens_is_renamed_and_the_name_remembered(
    client: Client, stream: bool, jumpseat: Jumpseat
) -> None:
    for _ in range(3):
        said = await client.ask(
            jumpseat, "gpt-5.1-chat", client.prompt("write 900 words"), stream=stream, max_tokens=64
        )
        assert said.status == 200
        assert sent(jumpseat)["max_completion_tokens"] == 64
        assert "max_tokens" not in sent(jumpseat)
    seen = [request.status for request in jumpseat.sim.requests if request.path == "/chat/completions"]
    assert seen == [400, 200, 200, 200]


@pytest.mark.bug(22)
@CLIENT
@STREAM
@pytest.mark.parametrize(
    "model", ["gpt-5.3-codex", "gpt-5.5", "gemini-3.1-pro", "claude-opus-4.5", "gpt-4.1"]
)
async def test_every_model_answers_every_client(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    said = await client.ask(jumpseat, model, client.prompt("say: here"), stream=stream)
    assert said.text == "here", said.error
    assert len(jumpseat.sim.ledger) == 1
    assert all(seen.status == 200 for seen in jumpseat.sim.requests)


PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Use apply_patch to edit files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}


@pytest.mark.bug(62)
@STREAM
@pytest.mark.parametrize("model", [CODEX, "gpt-5-mini", "claude-sonnet-5", "gemini-3.1-pro"])
@pytest.mark.parametrize("as_function", [True, False], ids=["as-function", "as-custom"])
async def test_codex_patches_and_gets_its_custom_call_back(
    model: str, stream: bool, as_function: bool, sim: SimulatedCopilot, tmp_path: Any, responses: Client
) -> None:
    settings = {"function_apply_patch": as_function}
    async with running(sim, tmp_path / "home", responses=settings) as jumpseat:
        patch = "*** Begin Patch\\n*** Add File: a.txt\\n+hi\\n*** End Patch\\n"
        prompt = 'create file a.txt with content "hi"' if not as_function or model != CODEX else ""
        prompt = prompt or f'call apply_patch {{"input": "{patch}"}}'
        body = responses.body(model, responses.prompt(prompt), stream) | {"tools": [PATCH]}
        said = await responses.send(jumpseat, body)
        assert said.error is None, said.error
        call = next(item for item in said.history if item["type"] == "custom_tool_call")
        assert call["name"] == "apply_patch"
        assert isinstance(call["input"], str)
        output = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "Done!"}
        body["input"] = [*body["input"], *said.history, output]
        said = await responses.send(jumpseat, body)
        assert "Done!" in said.text, said.error


@pytest.mark.bug(63)
@CLIENT
@STREAM
@pytest.mark.parametrize("model", [CODEX, "gpt-5.5", "claude-sonnet-5", "gemini-3.1-pro", "gpt-4.1"])
async def test_a_tool_without_a_description_is_taken(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    body = client.body(model, client.prompt("call get_weather"), stream, tools=("get_weather",))
    (body["tools"][0].get("function") or body["tools"][0])["description"] = ""
    said = await client.send(jumpseat, body)
    assert [call.name for call in said.calls] == ["get_weather"], said.error
    assert len(jumpseat.sim.ledger) == 1
    assert all(seen.status == 200 for seen in jumpseat.sim.requests)


NAMESPACE = {
    "type": "namespace",
    "name": "multi_agent_v1",
    "description": "",
    "tools": [
        {"type": "function", "name": "spawn", "description": "", "strict": False, "parameters": WEATHER},
    ],
}
SEARCH = {"type": "tool_search", "execution": "client"}


@pytest.mark.bug(63, 64)
@STREAM
@pytest.mark.parametrize("model", [CODEX, "gpt-5.5"])
async def test_namespaces_and_tool_search_pass_where_the_model_has_them(
    model: str, stream: bool, jumpseat: Jumpseat, responses: Client
) -> None:
    body = responses.body(model, responses.prompt("call spawn"), stream) | {"tools": [NAMESPACE, SEARCH]}
    said = await responses.send(jumpseat, body)
    assert said.error is None, said.error
    kinds = [tool["type"] for tool in sent(jumpseat)["tools"]]
    assert kinds == ["namespace", "tool_search"]
    assert sent(jumpseat)["tools"][0]["name"] == "multi_agent_v1"
    call = next(item for item in said.history if item["type"] == "function_call")
    assert (call["name"], call["namespace"]) == ("spawn", "multi_agent_v1")
    assert statuses(jumpseat) == [200]


@pytest.mark.bug(64)
@STREAM
@pytest.mark.parametrize("model", ["gpt-5-mini", "gpt-5.2", "claude-sonnet-5", "gemini-3.1-pro"])
async def test_namespaces_are_flattened_and_restored_where_the_model_lacks_them(
    model: str, stream: bool, jumpseat: Jumpseat, responses: Client
) -> None:
    body = responses.body(model, responses.prompt("Please spawn one"), stream) | {"tools": [NAMESPACE]}
    said = await responses.send(jumpseat, body)
    assert said.error is None, said.error
    calls = [item for item in said.history if item["type"] == "function_call"]
    assert [(call["name"], call.get("namespace")) for call in calls] == [("spawn", "multi_agent_v1")]
    body["input"] += [*said.history, *responses.results(said.calls, "started")]
    said = await responses.send(jumpseat, body)
    assert "started" in said.text, said.error


DEFERRED = {"name": "get_time", "description": "Time", "input_schema": WEATHER, "defer_loading": True}


@pytest.mark.bug(64)
@STREAM
@pytest.mark.parametrize("model", ["claude-opus-5", "claude-haiku-4.5", "gpt-5.3-codex", "gemini-3.1-pro"])
async def test_claude_codes_tool_search_passes_where_the_model_has_it(
    model: str, stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    search = {"name": "ToolSearch", "description": "Find tools", "input_schema": WEATHER}
    history = messages.prompt("call ToolSearch")
    body = messages.body(model, history, stream) | {"tools": [search, DEFERRED]}
    said = await messages.send(jumpseat, body, **{"anthropic-beta": "advanced-tool-use-2025-11-20"})
    assert said.calls, said.error
    result = messages.results(said.calls, "")
    result[0]["content"][0]["content"] = [{"type": "tool_reference", "tool_name": "get_time"}]
    body["messages"] = [*history, *said.history, *result]
    said = await messages.send(jumpseat, body, **{"anthropic-beta": "advanced-tool-use-2025-11-20"})
    assert said.error is None, said.error
    text, has_it = json.dumps(sent(jumpseat)), model == "claude-opus-5"
    assert ("tool_reference" in text) == has_it
    assert ("defer_loading" in text) == has_it
    betas = jumpseat.sim.ledger[-1].headers.get("anthropic-beta", "")
    assert ("advanced-tool-use-2025-11-20" in betas) == has_it
    assert "get_time" in text
    assert all(seen.status == 200 for seen in jumpseat.sim.requests)


@pytest.mark.bug(65)
@STREAM
@pytest.mark.parametrize("model", ["claude-sonnet-5", "gpt-5.5", "gemini-3.1-pro"])
async def test_claude_codes_web_search_is_told_honestly_or_done(
    model: str, stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    """Its search is a request of its own with one server tool, forced."""
    tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
    body = messages.body(model, messages.prompt("Perform a web search for: cats"), stream)
    body |= {"tools": [tool], "tool_choice": {"type": "tool", "name": "web_search"}}
    said = await messages.send(jumpseat, body | {"thinking": {"type": "disabled"}})
    if model == "gpt-5.5":
        assert [tool["type"] for tool in sent(jumpseat)["tools"]] == ["web_search"], "a real search"
        assert said.text
    else:
        assert said.status == 400
        assert jumpseat.sim.ledger == []
        assert "web search" in said.error["message"].lower()


@pytest.mark.bug(71)
@CLIENT
@STREAM
@pytest.mark.parametrize("upstream", ["chat", "responses", "messages"])
async def test_a_history_too_large_for_its_pictures_is_sent_once_more_without_the_old_ones(
    client: Client, upstream: str, stream: bool, jumpseat: Jumpseat
) -> None:
    large = PICTURE[:-4] + "AAAA" * 12_000
    history = []
    for number in range(3):
        turn = client.prompt(f"picture {number}", images=1)
        history += json.loads(json.dumps(turn).replace(PICTURE, large))
        history += {
            "chat": [{"role": "assistant", "content": "seen"}],
            "messages": [{"role": "assistant", "content": "seen"}],
            "responses": [
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "seen"}]}
            ],
        }[client.name]
    history += client.prompt("say: fits")
    jumpseat.sim.faults.add("status", preset="413")
    said = await client.ask(jumpseat, MODELS[client.name, upstream], history, stream=stream)
    assert said.text == "fits", said.error
    assert len(json.dumps(sent(jumpseat))) < 3 * len(large)
    assert jumpseat.last["repairs"]
    jumpseat.sim.faults.add("status", preset="413", times=9)
    said = await client.ask(jumpseat, MODELS[client.name, upstream], history, stream=stream)
    assert said.status == 413
    assert len(jumpseat.sim.requests) < 12, "not for ever"
