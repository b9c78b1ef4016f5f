"""Claude Code through Jumpseat: agent loops, honest billing, prompt cache, subagents, broken streams."""

import json
from pathlib import Path

import pytest
from bills import TOO_LONG, assert_one_prompt, bill
from coding_tools import PNG, Place, claude

from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot

pytestmark = pytest.mark.clients

CREATE = "create file hello.txt with content `hi there` and end with MARKER-{}"
MODELS = [
    pytest.param("claude-sonnet-5", "/v1/messages", id="natively"),
    pytest.param("claude-opus-4.8", "/v1/messages", id="natively-adaptive"),
    pytest.param("gpt-4.1", "/chat/completions", id="chat-only"),
    pytest.param("gemini-3.1-pro", "/chat/completions", id="chat-only-gemini"),
    pytest.param("gpt-5.3-codex", "/responses", id="responses-only"),
    pytest.param("gpt-5.5", "/responses", id="responses-only-newer"),
]
ONE_OF_EACH = ["claude-sonnet-5", "gpt-4.1", "gpt-5.3-codex"]


@pytest.mark.parametrize(("model", "endpoint"), MODELS)
async def test_one_prompt_with_five_tool_turns(
    jumpseat: Jumpseat, place: Place, model: str, endpoint: str
) -> None:
    run = await claude(place, jumpseat.url, model, "use 5 turns and " + CREATE.format("five"))
    assert run.code == 0, run
    assert run.file("hello.txt") == "hi there"
    assert "MARKER-five" in run.final
    billed = bill(jumpseat.sim)
    assert_one_prompt(billed, tool_turns=5)
    assert billed.endpoints == {endpoint}


async def test_a_model_that_edits_no_context(jumpseat: Jumpseat, place: Place) -> None:
    """Claude Code asks everybody for context editing; an older model refuses once, and that is remembered."""
    run = await claude(place, jumpseat.url, "claude-opus-4.5", "use 5 turns and " + CREATE.format("old"))
    assert run.file("hello.txt") == "hi there", run
    billed = bill(jumpseat.sim)
    assert billed.refusals == ["400 /v1/messages"]
    assert billed.initiators == ["user", *["agent"] * 5]
    assert billed.paid_again == [0] * 5


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("sonnet", "claude-sonnet-5"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4.5"),
        ("claude-haiku-4-5", "claude-haiku-4.5"),
        ("claude-opus-5[1m]", "claude-opus-5"),
        ("claude-opus-5-5", "claude-opus-5"),
    ],
)
async def test_names_that_it_sends(jumpseat: Jumpseat, place: Place, asked: str, served: str) -> None:
    run = await claude(place, jumpseat.url, asked, "say: MARKER-name")
    assert "MARKER-name" in run.final, run
    assert {entry.model for entry in bill(jumpseat.sim).work} == {served}


async def test_long_context_is_not_asked_of_a_model_without_it(jumpseat: Jumpseat, place: Place) -> None:
    """Claude Code sends the flag for this name; upstream would refuse it."""
    run = await claude(place, jumpseat.url, "claude-sonnet-4.5[1m]", "say: MARKER-short")
    assert "MARKER-short" in run.final, run
    assert "context-1m" not in bill(jumpseat.sim).work[0].headers["anthropic-beta"]


async def test_a_second_prompt_is_a_second_prompt(jumpseat: Jumpseat, place: Place) -> None:
    await claude(place, jumpseat.url, "claude-sonnet-5", CREATE.format("one"))
    run = await claude(
        place, jumpseat.url, "claude-sonnet-5", "run: echo again > again.txt\nMARKER-two", "--continue"
    )
    assert run.file("again.txt") == "again\n", run
    billed = bill(jumpseat.sim)
    assert billed.initiators == ["user", "agent", "user", "agent"]
    assert billed.paid_again == [0] * 3


@pytest.mark.parametrize("model", ONE_OF_EACH)
async def test_two_tools_at_once(jumpseat: Jumpseat, place: Place, model: str) -> None:
    task = "in parallel create file a.txt with content `a` and create file b.txt with content `b` MARKER-both"
    run = await claude(place, jumpseat.url, model, task)
    assert (run.file("a.txt"), run.file("b.txt")) == ("a", "b"), run
    assert "MARKER-both" in run.final
    assert_one_prompt(bill(jumpseat.sim), tool_turns=1)


@pytest.mark.parametrize("model", ONE_OF_EACH)
async def test_an_image_read_from_disk_reaches_the_model(
    jumpseat: Jumpseat, place: Place, model: str
) -> None:
    (place.work / "dot.png").write_bytes(PNG)
    run = await claude(place, jumpseat.url, model, "read dot.png MARKER-seen")
    assert "MARKER-seen" in run.final, run
    billed = bill(jumpseat.sim)
    assert [entry.is_vision for entry in billed.work] == [False, True]
    assert_one_prompt(billed, tool_turns=1)


@pytest.mark.parametrize("model", [*ONE_OF_EACH, "claude-haiku-4.5"])
async def test_tools_loaded_on_demand(jumpseat: Jumpseat, place: Place, model: str) -> None:
    """ToolSearch answers with references, and what they name is called next."""
    search = 'call ToolSearch {"query": "select:TodoWrite,NotebookEdit", "max_results": 5}'
    run = await claude(place, jumpseat.url, model, f"{search}\nrun: echo on > on.txt\nMARKER-loaded")
    assert run.file("on.txt") == "on\n", run
    assert "MARKER-loaded" in run.final
    assert bill(jumpseat.sim).initiators == ["user", "agent", "agent"]


@pytest.mark.parametrize("model", ["claude-sonnet-5", "gpt-4.1"])
async def test_a_subagent_is_nobodys_prompt(jumpseat: Jumpseat, place: Place, model: str) -> None:
    inner = "create file sub.txt with content `sub` MARKER-inner"
    task = (
        'call Agent {"description": "sub", "subagent_type": "general-purpose", "run_in_background": false, '
        f'"prompt": "{inner}"}} MARKER-outer'
    )
    run = await claude(place, jumpseat.url, model, task)
    assert run.file("sub.txt") == "sub", run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 1
    assert {(entry.initiator, entry.interaction_type) for entry in billed.side} == {
        ("agent", "conversation-subagent")
    }


@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-sonnet-4.5", "gpt-4.1"])
async def test_a_subagent_that_outlives_the_answer(jumpseat: Jumpseat, place: Place, model: str) -> None:
    """Claude Code goes on by itself when the subagent is done."""
    inner = "run: sleep 1; echo sub > sub.txt\\nMARKER-inner"
    task = (
        'call Agent {"description": "sub", "subagent_type": "general-purpose", "run_in_background": true, '
        f'"prompt": "{inner}"}} MARKER-outer'
    )
    run = await claude(place, jumpseat.url, model, task)
    assert run.file("sub.txt") == "sub\n", run
    assert bill(jumpseat.sim).prompts == 1


async def test_its_web_search_is_nobodys_prompt(jumpseat: Jumpseat, place: Place) -> None:
    """The search is a request of its own, to a model that can; others say at once that they cannot."""
    task = 'call WebSearch {"query": "jumpseat"} MARKER-searched'
    run = await claude(place, jumpseat.url, "gpt-5.5", task, ENABLE_TOOL_SEARCH="false")
    assert "MARKER-searched" in run.final, run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 1
    assert [entry.body["tools"][0]["type"] for entry in billed.side] == ["web_search"]


async def test_another_model_searches_for_one_that_cannot(
    installed: None, sim: SimulatedCopilot, tmp_path: Path, place: Place
) -> None:
    """With the setting on Claude Code counts the search and gets the pages that were found."""
    task = 'call WebSearch {"query": "jumpseat"} MARKER-searched'
    async with running(sim, tmp_path / "jumpseat", models={"web_search_model": "auto"}) as jumpseat:
        run = await claude(place, jumpseat.url, "claude-sonnet-5", task, ENABLE_TOOL_SEARCH="false")
    assert "MARKER-searched" in run.final, run
    billed = bill(sim)
    assert billed.prompts == 1
    assert [(entry.model, entry.body["tools"][0]["type"]) for entry in billed.side] == [
        ("gpt-5-mini", "web_search")
    ]
    results = json.dumps([entry.body["messages"] for entry in billed.work])
    assert "https://example.com/" in results
    assert "No links found" not in results


async def test_compacting_is_nobodys_prompt(jumpseat: Jumpseat, place: Place) -> None:
    await claude(place, jumpseat.url, "claude-sonnet-5", "use 2 turns MARKER-long")
    await claude(place, jumpseat.url, "claude-sonnet-5", "/compact", "--continue")
    billed = bill(jumpseat.sim)
    assert billed.prompts == 1
    assert {entry.interaction_type for entry in billed.side} == {"conversation-compaction"}


async def test_an_exhausted_quota_is_told_at_once(jumpseat: Jumpseat, place: Place) -> None:
    jumpseat.sim.faults.add("status", status=402, times=20)
    run = await claude(place, jumpseat.url, "claude-sonnet-5", "say: hello")
    assert "You have no quota" in run.final, run
    assert len(bill(jumpseat.sim).refusals) == 1


@pytest.mark.parametrize("model", ["claude-sonnet-5", "gpt-4.1"])
async def test_its_context_page_counts_thirty_times(jumpseat: Jumpseat, place: Place, model: str) -> None:
    run = await claude(place, jumpseat.url, model, "/context")
    assert run.code == 0, run
    counts = [record.as_json() for record in jumpseat.seat.records.all()]
    assert len(counts) > 10
    assert {(count["path"], count["status"]) for count in counts} == {("/v1/messages/count_tokens", 200)}
    assert bill(jumpseat.sim).prompts == 0


@pytest.mark.parametrize("kind", ["reset_mid", "close_early", "error_event"])
@pytest.mark.parametrize("model", ONE_OF_EACH)
async def test_a_broken_stream_is_asked_again_and_nothing_is_done_twice(
    jumpseat: Jumpseat, place: Place, model: str, kind: str
) -> None:
    jumpseat.sim.faults.add(kind, after=2)
    run = await claude(place, jumpseat.url, model, "run: echo once >> log.txt\nMARKER-cut")
    assert run.file("log.txt") == "once\n", run
    assert "MARKER-cut" in run.final
    assert len(bill(jumpseat.sim).work) == 3


async def test_signed_out_is_told_at_once(jumpseat: Jumpseat, place: Place) -> None:
    """A 403, which Claude Code shows and does not try again; it retries a 401 for minutes."""
    jumpseat.sim.revoke(jumpseat.sim.github_token)
    run = await claude(place, jumpseat.url, "claude-sonnet-5", "say: hello")
    assert run.seconds < 20
    assert "jumpseat login" in run.final, run


async def test_a_conversation_too_long_is_compacted(jumpseat: Jumpseat, place: Place) -> None:
    """On upstream's refusal, in the words that the tool looks for; the summary is nobody's prompt."""
    await claude(place, jumpseat.url, "claude-sonnet-5", "use 2 turns MARKER-long")
    jumpseat.sim.faults.add("status", status=400, model="claude-sonnet-5", body=TOO_LONG)
    run = await claude(place, jumpseat.url, "claude-sonnet-5", "say: MARKER-after", "--continue")
    assert "MARKER-after" in run.final, run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 2
    assert "conversation-compaction" in {entry.interaction_type for entry in billed.side}
