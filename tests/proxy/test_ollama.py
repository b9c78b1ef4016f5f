"""Ollama's API on its own port, with Ollama's own Python client where one answer after another matters."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import ollama
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness import Jumpseat, Reply, running
from tests.resident import residing
from tests.test_resident import becomes
from tray_app.dialects.ollama import asks
from tray_app.errors import BadRequest
from tray_app.proxy.ollama_routes import OLLAMA_ROUTES
from tray_app.proxy.route import Router
from tray_app.proxy.server import ProxyServer
from tray_app.simulated import SimulatedCopilot

MODELS = pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.5", "claude-sonnet-5"])
STREAM = pytest.mark.parametrize("stream", [False, True])
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "The time of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
async def jumpseat(sim: SimulatedCopilot, tmp_path: Path) -> AsyncIterator[Jumpseat]:
    """`url` is the Ollama port's."""
    async with running(sim, tmp_path) as started:
        server = ProxyServer(started.seat, Router(OLLAMA_ROUTES))
        started.url = await server.start(started.live.now.server)
        yield started
        await server.stop()


@pytest.fixture
def client(jumpseat: Jumpseat) -> ollama.AsyncClient:
    return ollama.AsyncClient(host=jumpseat.url)


def user(text: str, **more: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text, **more}]


def lines(reply: Reply) -> list[dict[str, Any]]:
    return [json.loads(line) for line in reply.text.splitlines()]


@MODELS
async def test_chat(client: ollama.AsyncClient, jumpseat: Jumpseat, model: str) -> None:
    done = await client.chat(model=model, messages=user("say: Grüße 😀"))
    assert (done.message.role, done.message.content) == ("assistant", "Grüße 😀")
    assert (done.done, done.done_reason, done.model) == (True, "stop", model)
    assert done.prompt_eval_count
    assert done.eval_count
    last = jumpseat.last
    assert (last["dialect"], last["path"], last["initiator"]) == ("ollama", "/api/chat", "user")
    assert last["input_tokens"] == done.prompt_eval_count


@MODELS
async def test_chat_streamed(client: ollama.AsyncClient, model: str) -> None:
    parts = [
        part
        async for part in await client.chat(model=model, messages=user("say: one two three"), stream=True)
    ]
    assert "".join(part.message.content or "" for part in parts) == "one two three"
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_count


@STREAM
@MODELS
async def test_a_tool_loop(client: ollama.AsyncClient, jumpseat: Jumpseat, model: str, stream: bool) -> None:
    """Its client sends no ids; one prompt is one."""
    messages: list[Any] = user('call get_time {"city": "Köln"}')
    if stream:
        calls = []
        async for part in await client.chat(model=model, messages=messages, tools=[TIME], stream=True):
            calls += part.message.tool_calls or []
    else:
        calls = (await client.chat(model=model, messages=messages, tools=[TIME])).message.tool_calls
    assert [(call.function.name, dict(call.function.arguments)) for call in calls] == [
        ("get_time", {"city": "Köln"})
    ]
    messages.append({"role": "assistant", "content": "", "tool_calls": [call.model_dump() for call in calls]})
    messages.append({"role": "tool", "tool_name": "get_time", "content": "12:30"})
    done = await client.chat(model=model, messages=messages, tools=[TIME])
    assert done.message.content
    assert not done.message.tool_calls
    assert [entry.initiator for entry in jumpseat.sim.ledger] == ["user", "agent"]


@STREAM
async def test_generate(client: ollama.AsyncClient, jumpseat: Jumpseat, stream: bool) -> None:
    given: dict[str, Any] = {"model": "gpt-4.1:latest", "prompt": "say: hello", "system": "Be brief."}
    options = {"temperature": 0.1, "num_predict": 500, "num_ctx": 4096}
    if stream:
        parts = [part async for part in await client.generate(**given, options=options, stream=True)]
        text = "".join(part.response for part in parts)
    else:
        text = (await client.generate(**given, options=options)).response
    assert text == "hello"
    body = jumpseat.sim.ledger[-1].body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (body["temperature"], body["max_tokens"]) == (0.1, 500)
    assert any("options.num_ctx" in note for note in jumpseat.last["notes"])


async def test_pictures_and_structured_output(client: ollama.AsyncClient, jumpseat: Jumpseat) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    done = await client.chat(model="gpt-4.1", messages=user("say: x", images=[PNG]), format=schema)
    assert "a" in json.loads(done.message.content or "")
    body = jumpseat.sim.ledger[-1].body
    assert body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["a"]


@pytest.mark.parametrize(("think", "effort"), [(False, "none"), (True, "medium"), ("high", "high")])
async def test_thinking(client: ollama.AsyncClient, jumpseat: Jumpseat, think: Any, effort: str) -> None:
    done = await client.chat(model="gpt-5.5", messages=user("say: hello"), think=think)
    assert jumpseat.sim.ledger[-1].body["reasoning"]["effort"] == effort
    assert (done.message.thinking is not None) == bool(think)


async def test_models(client: ollama.AsyncClient, jumpseat: Jumpseat) -> None:
    names = {model.model for model in (await client.list()).models}
    assert {"gpt-4.1", "claude-sonnet-5"} <= names
    shown = await client.show("gpt-4.1:latest")
    assert {"completion", "tools", "vision"} <= set(shown.capabilities or ())
    assert shown.modelinfo is not None
    assert shown.modelinfo["copilot.context_length"] > 10_000
    assert (await client.ps()).models == []
    assert (await jumpseat.get("/api/version")).json["version"].startswith("0.")
    assert (await jumpseat.get("/")).text == "Ollama is running"


async def test_embeddings(client: ollama.AsyncClient) -> None:
    several = await client.embed(model="text-embedding-3-small", input=["a", "b"])
    assert len(several.embeddings) == 2
    one = await client.embeddings(model="text-embedding-3-small", prompt="a")
    assert list(one.embedding) == list(several.embeddings[0])


async def test_openais_paths_are_here_too_and_the_dashboard_is_not(jumpseat: Jumpseat) -> None:
    body = {"model": "gpt-4.1", "messages": user("say: hello")}
    assert (await jumpseat.post("/v1/chat/completions", body)).status == 200
    for path in ("/api/requests", "/api/stats", "/health", "/usage"):
        assert (await jumpseat.get(path)).status == 404


async def test_a_request_without_words_is_nobodys_bill(jumpseat: Jumpseat) -> None:
    for path, field in (("/api/chat", "message"), ("/api/generate", "response")):
        reply = await jumpseat.post(path, {"model": "gpt-4.1"})
        assert (reply.json["done_reason"], field in reply.json) == ("load", True)
    assert jumpseat.sim.ledger == []


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/api/chat", {"model": "nobody", "messages": user("x")}, 404, "nobody"),
        ("/api/show", {"model": "nobody"}, 404, "nobody"),
        ("/api/chat", {"messages": user("x")}, 400, "model is required"),
        ("/api/chat", {"model": "gpt-4.1", "messages": [1]}, 400, "messages[0]"),
        ("/api/chat", {"model": "gpt-4.1", "messages": user("x"), "format": 3}, 400, "format"),
        ("/api/chat", {"model": "gpt-4.1", "messages": user("x"), "think": 3}, 400, "think"),
        ("/api/chat", {"model": "gpt-4.1", "messages": user("x", images=[3])}, 400, "messages[0].images[0]"),
        ("/api/generate", {"model": "gpt-4.1", "prompt": "a", "suffix": "b"}, 400, "suffix"),
        ("/api/embed", {"model": "text-embedding-3-small"}, 400, "prompt is required"),
        ("/api/chat", [1], 400, ""),
        ("/api/pull", {"model": "llama3"}, 400, "nothing to pull"),
    ],
)
async def test_errors_are_ollamas(jumpseat: Jumpseat, path: str, body: Any, status: int, says: str) -> None:
    reply = await jumpseat.post(path, body)
    assert reply.status == status
    assert list(reply.json) == ["error"]
    assert says in reply.json["error"]


async def test_an_error_of_copilots_keeps_its_status(client: ollama.AsyncClient, jumpseat: Jumpseat) -> None:
    jumpseat.sim.faults.add("status", status=402, times=20)
    with pytest.raises(ollama.ResponseError, match="You have no quota") as said:
        await client.chat(model="gpt-4.1", messages=user("x"))
    assert said.value.status_code == 402


@pytest.mark.parametrize("kind", ["reset_mid", "close_early", "error_event"])
async def test_a_broken_stream_never_ends_neatly(
    client: ollama.AsyncClient, jumpseat: Jumpseat, kind: str
) -> None:
    jumpseat.sim.faults.add(kind, times=20)
    words = "say: " + "many words " * 200
    body = {"model": "gpt-4.1", "messages": user(words)}
    reply = await jumpseat.post("/api/chat", body)
    last = lines(reply)[-1] if reply.status == 200 else reply.json
    assert "error" in last
    assert not last.get("done")


async def test_the_same_gate_stands_there(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with running(sim, tmp_path, server={"api_keys": ("sesame",)}) as started:
        server = ProxyServer(started.seat, Router(OLLAMA_ROUTES))
        started.url = await server.start(started.live.now.server)
        try:
            assert (await started.get("/api/tags")).status == 401
            assert (await started.get("/api/tags", Authorization="Bearer sesame")).status == 200
            assert (await started.get("/api/tags", Host="evil.example")).status == 403
            assert (await started.get("/api/tags", Origin="https://evil.example")).status == 403
        finally:
            await server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def eventually(wanted: Any) -> None:
    async with asyncio.timeout(10):
        while not wanted():
            await asyncio.sleep(0.02)


async def test_the_port_comes_and_goes_with_the_proxy_and_its_setting(
    sim: SimulatedCopilot, tmp_path: Path
) -> None:
    port, other = free_port(), free_port()
    config = "[server]\nport = 0\nollama_port = {}\n"
    async with residing(sim, tmp_path / "home", config=config.format(port)) as program:
        assert not listens(port)
        await program.resident.start()
        await eventually(lambda: listens(port))
        answer = await ollama.AsyncClient(host=f"http://127.0.0.1:{port}").chat(
            model="gpt-4.1", messages=user("say: hello")
        )
        assert answer.message.content == "hello"
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", other))
            taken.listen()
            program.paths.config.write_text(config.format(other))
            await program.resident._watcher.take()
            state = await becomes(program, lambda state: state.trouble)
            assert state.trouble is not None
            assert "The Ollama port" in state.trouble.message
            assert not listens(port)
        program.paths.config.write_text(config.format(port))
        await program.resident._watcher.take()
        await eventually(lambda: listens(port))
        await becomes(program, lambda state: state.trouble is None)
        await program.resident.stop()
        await eventually(lambda: not listens(port))


_WORDS = st.sampled_from(["", "a", "tool", "user", "assistant", "json", "text-embedding-3-small", "gpt-4.1"])
_CHAT = "model messages role content images tool_calls function name arguments tools thinking id tool_call_id"
_OTHERS = "options think format prompt stop num_predict system suffix input dimensions stream"
_NAMES = st.sampled_from(f"{_CHAT} {_OTHERS}".split())
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(_NAMES, _ANY, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_body_is_read_or_refused_by_its_field(body: dict[str, Any]) -> None:
    for read in (asks.chat_body, asks.generate_body, asks.embeddings_body):
        with contextlib.suppress(BadRequest):
            read(body | {"model": "m"})
