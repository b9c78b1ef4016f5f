"""Errors: upstream's bodies made readable, and each dialect's own shape."""

from typing import Any

import orjson
import pytest

from tray_app.dialects import faults
from tray_app.dialects.upstream_faults import read_refusal
from tray_app.errors import Fault, Kind

PACKED = orjson.dumps(
    {"error": {"message": orjson.dumps({"error": {"message": '{"message":"inner","code":"deep"}'}}).decode()}}
)
READ = {
    "usual": (400, b'{"error":{"message":"no","code":"c","param":"p"}}', ("no", "c", "p")),
    "empty code": (400, b'{"error":{"message":"no","code":""}}', ("no", None, None)),
    "bare message": (400, b'{"message":"no"}', ("no", None, None)),
    "anthropic": (
        400,
        b'{"type":"error","error":{"type":"invalid_request_error","message":"no"}}',
        ("no", None, None),
    ),
    "JSON in JSON in JSON": (400, PACKED, ("inner", "deep", None)),
    "a JSON string": (400, b'"plain words"', ("plain words", None, None)),
    "plain text": (400, b"bad request\n", ("bad request", None, None)),
    "error is a string": (400, b'{"error":"no"}', ("no", None, None)),
    "html": (
        502,
        b"<html><head><title>502 Bad Gateway</title></head></html>",
        (
            "A web page instead of an answer: 502 Bad Gateway. Please try again; githubstatus.com tells of"
            " outages.",
            None,
            None,
        ),
    ),
    "empty": (
        503,
        b"",
        ("Copilot is overloaded. Please try again; githubstatus.com tells of outages.", None, None),
    ),
    "an empty object": (418, b"{}", ("Copilot answered with status 418 and no reason.", None, None)),
    "broken UTF-8": (400, b"no \xff", ("no \ufffd", None, None)),
}


@pytest.mark.parametrize(("status", "body", "expected"), READ.values(), ids=READ.keys())
def test_upstreams_bodies(status: int, body: bytes, expected: Any) -> None:
    fault = read_refusal(status, "text/plain", body, {})
    assert (fault.message, fault.code, fault.param) == expected
    assert fault.status == status


STATUSES = {
    "misdirected": (421, b"Misdirected Request", 502, Kind.CONFIGURATION),
    "outdated": (
        466,
        b"bad request: the specified API version is no longer supported.",
        502,
        Kind.CONFIGURATION,
    ),
    "token expired": (401, b"unauthorized: token expired", 403, Kind.FORBIDDEN),
    "item of another connection": (
        401,
        b"input item ID does not belong to this connection",
        400,
        Kind.INVALID,
    ),
    "rate limit as 400": (
        400,
        b'{"error":{"message":"slow down","code":"rate_limited"}}',
        429,
        Kind.RATE_LIMITED,
    ),
    "rate limit of enterprise": (
        400,
        b'{"error":{"message":"x","code":"user_global_rate_limited:enterprise"}}',
        429,
        Kind.RATE_LIMITED,
    ),
    "quota": (402, b'{"error":{"message":"You have no quota","code":"quota_exceeded"}}', 402, Kind.BILLING),
    "too large": (413, b"413 Request Entity Too Large", 413, Kind.TOO_LARGE),
    "overloaded": (529, b"", 529, Kind.OVERLOADED),
    "in a stream": (
        200,
        b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}',
        529,
        Kind.OVERLOADED,
    ),
    "unknown in a stream": (200, b'{"error":{"message":"x"}}', 502, Kind.UPSTREAM),
}


@pytest.mark.parametrize(("status", "body", "shown", "kind"), STATUSES.values(), ids=STATUSES.keys())
def test_statuses(status: int, body: bytes, shown: int, kind: Kind) -> None:
    fault = read_refusal(status, "", body, {})
    assert (fault.status, fault.kind) == (shown, kind)


def test_a_remedy_stands_behind_the_upstreams_own_words() -> None:
    said = {
        "message": "The requested model is not supported.",
        "code": "model_not_supported",
        "param": "model",
    }
    body = orjson.dumps({"error": said})
    fault = read_refusal(400, "", body, {})
    assert fault.message.startswith("The requested model is not supported. ")
    assert "github.com/settings/copilot/features" in fault.message
    assert (fault.code, fault.param) == ("model_not_supported", "model")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        pytest.param(403, b"forbidden\n", "Wait some minutes", id="an opaque block"),
        pytest.param(403, b"", "Wait some minutes", id="an empty block"),
        pytest.param(
            400,
            b"bad request: missing Editor-Version header for IDE auth\n",
            "editor_version",
            id="version headers",
        ),
        pytest.param(500, b"", "try again", id="an empty error"),
        pytest.param(504, b"<html></html>", "try again", id="a page of the gateway"),
    ],
)
def test_what_says_little_gets_a_sentence_with_what_to_do(status: int, body: bytes, words: str) -> None:
    fault = read_refusal(status, "", body, {})
    assert fault.status == status
    assert words in fault.message
    assert fault.message.endswith(".")


def test_a_refusal_with_reasons_of_its_own_stays_as_it_is() -> None:
    assert read_refusal(403, "", b'{"error":{"message":"policy says no"}}', {}).message == "policy says no"
    assert read_refusal(500, "", b'{"error":{"message":"boom"}}', {}).message == "boom"


OVERFLOW = orjson.dumps(
    {
        "error": {
            "message": "prompt token count of 93854 exceeds the limit of 90000",
            "code": "model_max_prompt_tokens_exceeded",
        }
    }
)


@pytest.mark.parametrize(
    ("dialect", "message"),
    [
        ("messages", "prompt is too long: 93854 tokens > 90000 maximum"),
        ("chat", "prompt token count of 93854 exceeds the limit of 90000"),
        ("gemini", "The input token count (93854) exceeds the maximum number of tokens allowed (90000)."),
    ],
)
def test_a_context_overflow_is_worded_for_the_clients_compaction(dialect: Any, message: str) -> None:
    fault = read_refusal(400, "", OVERFLOW, {}, dialect_hint=dialect)
    assert (fault.status, fault.message, fault.code) == (400, message, "context_length_exceeded")


def test_tokens_never_pass() -> None:
    body = b"bad token gho_abcdefghijkl0123, github_pat_11ABCDEFG_xyz0123456 or tid=0f3c;exp=1;sku=x:ab12"
    message = read_refusal(400, "", body, {}).message
    assert "gho_" not in message
    assert "github_pat_" not in message
    assert "tid=" not in message


def test_retry_after_and_request_id_are_kept() -> None:
    fault = read_refusal(429, "", b"", {"Retry-After": "7", "X-Request-Id": "r-1"})
    assert (fault.retry_after, fault.request_id) == ("7", "r-1")


WORDS = [
    (400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
    (402, "insufficient_quota", "billing_error", "RESOURCE_EXHAUSTED"),
    (403, "permission_error", "permission_error", "PERMISSION_DENIED"),
    (404, "not_found_error", "not_found_error", "NOT_FOUND"),
    (413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"),
    (429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"),
    (502, "server_error", "api_error", "INTERNAL"),
    (503, "server_error", "overloaded_error", "UNAVAILABLE"),
    (504, "timeout_error", "timeout_error", "DEADLINE_EXCEEDED"),
    (418, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
]


@pytest.mark.parametrize(("status", "openai", "anthropic", "gemini"), WORDS)
def test_each_dialects_words(status: int, openai: str, anthropic: str, gemini: str) -> None:
    fault = Fault(status, Kind.INVALID, "m", request_id="r")
    assert faults.render("chat", fault)["error"]["type"] == openai
    assert set(faults.render("responses", fault)["error"]) == {"message", "type", "param", "code"}
    assert faults.render("messages", fault) == {
        "type": "error",
        "error": {"type": anthropic, "message": "m"},
        "request_id": "r",
    }
    assert faults.render("gemini", fault)["error"] == {
        "code": status,
        "message": "m",
        "status": gemini,
        "details": [],
    }


def test_anthropic_details_are_given() -> None:
    fault = Fault(
        400, Kind.INVALID, "m", details={"error_code": "thread_unsupported_request", "unsupported": []}
    )
    assert faults.render("messages", fault)["error"]["details"]["error_code"] == "thread_unsupported_request"


def test_errors_in_a_stream() -> None:
    fault = Fault(502, Kind.UPSTREAM, "broke")
    chat = faults.stream_error_event("chat", fault)
    assert chat.startswith(b'data: {"error"')
    assert chat.endswith(b"\n\ndata: [DONE]\n\n")
    assert faults.stream_error_event("messages", fault).startswith(b'event: error\ndata: {"type":"error"')
    assert faults.stream_error_event("gemini", fault).count(b"data: ") == 1


def test_a_used_up_quota_says_when_it_is_renewed() -> None:
    date = "Tue, 01 Dec 2026 00:00:00 GMT"
    body = b'{"error":{"message":"You have no quota","code":"quota_exceeded"}}'
    fault = read_refusal(402, "application/json", body, {"Retry-After": date})
    assert date in fault.message
    assert fault.retry_after == date
