"""No body, however odd, makes the deciding and repairing functions fail in an unexpected way."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repair_bodies import BODIES, GEMINI, GPT, HAIKU, JSON, OPUS, PLAIN, rules

from tray_app.dialects import content_rules, faults
from tray_app.dialects.peek import peek_chat, peek_messages, peek_responses
from tray_app.dialects.table import CHAT, MESSAGES
from tray_app.dialects.upstream_faults import read_refusal
from tray_app.errors import JumpseatError

FORMS = (MESSAGES, CHAT)
MODELS = st.sampled_from((OPUS, HAIKU, PLAIN, GPT, GEMINI))
REFUSALS = st.sampled_from(
    (
        "messages.1.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01.",
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "messages.1: Invalid `data` in `redacted_thinking` block",
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive"',
        "adaptive thinking is not supported on this model",
        "Thinking may not be enabled when tool_choice forces tool use.",
        "context_management: Extra inputs are not permitted",
        "tools.0.custom.eager_input_streaming: Extra inputs are not permitted",
        "messages.0.content.0.text.url: Extra inputs are not permitted",
        "This model does not support assistant message prefill.",
        "temperature and top_p cannot both be specified",
        "output_config.effort is invalid",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'",
        "Unsupported parameter: 'max_completion_tokens' is not supported with this model.",
        "type has to be either 'image_url' or 'text'",
        "Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header",
        "Unknown parameter: 'stop'",
        "metadata is wrong",
        "role 'developer' is not supported",
        "failed to parse request",
        "",
    )
)


@given(
    body=BODIES | JSON,
    headers=st.dictionaries(st.sampled_from(("x-initiator", "x-codex-turn-metadata")), st.text()),
)
@settings(max_examples=150, deadline=None)
def test_peek_raises_only_its_own_errors(body: Any, headers: dict[str, str]) -> None:
    for peek in (peek_chat, peek_messages, peek_responses):
        try:
            seen = peek(copy.deepcopy(body), headers)
        except JumpseatError:
            continue
        else:
            assert seen.initiator in ("user", "agent")


@given(body=BODIES, model=MODELS, long=st.booleans())
@settings(max_examples=200, deadline=None)
def test_before_raises_only_its_own_errors_and_is_done_after_one_pass(
    body: Any, model: Any, long: bool
) -> None:
    for form in FORMS:
        given_rules = rules(model, extend_cache_ttl=long)
        try:
            once = form.before(copy.deepcopy(body), given_rules)
        except JumpseatError:
            continue
        first = copy.deepcopy(once.body)
        again = form.before(once.body, given_rules)
        assert again.body == first
        assert (again.repairs, again.notes) == ([], [])
        assert (again.betas, again.has_image) == (once.betas, once.has_image)


@given(body=BODIES, model=MODELS, status=st.sampled_from((400, 413, 422, 503)), text=REFUSALS)
@settings(max_examples=200, deadline=None)
def test_after_changes_something_leaves_the_original_and_comes_to_an_end(
    body: Any, model: Any, status: int, text: str
) -> None:
    for form in FORMS:
        given_rules = rules(model)
        sent = body
        for _ in range(30):
            before = copy.deepcopy(sent)
            recovery = form.after(sent, status, text, given_rules)
            assert sent == before
            if recovery is None:
                break
            assert recovery.body != sent or recovery.betas is not None
            if recovery.learned:
                given_rules.memory.learn(model.id, recovery.learned)
            sent = recovery.body
        else:
            pytest.fail(f"{form.name} repaired for ever: {recovery}")


@given(body=BODIES, text=st.text(max_size=8))
@settings(max_examples=100, deadline=None)
def test_content_rules_never_fail(body: Any, text: str) -> None:
    for dialect in ("chat", "responses", "messages", "gemini"):
        changed = copy.deepcopy(body)
        content_rules.apply(
            dialect,
            changed,
            remove=[text],
            add=[text],
            suffix_remove=[text],
            extra_prompt=text,
            effort="high",
        )


@given(
    status=st.sampled_from((200, 400, 401, 402, 413, 421, 429, 466, 500)), body=st.binary(max_size=80) | JSON
)
@settings(max_examples=150, deadline=None)
def test_every_error_body_becomes_a_fault(status: int, body: Any) -> None:
    raw = body if isinstance(body, bytes) else repr(body).replace("'", '"').encode()
    fault = read_refusal(status, "text/plain", raw, {})
    assert fault.status >= 400
    assert fault.message
    for dialect in ("chat", "responses", "messages", "gemini"):
        assert "error" in faults.render(dialect, fault)
