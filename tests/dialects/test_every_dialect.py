"""A conversation written for any upstream form and read again means the same, and so does a client's
request that went through two of them."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.copilot.catalog_entry import parse_model
from tray_app.dialects import tool_arguments
from tray_app.dialects.capabilities import Model
from tray_app.dialects.neutral import Ask, Image, Message, Opaque, Text, Thinking, Tool, ToolCall, ToolResult
from tray_app.dialects.protocol import Dialect
from tray_app.dialects.table import BY_ENDPOINT
from tray_app.simulated.catalog import built_in

MODELS: dict[str, Model] = {
    model.id: model for entry in reversed(built_in()) if (model := parse_model(entry)) is not None
}
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in BY_ENDPOINT.values()}
TARGETS = [
    ("chat", "gpt-4.1"),
    ("chat", "claude-opus-5"),
    ("chat", "gemini-3.1-pro"),
    ("responses", "gpt-5.3-codex"),
    ("messages", "claude-opus-5"),
    ("messages", "claude-opus-4.5"),
]
targets = pytest.mark.parametrize(("dialect", "model"), TARGETS, ids=["-".join(target) for target in TARGETS])
LOOK = Tool("look", "Looks.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})

text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(lambda t: bool(t.strip()))
pictures = st.binary(min_size=3, max_size=12).map(
    lambda raw: Image("image/png", base64.b64encode(b"\x89PNG" + raw).decode())
)
given_arguments = st.dictionaries(text, st.integers(0, 9) | st.none() | text, max_size=3).map(
    lambda value: orjson.dumps(value).decode()
)


@st.composite
def conversations(draw: st.DrawFn, *, shown: bool = False) -> tuple[Message, ...]:
    """System, then rounds of a prompt (at times with a picture), an answer, and calls with their results."""
    talk = [Message("system", (Text(draw(text)),))] if draw(st.booleans()) else []
    for number in range(draw(st.integers(1, 3))):
        picture = (draw(pictures),) if draw(st.booleans()) else ()
        talk.append(Message("user", (Text(draw(text)), *picture)))
        calls = [
            ToolCall(f"call_{number}_{place}", "look", draw(given_arguments))
            for place in range(draw(st.integers(0, 3)))
        ]
        said = [Text(draw(text))] if draw(st.booleans()) or not calls else []
        talk.append(Message("assistant", (*said, *calls)))
        for call in calls:
            seen = (draw(pictures),) if shown else ()
            talk.append(
                Message("tool", (ToolResult(call.id, (Text(draw(text)), *seen), draw(st.booleans())),))
            )
    talk.append(Message("user", (Text(draw(text)),)))
    return tuple(talk)


def an_ask(talk: tuple[Message, ...]) -> Ask:
    return Ask("m", talk, tools=(LOOK,), max_tokens=100)


def through(ask: Ask, dialect: str, model: str) -> Ask:
    """Written for an endpoint, over the wire, and read again."""
    body, _ = DIALECTS[dialect].write_ask(ask, MODELS[model])
    again, _ = DIALECTS[dialect].read_ask(orjson.loads(orjson.dumps(body)))
    return again


def meaning(ask: Ask) -> list[Any]:
    """What was said, shown, called and answered, in order; free of the cut into messages and parts.

    An error is a flag in some dialects and a word before the text in others, so its text counts only.
    """
    found: list[Any] = []
    for message in ask.messages:
        for part in message.parts:
            match part:
                case Text(words):
                    found.append((message.role, words))
                case Image():
                    found.append((message.role, part.data))
                case ToolCall(id, name, written):
                    found.append(("call", id, name, tool_arguments.to_object(written)))
                case ToolResult(id, parts):
                    words = "".join(part.text for part in parts if isinstance(part, Text))
                    found.append(("result", id, words))
    return found


def same(found: list[Any], wanted: list[Any]) -> bool:
    """Equal, but for a mark of failure in front of a result's text."""
    if len(found) != len(wanted):
        return False
    return all(
        one == two or (one[0] == "result" == two[0] and one[1] == two[1] and one[2].endswith(two[2]))
        for one, two in zip(found, wanted, strict=True)
    )


@targets
@given(talk=conversations())
@settings(max_examples=60, deadline=None)
def test_one_way(dialect: str, model: str, talk: tuple[Message, ...]) -> None:
    ask = an_ask(talk)
    again = through(ask, dialect, model)
    assert same(meaning(again), meaning(ask)), (meaning(again), meaning(ask))
    assert [(tool.name, tool.description, tool.parameters) for tool in again.tools] == [
        (LOOK.name, LOOK.description, LOOK.parameters)
    ]
    assert again.max_tokens == 100


@targets
@pytest.mark.parametrize("client", DIALECTS)
@given(talk=conversations())
@settings(max_examples=25, deadline=None)
def test_a_clients_request_for_another_endpoint(
    client: str, dialect: str, model: str, talk: tuple[Message, ...]
) -> None:
    """What a client of one dialect meant arrives at an endpoint of another."""
    its_own = {"chat": "gpt-4.1", "responses": "gpt-5.3-codex", "messages": "claude-opus-5"}[client]
    ask = an_ask(talk)
    assert same(meaning(through(through(ask, client, its_own), dialect, model)), meaning(ask))


@targets
@given(talk=conversations(shown=True))
@settings(max_examples=40, deadline=None)
def test_no_picture_of_a_tool_is_lost_or_doubled(dialect: str, model: str, talk: tuple[Message, ...]) -> None:
    body, _ = DIALECTS[dialect].write_ask(an_ask(talk), MODELS[model])
    wire = orjson.dumps(body).decode()
    wanted = [image.data for image in images(talk)]
    assert sorted(wanted) == sorted(data for data in set(wanted) for _ in range(wire.count(data)))


def images(talk: tuple[Message, ...]) -> list[Image]:
    found: list[Image] = []
    for message in talk:
        for part in message.parts:
            inner = part.parts if isinstance(part, ToolResult) else (part,)
            found += [one for one in inner if isinstance(one, Image)]
    return found


@targets
@pytest.mark.parametrize("kind", DIALECTS)
@given(talk=conversations())
@settings(max_examples=25, deadline=None)
def test_thinking_goes_only_where_it_came_from(
    kind: str, dialect: str, model: str, talk: tuple[Message, ...]
) -> None:
    """A foreign seal is a 400 for the rest of the conversation; the endpoint's own goes back as it came."""
    thought = Thinking("Hm.", Opaque(kind, "c2VhbGVk", "rs_1" if kind == "responses" else None))  # type: ignore[arg-type]
    sealed = tuple(
        Message(one.role, (thought, *one.parts)) if one.role == "assistant" else one for one in talk
    )
    body, _ = DIALECTS[dialect].write_ask(an_ask(sealed), MODELS[model])
    wire = orjson.dumps(body).decode()
    turns = sum(message.role == "assistant" for message in talk)
    claude = MODELS[model].id.startswith("claude") and {kind, dialect} <= {"chat", "messages"}
    if kind == dialect and (kind != "chat" or not model.startswith("gpt")):
        assert wire.count("c2VhbGVk") > 0
        assert wire.count("c2VhbGVk") <= turns
    elif not claude:
        assert "c2VhbGVk" not in wire or kind == dialect
    assert "Hm." not in words_of(body)


def words_of(body: Any) -> list[str]:
    """Texts that a model would take for words that were said."""
    found: list[str] = []
    if isinstance(body, dict):
        if body.get("type") in ("text", "output_text", "input_text"):
            found.append(str(body.get("text")))
        if isinstance(body.get("content"), str):
            found.append(body["content"])
        found += [word for value in body.values() for word in words_of(value)]
    elif isinstance(body, list):
        found += [word for value in body for word in words_of(value)]
    return found
