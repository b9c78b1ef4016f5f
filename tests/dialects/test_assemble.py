"""Streams put together for clients that asked for whole answers: what the last event does not have."""

import orjson
import pytest

from tray_app.dialects.assemble import assembler
from tray_app.dialects.fields import Json
from tray_app.dialects.sse import Event
from tray_app.dialects.table import RESPONSES
from tray_app.errors import Broken, JumpseatError


def put_together(*events: Json) -> Json:
    assembled = assembler(RESPONSES)
    for event in events:
        assembled.feed(Event("", orjson.dumps(event)))
    return assembled.body()


def test_a_blob_keeps_the_id_of_the_event_that_finished_it() -> None:
    item = {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item | {"id": "done"}}
    response = {"id": "resp_1", "output": [item | {"id": "last"}]}
    body = put_together(done, {"type": "response.completed", "response": response})
    assert [item["id"] for item in body["output"]] == ["done"]


def test_a_failure_without_a_reason_waits_for_the_error_event() -> None:
    failed = {"type": "response.failed", "response": {"error": None}}
    error = {"type": "error", "error": {"code": "rate_limited", "message": "slow down"}}
    with pytest.raises(JumpseatError, match="slow down"):
        put_together(failed, error)
    with pytest.raises(Broken, match="no reason"):
        put_together(failed)
