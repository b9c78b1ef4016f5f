"""Oddities that the wire reference tells of: named refusals, sign-in faults, catalog fields, streams."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from plain_client import SHELL, WRITE, Seat, asking, tools

from tray_app.simulated import SimulatedCopilot
from tray_app.simulated.ledger import LedgerEntry
from tray_app.simulated.presets import PRESETS

CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
TOKEN, SEAT_PAGE = "/copilot_internal/v2/token", "/copilot_internal/user"
ASK = {"role": "user", "content": "hi"}


async def wish(seat: Seat, **fault: Any) -> None:
    """A fault as another process asks for it."""
    async with seat.http.post(seat.sim.github_url + "/_sim/faults", json=fault) as response:
        assert response.status == 200, await response.text()


async def stream(seat: Seat, path: str, model: str, prompt: str, **more: Any) -> list[Any]:
    answer = await seat.post(path, asking(path, model, prompt, stream=True, **more))
    assert answer.status == 200, answer.text
    return answer.events


async def page(seat: Seat, login: str, plan: str) -> Any:
    token = seat.sim.add_account(login, plan)
    await seat.sign_in(token)
    return (await seat.get(seat.sim.github_api_url + SEAT_PAGE, {"Authorization": f"token {token}"})).json


# Sign-in


@pytest.mark.parametrize("path", ["/login/device/code", "/login/oauth/access_token"])
@pytest.mark.parametrize("fault", [{"kind": "status", "preset": "502"}, {"kind": "html_502"}])
async def test_sign_in_breaks_down_on_demand(seat: Seat, path: str, fault: dict[str, Any]) -> None:
    await wish(seat, path=path, **fault)
    async with seat.http.post(seat.sim.github_url + path, json={}) as response:
        assert response.status == 502
    async with seat.http.post(seat.sim.github_url + path, json={}) as response:
        assert response.status == 200


@pytest.mark.parametrize("preset", ["no_copilot_access", "billing_locked", "bad_credentials", "not_found"])
async def test_the_exchange_refuses_by_name(seat: Seat, preset: str) -> None:
    await wish(seat, kind="status", path=TOKEN, preset=preset)
    answer = await seat.sign_in()
    assert (answer.status, answer.json) == PRESETS[preset]


async def test_fine_grained_tokens_are_never_exchanged(sim: SimulatedCopilot, seat: Seat) -> None:
    token = sim.add_account("hubot", prefix="github_pat_")
    answer = await seat.sign_in(token)
    assert (answer.status, "Resource not accessible" in answer.text) == (403, True)
    headers = {"Authorization": f"Bearer {token}", "Copilot-Integration-Id": "copilot-developer-cli"}
    assert (await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"), headers)).status == 200


async def test_optional_fields_of_other_types(sim: SimulatedCopilot, seat: Seat) -> None:
    await wish(seat, kind="odd_fields", path=TOKEN)
    body = (await seat.sign_in()).json
    assert (body["sku"], body["user_notification"]) == (7, "hello")
    assert {"token", "expires_at", "refresh_in"} <= set(body)
    sim.faults.add("odd_fields", SEAT_PAGE)
    headers = {"Authorization": f"token {sim.github_token}"}
    odd = (await seat.get(sim.github_api_url + SEAT_PAGE, headers)).json
    assert odd["quota_snapshots"]["chat"] is None


async def test_a_free_seat_tells_what_is_left_in_the_token(sim: SimulatedCopilot, seat: Seat) -> None:
    body = (await seat.sign_in(sim.add_account("mona", "free"))).json
    assert body["limited_user_quotas"] == {"chat": 200, "completions": 2000}
    assert isinstance(body["limited_user_reset_date"], int)
    assert "proxy-ep=" in body["token"]


# Headers


@pytest.mark.parametrize("editor", ["vscode/", "vscode/latest", "emacs/29.1", "vscode 1.2.3"])
async def test_editors_without_a_version(seat: Seat, editor: str) -> None:
    answer = await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"), {"Editor-Version": editor})
    assert (answer.status, "unknown Editor-Version" in answer.text) == (400, True)


async def test_an_integration_without_the_newest_models(seat: Seat) -> None:
    other = {"Copilot-Integration-Id": "copilot-language-server"}
    answer = await seat.post(CHAT, asking(CHAT, "claude-opus-5", "hi"), other)
    assert 'not available for integrator "copilot-language-server"' in answer.json["error"]["message"]
    assert (await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"), other)).status == 200


async def test_an_auto_mode_session_lasts_an_hour(sim: SimulatedCopilot, seat: Seat) -> None:
    session = (await seat.post("/models/session", {"auto_mode": {"model_hints": ["auto"]}})).json
    sim.state.token_life = 9000
    await seat.sign_in()
    selector = {"Copilot-Session-Token": session["session_token"]}
    assert (await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"), selector)).status == 200
    sim.advance(3601)
    answer = await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"), selector)
    assert (answer.status, answer.text) == (401, "Invalid auto-mode selector\n")


async def test_an_initiator_that_is_no_word_is_a_person(seat: Seat) -> None:
    await seat.post(CHAT, asking(CHAT, "claude-haiku-4.5", "hi"), {"X-Initiator": "robot"})
    assert (seat.sim.ledger[-1].initiator, seat.sim.ledger[-1].premium) == ("user", 0.33)


# Catalog


def paths(value: Any, path: str = "") -> set[str]:
    """Every key of nested objects, dotted."""
    if not isinstance(value, dict):
        return set()
    return {f"{path}{key}" for key in value}.union(*(paths(value[key], f"{path}{key}.") for key in value))


async def test_every_field_of_the_catalog_appears_and_is_missing_somewhere(seat: Seat) -> None:
    entries = (await seat.get(seat.sim.api_url + "/models", seat.headers)).json["data"]
    assert 40 <= len(entries) <= 80
    seen = set().union(*map(paths, entries))
    supports = (
        "streaming tool_calls parallel_tool_calls structured_outputs vision prediction thinking dimensions "
        "adaptive_thinking min_thinking_budget max_thinking_budget reasoning_effort web_search tool_search "
        "context_editing"
    )
    billing = "is_premium multiplier restricted_to auto_discount promo token_prices"
    top = (
        "model_picker_category model_picker_price_category is_chat_default is_chat_fallback "
        "supported_endpoints policy.state policy.terms warning_messages info_messages custom_model.key_name "
        "custom_model.owner_name "
        "capabilities.limits.max_inputs capabilities.limits.max_non_streaming_output_tokens "
        "capabilities.limits.vision.max_prompt_image_size billing.token_prices.long_context.context_max"
    )
    wanted = {f"capabilities.supports.{name}" for name in supports.split()}
    wanted |= {f"billing.{name}" for name in billing.split()} | set(top.split())
    assert wanted - seen == set()
    for name in ("supported_endpoints", "policy", "billing", "model_picker_category"):
        assert any(name not in entry for entry in entries)
    assert any("limits" not in entry["capabilities"] for entry in entries)
    efforts = [entry["capabilities"].get("supports", {}).get("reasoning_effort") for entry in entries]
    assert [] in efforts
    assert None in efforts
    assert {entry["policy"]["state"] for entry in entries if "policy" in entry} == {
        "enabled",
        "disabled",
        "unconfigured",
    }
    assert {entry["capabilities"]["type"] for entry in entries} == {"chat", "embeddings", "completion"}


async def test_completion_models_are_listed_only(seat: Seat) -> None:
    error = (await seat.post(CHAT, asking(CHAT, "gpt-41-copilot", "hi"))).json["error"]
    assert error["message"] == "Model is not supported for this request."


# Errors


async def test_content_types_of_errors_vary(seat: Seat) -> None:
    types = set()
    for change in (
        {"n": 2},
        {"messages": []},
        {"tools": []},
        {"service_tier": "auto"},
        {"max_tokens": 99_999},
    ):
        answer = await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi") | change)
        assert answer.json["error"]["message"]
        types.add(answer.headers["content-type"].split(";")[0])
    assert types == {"text/plain", "application/json"}


async def test_an_envelope_inside_a_string(seat: Seat) -> None:
    found = set()
    for change in (
        {"speed": 1},
        {"container": "x"},
        {"inference_geo": "eu"},
        {"mcp_servers": []},
        {"stop_details": 1},
    ):
        for _ in range(3):
            error = (await seat.post(MESSAGES, asking(MESSAGES, "claude-opus-5", "hi") | change)).json
            message = error.get("message") or error["error"]["message"]
            found.add("nested" if message.startswith("{") else "plain")
            if message.startswith("{"):
                assert "Extra inputs" in json.loads(message)["error"]["message"]
    assert found == {"nested", "plain"}


@pytest.mark.parametrize(
    ("preset", "status"),
    [
        ("overage_limit_reached", 402),
        ("billing_not_configured", 402),
        ("user_global_rate_limited:enterprise", 429),
        ("invalid_encrypted_content", 400),
        ("encrypted_function_output", 400),
        ("previous_response_not_found", 400),
        ("rate_limited_400", 400),
    ],
)
async def test_recoverable_errors_by_name_over_http(seat: Seat, preset: str, status: int) -> None:
    await wish(seat, kind="status", preset=preset)
    answer = await seat.post(RESPONSES, asking(RESPONSES, "gpt-5.2", "hi"))
    assert answer.status == status
    assert ("retry-after" in answer.headers) == (status == 402)
    assert ("x-ratelimit-exceeded" in answer.headers) == (status == 429)


# Streams


async def test_reasoning_under_other_names(seat: Seat) -> None:
    for model, name in (("kimi-k2.5", "reasoning_content"), ("mai-code-1", "reasoning"),
                        ("gpt-5.1-chat", "cot_summary")):  # fmt: skip
        events = await stream(seat, CHAT, model, "think about it")
        deltas = [choice["delta"] for event in events for choice in event["choices"]]
        assert any(name in delta for delta in deltas)
        first = {key: n for n, delta in reversed(list(enumerate(deltas))) for key in delta if delta[key]}
        assert (first[name] > first["content"]) == (model == "mai-code-1")


async def test_kimi_counts_its_calls(seat: Seat) -> None:
    body = asking(CHAT, "kimi-k2.5", "run: ls", tools=tools(CHAT, bash=SHELL))
    message = (await seat.post(CHAT, body)).json["choices"][0]["message"]
    assert [call["id"] for call in message["tool_calls"]] == ["functions.bash:0"]
    message["tool_calls"][0]["id"] = "toolu_1"
    again = [*body["messages"], message, {"role": "tool", "tool_call_id": "toolu_1", "content": "x"}]
    assert "not valid" in (await seat.post(CHAT, body | {"messages": again})).text
    assert "only 1 is allowed" in (await seat.post(CHAT, body | {"temperature": 0.1})).text


async def test_annotations_in_deltas(seat: Seat) -> None:
    events = await stream(seat, CHAT, "gpt-5.2", "say: hi")
    assert any("copilot_annotations" in choice["delta"] for event in events for choice in event["choices"])
    deltas = [event.get("delta", {}) for event in await stream(seat, MESSAGES, "claude-sonnet-5", "say: hi")]
    assert any("copilot_annotations" in delta for delta in deltas)


async def test_copilot_errors_beside_null_choices(seat: Seat) -> None:
    await wish(seat, kind="error_event", form="copilot", after=2)
    events = await stream(seat, CHAT, "gpt-4.1", "say: hi")
    assert events[-1]["choices"] is None
    assert events[-1]["copilot_errors"][0]["message"] == "internal server error"


async def test_finish_reasons_on_demand(seat: Seat) -> None:
    await wish(seat, kind="finish", path=CHAT)
    await wish(seat, kind="finish", path=MESSAGES, reason="pause_turn")
    events = await stream(seat, CHAT, "gpt-4.1", "say: hi")
    assert "error" in [choice.get("finish_reason") for event in events for choice in event["choices"]]
    assert (await stream(seat, MESSAGES, "claude-opus-5", "hi"))[-2]["delta"]["stop_reason"] == "pause_turn"


@pytest.mark.parametrize(("path", "model"), [(CHAT, "claude-opus-5"), (MESSAGES, "claude-opus-5")])
async def test_a_call_leaks_as_text(seat: Seat, path: str, model: str) -> None:
    await wish(seat, kind="leaked_call")
    answer = await seat.post(path, asking(path, model, "run: ls", tools=tools(path, bash=SHELL)))
    assert '<invoke name=\\"bash\\">' in answer.text
    assert '"end_turn"' in answer.text or '"stop"' in answer.text


async def test_every_event_has_its_own_blob(seat: Seat) -> None:
    include = {"include": ["reasoning.encrypted_content"]}
    events = await stream(seat, RESPONSES, "gpt-5.3-codex", "think", **include)
    items = [event["item"] for event in events if "item" in event and event["item"]["type"] == "reasoning"]
    items.append(events[-1]["response"]["output"][0])
    blobs = [item["encrypted_content"] for item in items]
    assert len(items) == len(set(blobs)) == 3
    for item in items:
        again = await seat.post(RESPONSES, {"model": "gpt-5.3-codex", "input": [ASK, item, ASK]})
        assert again.status == 200, again.text
    crossed = items[1] | {"encrypted_content": blobs[2]}
    again = await seat.post(RESPONSES, {"model": "gpt-5.3-codex", "input": [ASK, crossed, ASK]})
    assert "did not match the target item id" in again.text


async def test_the_rest_of_the_vocabulary(seat: Seat) -> None:
    searching = {"tools": [{"type": "web_search"}]}
    kinds = {
        event["type"] for event in await stream(seat, RESPONSES, "gpt-5.5", "search the web", **searching)
    }
    aloud = await stream(seat, RESPONSES, "gpt-5.4", "think", reasoning={"effort": "high"})
    refused = await stream(seat, RESPONSES, "gpt-5.4", "please refuse")
    kinds |= {event["type"] for event in aloud + refused}
    named = (
        "queued output_text.annotation.added refusal.delta refusal.done reasoning_text.delta "
        "reasoning_text.done web_search_call.in_progress web_search_call.searching web_search_call.completed"
    )
    assert {f"response.{name}" for name in named.split()} | {"keepalive"} <= kinds


async def test_a_compaction_trigger_stands_last(seat: Seat) -> None:
    items = [{"type": "compaction_trigger"}, ASK]
    answer = await seat.post(RESPONSES, {"model": "gpt-5.5", "input": items})
    assert "must be the last" in answer.json["error"]["message"]


async def test_redacted_thinking_goes_back(seat: Seat) -> None:
    body = asking(MESSAGES, "claude-opus-5", "think in secret", thinking={"type": "adaptive"})
    content = (await seat.post(MESSAGES, body)).json["content"]
    assert content[0]["type"] == "redacted_thinking"
    again = [*body["messages"], {"role": "assistant", "content": content}, ASK]
    assert (await seat.post(MESSAGES, body | {"messages": again})).status == 200


async def test_tool_arguments_come_in_one_burst_after_a_silence(seat: Seat) -> None:
    """The clock is asked how often, not how long."""
    seat.sim.state.rate = 200
    loop = asyncio.get_running_loop()
    prompt = f'create file a.txt with content "{"x" * 800}"'
    body = asking(MESSAGES, "claude-opus-5", prompt, stream=True, tools=tools(MESSAGES, Write=WRITE))
    pieces: list[tuple[float, bytes]] = []
    url = seat.sim.api_url + MESSAGES
    async with seat.http.post(url, json=body, headers=seat.headers) as response:
        async for piece in response.content.iter_any():
            pieces.append((loop.time(), piece))
    (burst,) = (n for n, (_, piece) in enumerate(pieces) if b"input_json_delta" in piece)
    assert pieces[burst][1].count(b"input_json_delta") > 40
    assert pieces[burst][0] - pieces[burst - 1][0] > 40 / 200


# Quota and bills


async def test_the_seat_page_in_all_shapes(seat: Seat) -> None:
    free = (await page(seat, "a", "free"))["quota_snapshots"]
    assert (free["chat"]["entitlement"], free["completions"]["entitlement"]) == (200, 2000)
    assert free["premium_interactions"]["has_quota"] is False
    old = await page(seat, "b", "free_legacy")
    assert "quota_snapshots" not in old
    assert old["limited_user_quotas"] == {"chat": 50, "completions": 2000}
    assert old["monthly_quotas"]["chat"] == 50
    pooled = await page(seat, "c", "unlimited")
    assert pooled["quota_snapshots"]["premium_interactions"]["unlimited"] is True
    seat.sim.exhaust_quota("c")
    assert (await seat.post(CHAT, asking(CHAT, "claude-opus-5", "hi"))).status == 402
    odd = (await page(seat, "d", "enterprise_inverted"))["quota_snapshots"]["premium_interactions"]
    answer = await seat.post(CHAT, asking(CHAT, "claude-opus-5", "hi"))
    rest = parse_qs(answer.headers["x-quota-snapshot-premium_interactions"])["rem"][0]
    assert (odd["percent_remaining"], rest) == (0.0, "100.0")
    assert odd["entitlement"] == 10_000_000


async def test_free_seats_pay_with_messages(seat: Seat) -> None:
    await seat.sign_in(seat.sim.add_account("mona", "free", remaining=1))
    body = asking(CHAT, "gpt-4.1", "hi")
    assert (await seat.post(CHAT, body, {"X-Initiator": "agent"})).status == 200
    assert (await seat.post(CHAT, body)).status == 200
    assert (await seat.post(CHAT, body)).json["error"]["code"] == "free_quota_exceeded"


async def test_quota_headers_only_where_it_went_well(seat: Seat) -> None:
    good = await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))
    names = [name for name in good.headers if name.startswith(("x-quota-", "x-usage-"))]
    assert {"x-usage-ratelimit-session", "x-usage-ratelimit-weekly"} < set(names)
    for answer in (
        await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi", n=2)),
        await seat.get(seat.sim.api_url + "/models", seat.headers),
    ):
        assert not [name for name in answer.headers if name.startswith(("x-quota-", "x-usage-"))]
    await wish(seat, kind="odd_quota")
    odd = await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))
    assert all(odd.headers[name] != good.headers[name] for name in names)


async def test_what_is_given_back_was_overage_first(sim: SimulatedCopilot, seat: Seat) -> None:
    await seat.sign_in(sim.add_account("hubot", "individual_pro_plus", remaining=0))
    await seat.post(CHAT, asking(CHAT, "claude-opus-5", "write 500 words"))
    entry, account = sim.ledger[-1], sim.account("hubot")
    assert account.quota.overage == pytest.approx(entry.nano_aiu / 1e9)
    account.quota.charge(0.0, -entry.nano_aiu)
    assert (account.quota.overage, account.quota.remaining) == (pytest.approx(0), pytest.approx(0))


async def test_a_chat_mark_is_read_without_marks_later(seat: Seat) -> None:
    def body(**mark: Any) -> dict[str, Any]:
        long = {"role": "system", "content": "word " * 8000, **mark}
        return {"model": "claude-opus-5", "messages": [long, ASK]}

    ledger: list[LedgerEntry] = seat.sim.ledger
    await seat.post(CHAT, body())
    await seat.post(CHAT, body(copilot_cache_control={"type": "ephemeral"}))
    await seat.post(CHAT, body())
    assert [entry.cached_tokens > 9000 for entry in ledger] == [False, False, True]
    assert [entry.cache_write_tokens > 9000 for entry in ledger] == [False, True, False]


async def test_a_chat_mark_on_a_tool_and_one_that_is_too_small(seat: Seat) -> None:
    def body(words: int, **mark: Any) -> dict[str, Any]:
        (tool,) = tools(CHAT, bash=SHELL)
        tool["function"]["description"] = "word " * words
        return asking(CHAT, "claude-opus-5", "say: hi", tools=[tool | mark])

    mark = {"copilot_cache_control": {"type": "ephemeral"}}
    for words in (8000, 1100):
        await seat.post(CHAT, body(words, **mark))
        await seat.post(CHAT, body(words))
    assert [entry.cached_tokens > 1000 for entry in seat.sim.ledger] == [False, True, False, False]
