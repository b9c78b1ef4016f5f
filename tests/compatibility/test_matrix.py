"""Every cell of the feature matrix, streamed and whole, on the running server against the strict upstream."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.compatibility.clients import CLIENTS, TITLE, Client, Said
from tests.compatibility.matrix import ENDPOINTS, FEATURES, MODELS, MORE_MODELS
from tests.harness import Jumpseat
from tray_app.simulated import SimulatedCopilot

TOOLS = ("get_weather", "get_time")
LENGTH = {
    "chat": "length",
    "responses": "max_output_tokens",
    "messages": "max_tokens",
    "gemini": "MAX_TOKENS",
}
END = {"chat": "stop", "responses": "completed", "messages": "end_turn", "gemini": "STOP"}
USE = {"chat": "tool_calls", "responses": "completed", "messages": "tool_use", "gemini": "STOP"}
# Found out by one refusal, then remembered: max_tokens is called max_completion_tokens there.
RENAMES = ("gpt-5.1-chat",)
REFUSED = {"chat": "content_filter", "responses": "content_filter", "messages": "refusal", "gemini": "SAFETY"}


@dataclass
class Pair:
    """One client in front of one upstream endpoint."""

    client: Client
    upstream: str
    model: str
    stream: bool
    jumpseat: Jumpseat

    @property
    def sim(self) -> SimulatedCopilot:
        return self.jumpseat.sim

    async def ask(self, history: list[Any], **options: Any) -> Said:
        return await self.client.ask(self.jumpseat, self.model, history, stream=self.stream, **options)

    async def answered(self, history: list[Any], **options: Any) -> Said:
        """An answer that upstream gave at the first try."""
        said = await self.ask(history, **options)
        assert said.error is None, said.error
        seen = [request.status for request in self.sim.requests if request.path == ENDPOINTS[self.upstream]]
        refused = [status for status in seen if status != 200]
        assert len(refused) <= (self.model in RENAMES), f"upstream refused: {seen}"
        assert self.sim.ledger[-1].endpoint == ENDPOINTS[self.upstream]
        return said

    async def tool_turn(self, prompt: str, **options: Any) -> tuple[list[Any], Said]:
        history = self.client.prompt(prompt)
        said = await self.answered(history, tools=TOOLS, **options)
        assert said.calls
        assert said.stop == USE[self.client.name]
        return [*history, *said.history], said

    @property
    def sent(self) -> Any:
        """What upstream got last."""
        return self.sim.ledger[-1].body


async def tools(pair: Pair) -> None:
    history, said = await pair.tool_turn('call get_weather {"city": "Rom"} MARKER-7')
    assert [(call.name, call.arguments) for call in said.calls] == [("get_weather", {"city": "Rom"})]
    said = await pair.answered([*history, *pair.client.results(said.calls, "sunny")], tools=TOOLS)
    assert "sunny" in said.text
    assert "MARKER-7" in said.text
    assert said.stop == END[pair.client.name]
    assert [entry.initiator for entry in pair.sim.ledger] == ["user", "agent"]
    assert pair.sim.ledger[1].premium == 0


async def parallel_tools(pair: Pair) -> None:
    prompt = 'in parallel call get_weather {"city": "Rom"}\nand call get_time {"city": "Bern"}\n'
    history, said = await pair.tool_turn(prompt)
    wanted = [("get_weather", {"city": "Rom"}), ("get_time", {"city": "Bern"})]
    assert [(call.name, call.arguments) for call in said.calls] == wanted
    assert len({call.id for call in said.calls}) == 2
    said = await pair.answered([*history, *pair.client.results(said.calls, "ok-4711")], tools=TOOLS)
    assert said.text.count("ok-4711") == 2


async def tool_images(pair: Pair) -> None:
    history, said = await pair.tool_turn("call get_weather")
    answered = pair.client.results(said.calls, "a picture", images=1)
    await pair.answered([*history, *answered], tools=TOOLS)
    entry = pair.sim.ledger[-1]
    assert entry.is_vision
    assert entry.headers["copilot-vision-request"] == "true"
    assert entry.initiator == "agent", "a lifted image is no prompt"
    if pair.upstream == "chat":
        assert [message["role"] for message in pair.sent["messages"]][-2:] == ["tool", "user"]
        assert "image_url" in json.dumps(pair.sent["messages"][-1])


async def tool_errors(pair: Pair) -> None:
    history, said = await pair.tool_turn("call get_weather")
    await pair.answered(
        [*history, *pair.client.results(said.calls, "no such city", failed=True)], tools=TOOLS
    )
    sent = json.dumps(pair.sent)
    assert "no such city" in sent
    if pair.client.name in ("messages", "gemini"):
        assert ('"is_error": true' if pair.upstream == "messages" else "[ERROR] no such city") in sent


async def images(pair: Pair) -> None:
    said = await pair.answered(pair.client.prompt("What is this?", images=1))
    assert "I can see 1 image" in said.text
    assert pair.sim.ledger[-1].headers["copilot-vision-request"] == "true"


async def thinking(pair: Pair) -> None:
    said = await pair.answered(pair.client.prompt("think about it"), think=True)
    assert said.thinking.startswith("The person wants")
    assert "The person wants" not in said.text, "thinking is no text"


def _opaques(body: dict[str, Any]) -> list[str]:
    """The sealed reasoning in an upstream body, whichever endpoint's."""
    found = [item["encrypted_content"] for item in body.get("input", []) if item.get("encrypted_content")]
    for message in body.get("messages", []):
        found += [message["reasoning_opaque"]] if message.get("reasoning_opaque") else []
        if isinstance(message["content"], list):
            found += [block["signature"] for block in message["content"] if block.get("signature")]
    return found


async def carried(pair: Pair) -> None:
    history, said = await pair.tool_turn("think and use 2 turns. call get_weather", think=True)
    for turn in (1, 2):
        history += pair.client.results(said.calls, "sunny")
        said = await pair.answered(history, tools=TOOLS, think=True)
        opaques = _opaques(pair.sent)
        assert len(opaques) == turn
        assert len(set(opaques)) == turn
        assert not any(value.startswith("jumpseat") for value in opaques)
        history += said.history
    if pair.client.name == "chat":
        await _carried_by_memory(pair)


async def _carried_by_memory(pair: Pair) -> None:
    """Chat clients forget reasoning fields; upstream gets them back all the same."""
    history, said = await pair.tool_turn("think and call get_weather", think=True)
    for message in history:
        for key in [key for key in message if key.startswith("reasoning")]:
            del message[key]
    await pair.answered([*history, *pair.client.results(said.calls, "sunny")], tools=TOOLS, think=True)
    assert len(_opaques(pair.sent)) == 1


async def structured(pair: Pair) -> None:
    said = await pair.answered(pair.client.prompt("A title for this talk"), schema=TITLE)
    assert list(json.loads(said.text)) == ["title"]


async def stops(pair: Pair) -> None:
    name = pair.client.name
    said = await pair.answered(pair.client.prompt("say: hello"))
    assert (said.text, said.stop) == ("hello", END[name])
    said = await pair.answered(pair.client.prompt("write 4000 words"), max_tokens=64)
    assert said.stop == LENGTH[name]
    said = await pair.answered(pair.client.prompt("please refuse"))
    assert said.stop == REFUSED[name]
    _, said = await pair.tool_turn("call get_weather")
    assert said.stop == USE[name]


async def stop_sequences(pair: Pair) -> None:
    name = pair.client.name
    if name == "responses":
        said = await pair.ask(pair.client.prompt("say: one STOP two"), stop=["STOP"])
        assert said.text == "one STOP two"
        return
    word = {
        "chat": {"stop": ["STOP"]},
        "messages": {"stop_sequences": ["STOP"]},
        "gemini": {"stopSequences": ["STOP"]},
    }[name]
    said = await pair.answered(pair.client.prompt("say: one STOP two"), **word)
    if pair.upstream == "responses":
        assert any("stop" in note for note in pair.jumpseat.last["notes"])
        return
    assert said.text.strip() == "one"
    told = name == "messages" and pair.upstream == "messages"
    assert said.stop == ("stop_sequence" if told else END[name])


async def usage(pair: Pair) -> None:
    """Ours agrees with what upstream billed, in the client's own way of counting."""
    history = pair.client.prompt("a long and stable beginning " * 2000 + "say: hi")
    if pair.client.name == "messages":
        history[0]["content"][0]["cache_control"] = {"type": "ephemeral"}
    for _ in range(2):
        said = await pair.answered(history)
    billed = pair.sim.ledger[-1]
    assert billed.cached_tokens > 1000
    got = said.usage
    if pair.client.name == "messages":
        assert got["cache_read_input_tokens"] == billed.cached_tokens
        parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        assert sum(got[key] or 0 for key in parts) == billed.input_tokens
        assert got["output_tokens"] == billed.output_tokens
    elif pair.client.name == "gemini":
        assert got["promptTokenCount"] == billed.input_tokens
        assert got["cachedContentTokenCount"] == billed.cached_tokens
        assert got["totalTokenCount"] == billed.input_tokens + billed.output_tokens
    elif pair.client.name == "chat":
        assert got["prompt_tokens"] == billed.input_tokens
        assert got["prompt_tokens_details"]["cached_tokens"] == billed.cached_tokens
        assert got["total_tokens"] == billed.input_tokens + billed.output_tokens
    else:
        assert got["input_tokens"] == billed.input_tokens
        assert got["input_tokens_details"]["cached_tokens"] == billed.cached_tokens
        assert got["input_tokens_details"]["cache_write_tokens"] >= 0
        assert got["output_tokens"] == billed.output_tokens
        assert got["total_tokens"] == billed.input_tokens + billed.output_tokens
    await pair.sim.until(lambda _: not pair.jumpseat.seat.records.running)
    row = pair.jumpseat.last
    assert row["input_tokens"] == billed.input_tokens
    assert row["cached_tokens"] == billed.cached_tokens
    assert row["output_tokens"] == billed.output_tokens
    assert row["nano_aiu"] == billed.nano_aiu


async def errors(pair: Pair) -> None:
    name, hello = pair.client.name, pair.client.prompt("write 60 words")
    await pair.answered(hello)
    pair.sim.faults.add("status", status=429, retry_after=77)
    said = await pair.ask(hello)
    assert said.status == 429
    assert said.headers["Retry-After"] == "77"
    if name == "gemini":
        assert (said.error["code"], said.error["status"]) == (429, "RESOURCE_EXHAUSTED")
    else:
        assert said.error["type"] == "rate_limit_error"
    assert "rate limit" in said.error["message"]
    wanted = {"messages": {"type", "message"}, "gemini": {"code", "status", "message"}}
    assert set(said.error) >= wanted.get(name, {"type", "message", "code", "param"})
    pair.sim.faults.add("status", preset="400", body={"error": {"message": "no such thing", "code": ""}})
    said = await pair.ask(hello)
    assert said.status == 400
    assert "no such thing" in said.error["message"]
    if pair.stream:
        pair.sim.faults.add("error_event", after=6)
        said = await pair.ask(hello)
        assert said.error
        assert said.error["message"]
    pair.sim.faults.add("reset_mid", after=6)
    said = await pair.ask(hello)
    assert said.error or not pair.stream, "an answer that broke off is not whole"
    if pair.stream:
        assert pair.jumpseat.last["error"]


async def cancel(pair: Pair) -> None:
    pair.sim.state.rate = 40
    body = pair.client.body(pair.model, pair.client.prompt("write 900 words"), pair.stream)
    url = pair.jumpseat.url + pair.client.path_for(body)

    async def leave() -> None:
        async with aiohttp.ClientSession() as http, http.post(url, json=body) as response:
            await response.content.readany()
            if not pair.stream:
                await response.read()

    task = asyncio.get_running_loop().create_task(leave())
    await pair.sim.until(lambda sim: sim.active == 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await pair.sim.until(lambda sim: sim.cancelled == 1)
    assert pair.sim.ledger[-1].cancelled
    await pair.jumpseat.seat.records.idle()
    assert pair.jumpseat.last["cancelled"] is True
    assert len(pair.sim.ledger) == 1, "nobody asked again"


CHECKS = {
    check.__name__: check
    for check in (
        tools,
        parallel_tools,
        tool_images,
        tool_errors,
        images,
        thinking,
        carried,
        structured,
        stops,
        stop_sequences,
        usage,
        errors,
        cancel,
    )
}


def test_every_row_has_a_check() -> None:
    assert {feature.key for feature in FEATURES} == set(CHECKS)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("client", "upstream"), MODELS, ids=[f"{a}-to-{b}" for a, b in MODELS])
@pytest.mark.parametrize("feature", CHECKS)
async def test_cell(feature: str, client: str, upstream: str, stream: bool, jumpseat: Jumpseat) -> None:
    await CHECKS[feature](Pair(CLIENTS[client], upstream, MODELS[client, upstream], stream, jumpseat))


MORE = [
    pytest.param(feature, client, upstream, model, id=f"{feature}-{client}-to-{upstream}-{model}")
    for client, upstream, model, without in MORE_MODELS
    for feature in CHECKS
    if feature not in without | {"errors", "cancel"}  # no matter of models
]


@pytest.mark.parametrize(("feature", "client", "upstream", "model"), MORE)
async def test_more_models(feature: str, client: str, upstream: str, model: str, jumpseat: Jumpseat) -> None:
    await CHECKS[feature](Pair(CLIENTS[client], upstream, model, True, jumpseat))
