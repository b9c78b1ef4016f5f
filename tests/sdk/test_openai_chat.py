"""Chat completions with the OpenAI SDK, which validates every answer and every chunk strictly."""

import warnings

import pytest
from models import MODELS, REASONING, SEEING, STRUCTURED
from pydantic import BaseModel

from tests.sdk.talks import png

pytestmark = pytest.mark.filterwarnings("error::UserWarning")

SAY = [{"role": "user", "content": "say: Grüße aus Köln 😀"}]
SAID = "Grüße aus Köln 😀"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class City(BaseModel):
    name: str
    country: str
    inhabitants: int
    rivers: list[str]


@pytest.mark.parametrize("model", MODELS)
def test_whole(openai, model):
    done = openai.chat.completions.create(model=model, messages=SAY)
    choice = done.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.index) == (SAID, "stop", 0)
    assert choice.message.role == "assistant"
    assert done.usage.prompt_tokens > 0
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    assert done.id
    assert done.created > 1_700_000_000


@pytest.mark.parametrize("model", MODELS)
def test_streamed(openai, model):
    with openai.chat.completions.create(
        model=model, messages=SAY, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    said = [chunk for chunk in chunks if chunk.choices]
    assert said[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in said) == SAID
    assert [chunk.choices[0].finish_reason for chunk in said if chunk.choices[0].finish_reason] == ["stop"]
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_without_usage_has_choices_in_every_chunk(openai, model):
    for chunk in openai.chat.completions.create(model=model, messages=SAY, stream=True):
        assert len(chunk.choices) == 1
        assert chunk.usage is None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_parallel_tools(openai, model, stream):
    """The stream helper puts split and interleaved calls together by their index."""
    wishes = {
        "model": model,
        "messages": [{"role": "user", "content": "Tell me in parallel about the weather in Paris"}],
        "tools": [WEATHER],
    }
    if stream:
        with openai.chat.completions.stream(**wishes) as events:
            done = events.get_final_completion()
    else:
        done = openai.chat.completions.create(**wishes)
    calls = done.choices[0].message.tool_calls
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("get_weather", '{"city":"Paris"}')
    ] * 2
    assert len({call.id for call in calls}) == 2
    assert {call.type for call in calls} == {"function"}
    assert done.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("model", MODELS)
def test_tool_results_go_back(openai, model):
    ask = {"role": "user", "content": "What is the weather in Paris? MARKER-rain"}
    wishes = {"model": model, "tools": [WEATHER]}
    first = openai.chat.completions.create(messages=[ask], **wishes).choices[0].message
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "rain, 12 degrees"}
    history = [ask, first.model_dump(exclude_none=True), result]
    done = openai.chat.completions.create(messages=history, **wishes)
    assert done.choices[0].message.content == "Done. The tool said: rain, 12 degrees. MARKER-rain"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("choice", ["required", "none", {"type": "function", "function": {"name": "other"}}])
def test_tool_choice(openai, model, choice):
    other = {"type": "function", "function": {"name": "other", "parameters": {"type": "object"}}}
    done = openai.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Hello"}],
        tools=[WEATHER, other],
        tool_choice=choice,
    )
    called = [call.function.name for call in done.choices[0].message.tool_calls or []]
    assert called == {"required": ["get_weather"], "none": []}.get(str(choice), ["other"])


@pytest.mark.parametrize("model", STRUCTURED)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_structured_output(openai, model, stream):
    wishes = {"model": model, "messages": [{"role": "user", "content": "Describe Vienna"}]}
    with warnings.catch_warnings():
        # Pydantic tells the SDK's own generics apart by name when they are dumped.
        warnings.simplefilter("ignore")
        if stream:
            with openai.chat.completions.stream(response_format=City, **wishes) as events:
                for _ in events:
                    pass
                done = events.get_final_completion()
        else:
            done = openai.chat.completions.parse(response_format=City, **wishes)
    assert isinstance(done.choices[0].message.parsed, City)
    assert done.choices[0].message.refusal is None


@pytest.mark.parametrize("model", SEEING)
def test_vision(openai, model):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png()}", "detail": "low"}}
    content = [{"type": "text", "text": "What is this?"}, picture, picture]
    done = openai.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    assert "2 images" in done.choices[0].message.content


@pytest.mark.parametrize("model", REASONING)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_reasoning(talk, model, stream):
    turn = await talk("chat", model, stream=stream, thinks=True).say("Please think about owls")
    assert "owls" in turn.text
    assert bool(turn.thoughts) == (model != "gpt-5-mini")  # Copilot's chat completions hide GPT's


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_limit_is_kept_and_told(openai, model, field):
    done = openai.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "write 500 words"}], **{field: 20}
    )
    assert done.choices[0].finish_reason == "length"
    assert len(done.choices[0].message.content) <= 80


@pytest.mark.parametrize("model", MODELS)
def test_fields_that_a_model_does_not_take_are_no_error(openai, model):
    done = openai.chat.completions.create(
        model=model,
        messages=SAY,
        temperature=0.2,
        top_p=0.9,
        seed=1,
        presence_penalty=0,
        frequency_penalty=0,
        logit_bias={"1": 1},
        user="someone",
        n=1,
        service_tier="auto",
        store=False,
        metadata={"a": "b"},
        parallel_tool_calls=True,
        extra_body={"my_own": 1},
    )
    assert done.choices[0].message.content == SAID
    assert done.service_tier is None


@pytest.mark.parametrize("model", MODELS)
async def test_asynchronous(async_clients, model):
    client, _ = async_clients
    done = await client.chat.completions.create(model=model, messages=SAY)
    assert done.choices[0].message.content == SAID
    async with client.chat.completions.stream(model=model, messages=SAY) as events:
        kinds = {event.type async for event in events}
    assert {"chunk", "content.delta", "content.done"} <= kinds
