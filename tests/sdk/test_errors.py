"""Errors as the SDKs raise them: the class, the message for the user, the fields that programs read."""

import contextlib

import anthropic
import openai
import pytest
from anthropic import beta_async_tool
from models import CHAT_ONLY, MESSAGES_ONLY, RESPONSES_ONLY

from tests.harness import running
from tests.sdk.talks import TALKS, clients

FORMS = (CHAT_ONLY, RESPONSES_ONLY, MESSAGES_ONLY)
WAYS = [(dialect, model) for dialect in TALKS for model in FORMS]
ways = pytest.mark.parametrize(("dialect", "model"), WAYS, ids=[f"{one}-{two}" for one, two in WAYS])
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def sdk(dialect):
    return anthropic if dialect == "messages" else openai


@contextlib.asynccontextmanager
async def begun(proxy, dialect, model, **wishes):
    """A conversation with a proxy of this test."""
    async with clients(proxy.url) as (first, second):
        yield TALKS[dialect](second if dialect == "messages" else first, model, **wishes)


async def raised(proxy, dialect, model, kind, **wishes):
    """The error of a plain prompt."""
    async with begun(proxy, dialect, model, **wishes) as talk:
        with pytest.raises(getattr(sdk(dialect), kind)) as caught:
            await talk.say("say: hello")
    return caught.value


def message(error, dialect):
    """The text for the user, where each SDK has it."""
    return error.body["error"]["message"] if dialect == "messages" else error.body["message"]


@pytest.mark.parametrize("dialect", TALKS)
@streams
async def test_no_such_model(sim, tmp_path, dialect, stream):
    async with running(sim, tmp_path) as proxy:
        error = await raised(proxy, dialect, "gpt-4.11", "NotFoundError", stream=stream)
    assert "gpt-4.1" in message(error, dialect)
    if dialect == "messages":
        assert error.body["error"]["type"] == "not_found_error"
        assert error.body["type"] == "error"
    else:
        assert error.code == "model_not_found"
        assert error.param == "model"


@ways
@streams
async def test_signed_out_is_a_403_with_the_remedy(sim, tmp_path, dialect, model, stream):
    async with running(sim, tmp_path, token=None) as proxy:
        error = await raised(proxy, dialect, model, "PermissionDeniedError", stream=stream)
    assert "jumpseat login" in message(error, dialect)


@ways
@streams
async def test_a_rate_limit_says_when(sim, tmp_path, dialect, model, stream):
    sim.faults.add("status", status=429, retry_after=42)
    async with running(sim, tmp_path) as proxy:
        error = await raised(proxy, dialect, model, "RateLimitError", stream=stream)
    assert error.response.headers["retry-after"] == "42"
    assert "rate limit" in message(error, dialect)
    if dialect == "messages":
        assert error.body["error"]["type"] == "rate_limit_error"


@ways
@streams
async def test_an_overload_is_a_5xx_in_the_dialect(sim, tmp_path, dialect, model, stream):
    sim.faults.add("status", status=503, times=9)
    async with running(sim, tmp_path) as proxy:
        error = await raised(proxy, dialect, model, "InternalServerError", stream=stream)
    assert error.status_code == 503
    assert message(error, dialect)


@ways
async def test_a_spent_quota_is_not_a_rate_limit(sim, tmp_path, dialect, model):
    sim.exhaust_quota()
    if model == CHAT_ONLY:
        model = "gemini-3.1-pro"  # gpt-4.1 is included in the plan
    async with running(sim, tmp_path) as proxy:
        error = await raised(proxy, dialect, model, "APIStatusError")
    assert error.status_code == 402
    assert "quota" in message(error, dialect)


@pytest.mark.parametrize("model", FORMS)
async def test_the_wrong_field_is_named(sim, tmp_path, model):
    async with running(sim, tmp_path) as proxy, clients(proxy.url) as (client, _):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model=model, messages="hello")
        assert caught.value.param == "messages"
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(model=model, input="hello", previous_response_id="resp_1")
        assert caught.value.param == "previous_response_id"
        assert "input" in caught.value.body["message"]
        with pytest.raises(openai.BadRequestError) as caught:
            await client.embeddings.create(model="text-embedding-3-small", input=[])
        assert caught.value.param == "input"
    assert sim.ledger == []


@pytest.mark.parametrize("model", FORMS)
async def test_the_wrong_field_is_named_to_anthropic_clients(sim, tmp_path, model):
    async with running(sim, tmp_path) as proxy, clients(proxy.url) as (_, client):
        with pytest.raises(anthropic.BadRequestError) as caught:
            await client.messages.create(model=model, max_tokens=10, messages="hello")
    assert caught.value.body["error"]["type"] == "invalid_request_error"
    assert "messages" in message(caught.value, "messages")


@pytest.mark.parametrize("model", FORMS)
@streams
async def test_threads_are_refused_so_that_the_history_is_sent(sim, tmp_path, model, stream):
    """The tool runner asks for a thread once, and never again in this run."""

    @beta_async_tool
    async def get_weather(city: str) -> str:
        """The weather of a city."""
        return f"rain in {city}"

    async with running(sim, tmp_path) as proxy, clients(proxy.url) as (_, client):
        body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
        with pytest.raises(anthropic.BadRequestError) as caught:
            await client.post(
                "/v1/messages",
                cast_to=object,
                body=body | {"thread": {"type": "create"}},
            )
        details = caught.value.body["error"]["details"]
        assert details == {"error_code": "thread_unsupported_request", "unsupported": []}
        runner = client.beta.messages.tool_runner(
            model=model,
            max_tokens=1000,
            tools=[get_weather],
            messages=[{"role": "user", "content": "What is the weather in Paris? MARKER-rain"}],
            stream=stream,
        )
        async for step in runner:
            done = await step.get_final_message() if stream else step
        assert done.content[-1].text.endswith("MARKER-rain")
        statuses = [row.status for row in proxy.seat.records.all()]
    assert statuses == [400, 400, 200, 200]
    assert [entry.initiator for entry in sim.ledger] == ["user", "agent"]


@ways
async def test_a_stream_that_breaks_raises(sim, tmp_path, dialect, model):
    """Never a silent success: no SDK takes a cut answer for a whole one."""
    async with running(sim, tmp_path) as proxy, begun(proxy, dialect, model, stream=True) as talk:
        sim.faults.add("reset_mid", after=6)
        with pytest.raises((sdk(dialect).APIError, RuntimeError)) as caught:
            await talk.say("say: Grüße aus Köln")
    assert "strict" not in str(caught.value)


async def test_repeating_clients_come_through(sim, tmp_path):
    """With their own retries on, the SDKs get over a refused request by the headers we pass on."""
    sim.faults.add("status", status=429, retry_after=11, times=2)
    async with running(sim, tmp_path) as proxy, clients(proxy.url, max_retries=2) as (first, second):
        for client in (first, second):
            client._sleep_for_retry = _at_once(client)
        done = await first.chat.completions.create(
            model=CHAT_ONLY, messages=[{"role": "user", "content": "say: hello"}]
        )
        assert done.choices[0].message.content == "hello"


def _at_once(client):
    async def go_on(**_):
        return None

    return go_on
