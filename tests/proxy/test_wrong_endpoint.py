"""A model that is not at the endpoint where the catalog has it is asked at another one."""

import pytest
from ways import NATIVE, Way, streamed_text, whole_text

from tests.harness import Jumpseat
from tray_app.dialects.capabilities import CHAT, MESSAGES, RESPONSES, Model
from tray_app.proxy.routing import choose_endpoint


def refuse(jumpseat: Jumpseat, endpoint: str, times: int = 1) -> None:
    message = f'model "m" is not accessible via the {endpoint} endpoint'
    error = {"message": message, "code": "unsupported_api_for_model"}
    jumpseat.sim.faults.add("status", path=endpoint, times=times, status=400, body={"error": error})


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_the_request_is_translated_and_the_endpoint_remembered(
    jumpseat: Jumpseat, stream: bool
) -> None:
    way = Way("chat", "/v1/chat/completions", "gpt-5-mini", CHAT)
    refuse(jumpseat, CHAT, times=9)
    for attempts in (2, 1):
        reply = await jumpseat.post(way.path, way.body("say: hello", stream=stream))
        assert reply.status == 200
        assert (streamed_text if stream else whole_text)(way, reply) == "hello"
        record = jumpseat.last
        assert (record["attempts"], record["upstream_endpoint"]) == (attempts, RESPONSES)
        assert bool(record["repairs"]) == (attempts == 2)


async def test_a_model_that_is_nowhere_gets_the_refusal(jumpseat: Jumpseat) -> None:
    way = next(way for way in NATIVE if way.dialect == "chat")
    for endpoint in (CHAT, RESPONSES):
        refuse(jumpseat, endpoint, times=9)
    reply = await jumpseat.post(way.path, way.body())
    assert reply.status == 400
    assert reply.json["error"]["code"] == "unsupported_api_for_model"
    assert jumpseat.last["attempts"] == 2


@pytest.mark.parametrize(
    ("model", "own", "lacking", "expected"),
    [
        (Model(id="gpt-9", endpoints=(CHAT, RESPONSES)), CHAT, {CHAT}, RESPONSES),
        (Model(id="gpt-9", endpoints=(CHAT,)), CHAT, {CHAT}, RESPONSES),
        (Model(id="claude-opus-9", vendor="Anthropic", endpoints=(CHAT,)), CHAT, {CHAT}, MESSAGES),
        (
            Model(id="claude-opus-9", vendor="Anthropic", endpoints=(CHAT, MESSAGES)),
            MESSAGES,
            {MESSAGES},
            CHAT,
        ),
        (Model(id="gpt-9", endpoints=(CHAT,)), CHAT, {CHAT, RESPONSES}, CHAT),
    ],
)
def test_the_endpoint_that_is_left(model: Model, own: str, lacking: set[str], expected: str) -> None:
    assert choose_endpoint(model, own, lacking=lacking) == expected  # type: ignore[arg-type]
