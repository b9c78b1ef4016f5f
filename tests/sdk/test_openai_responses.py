"""Responses with the OpenAI SDK, which validates every answer and every event strictly."""

import json

import pytest
from models import MODELS, REASONING, SEEING, STRUCTURED
from pydantic import BaseModel

from tests.sdk.talks import png

SAY = "say: Grüße aus Köln 😀"
SAID = "Grüße aus Köln 😀"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class City(BaseModel):
    name: str
    country: str
    inhabitants: int
    rivers: list[str]


@pytest.mark.parametrize("model", MODELS)
def test_whole(openai, model):
    done = openai.responses.create(model=model, input=SAY, instructions="Be brief.")
    assert (done.output_text, done.status, done.object) == (SAID, "completed", "response")
    assert [item.type for item in done.output] == ["message"]
    assert done.error is None
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens
    assert done.usage.input_tokens_details.cached_tokens >= 0


@pytest.mark.parametrize("model", MODELS)
def test_streamed(openai, model):
    """Ids are stable from event to event, numbers rise, and the pieces make up the whole."""
    with openai.responses.create(model=model, input=SAY, stream=True) as stream:
        events = list(stream)
    kinds = [event.type for event in events]
    begun = [kind for kind in kinds if kind != "response.queued"]
    assert begun[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == SAID
    done = events[-1].response
    assert done.output_text == SAID
    assert {event.response.id for event in events if hasattr(event, "response")} == {done.id}
    for number, item in enumerate(done.output):
        named = [event.item_id for event in events if getattr(event, "item_id", None)]
        added = [event for event in events if event.type == "response.output_item.added"][number]
        assert added.item.id == item.id
        assert set(named) <= {one.id for one in done.output}
        assert len(item.id) <= 64


@pytest.mark.parametrize("model", MODELS)
def test_the_stream_helper(openai, model):
    with openai.responses.stream(model=model, input=SAY) as stream:
        kinds = {event.type for event in stream}
        done = stream.get_final_response()
    assert done.output_text == SAID
    assert {"response.output_item.added", "response.output_item.done", "response.completed"} <= kinds


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_parallel_tools(openai, model, stream):
    wishes = {
        "model": model,
        "input": "Tell me in parallel about the weather in Paris",
        "tools": [WEATHER],
        "parallel_tool_calls": True,
    }
    if stream:
        with openai.responses.stream(**wishes) as events:
            for _ in events:
                pass
            done = events.get_final_response()
    else:
        done = openai.responses.create(**wishes)
    calls = [item for item in done.output if item.type == "function_call"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("get_weather", {"city": "Paris"})
    ] * 2
    assert len({call.call_id for call in calls}) == 2
    assert len({call.id for call in calls}) == 2
    assert done.status == "completed"


@pytest.mark.parametrize("model", MODELS)
def test_tool_results_go_back(openai, model):
    ask = {"role": "user", "content": "What is the weather in Paris? MARKER-rain"}
    first = openai.responses.create(model=model, input=[ask], tools=[WEATHER], store=False)
    call = next(item for item in first.output if item.type == "function_call")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain, 12 degrees"}
    done = openai.responses.create(
        model=model, input=[ask, *first.output, result], tools=[WEATHER], store=False
    )
    assert done.output_text == "Done. The tool said: rain, 12 degrees. MARKER-rain"


@pytest.mark.parametrize("model", STRUCTURED)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_structured_output(openai, model, stream):
    wishes = {"model": model, "input": "Describe Vienna", "text_format": City}
    if stream:
        with openai.responses.stream(**wishes) as events:
            for _ in events:
                pass
            done = events.get_final_response()
    else:
        done = openai.responses.parse(**wishes)
    assert isinstance(done.output_parsed, City)


@pytest.mark.parametrize("model", SEEING)
def test_vision(openai, model):
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{png()}", "detail": "auto"}
    content = [{"type": "input_text", "text": "What is this?"}, picture, picture]
    done = openai.responses.create(model=model, input=[{"role": "user", "content": content}])
    assert "2 images" in done.output_text


@pytest.mark.parametrize("model", REASONING)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_reasoning(talk, model, stream):
    turn = await talk("responses", model, stream=stream, thinks=True).say("Please think about owls")
    assert "owls" in turn.text
    assert "owls" in turn.thoughts


@pytest.mark.parametrize("model", MODELS)
def test_a_limit_is_kept_and_told(openai, model):
    done = openai.responses.create(model=model, input="write 500 words", max_output_tokens=20)
    assert (done.status, done.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert 0 < len(done.output_text) <= 80
    with openai.responses.create(
        model=model, input="write 500 words", max_output_tokens=20, stream=True
    ) as stream:
        assert list(stream)[-1].type == "response.incomplete"


@pytest.mark.parametrize("model", MODELS)
def test_fields_that_a_model_does_not_take_are_no_error(openai, model):
    done = openai.responses.create(
        model=model,
        input=SAY,
        temperature=0.2,
        top_p=0.9,
        service_tier="auto",
        store=True,
        metadata={"a": "b"},
        user="someone",
        truncation="disabled",
        prompt_cache_key="key",
        extra_body={"client_metadata": {"a": "b"}},
    )
    assert done.output_text == SAID
    assert done.service_tier is None


@pytest.mark.parametrize("model", MODELS)
async def test_asynchronous(async_clients, model):
    client, _ = async_clients
    done = await client.responses.create(model=model, input=SAY)
    assert done.output_text == SAID
    async with client.responses.stream(model=model, input=SAY) as events:
        assert [event.type async for event in events][-1] == "response.completed"
