"""Embeddings: what clients send, what upstream takes, and the answer put together."""

import base64
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from tray_app.dialects.capabilities import Model
from tray_app.dialects.embeddings import decode, encode, merge, read_request, read_usage, split, write_request
from tray_app.errors import BadRequest, Broken

SMALL = Model("text-embedding-3-small", type="embeddings", dimensions=True, max_inputs=512)


async def as_words(encoding, tokens):
    assert encoding == "cl100k_base"
    if 999 in tokens:
        raise ValueError("no token")
    return " ".join(f"w{token}" for token in tokens)


def ask(**fields):
    return read_request({"model": "m", **fields}, as_words)


@pytest.mark.parametrize(
    ("given_input", "texts"),
    [
        ("one", ("one",)),
        (["one", "two"], ("one", "two")),
        ([1, 2], ("w1 w2",)),
        ([[1], [2, 3]], ("w1", "w2 w3")),
        ([" "], (" ",)),
    ],
)
async def test_every_form_of_input_becomes_texts(given_input, texts):
    assert (await ask(input=given_input)).inputs == texts


@pytest.mark.parametrize(
    ("given_input", "param"),
    [
        ("", "input"),
        ([], "input"),
        (["a", ""], "input[1]"),
        ([[]], "input[0]"),
        (None, "input"),
        (3, "input"),
        ({"a": 1}, "input"),
        ([True], "input[0]"),
        ([1, "a"], "input[0]"),
        (["a", 1], "input[1]"),
        ([[1, "a"]], "input[0]"),
        ([-1], "input[0]"),
        ([1.5], "input[0]"),
        ([999], "input"),
    ],
)
async def test_wrong_input_is_400_and_named(given_input, param):
    with pytest.raises(BadRequest) as caught:
        await ask(input=given_input)
    assert (caught.value.fault.status, caught.value.fault.param) == (400, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"encoding_format": "int8"}, "encoding_format"),
        ({"encoding_format": 3}, "encoding_format"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": "many"}, "dimensions"),
        ({"model": None}, "model"),
    ],
)
async def test_wrong_options_are_400_and_named(fields, param):
    with pytest.raises(BadRequest) as caught:
        await ask(**{"input": "a"} | fields)
    assert caught.value.fault.param == param


async def test_upstream_gets_a_list_and_nothing_it_does_not_know():
    asked = await ask(input="one", dimensions=256.0, encoding_format="base64", user="me")
    assert write_request(asked, asked.inputs, SMALL) == {
        "model": "text-embedding-3-small",
        "input": ["one"],
        "dimensions": 256,
    }
    assert [str(note) for note in asked.notes] == ["user: dropped"]


async def test_dimensions_on_a_model_without_them_is_400():
    asked = await ask(input="one", dimensions=256)
    with pytest.raises(BadRequest, match="one length only"):
        write_request(asked, asked.inputs, Model("text-embedding-ada-002", type="embeddings"))


def test_many_inputs_are_split_and_put_together_in_order():
    inputs = [str(number) for number in range(1100)]
    parts = split(inputs, 512)
    assert [len(part) for part in parts] == [512, 512, 76]
    assert [text for part in parts for text in part] == inputs
    answers = [
        {"data": [{"embedding": [float(text)], "index": i} for i, text in reversed(list(enumerate(part)))]}
        | {"usage": {"prompt_tokens": len(part), "total_tokens": len(part)}}
        for part in parts
    ]
    merged = merge(answers, "float", "m")
    assert [item["index"] for item in merged["data"]] == list(range(1100))
    assert [item["embedding"][0] for item in merged["data"]] == [float(text) for text in inputs]
    assert merged["usage"] == {"prompt_tokens": 1100, "total_tokens": 1100}
    assert read_usage(merged).input_tokens == 1100
    assert len(split(inputs, None)) == 3


def test_a_bare_answer_gets_what_openai_has():
    merged = merge([{"data": [{"embedding": [0.5, -1]}]}], "float", "m")
    assert CreateEmbeddingResponse.model_validate(merged, strict=True).model == "m"
    assert merged["data"] == [{"object": "embedding", "index": 0, "embedding": [0.5, -1]}]
    assert read_usage(merged).input_tokens is None


def test_base64_is_little_endian_float32_whatever_upstream_gave():
    packed = base64.b64encode(struct.pack("<3f", 0.5, -1, 3e-5)).decode()
    for given_vector in ([0.5, -1, 3e-5], packed):
        assert (
            merge([{"data": [{"embedding": given_vector}]}], "base64", "m")["data"][0]["embedding"] == packed
        )
    assert merge([{"data": [{"embedding": packed}]}], "float", "m")["data"][0]["embedding"][:2] == [0.5, -1]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_base64_keeps_every_float32(vector):
    assert decode(encode(vector)) == vector


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": ["x"]},
        {"data": [{}]},
        {"data": [{"embedding": "%%%"}]},
        {"data": [{"embedding": "QUI="}]},
        {"data": [{"embedding": 3}]},
    ],
)
def test_an_answer_without_vectors_is_upstreams_fault(answer):
    with pytest.raises(Broken):
        merge([answer], "float", "m")


@pytest.mark.parametrize("vector", [["x"], [[1.0]], 3, None, {"a": 1}])
def test_vectors_that_are_no_numbers_are_upstreams_fault(vector):
    with pytest.raises(Broken):
        merge([{"data": [{"embedding": vector}]}], "base64", "m")
