"""Requests in Google's form, read into the neutral one: either spelling, tables of every field."""

import base64

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.gemini.ask_reader import read_ask
from tray_app.dialects.gemini.schema import from_google, with_small_types
from tray_app.dialects.gemini.signatures import write_signature
from tray_app.dialects.gemini.spelling import camel, settle, spelled
from tray_app.dialects.neutral import (
    Document,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tray_app.errors import BadRequest

HI = [{"role": "user", "parts": [{"text": "hi"}]}]


def ask(contents=HI, **more):
    return read_ask({"model": "m", "contents": contents, **more})[0]


def notes(**more):
    return [str(note) for note in read_ask({"model": "m", "contents": HI, **more})[1]]


def config(**members):
    return ask(generationConfig=members)


def model(*parts):
    return {"role": "model", "parts": list(parts)}


def user(*parts):
    return {"role": "user", "parts": list(parts)}


def called(name="look", id=None, **args):
    return {"functionCall": {"name": name, "args": args, **({"id": id} if id else {})}}


def answered(response, name="look", id=None, **more):
    return {"functionResponse": {"name": name, "response": response, **({"id": id} if id else {}), **more}}


# --- contents -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "system",
    [
        "Be kind.",
        {"parts": [{"text": "Be kind."}]},
        {"role": "user", "parts": {"text": "Be kind."}},
        {"text": "Be kind."},
        [{"text": "Be kind."}],
        {"parts": ["Be kind."]},
    ],
)
@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
def test_the_system_instruction_in_every_form(name, system):
    assert ask(**{name: system}).messages[0] == Message("system", (Text("Be kind."),))


def test_a_turn_that_a_client_kept_in_pieces_is_one():
    """As google-genai's chats keep a stream: a content for each chunk."""
    pieces = [model({"text": "Hel"}), model({"text": "lo"}), model(called(a=1)), model({"text": ""})]
    assert ask([*HI, *pieces]).messages[1] == Message(
        "assistant", (Text("Hello"), ToolCall("call_3_0", "look", '{"a":1}'))
    )


def test_roles():
    read = ask(
        [{"parts": [{"text": "a"}]}, model({"text": "b"}), {"role": "system", "parts": [{"text": "c"}]}]
    )
    assert [message.role for message in read.messages] == ["user", "assistant", "system"]
    with pytest.raises(BadRequest, match=r"contents\[0\].role: 'assistant'"):
        ask([{"role": "assistant", "parts": []}])


def test_calls_of_one_function_without_ids_stay_apart():
    read = ask(
        [*HI, model(called(a=1), called(a=2)), user(answered({"output": "one"}), answered({"output": "two"}))]
    )
    calls, results = read.messages[1].parts, read.messages[2].parts
    assert len({call.id for call in calls}) == 2
    assert [result.call_id for result in results] == [call.id for call in calls]
    assert [result.parts[0].text for result in results] == ["one", "two"]


def test_results_find_their_calls_by_id_in_any_order():
    read = ask([*HI, model(called(id="x"), called(id="y")), user(answered({}, id="y"), answered({}, id="x"))])
    assert [result.call_id for result in read.messages[2].parts] == ["y", "x"]


def test_the_name_that_gemini_cli_writes_before_an_id_goes():
    """An id must be the one that the model gave: what is remembered under it is found again."""
    read = ask([*HI, model(called(id="look__call_1")), user(answered({}, id="look__call_1"))])
    assert read.messages[1].parts[0].id == read.messages[2].parts[0].call_id == "call_1"


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "sunny"}, "sunny", False),
        ({"result": "sunny"}, "sunny", False),
        ({"output": {"a": 1}}, '{"a":1}', False),
        ({"a": 1, "output": "x"}, '{"a":1,"output":"x"}', False),
        ({"error": "no such file"}, "no such file", True),
        ({"error": {"code": 1}}, '{"code":1}', True),
        ({"error": "odd", "output": "half"}, '{"error":"odd","output":"half"}', True),
        ({"error": None}, '{"error":null}', False),
        ({}, "", False),
    ],
)
def test_what_a_function_gave(response, text, is_error):
    result = ask([*HI, model(called()), user(answered(response))]).messages[2].parts[0]
    assert result.parts == ((Text(text),) if text else ())
    assert result.is_error is is_error


def test_pictures_of_a_tool_inside_and_beside_its_result():
    picture = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    inside = ask([*HI, model(called()), user(answered({"output": "look"}, parts=[picture]))])
    assert inside.messages[2].parts[0].parts == (Text("look"), Image("image/png", "AAAA"))
    beside = ask([*HI, model(called()), user(answered({"output": "look"}), picture)])
    assert [message.role for message in beside.messages] == ["user", "assistant", "tool", "user"]


def test_files_in_the_prompt():
    data = base64.b64encode("Grüße".encode()).decode()
    read = ask(
        [
            user(
                {"inline_data": {"mime_type": "image/jpg", "data": "-_8="}},
                {"inlineData": {"mimeType": "application/pdf", "data": "AAAA", "displayName": "a.pdf"}},
                {"inlineData": {"mimeType": "text/plain; charset=utf-8", "data": data}},
                {"executableCode": {"language": "PYTHON", "code": "1+1"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
            )
        ]
    )
    assert read.messages[0].parts == (
        Image("image/jpeg", "+/8="),
        Document("application/pdf", "AAAA", name="a.pdf"),
        Document("text/plain", text="Grüße"),
        Text("```\n1+1\n```"),
        Text("2"),
    )


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"inlineData": {"mimeType": "audio/wav", "data": "AA"}}, "contents[0].parts[0].inlineData"),
        ({"fileData": {"fileUri": "https://x"}}, "contents[0].parts[0].fileData"),
        ({"text": 3}, "contents[0].parts[0].text"),
        ({"functionResponse": {"response": {}}}, "contents[0].parts[0].functionResponse.name"),
        ({"inlineData": {"data": "AA"}}, "contents[0].parts[0].inlineData.mimeType"),
    ],
)
def test_what_cannot_be_sent_is_named(part, field):
    with pytest.raises(BadRequest) as caught:
        ask([user(part)])
    assert caught.value.fault.param == field


# --- thoughts -------------------------------------------------------------------------------------

SEALED = Thinking("Hm.", Opaque("messages", "c2VhbA=="))
REASONED = Thinking("Ah.", Opaque("responses", "blob", "rs_1"))


def test_a_signature_brings_the_thinking_back():
    part = {**called(id="c"), "thoughtSignature": write_signature([SEALED, REASONED])}
    call = ToolCall("c", "look", "{}")
    assert ask([*HI, model(part)]).messages[1].parts == (SEALED, REASONED, call)
    shown = ask([*HI, model({"text": "Hm.", "thought": True}, part)])
    assert shown.messages[1].parts == (SEALED, REASONED, call), "not twice"


def test_a_signature_survives_a_client_that_decodes_it():
    """google-genai holds it as bytes and writes it with the other alphabet."""
    signature = write_signature([Thinking("ÿÿÿ>>>???", Opaque("chat", "???>>>"), True)])
    again = base64.urlsafe_b64encode(base64.b64decode(signature)).decode()
    for form in (signature, again, again.rstrip("=")):
        parts = ask([*HI, model({"text": "x", "thought_signature": form})]).messages[1].parts
        assert parts[0] == Thinking("ÿÿÿ>>>???", Opaque("chat", "???>>>"), True)


@pytest.mark.parametrize(
    ("signature", "opaque"),
    [
        ("R29vZ2xl", Opaque("gemini", "R29vZ2xl")),
        ("no base64!", Opaque("gemini", "no base64!")),
        ("skip_thought_signature_validator", None),
        ("context_engineering_is_the_way_to_go", None),
        (base64.b64encode(b"jumpseat1.[[1,2]]").decode(), None),
        (base64.b64encode(b"jumpseat1.{").decode(), None),
        (base64.b64encode(b'jumpseat1.[["a",false,"nobody","v",null]]').decode(), None),
    ],
)
def test_signatures_that_are_not_ours(signature, opaque):
    part = {**called(id="c"), "thoughtSignature": signature}
    parts = ask([*HI, model({"text": "Hm.", "thought": True}, part)]).messages[1].parts
    assert parts[0] == Thinking("Hm.", opaque)
    assert isinstance(parts[1], ToolCall)


# --- tools ----------------------------------------------------------------------------------------


def test_schemas_of_google_become_json_schemas():
    google = {
        "type": "OBJECT",
        "propertyOrdering": ["type"],
        "properties": {
            "type": {"type": "STRING", "format": "enum", "enum": ["A"], "nullable": True},
            "count": {"type": "INTEGER", "format": "int32", "example": 3},
            "when": {"type": "STRING", "format": "date-time"},
            "list": {"type": "ARRAY", "min_items": "2", "items": {"any_of": [{"type": "NUMBER"}]}},
            "nullable": {"nullable": True, "anyOf": [{"type": "STRING"}]},
        },
    }
    assert from_google(google) == {
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "enum": ["A", None]},
            "count": {"type": "integer"},
            "when": {"type": "string", "format": "date-time"},
            "list": {"type": "array", "minItems": 2, "items": {"anyOf": [{"type": "number"}]}},
            "nullable": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }


def test_json_schemas_stay_as_they_are():
    schema = {
        "type": "object",
        "properties": {"a_b": {"type": ["STRING", "null"], "format": "int32", "const": "STRING"}},
        "$defs": {"X": {"type": "NUMBER"}},
        "additionalProperties": False,
    }
    small = with_small_types(schema)
    assert small["properties"]["a_b"] == {"type": ["string", "null"], "format": "int32", "const": "STRING"}
    assert small["$defs"] == {"X": {"type": "number"}}
    assert small["additionalProperties"] is False


@pytest.mark.parametrize("key", ["parametersJsonSchema", "parameters_json_schema", "parameters"])
@pytest.mark.parametrize("outer", ["functionDeclarations", "function_declarations"])
def test_functions_in_either_spelling(outer, key):
    schema = {"type": "OBJECT", "properties": {"snake_case": {"type": "STRING"}}}
    read = ask(tools=[{outer: [{"name": "look", "description": "Looks.", key: schema}]}])
    assert read.tools[0].parameters == {"type": "object", "properties": {"snake_case": {"type": "string"}}}


def test_tools_of_google_itself():
    tools = ask(tools=[{"googleSearch": {}, "codeExecution": {}}, {"url_context": {}}]).tools
    assert [(tool.name, tool.kind, tool.raw) for tool in tools] == [
        ("googleSearch", "hosted", {"type": "web_search"}),
        ("codeExecution", "hosted", {"type": "codeExecution"}),
        ("urlContext", "hosted", {"type": "urlContext"}),
    ]


@pytest.mark.parametrize(
    ("calling", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice("auto")),
        ({"mode": "VALIDATED"}, ToolChoice("auto")),
        ({"mode": "any"}, ToolChoice("required")),
        ({"mode": "NONE", "allowedFunctionNames": ["a"]}, ToolChoice("none")),
        ({"mode": "ANY", "allowedFunctionNames": ["a"]}, ToolChoice("tool", "a")),
        ({"mode": "ANY", "allowed_function_names": ["a", "b"]}, ToolChoice("required", allowed=("a", "b"))),
        ({"mode": "MODE_UNSPECIFIED"}, None),
    ],
)
def test_function_calling_modes(calling, choice):
    assert ask(toolConfig={"functionCallingConfig": calling}).tool_choice == choice
    assert ask(tool_config={"function_calling_config": calling}).tool_choice == choice


# --- generationConfig -----------------------------------------------------------------------------


@pytest.mark.bug(69)
def test_every_number():
    read = config(
        temperature=0.5, topP=0.9, topK=40.0, maxOutputTokens=100, stopSequences=["X"], seed=7,
        presencePenalty=0.1, frequencyPenalty=0.2, responseLogprobs=True, logprobs=3, candidateCount=1,
    )  # fmt: skip
    found = (read.temperature, read.top_p, read.top_k, read.max_tokens, read.stop, read.seed)
    assert found == (0.5, 0.9, 40, 100, ("X",), 7)
    assert (read.presence_penalty, read.frequency_penalty, read.logprobs, read.top_logprobs) == (
        0.1, 0.2, True, 3,
    )  # fmt: skip
    assert ask(generation_config={"max_output_tokens": 5}).max_tokens == 5


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        ({}, None),
        ({"includeThoughts": True}, Reasoning("adaptive", show=True)),
        ({"includeThoughts": False}, None),
        ({"thinkingBudget": 0}, Reasoning("off", show=False)),
        ({"thinkingBudget": -1}, Reasoning("adaptive", show=False)),
        ({"thinkingBudget": 8192, "includeThoughts": True}, Reasoning("on", None, 8192, show=True)),
        ({"thinking_level": "HIGH"}, Reasoning(None, "high", show=False)),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
    ],
)
def test_thinking(thinking, reasoning):
    assert config(thinkingConfig=thinking).reasoning == reasoning


SCHEMA = {"type": "OBJECT", "title": "T", "properties": {}}
SMALL = {"type": "object", "title": "T", "properties": {}}


@pytest.mark.parametrize(
    ("members", "output"),
    [
        ({"responseMimeType": "text/plain"}, None),
        ({"responseMimeType": "application/json"}, OutputFormat("json_object")),
        ({"responseMimeType": "application/json", "responseSchema": SCHEMA},
         OutputFormat("json_schema", SMALL, "T")),
        ({"response_mime_type": "application/json", "response_json_schema": SCHEMA},
         OutputFormat("json_schema", SMALL, "T")),
        ({"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["a"]}}, None),
    ],
)  # fmt: skip
def test_structured_output(members, output):
    assert config(**members).output == output


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount"),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
         "generationConfig.responseModalities[1]"),
        ({"generationConfig": {"responseMimeType": "image/png"}}, "generationConfig.responseMimeType"),
        ({"generationConfig": {"temperature": "hot"}}, "generationConfig.temperature"),
        ({"generationConfig": {"maxOutputTokens": 0}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "VERY"}}},
         "generationConfig.thinkingConfig.thinkingLevel"),
        ({"cachedContent": "cachedContents/1"}, "cachedContent"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "MAYBE"}}},
         "toolConfig.functionCallingConfig.mode"),
        ({"contents": []}, "contents"),
        ({"contents": "hi"}, "contents"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_field(body, field):
    with pytest.raises(BadRequest) as caught:
        read_ask({"model": "m", "contents": HI, **body})
    assert caught.value.fault.param == field


def test_what_has_no_place_is_noted():
    said = notes(safetySettings=[{"category": "X"}], labels={"a": "b"}, generationConfig={"speechConfig": {}})
    assert [note.partition(":")[0] for note in said] == [
        "safetySettings", "labels", "generationConfig.speechConfig",
    ]  # fmt: skip


# --- spelling -------------------------------------------------------------------------------------

names = st.text("abcxyz_", min_size=1, max_size=8)


@given(st.dictionaries(names, st.integers(), max_size=5))
@settings(max_examples=100, deadline=None)
def test_one_spelling_is_enough(members):
    once = spelled(members, "")
    assert spelled(once, "") == once
    assert set(once) == {camel(name) for name in members}
    assert settle({"generation_config": members}) == {"generationConfig": once}


# --- the same talk in either spelling -------------------------------------------------------------

_SNAKE = {"functionCall": "function_call", "functionResponse": "function_response",
          "inlineData": "inline_data", "mimeType": "mime_type"}  # fmt: skip
plain = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)
parts = st.one_of(
    st.builds(lambda text: {"text": text}, plain),
    st.builds(lambda text: {"text": text, "thought": True}, plain),
    st.builds(lambda name, value: called(name, a_b=value), st.sampled_from("ab"), plain),
    st.builds(lambda name, value: answered({"output": value}, name), st.sampled_from("ab"), plain),
    st.builds(lambda: {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
)
talks = st.lists(
    st.builds(
        lambda role, inner: {"role": role, "parts": inner},
        st.sampled_from(["user", "model"]),
        st.lists(parts, min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=6,
)


def snake(value):
    if isinstance(value, dict):
        return {_SNAKE.get(key, key): snake(inner) for key, inner in value.items()}
    return [snake(one) for one in value] if isinstance(value, list) else value


@given(talks)
@settings(max_examples=150, deadline=None)
def test_any_talk_reads_the_same_in_either_spelling(talk):
    try:
        read = ask(talk)
    except BadRequest as error:
        assert error.fault.param == "contents"  # noqa: PT017 - nothing in it that could be sent
        return
    assert ask(snake(talk)) == read
    said = [part for message in read.messages for part in message.parts]
    wanted = [part for content in talk for part in content["parts"]]
    results = [part for part in said if isinstance(part, ToolResult)]
    user_side = [part for content in talk if content["role"] == "user" for part in content["parts"]]
    assert len(results) == sum("functionResponse" in part for part in user_side)
    assert orjson.dumps([part.arguments for part in said if isinstance(part, ToolCall)])
    assert len([p for p in said if isinstance(p, ToolCall)]) <= sum("functionCall" in p for p in wanted)
