"""google-genai as its documentation shows it: answers, streams, functions, schemas, thinking, embeddings."""

import asyncio
import contextlib
import json

import pytest
from google import genai
from google.genai import errors, types
from models import CHAT_ONLY, MESSAGES_ONLY, MODELS, REASONING, RESPONSES_ONLY, STRUCTURED
from pydantic import BaseModel

from tests.harness import running
from tests.sdk.talks import SHELL, google, png

FORMS = (CHAT_ONLY, RESPONSES_ONLY, MESSAGES_ONLY)
forms = pytest.mark.parametrize("model", FORMS)
FUNCTION = types.FunctionDeclaration(name="shell", description="Runs", parameters_json_schema=SHELL)


@pytest.fixture(scope="module")
def client(demo):
    with contextlib.closing(google(demo)) as found:
        yield found


def asked(text, *parts):
    return [types.Content(role="user", parts=[types.Part(text=text), *parts])]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer(client, model):
    done = client.models.generate_content(model=model, contents="say: Grüße aus Köln 😀")
    assert done.text == "Grüße aus Köln 😀"
    assert done.candidates[0].finish_reason == types.FinishReason.STOP
    used = done.usage_metadata
    assert used.prompt_token_count > 0
    thoughts = used.thoughts_token_count or 0
    assert used.total_token_count == used.prompt_token_count + used.candidates_token_count + thoughts
    assert done.response_id


@pytest.mark.parametrize("model", MODELS)
def test_a_stream(client, model):
    chunks = list(client.models.generate_content_stream(model=model, contents="say: Grüße aus Köln 😀"))
    assert "".join(chunk.text or "" for chunk in chunks) == "Grüße aus Köln 😀"
    ends = [chunk.candidates[0].finish_reason for chunk in chunks]
    assert ends == [None] * (len(chunks) - 1) + [types.FinishReason.STOP]
    assert chunks[-1].usage_metadata.total_token_count


@forms
async def test_the_asynchronous_client(demo, model):
    async with google(demo).aio as client:
        done = await client.models.generate_content(model=model, contents="say: hello")
        assert done.text == "hello"
        stream = await client.models.generate_content_stream(model=model, contents="say: hello there")
        assert "".join([chunk.text or "" async for chunk in stream]) == "hello there"


@forms
def test_a_chat_that_streams_keeps_its_turns(client, model):
    """It keeps a content for each chunk; the words arrive upstream in one piece."""
    chat = client.chats.create(model=model)
    for word in ("one two three four", "five six seven"):
        assert "".join(chunk.text or "" for chunk in chat.send_message_stream(f"say: {word}")) == word
    assert chat.get_history()


@forms
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_functions_are_called_automatically(client, model, stream):
    seen = []

    def get_weather(city: str) -> str:
        """The weather of a city."""
        seen.append(city)
        return f"rain in {city}"

    config = types.GenerateContentConfig(tools=[get_weather])
    prompt = 'call get_weather {"city": "Rom"} MARKER-rain'
    if stream:
        chunks = client.models.generate_content_stream(model=model, contents=prompt, config=config)
        text = "".join(chunk.text or "" for chunk in chunks)
    else:
        text = client.models.generate_content(model=model, contents=prompt, config=config).text
    assert seen == ["Rom"]
    assert "rain in Rom" in text
    assert text.endswith("MARKER-rain")


class Recipe(BaseModel):
    name: str
    minutes: int


@pytest.mark.parametrize("model", STRUCTURED)
@pytest.mark.parametrize("field", ["response_schema", "response_json_schema"])
def test_structured_output(client, model, field):
    given = {"response_schema": Recipe, "response_json_schema": Recipe.model_json_schema()}[field]
    config = types.GenerateContentConfig(response_mime_type="application/json", **{field: given})
    done = client.models.generate_content(model=model, contents="A recipe for soup", config=config)
    assert set(json.loads(done.text)) == {"name", "minutes"}
    if field == "response_schema":
        assert isinstance(done.parsed, Recipe)


@pytest.mark.parametrize("model", [model for model in REASONING if model != "gpt-5-mini"])
@pytest.mark.parametrize("shows", [True, False], ids=["shown", "hidden"])
def test_thoughts_are_shown_on_demand(client, model, shows):
    thinking = types.ThinkingConfig(include_thoughts=shows, thinking_budget=4000)
    done = client.models.generate_content(
        model=model,
        contents="Please think. say: hello",
        config=types.GenerateContentConfig(thinking_config=thinking),
    )
    thoughts = [part.text for part in done.candidates[0].content.parts if part.thought]
    assert bool(thoughts) is shows
    assert done.text == "hello"


@pytest.mark.parametrize("mode", ["AUTO", "ANY", "NONE"])
@forms
def test_function_calling_modes(client, model, mode):
    calling = types.FunctionCallingConfig(mode=mode)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[FUNCTION])],
        tool_config=types.ToolConfig(function_calling_config=calling),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    prompt = "Hello there" if mode == "ANY" else "run: ls"
    done = client.models.generate_content(model=model, contents=prompt, config=config)
    assert [call.name for call in done.function_calls or ()] == ([] if mode == "NONE" else ["shell"])


def test_pictures(client):
    import base64

    picture = types.Part.from_bytes(data=base64.b64decode(png()), mime_type="image/png")
    for model in ("gpt-4.1", "gpt-5.3-codex", "claude-opus-5", "gemini-3.1-pro"):
        done = client.models.generate_content(model=model, contents=asked("What is this?", picture))
        assert "1 image" in done.text, model


def test_tokens_are_counted(client):
    for model in (*FORMS, "nobody-has-this"):
        assert client.models.count_tokens(model=model, contents="a b c " * 1000).total_tokens > 2000


def test_embeddings(client):
    for name in ("text-embedding-3-small", "gemini-embedding-001"):
        done = client.models.embed_content(model=name, contents=["one", "two", "three"])
        assert len(done.embeddings) == 3
        assert len({tuple(one.values) for one in done.embeddings}) == 3
    short = client.models.embed_content(
        model="text-embedding-3-small",
        contents="one",
        config=types.EmbedContentConfig(output_dimensionality=64),
    )
    assert len(short.embeddings[0].values) == 64


def test_models_are_listed_in_pages(client):
    names = [model.name for model in client.models.list(config={"page_size": 3})]
    assert len(names) == len(set(names)) > 6
    one = client.models.get(model="claude-opus-4.5")
    assert one.name == "models/claude-opus-4.5"
    assert one.input_token_limit > 100_000
    assert "generateContent" in one.supported_actions


@pytest.mark.parametrize("version", ["v1", "v1alpha", "v1beta"])
def test_every_version_of_the_sdks(demo, version):
    with contextlib.closing(google(demo, api_version=version)) as client:
        assert client.models.generate_content(model="gpt-4.1", contents="say: hello").text == "hello"


# --- errors ---------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def begun(sim, tmp_path, **options):
    async with running(sim, tmp_path, **options) as proxy:
        yield google(proxy.url).aio.models


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("options", "fault", "code", "status", "says"),
    [
        ({"token": None}, None, 403, "PERMISSION_DENIED", "jumpseat login"),
        ({}, {"status": 429, "retry_after": 42}, 429, "RESOURCE_EXHAUSTED", "rate limit"),
        ({}, {"status": 503, "times": 9}, 503, "UNAVAILABLE", ""),
        ({}, {"preset": "402"}, 402, "RESOURCE_EXHAUSTED", "quota"),
    ],
)
async def test_errors(sim, tmp_path, stream, options, fault, code, status, says):
    if fault:
        sim.faults.add("status", **fault)
    async with begun(sim, tmp_path, **options) as models:
        with pytest.raises(errors.APIError) as caught:
            await said(models, "gpt-4.1", stream)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert says in caught.value.message


async def test_no_such_model(sim, tmp_path):
    async with begun(sim, tmp_path) as models:
        with pytest.raises(errors.ClientError) as caught:
            await said(models, "gpt-4.11", False)
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert "gpt-4.1" in caught.value.message


async def said(models, model, stream):
    if not stream:
        return (await models.generate_content(model=model, contents="say: hello there all of you")).text
    chunks = await models.generate_content_stream(model=model, contents="say: hello there all of you")
    return "".join([chunk.text or "" async for chunk in chunks])


@forms
async def test_a_stream_that_breaks_is_not_whole(sim, tmp_path, model):
    """The SDK raises nothing for an error in the middle, so no chunk may say that the answer is finished."""
    sim.state.rate = 400
    sim.faults.add("reset_mid", after=6)
    async with begun(sim, tmp_path) as models:
        ends = []
        with contextlib.suppress(errors.APIError):
            async for chunk in await models.generate_content_stream(model=model, contents="write 60 words"):
                ends += [one.finish_reason for one in chunk.candidates or ()]
    assert not any(ends)


async def test_signs_of_life_disturb_nobody(sim, tmp_path):
    from tray_app.proxy.seat import Pace

    sim.faults.add("stall", after=4, seconds=0.5)
    async with begun(sim, tmp_path, pace=Pace(keepalive=0.05, grace=0.05)) as models:
        async with asyncio.timeout(20):
            assert await said(models, "gpt-4.1", True) == "hello there all of you"


def test_the_client_is_the_official_one():
    assert genai.__version__
