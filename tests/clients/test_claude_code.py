"""Claude Code through Jumpseat: agent loops, honest billing, prompt cache, images, subagents, faults."""

import pytest
from bills import bill
from coding_tools import Place, claude

from tests.harness import Jumpseat

pytestmark = pytest.mark.clients

CREATE = 'create file hello.txt with content "hi there" and end with MARKER-{}'
MODELS = [
    pytest.param("claude-sonnet-5", "/v1/messages", id="natively"),
    pytest.param("claude-opus-4.5", "/v1/messages", id="natively-older"),
    pytest.param("gpt-4.1", "/chat/completions", id="chat-only"),
    pytest.param("gpt-5.3-codex", "/responses", id="responses-only"),
    pytest.param("gpt-5.5", "/responses", id="responses-only-newer"),
    pytest.param("gemini-3.1-pro", "/chat/completions", id="gemini"),
]


@pytest.mark.parametrize(("model", "endpoint"), MODELS)
async def test_a_file_is_written(jumpseat: Jumpseat, place: Place, model: str, endpoint: str) -> None:
    run = await claude(place, jumpseat.url, model, CREATE.format("written"))
    assert run.code == 0, run
    assert run.file("hello.txt") == "hi there"
    assert "MARKER-written" in run.final
    assert bill(jumpseat.sim).endpoints == {endpoint}


@pytest.mark.parametrize(("model", "endpoint"), MODELS)
async def test_one_prompt_with_five_tool_turns_is_one_prompt(
    jumpseat: Jumpseat, place: Place, model: str, endpoint: str
) -> None:
    run = await claude(place, jumpseat.url, model, "use 5 turns and " + CREATE.format("five"))
    billed = bill(jumpseat.sim)
    assert run.file("hello.txt") == "hi there", run
    assert "MARKER-five" in run.final
    assert [entry.initiator for entry in billed.work] == ["user", *["agent"] * 5]
    assert not billed.side
