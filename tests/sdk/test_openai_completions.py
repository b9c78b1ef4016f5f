"""Legacy completions with the OpenAI SDK, which validates every answer and every chunk strictly."""

import openai as sdk
import pytest
from models import MODELS

SAID = "Grüße aus Köln 😀"


@pytest.mark.parametrize("model", MODELS)
def test_whole(openai, model):
    done = openai.completions.create(model=model, prompt=f"say: {SAID}", max_tokens=500)
    (choice,) = done.choices
    assert (choice.text, choice.finish_reason, choice.index, choice.logprobs) == (SAID, "stop", 0, None)
    assert (done.object, done.model) == ("text_completion", model)
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens > 0
    assert done.id.startswith("cmpl-")
    assert done.created > 1_700_000_000


@pytest.mark.parametrize("model", MODELS)
def test_streamed(openai, model):
    """OpenAI itself sends `finish_reason: null` until the end, which its SDK takes when it is not strict."""
    options = {"include_usage": True}
    lenient = openai.copy(_extra_kwargs={"_strict_response_validation": False})
    with lenient.completions.create(
        model=model, prompt=[f"say: {SAID}"], stream=True, stream_options=options
    ) as stream:
        chunks = list(stream)
    said = [chunk for chunk in chunks if chunk.choices]
    assert "".join(chunk.choices[0].text for chunk in said) == SAID
    assert [chunk.choices[0].finish_reason for chunk in said] == [None] * (len(said) - 1) + ["stop"]
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"text_completion"}


def test_several_prompts(openai):
    done = openai.completions.create(model="gpt-4.1", prompt=["say: one", "say: two", "say: three"])
    assert [(choice.index, choice.text) for choice in done.choices] == [(0, "one"), (1, "two"), (2, "three")]
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


@pytest.mark.parametrize(
    ("field", "value"),
    [("suffix", "end"), ("echo", True), ("logprobs", 2), ("best_of", 3), ("n", 2), ("prompt", [1, 2])],
)
def test_what_cannot_be_had_is_refused(openai, field, value):
    with pytest.raises(sdk.BadRequestError) as refusal:
        openai.completions.create(**{"model": "gpt-4.1", "prompt": "say: x"} | {field: value})
    assert refusal.value.param == field
    assert refusal.value.body["message"].startswith(f"{field}: ")
