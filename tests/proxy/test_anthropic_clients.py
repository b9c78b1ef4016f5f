"""What Anthropic clients get on the paths around their messages: models, counts, errors with an id."""

import pytest

from tests.harness import Jumpseat

VERSION = {"anthropic-version": "2023-06-01"}
HI = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize("path", ["/v1/models/nobody-has-this", "/v1/models?limit=no", "/v1/nothing"])
async def test_shared_paths_tell_errors_as_the_asking_client_reads_them(
    jumpseat: Jumpseat, path: str
) -> None:
    anthropic = await jumpseat.get(path, **VERSION)
    assert anthropic.status in (400, 404)
    assert anthropic.json["type"] == "error"
    if "limit" not in path:  # OpenAI's list has no limit
        assert "code" in (await jumpseat.get(path)).json["error"]


async def test_an_error_carries_the_id_of_its_record(jumpseat: Jumpseat) -> None:
    body = {"model": "nobody-has-this", "max_tokens": 9, "messages": HI}
    reply = await jumpseat.post("/v1/messages", body)
    assert reply.json["request_id"] == jumpseat.last["id"]
    assert {name.lower(): value for name, value in reply.headers.items()}["x-request-id"] == jumpseat.last[
        "id"
    ]


async def test_a_count_of_messages_that_are_none_names_the_field(jumpseat: Jumpseat) -> None:
    body = {"model": "claude-opus-4.5", "messages": [HI[0], 5]}
    reply = await jumpseat.post("/v1/messages/count_tokens", body)
    assert reply.status == 400
    assert "messages[1]" in reply.json["error"]["message"]
