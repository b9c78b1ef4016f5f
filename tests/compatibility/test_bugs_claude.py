"""Faults of Messages bodies: cache marks, betas, thinking, sampling, names."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compatibility.clients import CLIENTS, NATIVE, TITLE, WEATHER, Client
from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.catalog import built_in

STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
CLAUDES = ("claude-haiku-4.5", "claude-sonnet-4.5", "claude-sonnet-5", "claude-opus-4.8", "claude-opus-5")
MODEL = pytest.mark.parametrize("model", CLAUDES)
EPHEMERAL = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def refusals(jumpseat: Jumpseat) -> int:
    seen = jumpseat.sim.requests
    return sum(request.path == "/v1/messages" and request.status != 200 for request in seen)


def sent(jumpseat: Jumpseat) -> Any:
    return jumpseat.sim.ledger[-1].body


def betas(jumpseat: Jumpseat) -> set[str]:
    return set(filter(None, jumpseat.sim.ledger[-1].headers.get("anthropic-beta", "").split(",")))


def marks(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, mark) of every cache_control in a body."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "cache_control":
                yield path, inner
            else:
                yield from marks(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from marks(inner, f"{path}.{index}")


def marked_body(model: str, mark: dict[str, Any]) -> dict[str, Any]:
    """As Zed and Claude Code mark: a tool, two system blocks, the tail of the messages."""
    return {
        "model": model,
        "max_tokens": 1000,
        "tools": [
            {"name": "get_weather", "input_schema": WEATHER},
            {"name": "get_time", "input_schema": WEATHER, "cache_control": dict(mark)},
        ],
        "system": [
            {"type": "text", "text": "You are a coder."},
            {"type": "text", "text": "Be brief.", "cache_control": dict(mark)},
        ],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "say: hi", "cache_control": dict(mark)}]},
            {"role": "assistant", "content": [{"type": "text", "text": "hi"}]},
            {"role": "user", "content": [{"type": "text", "text": "say: ho", "cache_control": dict(mark)}]},
        ],
    }


PLACES = {".tools.1", ".system.1", ".messages.0.content.0", ".messages.2.content.0"}


@pytest.mark.bug(8, 9)
@MODEL
@STREAM
async def test_scope_goes_from_cache_marks_and_everything_else_of_them_stays(
    model: str, stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    body = marked_body(model, EPHEMERAL | {"scope": "global"}) | {"stream": stream}
    said = await messages.send(jumpseat, body)
    assert said.text == "ho"
    assert dict(marks(sent(jumpseat))) == dict.fromkeys(PLACES, EPHEMERAL)
    assert refusals(jumpseat) == 0


@pytest.mark.bug(9)
@MODEL
async def test_marks_that_upstream_takes_arrive_untouched(
    model: str, jumpseat: Jumpseat, messages: Client
) -> None:
    body = marked_body(model, HOUR)
    said = await messages.send(jumpseat, body)
    assert said.text == "ho"
    assert dict(marks(sent(jumpseat))) == dict.fromkeys(PLACES, HOUR)
    assert "extended-cache-ttl-2025-04-11" in betas(jumpseat)
    assert {key: sent(jumpseat)[key] for key in body} == body
    assert refusals(jumpseat) == 0


@pytest.mark.bug(10)
@MODEL
async def test_a_mark_on_the_whole_body_reaches_the_cache(
    model: str, jumpseat: Jumpseat, messages: Client
) -> None:
    long = messages.prompt("stable beginning " * 4000 + "say: ho")
    for _ in range(2):
        said = await messages.ask(jumpseat, model, long, cache_control=dict(EPHEMERAL))
        assert said.status == 200
    assert refusals(jumpseat) == 0
    assert [mark for _, mark in marks(sent(jumpseat))] == [EPHEMERAL]
    assert said.usage["cache_read_input_tokens"] > 5000
    on_top = "cache_control" in sent(jumpseat)
    assert on_top == (model in ("claude-sonnet-5", "claude-opus-4.8", "claude-opus-5"))


@pytest.mark.bug(11)
@MODEL
async def test_a_mark_inside_a_result_moves_to_the_result(
    model: str, jumpseat: Jumpseat, messages: Client
) -> None:
    history = messages.prompt("call get_weather")
    said = await messages.ask(jumpseat, model, history, tools=("get_weather",))
    results = messages.results(said.calls, "sunny")
    results[0]["content"][0]["content"] += [
        {"type": "text", "text": "warm", "cache_control": dict(EPHEMERAL)}
    ]
    results[0]["content"] += [{"type": "text", "text": "<system-reminder>Mind it.</system-reminder>"}]
    said = await messages.ask(jumpseat, model, [*history, *said.history, *results], tools=("get_weather",))
    assert said.status == 200
    assert dict(marks(sent(jumpseat))) == {".messages.2.content.0": EPHEMERAL}
    assert refusals(jumpseat) == 0


@pytest.mark.bug(12)
@MODEL
async def test_eager_input_streaming_is_taken_off(model: str, jumpseat: Jumpseat, messages: Client) -> None:
    tool = {"name": "get_weather", "description": "Weather", "input_schema": WEATHER}
    eager = [tool | {"eager_input_streaming": True}]
    said = await messages.ask(jumpseat, model, messages.prompt("call get_weather"), tools=(), temperature=1)
    body = messages.body(model, messages.prompt("call get_weather"), False) | {"tools": eager}
    said = await messages.send(jumpseat, body)
    assert said.calls
    assert sent(jumpseat)["tools"] == [tool]
    assert refusals(jumpseat) == 0


EDITS = {"edits": [{"type": "clear_tool_uses_20250919"}]}


@pytest.mark.bug(13)
@pytest.mark.parametrize("header", [{}, {"anthropic-beta": "context-management-2025-06-27,oauth-2025-04-20"}])
async def test_context_management_is_kept_with_its_beta(
    header: dict[str, str], jumpseat: Jumpseat, messages: Client
) -> None:
    body = messages.body("claude-opus-5", messages.prompt("say: hi"), False, context_management=EDITS)
    said = await messages.send(jumpseat, body, **header)
    assert said.text == "hi"
    assert sent(jumpseat)["context_management"] == EDITS
    assert betas(jumpseat) == {"context-management-2025-06-27"}
    assert refusals(jumpseat) == 0


@pytest.mark.bug(13)
@STREAM
async def test_context_management_goes_after_a_refusal_only(
    stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    text = "context_management: Extra inputs are not permitted"
    jumpseat.sim.faults.add("status", status=400, body={"error": {"message": text, "code": ""}})
    said = await messages.ask(
        jumpseat, "claude-opus-5", messages.prompt("say: hi"), stream=stream, context_management=EDITS
    )
    assert said.text == "hi"
    assert "context_management" not in sent(jumpseat)
    assert jumpseat.last["repairs"]


@pytest.mark.bug(14)
@STREAM
@pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("other", ["claude-opus-5", "claude-haiku-4.5", "gpt-5.3-codex", "gemini-3.1-pro"])
async def test_thinking_does_not_block_a_switch_of_models_and_back(
    client: Client, other: str, stream: bool, jumpseat: Jumpseat
) -> None:
    history, model = [], "claude-sonnet-5"
    for turn, name in enumerate((model, other, model)):
        history += client.prompt(f"think and call get_weather for turn {turn}")
        options = {"stream": stream, "think": True, "tools": ("get_weather",)}
        said = await client.ask(jumpseat, name, history, **options)
        assert said.calls, said.error
        history += [*said.history, *client.results(said.calls, "sunny")]
        said = await client.ask(jumpseat, name, history, **options)
        assert "sunny" in said.text, said.error
        history += said.history


@pytest.mark.bug(14)
async def test_signatures_of_another_backend_are_left_out_and_asked_once_more(
    sim: SimulatedCopilot, jumpseat: Jumpseat, messages: Client
) -> None:
    sim.bind_backends = True
    history = messages.prompt("think and use 6 turns")
    for _ in range(6):
        said = await messages.ask(jumpseat, "claude-sonnet-4.5", history, think=True, tools=("get_weather",))
        assert said.calls, said.error
        history += [*said.history, *messages.results(said.calls, "sunny")]
    said = await messages.ask(jumpseat, "claude-sonnet-4.5", history, think=True, tools=("get_weather",))
    assert said.status == 200, said.error


NAMES = {
    "claude-sonnet-4-5-20250929": "claude-sonnet-4.5",
    "claude-sonnet-4-5": "claude-sonnet-4.5",
    "claude-haiku-4-5-20251001": "claude-haiku-4.5",
    "claude-opus-4-8": "claude-opus-4.8",
    "claude-opus-4-5-latest": "claude-opus-4.5",
    "claude-3-5-haiku-20241022": "claude-haiku-4.5",
    "anthropic/claude-sonnet-4.5": "claude-sonnet-4.5",
    "sonnet": "claude-sonnet-",
    "opus": "claude-opus-5",
    "haiku": "claude-haiku-4.5",
    "opusplan": "claude-opus-5",
}


@pytest.mark.bug(24, 25)
@pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize(("name", "model"), NAMES.items())
async def test_every_spelling_finds_its_model(
    client: Client, name: str, model: str, jumpseat: Jumpseat
) -> None:
    said = await client.ask(jumpseat, name, client.prompt("say: hi"))
    assert said.text == "hi", said.error
    assert jumpseat.sim.ledger[-1].model.startswith(model)
    assert jumpseat.last["model_requested"] == name


@pytest.mark.bug(25)
async def test_a_tier_that_the_seat_lacks_is_404_and_never_another_tier(tmp_path: Any) -> None:
    models = [entry for entry in built_in() if "sonnet" not in entry["id"]]
    async with SimulatedCopilot(models=models) as sim, running(sim, tmp_path / "home") as jumpseat:
        for client in NATIVE.values():
            for name in ("sonnet", "claude-sonnet-4-5-20250929", "claude-sonnet-5[1m]"):
                said = await client.ask(jumpseat, name, client.prompt("say: hi"))
                assert said.status == 404
                assert said.error["type"] == "not_found_error"
        assert sim.ledger == []


@pytest.mark.bug(26)
async def test_1m_is_understood_and_its_beta_goes_only_where_it_is_asked_for_and_exists(
    jumpseat: Jumpseat, messages: Client
) -> None:
    long = "context-1m-2025-08-07"
    for name, model, wanted in (
        ("claude-opus-5[1m]", "claude-opus-5", True),
        ("claude-opus-5", "claude-opus-5", False),
        ("claude-haiku-4.5[1m]", "claude-haiku-4.5", False),
        ("opus[1m]", "claude-opus-5", True),
        ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4.5", False),
    ):
        said = await messages.ask(jumpseat, name, messages.prompt("say: hi"))
        assert said.text == "hi", said.error
        assert jumpseat.sim.ledger[-1].model == model
        assert (long in betas(jumpseat)) == wanted, name
    # Claude Code cuts the ending off itself and sends the beta.
    body = messages.body("claude-opus-5", messages.prompt("say: hi"), False)
    await messages.send(jumpseat, body, **{"anthropic-beta": f"claude-code-20250219,{long}"})
    assert betas(jumpseat) == {long}
    await messages.send(jumpseat, body | {"model": "claude-haiku-4.5"}, **{"anthropic-beta": long})
    assert betas(jumpseat) == set()
    assert refusals(jumpseat) == 0


@pytest.mark.bug(77)
async def test_warm_ups_and_titles_go_to_the_model_that_was_asked_for(tmp_path: Any) -> None:
    messages = CLIENTS["messages"]
    async with SimulatedCopilot() as sim:
        async with running(sim, tmp_path / "plain") as jumpseat:
            said = await messages.ask(jumpseat, "claude-sonnet-5", messages.prompt("quota"), max_tokens=1)
            assert said.status == 200
            assert sim.ledger[-1].model == "claude-sonnet-5"
            body = messages.body("claude-sonnet-5", messages.prompt("Compact it"), False)
            await messages.send(jumpseat, body, **{"x-interaction-type": "conversation-compaction"})
            assert sim.ledger[-1].model == "claude-sonnet-5"
        settings = {"small_model": "gpt-5-mini"}
        async with running(sim, tmp_path / "small", models=settings) as jumpseat:
            options = {"schema": TITLE, "thinking": {"type": "disabled"}, "temperature": 1}
            said = await messages.ask(jumpseat, "claude-haiku-4.5", messages.prompt("Title?"), **options)
            assert said.status == 200, said.error
            shown = jumpseat.last
            assert sim.ledger[-1].model == "gpt-5-mini"
            assert any("small_model" in note for note in shown["notes"])
            assert shown["model_served"].startswith("gpt-5-mini")


@pytest.mark.bug(78)
@STREAM
@pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-opus-5", "claude-sonnet-6"])
async def test_a_begun_answer_is_continued_also_by_models_without_prefill(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    begun = {"role": "assistant", "content": "Once upon"}
    if client.name == "responses":
        begun = {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Once upon"}],
        }
    for _ in range(2):
        said = await client.ask(jumpseat, model, [*client.prompt("Tell me"), begun], stream=stream)
        assert said.text, said.error
        assert jumpseat.sim.ledger[-1].initiator == "agent"
    refused = [seen.status for seen in jumpseat.sim.requests if seen.status == 400]
    assert len(refused) <= 1, "remembered after the first"
    assert jumpseat.last["repairs"] or jumpseat.last["notes"]


@pytest.mark.bug(79, 81)
@MODEL
@STREAM
async def test_thinking_comes_in_the_form_that_the_model_takes(
    model: str, stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    new = model in ("claude-sonnet-5", "claude-opus-4.8", "claude-opus-5")
    for thinking in (
        {"type": "enabled", "budget_tokens": 4000},
        {"type": "enabled", "budget_tokens": 31999, "display": "updates"},
        {"type": "adaptive"},
        {"type": "adaptive", "display": "updates", "budget_tokens": 1024},
        {"type": "enabled", "budget_tokens": 64000},
    ):
        said = await messages.ask(jumpseat, model, messages.prompt("Why?"), stream=stream, thinking=thinking)
        assert said.status == 200, said.error
        assert said.thinking.startswith("The person wants"), thinking
        wanted = sent(jumpseat)["thinking"]
        assert wanted["type"] == ("adaptive" if new else "enabled")
        if new:
            assert wanted["display"] == "summarized"
            assert "budget_tokens" not in wanted
        else:
            assert wanted["budget_tokens"] < sent(jumpseat)["max_tokens"]
    assert refusals(jumpseat) == 0


@pytest.mark.bug(79)
@STREAM
async def test_an_unknown_model_that_refuses_enabled_thinking_is_asked_adaptively_from_then_on(
    stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    text = (
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.'
    )
    jumpseat.sim.faults.add("status", status=400, body={"error": {"message": text, "code": ""}})
    jumpseat.sim.faults.add("status", status=400, body={"error": {"message": "adaptive: no", "code": ""}})
    await messages.ask(jumpseat, "claude-sonnet-4.5", messages.prompt("Why?"), stream=stream, think=True)
    bodies = [
        json.loads(seen.body) for seen in jumpseat.sim.requests if seen.path == "/v1/messages" and seen.body
    ]
    assert [body.get("thinking", {}).get("type") for body in bodies[:2]] == ["enabled", "adaptive"]
    assert "budget_tokens" not in bodies[1]["thinking"]


@pytest.mark.bug(80)
@MODEL
@STREAM
@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
async def test_a_forced_tool_goes_before_thinking(
    model: str, choice: dict[str, Any], stream: bool, jumpseat: Jumpseat, messages: Client
) -> None:
    said = await messages.ask(
        jumpseat,
        model,
        messages.prompt("hello"),
        stream=stream,
        think=True,
        tools=("get_weather",),
        tool_choice=choice,
    )
    assert [call.name for call in said.calls] == ["get_weather"], said.error
    assert sent(jumpseat).get("thinking", {"type": "disabled"}) == {"type": "disabled"}
    assert sent(jumpseat)["tool_choice"] == choice
    assert refusals(jumpseat) == 0


@pytest.mark.bug(80)
@pytest.mark.parametrize("name", ["chat", "responses"])
async def test_a_forced_tool_goes_before_thinking_for_every_client(name: str, jumpseat: Jumpseat) -> None:
    client = CLIENTS[name]
    said = await client.ask(
        jumpseat,
        "claude-sonnet-6",
        client.prompt("hello"),
        think=True,
        tools=("get_weather",),
        tool_choice="required",
    )
    assert said.calls, said.error
    assert refusals(jumpseat) == 0


@pytest.mark.bug(81)
@STREAM
@pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("model", ["claude-sonnet-6", "claude-opus-4.5"])
async def test_thinking_is_shown(client: Client, model: str, stream: bool, jumpseat: Jumpseat) -> None:
    said = await client.ask(jumpseat, model, client.prompt("Why?"), stream=stream, think=True)
    assert said.thinking.startswith("The person wants")


@pytest.mark.bug(82)
@pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("model", [*CLAUDES, "gpt-5.3-codex", "gemini-3.1-pro", "gpt-4.1"])
async def test_temperature_and_top_p_never_fail_a_request(
    client: Client, model: str, jumpseat: Jumpseat
) -> None:
    said = await client.ask(
        jumpseat, model, client.prompt("say: hi"), stream=True, temperature=0.2, top_p=0.9
    )
    assert said.text == "hi", said.error
    body = sent(jumpseat)
    if model.startswith("claude"):
        given = {key for key in ("temperature", "top_p") if key in body}
        assert given == ({"temperature"} if model.endswith("4.5") else set())
        assert any("top_p" in note for note in jumpseat.last["notes"] + jumpseat.last["repairs"])
    if model in ("gemini-3.1-pro", "gpt-4.1"):
        assert (body["temperature"], body["top_p"]) == (0.2, 0.9)
