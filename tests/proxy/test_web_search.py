"""Searches that Claude Code and Gemini CLI ask for with a request of their own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot

TOOL = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
PAGE = "https://example.com/"


def search(model: str, **more: Any) -> dict[str, Any]:
    """As Claude Code sends it."""
    prompt = "Perform a web search for the query: cats"
    choice = {"type": "tool", "name": "web_search"}
    messages = [{"role": "user", "content": prompt}]
    return {
        "model": model,
        "max_tokens": 3000,
        "messages": messages,
        "tools": [TOOL],
        "tool_choice": choice,
        **more,
    }


def upstream_of(jumpseat: Jumpseat) -> tuple[str, Any]:
    """The model that Copilot was asked, and with which tools."""
    body = jumpseat.sim.ledger[-1].body
    return body["model"], [tool["type"] for tool in body["tools"]]


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


async def test_by_default_it_is_refused_with_the_setting_that_helps(
    sim: SimulatedCopilot, tmp_path: Path
) -> None:
    async with running(sim, tmp_path) as jumpseat:
        reply = await jumpseat.post("/v1/messages", search("claude-sonnet-5"))
        assert (reply.status, reply.json["error"]["type"]) == (400, "invalid_request_error")
        assert "models.web_search_model" in reply.json["error"]["message"]
        assert sim.ledger == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wanted", ["auto", "gpt-5.5"])
@pytest.mark.parametrize("asked", ["claude-sonnet-5", "gpt-4.1", "gemini-3.1-pro"])
async def test_another_model_runs_it_and_the_record_says_so(
    sim: SimulatedCopilot, tmp_path: Path, asked: str, wanted: str, stream: bool
) -> None:
    async with running(sim, tmp_path, models={"web_search_model": wanted}) as jumpseat:
        reply = await jumpseat.post("/v1/messages", search(asked, stream=stream))
        assert reply.status == 200, reply.text
        model, tools = upstream_of(jumpseat)
        assert model == ("gpt-5.5" if wanted == "gpt-5.5" else "gpt-5-mini")
        assert tools == ["web_search"]
        last = jumpseat.last
        assert last["model_requested"] == asked
        assert last["model_served"].startswith(model)
        assert any("models.web_search_model" in note and model in note for note in last["notes"])
    if not stream:
        content = reply.json["content"]
        usage = reply.json["usage"]
    else:
        blocks: dict[int, dict[str, Any]] = {}
        for event in events(reply.text):
            if event["type"] == "content_block_start":
                assert event["index"] == len(blocks), "without gaps"
                blocks[event["index"]] = event["content_block"]
            elif event["type"] == "content_block_delta" and event["delta"]["type"] == "input_json_delta":
                blocks[event["index"]]["input"] = json.loads(event["delta"]["partial_json"])
            elif event["type"] == "message_delta":
                usage = event["usage"]
        content = list(blocks.values())
    kinds = [block["type"] for block in content if block["type"] != "thinking"]
    assert kinds == ["server_tool_use", "web_search_tool_result", "text"]
    use, result = (
        block for block in content if "search" in json.dumps(block["type"]) or "server" in block["type"]
    )
    assert "cats" in use["input"]["query"]
    assert (use["id"], result["content"][0]["url"]) == (result["tool_use_id"], PAGE)
    assert usage["server_tool_use"]["web_search_requests"] == 1


async def test_a_model_that_can_search_does_so_itself(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with running(sim, tmp_path) as jumpseat:
        assert (await jumpseat.post("/v1/messages", search("gpt-5.5"))).status == 200
        assert upstream_of(jumpseat) == ("gpt-5.5", ["web_search"])


async def test_a_search_beside_other_tools_moves_nothing(sim: SimulatedCopilot, tmp_path: Path) -> None:
    """The person's conversation stays with the model that they chose."""
    other = {"name": "ls", "input_schema": {"type": "object"}}
    body = search("claude-sonnet-5", tools=[TOOL, other], tool_choice={"type": "auto"})
    async with running(sim, tmp_path, models={"web_search_model": "auto"}) as jumpseat:
        assert (await jumpseat.post("/v1/messages", body)).status == 200
        assert jumpseat.last["model_served"].startswith("claude-sonnet-5")


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ({"models": {"web_search_model": "claude-opus-5"}}, '"claude-opus-5" has no web search'),
        ({"models": {"web_search_model": "nobody"}}, '"nobody" names no model of this seat'),
        (
            {"models": {"web_search_model": "auto"}, "responses": {"web_search": False}},
            "responses.web_search",
        ),
    ],
    ids=["cannot search", "unknown", "switched off"],
)
async def test_settings_that_cannot_work_are_named(
    sim: SimulatedCopilot, tmp_path: Path, sections: dict[str, Any], says: str
) -> None:
    async with running(sim, tmp_path, **sections) as jumpseat:
        reply = await jumpseat.post("/v1/messages", search("claude-sonnet-5"))
        assert reply.status == 400
        assert says in reply.json["error"]["message"]
        assert sim.ledger == []


async def test_a_search_that_copilot_refuses_is_not_answered_from_memory(
    sim: SimulatedCopilot, tmp_path: Path
) -> None:
    sim.faults.add("status", preset="web_search", times=20)
    async with running(sim, tmp_path, models={"web_search_model": "auto"}) as jumpseat:
        reply = await jumpseat.post("/v1/messages", search("claude-sonnet-5"))
        assert reply.status in (400, 422)
        assert "web search" in reply.json["error"]["message"]
        assert [seen.path for seen in sim.requests].count("/responses") == 1


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent?alt=sse"])
async def test_gemini_cli_gets_what_was_found(sim: SimulatedCopilot, tmp_path: Path, method: str) -> None:
    prompt = {"role": "user", "parts": [{"text": "Search the web for cats"}]}
    body = {"contents": [prompt], "tools": [{"googleSearch": {}}]}
    path = f"/v1beta/models/gemini-3.1-pro:{method}"
    async with running(sim, tmp_path) as jumpseat:
        refused = await jumpseat.post(path, body)
        assert refused.status == 400
        assert "models.web_search_model" in refused.json["error"]["message"]
    async with running(sim, tmp_path, models={"web_search_model": "auto"}) as jumpseat:
        reply = await jumpseat.post(path, body)
        assert reply.status == 200, reply.text
    whole = reply.json if method == "generateContent" else events(reply.text)[-1]
    found = whole["candidates"][0]["groundingMetadata"]
    assert found["groundingChunks"] == [{"web": {"uri": PAGE, "title": PAGE}}]
    assert "cats" in found["webSearchQueries"][0]
