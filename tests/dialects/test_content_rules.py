"""The owner's rules, applied to a body of each dialect."""

import copy
from typing import Any

import pytest

from tray_app.dialects import content_rules

ASK = {"role": "user", "content": "secret"}
PROMPTS = {
    "chat": ("chat", {"messages": [{"role": "system", "content": "a secret b"}, ASK]}),
    "chat parts": (
        "chat",
        {"messages": [{"role": "developer", "content": [{"type": "text", "text": "a secret b"}]}, ASK]},
    ),
    "messages string": ("messages", {"system": "a secret b", "messages": [ASK]}),
    "messages blocks": ("messages", {"system": [{"type": "text", "text": "a secret b"}], "messages": [ASK]}),
    "responses instructions": ("responses", {"instructions": "a secret b", "input": [ASK]}),
    "responses input": (
        "responses",
        {"input": [{"role": "developer", "content": [{"type": "input_text", "text": "a secret b"}]}, ASK]},
    ),
    "gemini": ("gemini", {"systemInstruction": {"parts": [{"text": "a secret b"}]}, "contents": []}),
    "gemini, snake case": ("gemini", {"system_instruction": "a secret b", "contents": []}),
}


@pytest.mark.parametrize(("dialect", "body"), PROMPTS.values(), ids=PROMPTS.keys())
def test_texts_leave_and_join_the_system_prompt_only(dialect: Any, body: dict[str, Any]) -> None:
    changed = copy.deepcopy(body)
    notes = content_rules.apply(
        dialect, changed, remove=["secret"], add=["rule one"], extra_prompt="rule two"
    )
    assert "a secret b" not in str(changed)
    assert "rule one\\n\\nrule two" in str(changed) or "rule one\n\nrule two" in str(changed)
    assert str(changed).count("secret") == str(body).count("secret") - 1
    assert len(notes) == 2


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("chat", {"messages": [ASK]}),
        ("messages", {"messages": [ASK]}),
        ("responses", {"input": "hi"}),
        ("gemini", {"contents": []}),
    ],
)
def test_a_prompt_is_added_where_there_was_none(dialect: Any, body: dict[str, Any]) -> None:
    assert content_rules.apply(dialect, body, add=["be brief"])
    assert "be brief" in str(body)


RESULTS = {
    "chat": ("chat", {"messages": [{"role": "tool", "tool_call_id": "c", "content": "out\n[ad]\n"}]}),
    "messages string": (
        "messages",
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "out\n[ad]"}]}]},
    ),
    "messages blocks": (
        "messages",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "content": [{"type": "text", "text": "out\n[ad]"}]}],
                }
            ]
        },
    ),
    "responses": ("responses", {"input": [{"type": "function_call_output", "output": "out\n[ad]"}]}),
    "responses custom": (
        "responses",
        {
            "input": [
                {"type": "custom_tool_call_output", "output": [{"type": "input_text", "text": "out\n[ad]"}]}
            ]
        },
    ),
    "gemini": (
        "gemini",
        {"contents": [{"parts": [{"functionResponse": {"response": {"output": "out\n[ad]"}}}]}]},
    ),
}


@pytest.mark.parametrize(("dialect", "body"), RESULTS.values(), ids=RESULTS.keys())
def test_endings_of_tool_results(dialect: Any, body: dict[str, Any]) -> None:
    assert len(content_rules.apply(dialect, body, suffix_remove=["[ad]"])) == 1
    assert "[ad]" not in str(body)
    assert "out" in str(body)


EFFORTS = {
    "chat": ("chat", {}, {"reasoning_effort": "high"}),
    "chat, named": ("chat", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
    "responses": (
        "responses",
        {"reasoning": {"summary": "auto"}},
        {"reasoning": {"summary": "auto", "effort": "high"}},
    ),
    "responses, named": ("responses", {"reasoning": {"effort": "low"}}, {"reasoning": {"effort": "low"}}),
    "messages": ("messages", {}, {"output_config": {"effort": "high"}}),
    "messages, a budget": ("messages", {"thinking": {"type": "enabled"}}, {"thinking": {"type": "enabled"}}),
    "messages, switched off": (
        "messages",
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "disabled"}},
    ),
    "gemini": ("gemini", {}, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}}),
    "gemini, a budget": (
        "gemini",
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
    ),
}


@pytest.mark.parametrize(("dialect", "body", "expected"), EFFORTS.values(), ids=EFFORTS.keys())
def test_effort_only_where_the_client_names_none(dialect: Any, body: Any, expected: Any) -> None:
    content_rules.apply(dialect, body, effort="high")
    assert body == expected


def test_without_rules_nothing_changes() -> None:
    body = {"messages": [ASK]}
    assert content_rules.apply("chat", body) == []
    assert body == {"messages": [ASK]}
