"""One prompt by a person is one billed prompt, whatever the tools do after it (copilot-wire 3.4)."""

import pytest
from loops import DIALECTS, WAYS, colourfully, commands, initiators, plainly, work

REMINDER = "<system-reminder>The file changed on disk.</system-reminder>"
ROUNDS = ["user", *["agent"] * 5]


@pytest.mark.parametrize(("dialect", "model", "stream"), WAYS)
async def test_five_tool_turns_bill_one_prompt(sim, jumpseat, talk, dialect, model, stream):
    """Pictures in the results make translated bodies end with a user's message, which changes nothing."""
    conversation = talk(dialect, model, stream=stream)
    await work(conversation, commands(5), colourfully)
    assert initiators(sim) == ROUNDS
    await work(conversation, commands(5, "date"), plainly)
    assert initiators(sim) == ROUNDS * 2
    assert [row.initiator for row in jumpseat.seat.records.all()] == ROUNDS * 2
    stats = (await jumpseat.get("/api/stats")).json
    assert (stats["user_initiated"], stats["agent_initiated"]) == (2, 10)
    multiplier = sim.state.models[model].multiplier
    assert sum(entry.premium for entry in sim.ledger) == 2 * multiplier


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.3-codex", "claude-opus-5", "claude-opus-4.5"])
async def test_reminders_beside_results_are_not_a_person(sim, talk, model):
    await work(talk("messages", model), commands(3), plainly, REMINDER, "Tool loaded.")
    assert initiators(sim) == ["user", "agent", "agent", "agent"]


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.3-codex", "claude-opus-5"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_person_who_speaks_up_beside_results_is_billed(sim, talk, dialect, model):
    conversation = talk(dialect, model)
    turn = await conversation.say(commands(2))
    await conversation.answer(plainly(turn.calls), "Wait, run: pwd instead")
    assert initiators(sim) == ["user", "user"]


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.3-codex", "claude-opus-4.5"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("said", ["agent", "user"])
async def test_a_client_that_knows_its_turns_is_believed(sim, jumpseat, talk, dialect, model, said):
    conversation = talk(dialect, model, headers={"X-Initiator": said})
    await work(conversation, commands(1))
    assert initiators(sim) == [said, said]
    assert jumpseat.last["initiator_source"] == "client"


MARKS = {
    "codex-compaction": ("responses", {"x-codex-turn-metadata": '{"request_kind": "compaction"}'}),
    "codex-subagent": ("responses", {"x-openai-subagent": "review"}),
    "copilot-subagent": ("chat", {"x-interaction-type": "conversation-subagent"}),
    "copilot-background": ("messages", {"x-interaction-type": "conversation-background"}),
}


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.3-codex", "claude-opus-5"])
@pytest.mark.parametrize("mark", MARKS)
async def test_calls_that_a_client_marks_as_its_own_are_the_agents(sim, talk, mark, model):
    dialect, headers = MARKS[mark]
    await talk(dialect, model, headers=headers).say("Summarise this conversation.")
    assert initiators(sim) == ["agent"]


async def test_a_marked_subagent_of_claude_code_is_the_agents(sim, jumpseat):
    billing = "x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli; cc_is_subagent=true;"
    for model in ("claude-opus-5", "gpt-4.1"):
        body = {
            "model": model,
            "max_tokens": 100,
            "system": [{"type": "text", "text": billing}, {"type": "text", "text": "You are an agent."}],
            "messages": [{"role": "user", "content": "Look for the bug."}],
        }
        assert (await jumpseat.post("/v1/messages", body)).status == 200
    assert initiators(sim) == ["agent", "agent"]
    assert all("billing-header" not in str(entry.body) for entry in sim.ledger)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_old_answers_in_the_history_do_not_hide_a_prompt(sim, talk, dialect):
    """Peers that scan the whole history bill only the first prompt ever."""
    conversation = talk(dialect, "gpt-5-mini")
    for _ in range(3):
        await conversation.say("say: hello")
    assert initiators(sim) == ["user"] * 3


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_retry_of_a_refused_request_keeps_its_initiator(sim, talk, dialect):
    sim.faults.add("status", status=503)
    conversation = talk(dialect, "claude-opus-5")
    await work(conversation, commands(1))
    assert initiators(sim) == ["user", "agent"]
