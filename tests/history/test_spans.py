"""A request as a span: the conventions' names, what is unknown left out, nothing of what was said."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tray_app.dialects.neutral import Usage
from tray_app.history.record import Record, Try
from tray_app.history.spans import Server, operation_of, route_of, span, trace_document

BEGUN = datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)
ID = "req_0123456789abcdef0123456789abcdef"
HERE = Server("api.githubcopilot.com", 443)


def record(**more: Any) -> Record:
    one = Record(ID, BEGUN, "Claude Code", "messages", "/v1/messages")
    one.model_requested, one.model_served, one.status = "opus", "claude-opus-5", 200
    one.session_id, one.ttfb_ms, one.duration_ms = "s1", 250.0, 1_500.5
    one.usage = Usage(1000, 20, 900, 50, None, 7)
    for name, value in more.items():
        setattr(one, name, value)
    return one


def said(one: dict[str, Any]) -> dict[str, Any]:
    def plain(value: dict[str, Any]) -> Any:
        ((kind, found),) = value.items()
        return int(found) if kind == "intValue" else found

    return {entry["key"]: plain(entry["value"]) for entry in one["attributes"]}


def test_an_answered_request() -> None:
    one = span(record(), HERE)
    assert (one["traceId"], len(one["spanId"]), one["kind"]) == (ID[4:], 16, 3)
    assert one["name"] == "chat claude-opus-5"
    assert one["startTimeUnixNano"] == "1769860800123456000"
    assert int(one["endTimeUnixNano"]) - int(one["startTimeUnixNano"]) == 1_500_500_000
    assert "status" not in one
    found = said(one)
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.request.model"] == "opus"
    assert found["gen_ai.response.model"] == "claude-opus-5"
    assert found["gen_ai.conversation.id"] == "s1"
    assert found["gen_ai.usage.input_tokens"] == 1000
    assert found["gen_ai.usage.output_tokens"] == 20
    assert found["gen_ai.usage.cache_read.input_tokens"] == 900
    assert found["gen_ai.usage.cache_creation.input_tokens"] == 50
    assert found["gen_ai.response.time_to_first_chunk"] == 0.25
    assert (found["server.address"], found["server.port"]) == ("api.githubcopilot.com", 443)
    assert (found["http.response.status_code"], found["http.route"]) == (200, "/v1/messages")
    assert found["jumpseat.nano_aiu"] == 7
    assert not {"error.type", "gen_ai.usage.reasoning.output_tokens"} & set(found)


def test_what_is_unknown_is_left_out() -> None:
    found = said(span(record(usage=Usage(), ttfb_ms=None, session_id=None, model_served=None), None))
    assert not [key for key in found if key.startswith("gen_ai.usage")]
    assert not {"gen_ai.conversation.id", "gen_ai.response.model", "server.address"} & set(found)


@pytest.mark.parametrize(
    ("more", "kind"),
    [({"error": "quota_exceeded", "status": 402}, "quota_exceeded"), ({"cancelled": True}, "cancelled")],
)
def test_a_failed_one_says_which_kind_and_no_sentence(more: dict[str, Any], kind: str) -> None:
    one = span(record(error_message="You wrote: the heron", **more), HERE)
    assert one["status"] == {"code": 2}
    assert said(one)["error.type"] == kind


def test_nothing_of_what_was_said_is_in_it() -> None:
    one = record(
        sent={"messages": [{"content": "the heron"}]},
        error_message="the heron",
        notes=["the heron"],
        repairs=["the heron"],
        project="/home/heron",
        tries=[Try(400, "the heron", 1.0)],
    )
    assert b"heron" not in orjson.dumps(trace_document([one], HERE, "1.0"))


@pytest.mark.parametrize(
    ("path", "operation", "route"),
    [
        ("/v1/chat/completions", "chat", "/v1/chat/completions"),
        ("/v1/embeddings", "embeddings", "/v1/embeddings"),
        ("/v1/messages/count_tokens", "count_tokens", "/v1/messages/count_tokens"),
        (
            "/v1beta/models/gemini-3:streamGenerateContent",
            "generate_content",
            "/v1beta/models/{model}:streamGenerateContent",
        ),
        ("/v1beta/models/a/b:c:embedContent", "embeddings", "/v1beta/models/{model}:embedContent"),
    ],
)
def test_paths(path: str, operation: str, route: str) -> None:
    assert (operation_of(path), route_of(path)) == (operation, route)


def test_long_texts_are_cut_and_ids_always_fit() -> None:
    one = span(record(id="imported from elsewhere", model_requested="m" * 10_000, model_served=None), HERE)
    assert len(bytes.fromhex(one["traceId"])) == 16
    assert max(len(text) for text in said(one).values() if isinstance(text, str)) <= 300
    assert len(one["name"]) < 320
