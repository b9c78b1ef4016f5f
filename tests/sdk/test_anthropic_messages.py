"""Messages with the Anthropic SDK, which validates every answer and every event strictly."""

import pytest
from anthropic import beta_async_tool, beta_tool
from models import MODELS, REASONING, SEEING, STRUCTURED
from pydantic import BaseModel

from tests.sdk.talks import png

SAY = [{"role": "user", "content": "say: Grüße aus Köln 😀"}]
SAID = "Grüße aus Köln 😀"
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class City(BaseModel):
    name: str
    country: str
    inhabitants: int
    rivers: list[str]


@pytest.mark.parametrize("model", MODELS)
def test_whole(anthropic, model):
    done = anthropic.messages.create(model=model, max_tokens=1000, messages=SAY, system="Be brief.")
    assert [block.type for block in done.content] == ["text"]
    assert (done.content[0].text, done.role, done.stop_reason) == (SAID, "assistant", "end_turn")
    assert done.stop_sequence is None
    assert done.usage.input_tokens > 0
    assert done.usage.output_tokens > 0
    assert done.id.startswith("msg_")


@pytest.mark.parametrize("model", MODELS)
def test_streamed(anthropic, model):
    """One message_start, blocks one after the other, one message_delta, message_stop."""
    stream = anthropic.messages.create(model=model, max_tokens=1000, messages=SAY, stream=True)
    events = [event for event in stream if event.type != "ping"]
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert "".join(event.delta.text for event in events[2:-3]) == SAID
    assert events[0].message.content == []
    assert events[0].message.stop_reason is None
    assert events[-2].delta.stop_reason == "end_turn"
    assert events[-2].usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_the_stream_helper(anthropic, model):
    with anthropic.messages.stream(model=model, max_tokens=1000, messages=SAY) as stream:
        assert "".join(stream.text_stream) == SAID
        done = stream.get_final_message()
    assert done.content[0].text == SAID
    assert done.usage.input_tokens > 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_parallel_tools(anthropic, model, stream):
    wishes = {
        "model": model,
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "Tell me in parallel about the weather in Paris"}],
        "tools": [WEATHER],
    }
    if stream:
        with anthropic.messages.stream(**wishes) as events:
            done = events.get_final_message()
    else:
        done = anthropic.messages.create(**wishes)
    calls = [block for block in done.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [("get_weather", {"city": "Paris"})] * 2
    assert len({call.id for call in calls}) == 2
    assert done.stop_reason == "tool_use"


@pytest.mark.parametrize("model", MODELS)
def test_parallel_tools_may_be_forbidden(anthropic, model):
    done = anthropic.messages.create(
        model=model,
        max_tokens=1000,
        messages=[{"role": "user", "content": "Tell me in parallel about the weather in Paris"}],
        tools=[WEATHER],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    )
    assert len([block for block in done.content if block.type == "tool_use"]) == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "choice",
    [{"type": "any"}, {"type": "none"}, {"type": "tool", "name": "other"}],
    ids=lambda choice: choice["type"],
)
def test_tool_choice(anthropic, model, choice):
    done = anthropic.messages.create(
        model=model,
        max_tokens=1000,
        messages=[{"role": "user", "content": "Hello"}],
        tools=[WEATHER, {"name": "other", "input_schema": {"type": "object"}}],
        tool_choice=choice,
    )
    called = [block.name for block in done.content if block.type == "tool_use"]
    assert called == {"any": ["get_weather"], "none": [], "tool": ["other"]}[choice["type"]]


@pytest.mark.parametrize("model", SEEING)
def test_tool_results_with_pictures_and_errors(anthropic, model):
    ask = {"role": "user", "content": "Tell me in parallel about the weather in Paris MARKER-rain"}
    wishes = {"model": model, "max_tokens": 1000, "tools": [WEATHER]}
    first = anthropic.messages.create(messages=[ask], **wishes)
    seen, failed = [block.id for block in first.content if block.type == "tool_use"]
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png()}}
    results = [
        {"type": "tool_result", "tool_use_id": seen, "content": [{"type": "text", "text": "rain"}, picture]},
        {"type": "tool_result", "tool_use_id": failed, "content": "no such city", "is_error": True},
    ]
    answer = {"role": "assistant", "content": first.content}
    history = [ask, answer, {"role": "user", "content": results}]
    done = anthropic.messages.create(messages=history, **wishes)
    assert done.content[0].text.startswith("Done. The tool said: rain")
    assert done.content[0].text.endswith("no such city. MARKER-rain")


@pytest.mark.parametrize("model", STRUCTURED)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_structured_output(anthropic, model, stream):
    wishes = {
        "model": model,
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "Describe Vienna"}],
        "output_format": City,
    }
    if stream:
        with anthropic.messages.stream(**wishes) as events:
            done = events.get_final_message()
    else:
        done = anthropic.messages.parse(**wishes)
    assert isinstance(done.parsed_output, City)


@pytest.mark.parametrize("model", SEEING)
def test_vision(anthropic, model):
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png()}}
    content = [picture, picture, {"type": "text", "text": "What is this?"}]
    done = anthropic.messages.create(
        model=model, max_tokens=1000, messages=[{"role": "user", "content": content}]
    )
    assert "2 images" in done.content[0].text


@pytest.mark.parametrize("model", REASONING)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_reasoning(talk, model, stream):
    turn = await talk("messages", model, stream=stream, thinks=True).say("Please think about owls")
    assert "owls" in turn.text
    assert "owls" in turn.thoughts


@pytest.mark.parametrize("model", MODELS)
def test_a_limit_is_kept_and_told(anthropic, model):
    done = anthropic.messages.create(
        model=model, max_tokens=20, messages=[{"role": "user", "content": "write 500 words"}]
    )
    assert done.stop_reason == "max_tokens"
    assert len(done.content[0].text) <= 80


@pytest.mark.parametrize("model", MODELS)
def test_fields_that_a_model_does_not_take_are_no_error(anthropic, model):
    done = anthropic.messages.create(
        model=model,
        max_tokens=500_000,
        messages=SAY,
        metadata={"user_id": "x" * 150},
        service_tier="auto",
        extra_headers={"anthropic-beta": "my-own-beta-2020-01-01,context-management-2025-06-27"},
        extra_body={
            "my_own": 1,
            "temperature": 0.2,
            "top_p": 0.9,
            "top_k": 5,
            "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        },
        timeout=60,
    )
    assert done.content[0].text == SAID
    assert done.usage.service_tier is None


@pytest.mark.parametrize("model", MODELS)
def test_tokens_are_counted(anthropic, model):
    plain = anthropic.messages.count_tokens(model=model, messages=SAY).input_tokens
    more = anthropic.messages.count_tokens(
        model=model, messages=SAY, tools=[WEATHER], system="Be brief."
    ).input_tokens
    assert 0 < plain < more


@beta_tool
def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: Its name.
    """
    return f"rain in {city}"


@beta_async_tool
async def get_time(city: str) -> str:
    """The time of a city.

    Args:
        city: Its name.
    """
    return f"noon in {city}"


PROMPT = [{"role": "user", "content": "What is the weather in Paris? MARKER-rain"}]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("wish", [{}, {"thread": False}], ids=["threads", "whole-history"])
def test_the_tool_runner(anthropic, model, wish):
    """It asks for server-kept threads; the refusal makes it send the history, and the task is not lost."""
    runner = anthropic.beta.messages.tool_runner(
        model=model, max_tokens=1000, tools=[get_weather], messages=PROMPT, **wish
    )
    done = runner.until_done()
    assert done.content[-1].text == "Done. The tool said: rain in Paris. MARKER-rain"


@pytest.mark.parametrize("model", MODELS)
def test_the_tool_runner_streams(anthropic, model):
    runner = anthropic.beta.messages.tool_runner(
        model=model, max_tokens=1000, tools=[get_weather], messages=PROMPT, stream=True
    )
    texts = [stream.get_final_message().content[-1] for stream in runner]
    assert texts[-1].text == "Done. The tool said: rain in Paris. MARKER-rain"


@pytest.mark.parametrize("model", MODELS)
async def test_asynchronous(async_clients, model):
    _, client = async_clients
    done = await client.messages.create(model=model, max_tokens=1000, messages=SAY)
    assert done.content[0].text == SAID
    async with client.messages.stream(model=model, max_tokens=1000, messages=SAY) as events:
        assert "".join([text async for text in events.text_stream]) == SAID
    runner = client.beta.messages.tool_runner(
        model=model,
        max_tokens=1000,
        tools=[get_time],
        messages=[{"role": "user", "content": "What is the time in Paris?"}],
    )
    done = await runner.until_done()
    assert "noon in Paris" in done.content[-1].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_web_search_by_a_model_that_has_one(anthropic, streamed):
    ask = {
        "model": "gpt-5.5",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "Perform a web search for the query: cats"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "tool_choice": {"type": "tool", "name": "web_search"},
    }
    if streamed:
        with anthropic.messages.stream(**ask) as stream:
            done = stream.get_final_message()
    else:
        done = anthropic.messages.create(**ask)
    blocks = {block.type: block for block in done.content}
    assert list(blocks) == ["server_tool_use", "web_search_tool_result", "text"]
    assert "cats" in blocks["server_tool_use"].input["query"]
    assert [page.url for page in blocks["web_search_tool_result"].content] == ["https://example.com/"]
    assert blocks["web_search_tool_result"].tool_use_id == blocks["server_tool_use"].id
    assert done.usage.server_tool_use.web_search_requests == 1
    history = [*ask["messages"], {"role": "assistant", "content": done.content}]
    history.append({"role": "user", "content": "say: thanks"})
    for model in ("claude-sonnet-5", "gpt-5.5", "gpt-4.1"):
        again = anthropic.messages.create(model=model, max_tokens=1000, messages=history)
        assert again.content[-1].text == "thanks"
