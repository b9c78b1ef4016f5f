"""The simulated model as an agent: it uses what the client offers, waits, and ends with the marker."""

import json
from typing import Any

import pytest
from plain_client import SHELL, WRITE, Seat, asking, tools

CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
ENDPOINTS = [
    (CHAT, "gpt-4.1"),
    (CHAT, "claude-opus-5"),
    (CHAT, "gemini-3.1-pro"),
    (CHAT, "grok-code-fast-1"),
    (RESPONSES, "gpt-5.5"),
    (MESSAGES, "claude-opus-5"),
    (MESSAGES, "claude-sonnet-4.5"),
]
REMINDER = {"type": "text", "text": "<system-reminder>x</system-reminder>"}
Calls = list[tuple[str, str, dict[str, Any]]]  # id, name, arguments


def calls_in(path: str, answer: Any) -> Calls:
    if path == MESSAGES:
        return [
            (one["id"], one["name"], one["input"]) for one in answer["content"] if one["type"] == "tool_use"
        ]
    if path == RESPONSES:
        found = [item for item in answer["output"] if item["type"] == "function_call"]
        return [(item["call_id"], item["name"], json.loads(item["arguments"])) for item in found]
    found = [call for choice in answer["choices"] for call in choice["message"].get("tool_calls", [])]
    return [
        (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in found
    ]


def carry_on(path: str, body: dict[str, Any], answer: Any) -> None:
    """Append the model's turn and a result for each of its calls."""
    calls = calls_in(path, answer)
    if path == MESSAGES:
        results = [
            {"type": "tool_result", "tool_use_id": call_id, "content": "fine"} for call_id, _, _ in calls
        ]
        body["messages"] += [
            {"role": "assistant", "content": answer["content"]},
            {
                "role": "user",
                "content": [*results, {"type": "text", "text": "<system-reminder>x</system-reminder>"}],
            },
        ]
    elif path == RESPONSES:
        if isinstance(body["input"], str):
            body["input"] = [{"role": "user", "content": body["input"]}]
        outputs = [
            {"type": "function_call_output", "call_id": call_id, "output": "fine"} for call_id, _, _ in calls
        ]
        body["input"] += answer["output"] + outputs
    else:
        turn: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
        for choice in answer["choices"]:
            message = choice["message"]
            turn["content"] = turn["content"] or message.get("content")
            turn["tool_calls"] += message.get("tool_calls", [])
            if "reasoning_opaque" in message:
                turn["reasoning_opaque"] = message["reasoning_opaque"]
        results = [{"role": "tool", "tool_call_id": call_id, "content": "fine"} for call_id, _, _ in calls]
        body["messages"] += [turn, *results]


async def loop(seat: Seat, path: str, model: str, prompt: str, **schemas: Any) -> tuple[list[Calls], str]:
    """Run the turn to its end; the rounds of calls and the last answer as text."""
    body = asking(path, model, prompt, tools=tools(path, **schemas))
    rounds: list[Calls] = []
    for _ in range(20):
        answer = await seat.post(path, body, {"X-Initiator": "agent" if rounds else "user"})
        assert answer.status == 200, answer.text
        calls = calls_in(path, answer.json)
        if not calls:
            return rounds, answer.text
        rounds.append(calls)
        carry_on(path, body, answer.json)
    raise AssertionError("the loop does not end")


@pytest.mark.parametrize(("path", "model"), ENDPOINTS, ids=[f"{path} {model}" for path, model in ENDPOINTS])
async def test_a_file_is_written_and_the_marker_comes_back(seat: Seat, path: str, model: str) -> None:
    prompt = 'create file a.txt with content "hello you", then say MARKER-7f'
    rounds, last = await loop(seat, path, model, prompt, Write=WRITE, Bash=SHELL)
    assert [[call[1:] for call in calls] for calls in rounds] == [
        [("Write", {"file_path": "a.txt", "content": "hello you"})]
    ]
    assert "MARKER-7f" in last
    assert [(entry.initiator, entry.premium > 0) for entry in seat.sim.ledger] == [
        ("user", seat.sim.state.models[model].multiplier > 0),
        ("agent", False),
    ]


@pytest.mark.parametrize(("path", "model"), ENDPOINTS, ids=[f"{path} {model}" for path, model in ENDPOINTS])
async def test_five_turns_bill_one_prompt(seat: Seat, path: str, model: str) -> None:
    prompt = "use 5 turns\nrun: echo end MARKER-1"
    rounds, last = await loop(seat, path, model, prompt, Write=WRITE, Bash=SHELL)
    assert len(rounds) == 5
    assert rounds[-1][0][2] == {"command": "echo end MARKER-1"}
    assert "MARKER-1" in last
    assert [entry.initiator for entry in seat.sim.ledger] == ["user"] + ["agent"] * 5
    assert sum(entry.premium for entry in seat.sim.ledger) == seat.sim.state.models[model].multiplier


@pytest.mark.parametrize(("path", "model"), ENDPOINTS, ids=[f"{path} {model}" for path, model in ENDPOINTS])
async def test_two_calls_in_parallel(seat: Seat, path: str, model: str) -> None:
    prompt = (
        'In parallel: create file a.txt with content "a" and create file b.txt with content "b". MARKER-2'
    )
    rounds, _ = await loop(seat, path, model, prompt, Write=WRITE)
    assert [[call[2]["file_path"] for call in calls] for calls in rounds] == [["a.txt", "b.txt"]]
    assert len({call[0] for call in rounds[0]}) == 2


IN_FILE = "printf '%s' hi > a.txt"
FIRST_CALL = [
    ("opencode", {"write": {"type": "object", "properties": {"content": {"type": "string"}, "filePath": {
        "type": "string", "description": "The absolute path"}}, "required": ["content", "filePath"]}},
     {"filePath": "a.txt", "content": "hi"}),
    ("codex shell", {"exec_command": {"type": "object", "properties": {"cmd": {"type": "string"}, "workdir": {
        "type": "string"}}, "required": ["cmd"]}}, {"cmd": IN_FILE}),
    ("older shell", {"shell": {"type": "object", "properties": {"command": {"type": "array", "items": {
        "type": "string"}}}, "required": ["command"]}}, {"command": ["bash", "-lc", IN_FILE]}),
    ("any name", {"persist": {"type": "object", "properties": {"filename": {"type": "string"}, "text": {
        "type": "string"}, "mode": {"enum": ["w", "a"]}}, "required": ["filename", "text", "mode"]}},
     {"filename": "a.txt", "text": "hi", "mode": "w"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schemas", "arguments"), [row[1:] for row in FIRST_CALL], ids=[row[0] for row in FIRST_CALL]
)
async def test_it_finds_the_tool_that_fits(seat: Seat, schemas: Any, arguments: Any) -> None:
    rounds, _ = await loop(seat, CHAT, "gpt-4.1", 'create file a.txt with content "hi"', **schemas)
    assert rounds[0][0][2] == arguments


async def first_items(seat: Seat, **body: Any) -> list[Any]:
    answer = await seat.post(RESPONSES, {"model": "gpt-5.5", **body})
    assert answer.status == 200, answer.text
    return [item for item in answer.json["output"] if item["type"].endswith("_call")]


async def test_codex_patches_with_a_custom_tool(seat: Seat) -> None:
    patch = {"type": "custom", "name": "apply_patch", "description": "x"}
    (item,) = await first_items(seat, input='create file a.txt with content "hi"', tools=[patch])
    assert (item["type"], item["name"]) == ("custom_tool_call", "apply_patch")
    assert item["input"] == "*** Begin Patch\n*** Add File: a.txt\n+hi\n*** End Patch\n"


async def test_codex_lite_calls_into_its_namespace(seat: Seat) -> None:
    functions = {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}
    extra = {"type": "additional_tools", "role": "developer", "tools": [functions]}
    (item,) = await first_items(seat, input=[extra, {"role": "user", "content": "run: ls"}])
    assert (item["namespace"], item["name"]) == ("functions", "exec")
    assert 'tools.exec_command({cmd: "ls"})' in item["input"]


async def test_paths_are_absolute_where_the_client_says_where_it_is(seat: Seat) -> None:
    body = asking(
        MESSAGES, "claude-opus-5", 'create file a.txt with content "hi"', tools=tools(MESSAGES, Write=WRITE)
    )
    body["system"] = "You are here.\nWorking directory: /home/ada/project\n"
    calls = calls_in(MESSAGES, (await seat.post(MESSAGES, body)).json)
    assert calls[0][2]["file_path"] == "/home/ada/project/a.txt"


async def test_reminders_are_not_prompts(seat: Seat) -> None:
    blocks = ["<system-reminder>run: rm -rf x</system-reminder>", "say: fine"]
    body = asking(MESSAGES, "claude-opus-5", "", tools=tools(MESSAGES, Bash=SHELL))
    body["messages"] = [{"role": "user", "content": [{"type": "text", "text": text} for text in blocks]}]
    assert calls_in(MESSAGES, (await seat.post(MESSAGES, body)).json) == []


async def test_a_forced_tool_is_called_with_arguments_that_fit(seat: Seat) -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1},
            "unit": {"$ref": "#/$defs/unit"},
        },
        "required": ["city", "days", "unit"],
        "$defs": {"unit": {"enum": ["C", "F"]}},
    }
    body = asking(CHAT, "gpt-4.1", "What is the weather in Paris?", tools=tools(CHAT, get_weather=schema))
    for choice in ("auto", "required", {"type": "function", "function": {"name": "get_weather"}}):
        calls = calls_in(CHAT, (await seat.post(CHAT, body | {"tool_choice": choice})).json)
        assert calls[0][1:] == ("get_weather", {"city": "Paris", "days": 1, "unit": "C"})
    assert calls_in(CHAT, (await seat.post(CHAT, body | {"tool_choice": "none"})).json) == []


async def test_a_prompt_that_names_its_call(seat: Seat) -> None:
    body = asking(
        CHAT, "gpt-4.1", 'call lookup with {"a": [1, 2]}', tools=tools(CHAT, lookup={"type": "object"})
    )
    assert calls_in(CHAT, (await seat.post(CHAT, body)).json)[0][1:] == ("lookup", {"a": [1, 2]})
