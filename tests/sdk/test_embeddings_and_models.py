"""Embeddings and model lists with the SDKs, strict."""

import math
from itertools import islice

import pytest
from models import MODELS

FLOATS = {"encoding_format": "float"}
EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-ada-002")


def relaxed(client):
    """The SDK's default is base64, which it decodes after it would have refused it in strict mode."""
    return client.with_options(_extra_kwargs={"_strict_response_validation": False})


def close(first, second):
    return all(math.isclose(one, two, abs_tol=1e-6) for one, two in zip(first, second, strict=True))


@pytest.mark.parametrize("model", EMBEDDING_MODELS)
def test_base64_is_what_the_sdk_asks_for_and_equals_floats(openai, model):
    compact = relaxed(openai).embeddings.create(model=model, input="an owl")
    plain = openai.embeddings.create(model=model, input="an owl", encoding_format="float")
    assert len(compact.data[0].embedding) == 1536
    assert close(compact.data[0].embedding, plain.data[0].embedding)
    assert (plain.object, plain.data[0].object, plain.data[0].index) == ("list", "embedding", 0)
    assert plain.usage.prompt_tokens == plain.usage.total_tokens > 0
    assert plain.model


def test_tokens_are_embedded_as_their_text(openai):
    """[15339, 1917] is no text for Copilot, which takes strings only."""
    by_text = openai.embeddings.create(model=EMBEDDING_MODELS[0], input=["hello world", "hello"], **FLOATS)
    by_tokens = openai.embeddings.create(model=EMBEDDING_MODELS[0], input=[[15339, 1917], [15339]], **FLOATS)
    assert [close(a.embedding, b.embedding) for a, b in zip(by_text.data, by_tokens.data, strict=True)] == [
        True,
        True,
    ]
    alone = openai.embeddings.create(model=EMBEDDING_MODELS[0], input=[15339, 1917], **FLOATS)
    assert close(alone.data[0].embedding, by_text.data[0].embedding)


@pytest.mark.parametrize("size", [1, 256, 1536])
def test_dimensions(openai, size):
    done = openai.embeddings.create(model=EMBEDDING_MODELS[0], input="an owl", dimensions=size, **FLOATS)
    assert len(done.data[0].embedding) == size


def test_more_inputs_than_copilot_takes_at_once_come_back_in_order(openai):
    texts = [f"text {number}" for number in range(1100)]
    done = openai.embeddings.create(model=EMBEDDING_MODELS[0], input=texts, dimensions=8, **FLOATS)
    assert [item.index for item in done.data] == list(range(1100))
    for number in (0, 511, 512, 1023, 1024, 1099):
        alone = openai.embeddings.create(
            model=EMBEDDING_MODELS[0], input=texts[number], dimensions=8, **FLOATS
        )
        assert close(done.data[number].embedding, alone.data[0].embedding)
    assert done.usage.prompt_tokens >= 1100


async def test_asynchronous(async_clients):
    client, _ = async_clients
    done = await client.embeddings.create(model=EMBEDDING_MODELS[0], input=["one", "two"], **FLOATS)
    assert len(done.data) == 2


def test_openai_models(openai):
    listed = {model.id: model for model in openai.models.list()}
    assert set(MODELS) <= set(listed)
    for model in listed.values():
        assert (model.object, bool(model.owned_by)) == ("model", True)
        assert model.created >= 0
    assert listed["gpt-4.1"].context_window == 128_000
    assert listed["claude-opus-4.5"].supported_endpoints == ["/v1/messages"]
    assert openai.models.retrieve("gpt-4.1").id == "gpt-4.1"


@pytest.mark.parametrize("name", ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-sonnet-4.5"])
def test_a_model_answers_to_its_other_names(openai, anthropic, name):
    assert openai.models.retrieve(name).id == "claude-sonnet-4.5"
    assert anthropic.models.retrieve(name).display_name == "Claude Sonnet 4.5"


def test_anthropic_models_are_paged(anthropic):
    whole = [model.id for model in anthropic.models.list(limit=1000)]
    assert set(MODELS) <= set(whole)
    assert len(whole) == len(set(whole))
    assert [model.id for model in anthropic.models.list(limit=3)] == whole  # page after page
    first = anthropic.models.list(limit=3)
    assert (len(first.data), first.has_more, first.last_id) == (3, True, whole[2])
    after = anthropic.models.list(limit=3, after_id=whole[2])
    assert [model.id for model in islice(after, 3)] == whole[3:6]
    before = anthropic.models.list(limit=2, before_id=whole[4])
    assert [model.id for model in before.data] == whole[2:4]
    assert all(model.type == "model" for model in first.data)


async def test_anthropic_models_asynchronously(async_clients):
    _, client = async_clients
    listed = [model.id async for model in client.models.list(limit=2)]
    assert set(MODELS) <= set(listed)
