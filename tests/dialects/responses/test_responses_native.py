"""Copilot's own Responses streams, made fit for clients of the same dialect."""

import itertools

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import Rules
from tray_app.dialects.responses.native import MAX_HELD, NativeResponses
from tray_app.dialects.responses.reply import native_reply
from tray_app.dialects.sse import Event, Reader
from tray_app.errors import Fault, Kind

EVENT = TypeAdapter(ResponseStreamEvent)
MODEL = Model(
    id="gpt-9.1-codex", vendor="OpenAI", endpoints=("/responses",), reasoning_effort=("low", "high")
)
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
}
BODY = {"model": "gpt-9.1-codex", "input": "hi", "stream": True, "tools": [PATCH]}


def rules(**more) -> Rules:
    return Rules(model=MODEL, memory=Memory(), **more)


def response(**more) -> dict:
    return {
        "object": "response",
        "created_at": 1795000000,
        "model": "gpt-9.1-codex-2026",
        "status": "in_progress",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        **more,
    }


class Upstream:
    """Writes a stream as Copilot does: another 400-character id in every event."""

    def __init__(self) -> None:
        self._counter = itertools.count()
        self.events: list[dict] = []

    def id(self) -> str:
        return f"{next(self._counter):08d}" + "x" * 392

    def add(self, kind: str, **fields) -> dict:
        event = {"type": kind, "sequence_number": len(self.events), **fields}
        self.events.append(event)
        return event

    def lifecycle(self, kind: str, *, id: str | None = None, beside: dict | None = None, **more) -> None:
        self.add(f"response.{kind}", response=response(id=id or self.id(), **more), **(beside or {}))

    def begin(self) -> "Upstream":
        self.lifecycle("created")
        self.lifecycle("in_progress")
        return self

    def reasoning(self, index: int, blob: str) -> dict:
        self.add(
            "response.output_item.added",
            output_index=index,
            item={"id": self.id(), "type": "reasoning", "summary": []},
        )
        place = {"output_index": index, "summary_index": 0}
        part = {"type": "summary_text", "text": ""}
        self.add("response.reasoning_summary_part.added", item_id=self.id(), part=part, **place)
        self.add("response.reasoning_summary_text.delta", item_id=self.id(), delta="Hm.", **place)
        done = {
            "id": self.id(),
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": blob,
        }
        return self.add("response.output_item.done", output_index=index, item=done)["item"]

    def message(self, index: int, text: str) -> dict:
        item = {
            "id": self.id(),
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        self.add("response.output_item.added", output_index=index, item=item)
        place = {"output_index": index, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        self.add("response.content_part.added", item_id=self.id(), part=part, **place)
        for letter in text:
            self.add(
                "response.output_text.delta",
                item_id=self.id(),
                delta=letter,
                logprobs=[],
                obfuscation="zz",
                **place,
            )
        self.add("response.output_text.done", item_id=self.id(), text=text, logprobs=[], **place)
        part = part | {"text": text}
        self.add("response.content_part.done", item_id=self.id(), part=part, **place)
        done = item | {"id": self.id(), "status": "completed", "content": [part]}
        return self.add("response.output_item.done", output_index=index, item=done)["item"]

    def call(
        self, index: int, name: str, arguments: str, *, namespace: str | None = None, pieces=True
    ) -> dict:
        item = {
            "id": self.id(),
            "type": "function_call",
            "call_id": f"call_{index}",
            "name": name,
            "arguments": "",
        }
        item |= {"namespace": namespace} if namespace else {}
        self.add("response.output_item.added", output_index=index, item=item | {"status": "in_progress"})
        if pieces:
            kind = "response.function_call_arguments."
            for letter in arguments:
                self.add(kind + "delta", output_index=index, item_id=self.id(), delta=letter)
            self.add(kind + "done", output_index=index, item_id=self.id(), name=name, arguments=arguments)
        done = item | {"id": self.id(), "arguments": arguments, "status": "completed"}
        return self.add("response.output_item.done", output_index=index, item=done)["item"]

    def end(self, *items: dict) -> bytes:
        output = [item | {"id": self.id()} for item in items]
        usage = {
            "input_tokens": 30,
            "input_tokens_details": {"cached_tokens": 20},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 2},
            "total_tokens": 35,
        }
        cost = {"copilot_usage": {"total_nano_aiu": 123}}
        self.lifecycle("completed", status="completed", output=output, usage=usage, beside=cost)
        return self.data()

    def data(self) -> bytes:
        return b"".join(encoded(event) for event in self.events)


def encoded(event: dict) -> bytes:
    return Event(event["type"], orjson.dumps(event)).encode()


def parsed(data: bytes) -> list[dict]:
    reader = Reader()
    return [orjson.loads(event.data) for event in reader.feed(data) + reader.flush()]


def passed(data: bytes, body: dict = BODY, given: Rules | None = None) -> list[dict]:
    stream = NativeResponses(body, given or rules())
    return parsed(stream.feed(data) + stream.finish())


def full() -> bytes:
    up = Upstream().begin()
    items = [
        up.reasoning(0, "blob-1"),
        up.message(1, "Grüße 🙂"),
        up.call(2, "read", '{"path":"a"}'),
        up.call(3, "apply_patch", '{"input":"*** Begin\\n"}'),
    ]
    return up.end(*items)


@pytest.mark.bug(17)
def test_one_stable_usable_id_per_item():
    events, ids = passed(full()), {}
    for event in events:
        id = event.get("item_id") or event.get("item", {}).get("id")
        if id:
            assert ids.setdefault(event["output_index"], id) == id
    assert [item["id"] for item in events[-1]["response"]["output"]] == [ids[i] for i in range(4)]
    assert [ids[i].split("_")[0] for i in (1, 2, 3)] == ["msg", "fc", "ctc"]
    assert all(len(ids[i]) <= 64 for i in (1, 2, 3))
    assert ids[0].endswith("x" * 392)  # reasoning keeps one of upstream's own


def test_one_response_id():
    ids = {event["response"]["id"] for event in passed(full()) if "response" in event}
    assert len(ids) == 1
    assert ids.pop().startswith("resp_")


@pytest.mark.bug(16)
def test_the_blob_is_remembered_with_the_id_of_output_item_done():
    up, given = Upstream().begin(), rules()
    done = up.reasoning(0, "blob-1")
    passed(up.end(done), given=given)
    assert given.memory.item_id("blob-1") == done["id"]


def test_a_blob_that_only_the_final_response_has_is_remembered_too():
    up, given = Upstream().begin(), rules()
    passed(up.end({"type": "reasoning", "summary": [], "encrypted_content": "late"}), given=given)
    assert given.memory.item_id("late") == up.events[-1]["response"]["output"][0]["id"]


def test_everything_is_strictly_valid_and_accumulates():
    state = ResponseStreamState(input_tools=[], text_format=omit)
    for event in passed(full()):
        state.handle_event(EVENT.validate_python(event))
    assert state._completed_response.output_text == "Grüße 🙂"


def test_apply_patch_comes_back_as_the_custom_tool_it_was():
    events = [event for event in passed(full()) if event.get("output_index") == 3]
    assert [event["type"].removeprefix("response.") for event in events] == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    assert events[0]["item"]["type"] == events[-1]["item"]["type"] == "custom_tool_call"
    assert events[1]["delta"] == events[2]["input"] == events[3]["item"]["input"] == "*** Begin\n"
    assert "arguments" not in events[3]["item"]


def test_apply_patch_without_argument_events():
    up = Upstream().begin()
    done = up.call(0, "apply_patch", '{"input":"x"}', pieces=False)
    events = passed(up.end(done))
    kinds = [event["type"] for event in events if event.get("output_index") == 0]
    assert kinds[1:3] == ["response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"]
    assert events[-1]["response"]["output"][0]["input"] == "x"


def test_a_real_function_called_apply_patch_stays_one():
    up = Upstream().begin()
    done = up.call(0, "apply_patch", '{"input":"x"}')
    body = BODY | {"tools": [{"type": "function", "name": "apply_patch", "parameters": {}}]}
    assert passed(up.end(done), body)[-1]["response"]["output"][0]["type"] == "function_call"


def test_renamed_namespaces_come_back():
    up = Upstream().begin()
    done = up.call(0, "spawn", "{}", namespace="agents_collaboration")
    space = {"type": "namespace", "name": "collaboration", "tools": [{"type": "function", "name": "spawn"}]}
    item = passed(up.end(done), BODY | {"tools": [space]})[-1]["response"]["output"][0]
    assert (item["namespace"], item["name"]) == ("collaboration", "spawn")


@pytest.mark.parametrize("space", [None, "a b", "collaboration", "fs"])
@pytest.mark.parametrize("name", ["read", "files.read", "tool_search", "x" * 80])
@pytest.mark.parametrize("kind", ["function", "custom"])
@pytest.mark.parametrize("plain", [True, False])
def test_whatever_a_tool_is_called_on_the_wire_it_comes_back(space, name, kind, plain):
    from tray_app.dialects.responses.wire_tools import ClientTools, WireTools

    tool = {"type": kind, "name": name}
    body = {"tools": [{"type": "namespace", "name": space, "tools": [tool]} if space else tool]}
    wired_space, wired = WireTools(plain=plain, function_apply_patch=True).names(name, space)
    call = {"type": "function_call", "name": wired, "arguments": '{"input":"x"}', "call_id": "c"}
    call |= {"namespace": wired_space} if wired_space else {}
    back = ClientTools(body).restore_item(call)
    assert (back["name"], back.get("namespace")) == (name, space)
    assert back["type"] == ("custom_tool_call" if kind == "custom" else "function_call")


def test_tools_inside_the_input_count_as_the_clients():
    up = Upstream().begin()
    done = up.call(0, "functions__exec", '{"input":"ls"}')
    extra = {
        "type": "additional_tools",
        "role": "developer",
        "tools": [{"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}],
    }
    item = passed(up.end(done), {"model": "m", "input": [extra]})[-1]["response"]["output"][0]
    assert (item["type"], item["namespace"], item["name"], item["input"]) == (
        "custom_tool_call",
        "functions",
        "exec",
        "ls",
    )


def test_sequence_numbers_rise():
    numbers = [event["sequence_number"] for event in passed(full())]
    assert numbers == sorted(set(numbers))


def test_usage_cost_and_model_are_read_and_usage_is_completed():
    stream = NativeResponses(BODY, rules())
    last = parsed(stream.feed(full()))[-1]
    assert last["response"]["usage"]["input_tokens_details"] == {"cached_tokens": 20, "cache_write_tokens": 0}
    usage = stream.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (30, 5, 20)
    assert (usage.reasoning_tokens, usage.cache_write_tokens, usage.nano_aiu) == (2, None, 123)
    assert stream.model_served == "gpt-9.1-codex-2026"
    assert stream.ended
    assert stream.fault is None
    assert stream.finish() == b""


def test_an_empty_final_output_is_filled_from_the_finished_items():
    up = Upstream().begin()
    up.message(0, "Hi")
    assert passed(up.end())[-1]["response"]["output"][0]["content"][0]["text"] == "Hi"


def test_unknown_events_pass_and_keepalives_do_not():
    up = Upstream().begin()
    up.add("response.new_thing.delta", item_id=up.id(), output_index=0, delta=1)
    up.add("keepalive")
    up.add("response.web_search_call.searching", item_id=up.id(), output_index=1)
    data = up.data() + b"data: [DONE]\n\n"
    kinds = [event["type"] for event in passed(data)]
    assert "response.new_thing.delta" in kinds
    assert "response.web_search_call.searching" in kinds
    assert "keepalive" not in kinds


def test_events_before_any_announcement_of_their_item_still_agree():
    up = Upstream().begin()
    place = {"output_index": 0, "content_index": 0}
    up.add("response.output_text.delta", item_id=up.id(), delta="a", **place)
    up.add("response.output_text.delta", item_id=up.id(), delta="b", **place)
    ids = {event["item_id"] for event in passed(up.data()) if "item_id" in event}
    assert len(ids) == 1


# --- holding back, failures ---


def test_announcements_wait_for_what_follows():
    up = Upstream().begin()
    stream = NativeResponses(BODY, rules())
    assert stream.feed(up.data()) == b""
    assert stream.pending_start
    more = Upstream()
    more.message(0, "a")
    kinds = [event["type"] for event in parsed(stream.feed(more.data()))]
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert not stream.pending_start


def test_release_gives_the_announcements():
    stream = NativeResponses(BODY, rules())
    stream.feed(Upstream().begin().data())
    assert len(parsed(stream.release())) == 2
    assert stream.release() == b""
    assert not stream.ended


def test_at_most_sixteen_announcements_wait():
    up = Upstream()
    for _ in range(MAX_HELD):
        up.lifecycle("in_progress")
    assert len(passed(up.data())) > MAX_HELD
    stream = NativeResponses(BODY, rules())
    assert len(parsed(stream.feed(up.data()))) == MAX_HELD


FAILED = {"type": "response.failed", "response": response(id="r", status="failed", error=None)}
BAD = {"type": "error", "error": {"code": "invalid_request_body", "message": "no such tool"}}
OOPS = {"type": "error", "error": {"code": "internal_error", "message": "internal server error"}}


@pytest.mark.parametrize(
    ("events", "status"),
    [([FAILED, BAD], 400), ([BAD], 400), ([OOPS], 502), ([FAILED, OOPS], 502), ([FAILED], 502), ([], 502)],
    ids=[
        "failed then request error",
        "request error",
        "internal",
        "failed then internal",
        "failed only",
        "nothing",
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_an_early_failure_can_become_a_status(events, status, announced):
    up = Upstream()
    data = (up.begin().data() if announced else b"") + b"".join(encoded(event) for event in events)
    stream = NativeResponses(BODY, rules())
    assert stream.feed(data) == b""
    out = stream.finish()
    assert stream.early_fault is stream.fault
    assert stream.early_fault.status == status
    kinds = [event["type"] for event in parsed(out)]  # for somebody who wants it as a stream
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.failed"


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "error", "error": {"code": "rate_limited", "message": "slow"}}],
        [{"type": "error", "code": "rate_limited", "message": "slow"}],
        [FAILED, {"type": "error", "error": {"code": "rate_limited", "message": "slow"}}],
    ],
    ids=["nested", "flat", "failed first"],
)
def test_a_later_failure_is_an_error_and_a_failed_event(events):
    up = Upstream().begin()
    up.message(0, "Hello")
    data = up.data() + b"".join(encoded(event) for event in events)
    stream = NativeResponses(BODY, rules())
    out = parsed(stream.feed(data))
    flat, failed = out[-2:]
    assert (flat["type"], flat["code"], flat["message"]) == ("error", "rate_limit_exceeded", "slow")
    assert "error" not in flat
    assert failed["type"] == "response.failed"
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow"}
    assert failed["response"]["output"][0]["content"][0]["text"] == "Hello"
    for event in out:
        EVENT.validate_python(event)
    assert stream.ended
    assert stream.early_fault is None
    assert stream.fault.kind is Kind.RATE_LIMITED
    assert stream.feed(data) == stream.finish() == b""


def test_a_failed_event_with_a_reason_passes_once():
    up = Upstream().begin()
    up.message(0, "Hello")
    error = {"code": "context_length_exceeded", "message": "too long"}
    up.lifecycle("failed", status="failed", error=error)
    events = passed(up.data())
    assert [event["type"] for event in events].count("response.failed") == 1
    assert events[-1]["response"]["error"] == error
    assert len({event["response"]["id"] for event in events if "response" in event}) == 1


def test_an_early_end_is_a_failure():
    up = Upstream().begin()
    up.message(0, "Hello")
    last = passed(up.data())[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["code"] == "server_error"
    assert "closed before response.completed" in last["response"]["error"]["message"]


def test_fail_ends_with_the_error():
    up = Upstream().begin()
    up.message(0, "Hello")
    stream = NativeResponses(BODY, rules())
    stream.feed(up.data() + b'event: response.output_text.delta\ndata: {"type":"resp')
    out = parsed(stream.fail(Fault(504, Kind.TIMEOUT, "Copilot sent nothing for 900 s.")))
    assert [event["type"] for event in out] == ["error", "response.failed"]
    assert stream.ended
    assert stream.fault.status == 504


@pytest.mark.bug(51)
def test_blank_lines_without_end_are_stopped():
    up = Upstream().begin()
    up.call(0, "glob", '{"a":' + "\n" * 40)
    last = passed(up.data())[-1]
    assert last["type"] == "response.failed"
    assert "blank lines" in last["response"]["error"]["message"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_chunks_may_be_cut_anywhere(data):
    whole = full()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    stream, expected = NativeResponses(BODY, rules()), NativeResponses(BODY, rules())
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    out = b"".join(stream.feed(piece) for piece in pieces) + stream.finish()
    assert out == expected.feed(whole)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["item", "id", "type", "delta"]), inner)
    ),
    max_leaves=6,
)
KINDS = ["created", "output_item.added", "output_item.done", "output_text.delta", "completed", "failed"]
KINDS += [
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "reasoning_summary_text.delta",
    "x",
]
odd_events = st.fixed_dictionaries(
    {"type": st.sampled_from([f"response.{kind}" for kind in KINDS] + ["error"]) | json_values},
    optional={
        key: json_values
        | st.fixed_dictionaries({"type": st.sampled_from(["function_call", "message", "reasoning"])})
        for key in (
            "response",
            "item",
            "output_index",
            "delta",
            "sequence_number",
            "error",
            "item_id",
            "name",
        )
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(odd_events | json_values, max_size=8))
def test_odd_events_never_raise_and_always_end(events):
    from tray_app.dialects.responses.reader import ResponsesReader

    stream, reader = NativeResponses(BODY, rules()), ResponsesReader()
    for event in events:
        stream.feed(Event("", orjson.dumps(event)).encode())
        reader.feed(Event("", orjson.dumps(event)))
    stream.finish()
    reader.finish()
    assert stream.ended


# --- whole answers ---


def test_the_clients_own_tools_are_echoed():
    space = {"type": "namespace", "name": "collaboration", "tools": [{"type": "function", "name": "spawn"}]}
    body = BODY | {"tools": [PATCH, space], "tool_choice": "required"}
    up = Upstream()
    up.lifecycle("created", tools=[{"type": "function", "name": "apply_patch"}])
    expected = [PATCH, {"description": "", **space}]
    stream = NativeResponses(body, rules())
    stream.feed(up.data())
    (created,) = parsed(stream.release())
    assert (created["response"]["tools"], created["response"]["tool_choice"]) == (expected, "required")
    assert native_reply(response(id="r"), body, rules())["tools"] == expected


def test_a_whole_answer():
    up, given = Upstream().begin(), rules()
    items = [up.reasoning(0, "blob"), up.message(1, "Hi"), up.call(2, "apply_patch", '{"input":"x"}')]
    body = response(
        id=up.id(),
        status="completed",
        output=items,
        usage={"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
    )
    written = native_reply(body, BODY, given)
    Response.model_validate(written)
    assert [item["type"] for item in written["output"]] == ["reasoning", "message", "custom_tool_call"]
    assert written["output"][2]["input"] == "x"
    assert given.memory.item_id("blob") == items[0]["id"]
    assert body["output"][2]["type"] == "function_call"  # upstream's own is left as it was
