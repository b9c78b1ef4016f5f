"""OpenCode through Jumpseat with each AI SDK package: agent loops, and side calls that nobody prompted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bills import TOO_LONG, assert_one_prompt, bill
from coding_tools import CHAT_PACKAGE, MESSAGES_PACKAGE, RESPONSES_PACKAGE, Place, opencode
from sealing import is_possible, sealed

from tests.harness import Jumpseat

pytestmark = pytest.mark.clients

CREATE = "create file hello.txt with content `hi there` and end with MARKER-{}"
RUNS = [
    pytest.param(CHAT_PACKAGE, "gpt-4.1", "/chat/completions", id="chat"),
    pytest.param(CHAT_PACKAGE, "gpt-5.3-codex", "/responses", id="chat-to-responses"),
    pytest.param(CHAT_PACKAGE, "gemini-3.1-pro", "/chat/completions", id="chat-gemini"),
    pytest.param(CHAT_PACKAGE, "claude-sonnet-5", "/chat/completions", id="chat-claude"),
    pytest.param(RESPONSES_PACKAGE, "gpt-5.5", "/responses", id="responses"),
    pytest.param(RESPONSES_PACKAGE, "claude-sonnet-5", "/v1/messages", id="responses-to-messages"),
    pytest.param(MESSAGES_PACKAGE, "claude-sonnet-5", "/v1/messages", id="messages"),
    pytest.param(MESSAGES_PACKAGE, "gpt-4.1", "/chat/completions", id="messages-to-chat"),
]


@pytest.fixture
async def place(jumpseat: Jumpseat, tmp_path: Path) -> AsyncIterator[Place]:
    """Without a network where that can be had: OpenCode waits for hosts that it does not need."""
    if not is_possible():
        yield Place(tmp_path / "client")
        return
    async with sealed(tmp_path / "sealed", jumpseat.url) as room:
        yield room.place


@pytest.mark.parametrize(("package", "model", "endpoint"), RUNS)
async def test_one_prompt_with_five_tool_turns(
    jumpseat: Jumpseat, place: Place, package: str, model: str, endpoint: str
) -> None:
    """Its title request runs beside the first turn, and nobody is billed for it."""
    task = "use 5 turns and " + CREATE.format("five")
    run = await opencode(place, jumpseat.url, model, task, package=package)
    assert run.code == 0, run
    assert run.file("hello.txt") == "hi there"
    assert "MARKER-five" in run.final
    billed = bill(jumpseat.sim)
    assert_one_prompt(billed, tool_turns=5)
    assert billed.endpoints == {endpoint}
    assert [(entry.model, entry.initiator) for entry in billed.side] == [("gpt-5-mini", "agent")]


async def test_a_second_prompt_is_a_second_prompt(jumpseat: Jumpseat, place: Place) -> None:
    await opencode(place, jumpseat.url, "gpt-4.1", CREATE.format("one"))
    task = "create file again.txt with content `again` MARKER-two"
    run = await opencode(place, jumpseat.url, "gpt-4.1", task, "--continue")
    assert run.file("again.txt") == "again", run
    assert bill(jumpseat.sim).initiators == ["user", "agent", "user", "agent"]


async def test_a_subagent_is_nobodys_prompt(jumpseat: Jumpseat, place: Place) -> None:
    inner = "create file sub.txt with content `sub` MARKER-inner"
    task = f'call task {{"description":"sub","subagent_type":"general","prompt":"{inner}"}} MARKER-outer'
    run = await opencode(place, jumpseat.url, "gpt-4.1", task)
    assert run.file("sub.txt") == "sub", run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 1
    kinds = [entry.interaction_type for entry in billed.side]
    assert kinds.count("conversation-subagent") >= 2


@pytest.mark.parametrize("kind", ["reset_mid", "close_early"])
async def test_a_broken_stream_is_asked_again_and_nothing_is_done_twice(
    jumpseat: Jumpseat, place: Place, kind: str
) -> None:
    jumpseat.sim.faults.add(kind, after=2, model="gpt-4.1")
    run = await opencode(place, jumpseat.url, "gpt-4.1", "run: echo once >> log.txt\nMARKER-cut")
    assert run.file("log.txt") == "once\n", run
    assert "MARKER-cut" in run.final
    assert len(bill(jumpseat.sim).work) == 3


async def test_a_conversation_too_long_is_compacted(jumpseat: Jumpseat, place: Place) -> None:
    """On upstream's refusal, in the words that the tool looks for; the summary is nobody's prompt."""
    await opencode(place, jumpseat.url, "gpt-4.1", "use 2 turns MARKER-long")
    jumpseat.sim.faults.add("status", status=400, model="gpt-4.1", body=TOO_LONG)
    run = await opencode(place, jumpseat.url, "gpt-4.1", "say: MARKER-after", "--continue")
    assert "MARKER-after" in run.final, run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 2
    assert "conversation-compaction" in {entry.interaction_type for entry in billed.side}
