"""Who started a Gemini request, which calls Gemini CLI makes beside the conversation, and broken shapes."""

import pytest

from tray_app.dialects.peek import peek_gemini
from tray_app.errors import BadRequest
from tray_app.proxy.gemini import model_of
from tray_app.proxy.route import Router
from tray_app.proxy.routes import ROUTES

CLI = {"user-agent": "GeminiCLI-tui/0.61.0/gemini-3.1-pro (linux; x64; terminal)"}
TEXT = {"text": "hi"}
ANSWER = {"functionResponse": {"name": "look", "response": {}}}
CALL = {"functionCall": {"name": "look", "args": {}}}
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "AA"}}
REMINDER = {"text": "<system-reminder>Be quick.</system-reminder>"}


def peek(contents, headers=None, **more):
    return peek_gemini({"model": "m", "stream": False, "contents": contents, **more}, headers or {})


def user(*parts):
    return {"role": "user", "parts": list(parts)}


@pytest.mark.parametrize(
    ("last", "initiator"),
    [
        (user(TEXT), "user"),
        ({"parts": [TEXT]}, "user"),
        (user(ANSWER), "agent"),
        (user({"function_response": ANSWER["functionResponse"]}), "agent"),
        (user(ANSWER, ANSWER), "agent"),
        (user(ANSWER, PICTURE), "agent"),
        (user(ANSWER, REMINDER), "agent"),
        (user(ANSWER, TEXT), "user"),
        (user(PICTURE), "user"),
        ({"role": "function", "parts": [ANSWER]}, "agent"),
        ({"role": "user", "parts": ANSWER}, "agent"),
    ],
)
def test_the_last_content_decides(last, initiator):
    before = [user(TEXT), {"role": "model", "parts": [CALL]}]
    assert peek([*before, last]).initiator == initiator


def test_a_client_that_knows_is_believed():
    found = peek([user(TEXT)], {"x-initiator": "agent"})
    assert (found.initiator, found.initiator_source) == ("agent", "client")


ROUTING = "\nYou are a specialized Task Routing AI. Your sole function is to analyze the user's request"
NEXT = "Analyze *only* the content and structure of your immediately preceding response (your last turn"
SUMMARY = (
    "Summarize the user's primary intent or goal in this conversation in ONE sentence (max 80 characters)."
)
SNAPSHOT = (
    "\nYou are a specialized system component responsible for distilling chat history into a structured"
)
LOOP = "You are a diagnostic agent that determines whether a conversational AI assistant is stuck"
DONE = {"functionDeclarations": [{"name": "read"}, {"name": "complete_task"}]}
SHELL = {"functionDeclarations": [{"name": "run_shell_command"}]}


@pytest.mark.parametrize(
    ("text", "more", "background"),
    [
        ("hi", {"systemInstruction": {"role": "user", "parts": [{"text": ROUTING}]}}, "background"),
        ("hi", {"system_instruction": {"text": SNAPSHOT}}, "compaction"),
        ("hi", {"systemInstruction": LOOP}, "background"),
        (NEXT, {}, "background"),
        (SUMMARY, {}, "title"),
        ("who won?", {"tools": [{"googleSearch": {}}]}, "subagent"),
        ("go", {"tools": [DONE]}, "subagent"),
        ("hi", {}, None),
        ("hi", {"tools": [SHELL]}, None),
        (NEXT, {"tools": [SHELL]}, None),
        (SUMMARY[:40], {}, None),
    ],
)  # fmt: skip
def test_side_calls_of_gemini_cli(text, more, background):
    found = peek([user({"text": text})], CLI, **more)
    assert found.background == background
    assert found.initiator == ("agent" if background else "user")
    assert peek([user({"text": text})], **more).background is None, "only Gemini CLI's own"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": 3}, "contents"),
        ({"contents": ["hi"]}, "contents[0]"),
        ({"contents": [{"parts": 3}]}, "contents[0].parts"),
        ({"contents": [{"parts": [3]}]}, "contents[0].parts"),
        ({"contents": [user(TEXT)], "systemInstruction": 3}, "systemInstruction"),
        ({"contents": [user(TEXT)], "generationConfig": []}, None),
        ({"contents": [user(TEXT)], "generationConfig": [1]}, "generationConfig"),
        ({"contents": [user(TEXT)], "tools": [1]}, "tools[0]"),
        ({"contents": [user(TEXT)], "generationConfig": {"maxOutputTokens": 0}}, "maxOutputTokens"),
    ],
)
def test_broken_shapes_are_named(body, field):
    whole = {"model": "m", "stream": False, **body}
    if field is None:
        peek_gemini(whole, {})
        return
    with pytest.raises(BadRequest) as caught:
        peek_gemini(whole, {})
    assert caught.value.fault.param == field


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("/v1/models/models/x:countTokens", "x"),
        ("/v1alpha/models/anthropic.claude-v1:0:streamGenerateContent", "anthropic.claude-v1:0"),
        ("/v1beta/models/models%2Fx:embedContent", "x"),
    ],
)
def test_names_and_methods_in_paths(path, model):
    assert model_of(path) == model
    route, _ = Router(ROUTES).find("POST", path)
    assert route is not None
    assert route.path.endswith(path.rpartition(":")[2])


def test_a_method_that_does_not_exist_is_none_of_ours():
    assert Router(ROUTES).find("POST", "/v1beta/models/x:predict") == (None, ("GET",))
