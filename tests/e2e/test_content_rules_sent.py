"""The owner's content rules over HTTP: what Copilot received, and what the record says of it."""

import contextlib
import json

import pytest
from loops import last_body

from tests.harness import running

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
MODELS = ("gpt-4.1", "gpt-5.3-codex", "claude-opus-5")
WAYS = [(dialect, model) for dialect in PATHS for model in MODELS]
ways = pytest.mark.parametrize(("dialect", "model"), WAYS, ids=[f"{one}-{two}" for one, two in WAYS])
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}


def prompt(dialect, model, system, user="say: hello", **more):
    """A request with a system prompt."""
    if dialect == "responses":
        return {"model": model, "instructions": system, "input": user, **more}
    messages = [{"role": "user", "content": user}]
    if dialect == "messages":
        return {"model": model, "system": system, "messages": messages, "max_tokens": 3000, **more}
    return {"model": model, "messages": [{"role": "system", "content": system}, *messages], **more}


def used_tool(dialect, model, output):
    """A request that ends with a tool result."""
    if dialect == "responses":
        call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
        result = {"type": "function_call_output", "call_id": "call_1", "output": output}
        return {"model": model, "input": [{"role": "user", "content": "look"}, call, result]}
    if dialect == "messages":
        use = {"type": "tool_use", "id": "call_1", "name": "look", "input": {}}
        result = {"type": "tool_result", "tool_use_id": "call_1", "content": output}
        turns = [("user", "look"), ("assistant", [use]), ("user", [result])]
        messages = [{"role": role, "content": content} for role, content in turns]
        tool = {"name": "look", "input_schema": {"type": "object"}}
        return {"model": model, "messages": messages, "max_tokens": 99, "tools": [tool]}
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": output},
    ]
    return {"model": model, "messages": messages}


async def sent(sim, proxy, dialect, body, **headers):
    """What Copilot received for this request; the record's notes."""
    reply = await proxy.post(PATHS[dialect], body, **headers)
    assert reply.status == 200, reply.text
    return last_body(sim), " | ".join(proxy.last["notes"])


@contextlib.asynccontextmanager
async def begun(sim, home, **sections):
    async with running(sim, home, **sections) as proxy:
        yield proxy


@ways
async def test_system_prompts(sim, tmp_path, dialect, model):
    filters = {"system_prompt_remove": ("Talk like a pirate.",), "system_prompt_add": ("Answer in English.",)}
    extra = {"extra_prompts": {model: "You are on a laptop."}}
    async with begun(sim, tmp_path, filters=filters, models=extra) as proxy:
        body = prompt(dialect, model, "Be brief. Talk like a pirate.", "say: Talk like a pirate.")
        body, notes = await sent(sim, proxy, dialect, body)
    text = json.dumps(body)
    assert text.count("Talk like a pirate.") == 1  # the person's own words stay
    assert text.index("Be brief.") < text.index("Answer in English.") < text.index("You are on a laptop.")
    assert "configured texts removed" in notes
    assert "2 configured texts added" in notes


@ways
async def test_without_rules_nothing_is_added(sim, tmp_path, dialect, model):
    async with begun(sim, tmp_path) as proxy:
        body, notes = await sent(sim, proxy, dialect, prompt(dialect, model, "Be brief."))
    assert "configured" not in notes
    assert "Be brief." in json.dumps(body)


@ways
async def test_endings_of_tool_results(sim, tmp_path, dialect, model):
    filters = {"tool_result_suffix_remove": ("Remember to be nice.",)}
    async with begun(sim, tmp_path, filters=filters) as proxy:
        output = "Remember to be nice. 42\nRemember to be nice.\n"
        body, notes = await sent(sim, proxy, dialect, used_tool(dialect, model, output))
    assert json.dumps(body).count("Remember to be nice.") == 1
    assert "configured endings removed from 1" in notes


@pytest.mark.parametrize("dialect", PATHS)
async def test_the_default_effort(sim, tmp_path, dialect):
    """Only where the client names none, and only for the model it is set for."""
    efforts = {"gpt-5.3-codex": "low", "gemini-3.1-pro": "low", "claude-opus-5": "low"}
    own = {
        "chat": {"reasoning_effort": "high"},
        "responses": {"reasoning": {"effort": "high"}},
        "messages": {"output_config": {"effort": "high"}},
    }[dialect]
    async with begun(sim, tmp_path, models={"reasoning_effort": efforts}) as proxy:
        for model in efforts:
            body, notes = await sent(sim, proxy, dialect, prompt(dialect, model, "Be brief."))
            assert effort(body) == "low", model
            assert "as configured" in notes
            body, notes = await sent(sim, proxy, dialect, prompt(dialect, model, "Be brief.", **own))
            assert effort(body) == "high", model
            assert "as configured" not in notes
        body, _ = await sent(sim, proxy, dialect, prompt(dialect, "gpt-5.5", "Be brief."))
        assert effort(body) is None


def effort(body):
    for owner in (body.get("reasoning") or {}, body.get("output_config") or {}):
        if "effort" in owner:
            return owner["effort"]
    return body.get("reasoning_effort")


TITLE = {
    "thinking": {"type": "disabled"},
    "temperature": 1,
    "output_config": {
        "format": {
            "type": "json_schema",
            "schema": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
        }
    },
}
AGENT = {"User-Agent": "claude-cli/2.1.330 (external, cli)", "x-app": "cli"}


async def test_the_small_model_takes_marked_calls_only(sim, tmp_path):
    async with begun(sim, tmp_path, models={"small_model": "gpt-5-mini"}) as proxy:
        title = prompt("messages", "claude-opus-5", "Write a title.", "Fix the bug", **TITLE)
        body, notes = await sent(sim, proxy, "messages", title, **AGENT)
        assert body["model"] == "gpt-5-mini"
        assert "title call: models.small_model = gpt-5-mini" in notes
        assert proxy.last["model_requested"] == "claude-opus-5"
        background = {"x-interaction-type": "conversation-background"}
        body, _ = await sent(sim, proxy, "chat", prompt("chat", "gpt-4.1", "Be brief."), **background)
        assert body["model"] == "gpt-5-mini"
        body, notes = await sent(sim, proxy, "messages", prompt("messages", "claude-opus-5", "Be brief."))
        assert body["model"] == "claude-opus-5"
        assert "small_model" not in notes
        assert [entry.initiator for entry in sim.ledger] == ["agent", "agent", "user"]


async def test_without_a_small_model_marked_calls_keep_theirs(sim, tmp_path):
    async with begun(sim, tmp_path) as proxy:
        title = prompt("messages", "claude-opus-5", "Write a title.", "Fix the bug", **TITLE)
        body, _ = await sent(sim, proxy, "messages", title, **AGENT)
    assert body["model"] == "claude-opus-5"


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
async def test_web_search_of_responses(sim, tmp_path, on):
    tools = [{"type": "web_search", "external_web_access": True}, PATCH]
    async with begun(sim, tmp_path, responses={"web_search": on}) as proxy:
        ask = {"model": "gpt-5.5", "input": "say: hello", "tools": tools}
        body, notes = await sent(sim, proxy, "responses", ask)
    assert [tool["type"] for tool in body["tools"]].count("web_search") == on
    assert ("web_search" in notes) is not on


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_apply_patch_is_a_function_upstream_and_a_custom_tool_here(sim, tmp_path, on, stream):
    ask = {"model": "gpt-5.3-codex", "tools": [PATCH], "stream": stream}
    ask["input"] = 'create file owl.txt with content "hoot"'
    async with begun(sim, tmp_path, responses={"function_apply_patch": on}) as proxy:
        reply = await proxy.post("/v1/responses", ask)
        [tool] = last_body(sim)["tools"]
        assert tool["type"] == ("function" if on else "custom")
        if stream:
            done = [
                line[6:]
                for line in reply.text.splitlines()
                if line.startswith('data: {"type":"response.comp')
            ]
            answer = json.loads(done[0])["response"]
        else:
            answer = reply.json
        [call] = [item for item in answer["output"] if item["type"].endswith("_call")]
        assert (call["type"], call["name"]) == ("custom_tool_call", "apply_patch")
        assert answer["tools"][0]["type"] == "custom"
        output = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "done"}
        history = [{"role": "user", "content": ask["input"]}, *answer["output"], output]
        reply = await proxy.post("/v1/responses", {**ask, "input": history, "stream": False})
        assert reply.status == 200
        assert "The tool said: done" in reply.text


def betas(sim):
    return sim.ledger[-1].headers.get("anthropic-beta", "")


LONG = "context-1m-2025-08-07"


@pytest.mark.parametrize(
    ("name", "beta", "served", "long"),
    [
        ("claude-opus-5[1m]", "", "claude-opus-5", True),
        ("claude-opus-5", LONG, "claude-opus-5", True),
        ("claude-opus-5", "", "claude-opus-5", False),
        ("claude-sonnet-4-5[1m]", "", "claude-sonnet-4.5", False),
        ("claude-sonnet-4.5", LONG, "claude-sonnet-4.5", False),
    ],
)
async def test_the_long_context_only_where_it_is(sim, tmp_path, name, beta, served, long):
    async with begun(sim, tmp_path) as proxy:
        headers = {"anthropic-beta": f"claude-code-20250219,{beta}".rstrip(",")}
        body, _ = await sent(sim, proxy, "messages", prompt("messages", name, "Be brief."), **headers)
    assert body["model"] == served
    assert (LONG in betas(sim)) is long
    assert "claude-code" not in betas(sim)


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
@pytest.mark.parametrize("dialect", ["messages", "chat"])
async def test_the_long_cache(sim, tmp_path, on, dialect):
    """One hour for every mark the request has, with the beta that it needs."""
    model = "claude-opus-5" if dialect == "messages" else "claude-opus-4.5"
    mark = {"cache_control": {"type": "ephemeral"}}
    system = [{"type": "text", "text": "Be brief. " * 3000, **mark}] if dialect == "messages" else "Be brief."
    async with begun(sim, tmp_path, anthropic={"extend_cache_ttl": on}) as proxy:
        body, _ = await sent(sim, proxy, dialect, prompt(dialect, model, system))
    assert '"ephemeral"' in json.dumps(body)
    assert ('"ttl": "1h"' in json.dumps(body)) is on
    assert ("extended-cache-ttl" in betas(sim)) is on


async def test_native_messages_off(sim, tmp_path):
    async with begun(sim, tmp_path, anthropic={"native_messages": False}) as proxy:
        for model, endpoint in (("claude-opus-5", "/chat/completions"), ("claude-opus-4.5", "/v1/messages")):
            await sent(sim, proxy, "messages", prompt("messages", model, "Be brief."))
            assert sim.ledger[-1].endpoint == endpoint


async def test_service_tiers_are_dropped_with_a_note(sim, tmp_path):
    async with begun(sim, tmp_path) as proxy:
        for dialect, model in WAYS:
            body, notes = await sent(
                sim, proxy, dialect, prompt(dialect, model, "Be brief.", service_tier="auto")
            )
            assert "service_tier" not in body
            assert "service_tier" in notes + " ".join(proxy.last["repairs"])


async def test_what_embeddings_do_not_take_is_noted(sim, tmp_path):
    async with running(sim, tmp_path) as proxy:
        body = {"model": "text-embedding-3-small", "input": "an owl", "user": "someone"}
        reply = await proxy.post("/v1/embeddings", body)
        assert reply.status == 200
        assert proxy.last["notes"] == ["user: dropped"]
        assert "user" not in last_body(sim)
