"""Where a prompt differs from the one before it, and to which branch of its session it belongs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tray_app.dialects.neutral import Usage
from tray_app.history.prefix import Prefixes, marks_of, name_of
from tray_app.history.record import Record

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
TOOLS = [{"name": "look", "input_schema": {}}]


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text, **more}]}


def body(*messages: Any, system: Any = "Be brief.", tools: Any = TOOLS, **more: Any) -> dict[str, Any]:
    return {"model": "m", "system": system, "tools": tools, "messages": list(messages), **more}


def seen(prefixes: Prefixes, sent: dict[str, Any], **more: Any) -> tuple[int | None, str | None]:
    """Branch, and the first part that changed."""
    row = Record("req_1", NOW, "tool", "messages", "/v1/messages", session_id="s", model_served="m")
    for name, value in more.items():
        setattr(row, name, value)
    row.sent = sent
    prefixes.compare(row)
    return row.branch, row.prefix_changed


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (body(user("one"), user("two"), user("three")), None),
        (body(user("one"), user("two"), user("three"), tools=[]), "tools"),
        (body(user("one"), user("two"), user("three"), system="Be long."), "system"),
        (body(user("one"), user("2"), user("three")), "message 2"),
        (body(user("one")), None),  # taken back, nothing of it changed
    ],
)
def test_the_first_part_that_changed_is_named(changed: dict[str, Any], where: str | None) -> None:
    prefixes = Prefixes()
    assert seen(prefixes, body(user("one"), user("two"))) == (0, None)
    assert seen(prefixes, changed) == (0, where)


def test_marks_that_move_from_request_to_request_change_nothing() -> None:
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    plain = body(user("one"), user("two"), system=[{"type": "text", "text": "x"}])
    marked = body(
        user("one", **mark),
        {**user("two"), "copilot_cache_control": {"type": "ephemeral"}},
        system=[{"type": "text", "text": "x", **mark}],
        tools=[TOOLS[0] | mark],
    )
    assert marks_of(plain) == marks_of(marked)


def test_a_text_about_marks_is_a_text() -> None:
    assert marks_of(body(user('"cache_control":{"a":1}'))) != marks_of(body(user("")))


def test_compaction_begins_with_the_same_tools_and_changes_the_first_message() -> None:
    prefixes = Prefixes()
    seen(prefixes, body(user("one"), user("two"), user("three")))
    assert seen(prefixes, body(user("What happened so far: much."))) == (0, "message 1")


def test_subagents_and_side_calls_are_branches_of_their_own() -> None:
    prefixes = Prefixes()
    seen(prefixes, body(user("one")))
    helper = body(user("look for owls"), system="You look.", tools=[])
    assert seen(prefixes, helper, background="subagent")[0] == 1
    assert seen(prefixes, body(user("a title, please"), tools=None), background="title")[0] == 2
    assert seen(prefixes, body(user("one"), user("two"))) == (0, None)
    assert seen(
        prefixes, {**helper, "messages": [*helper["messages"], user("and?")]}, background="subagent"
    ) == (
        1,
        None,
    )


def test_sessions_are_apart_and_the_oldest_are_forgotten() -> None:
    prefixes = Prefixes()
    for number in range(300):
        assert seen(prefixes, body(user("one")), session_id=str(number)) == (0, None)
    assert seen(prefixes, body(user("other")), session_id="299") == (0, "message 1")
    assert seen(prefixes, body(user("other")), session_id="0") == (0, None)  # as a new one


@pytest.mark.parametrize("form", ["messages", "input"])
def test_every_dialect_has_parts(form: str) -> None:
    sent = {"instructions": "x", form: [user("one"), user("two")]}
    assert len(marks_of(sent)) == 4
    assert marks_of({"input": "a text"}) != marks_of({"input": "another"})


def test_parts_have_names() -> None:
    assert [name_of(part) for part in range(4)] == ["tools", "system", "message 1", "message 2"]


def test_what_cannot_be_written_is_no_failure() -> None:
    assert len(marks_of(body({"role": "user", "content": object()}))) == 3


# --- what the page says of it ----------------------------------------------------------------------------


async def lost(tmp_path, *rows: dict[str, Any]) -> list[Any]:
    """`cache_lost` of each request, of one session told to the history in this order."""
    from tray_app.history.chronicle import History
    from tray_app.history.retention import Keeping
    from tray_app.history.sessions import one_session

    history = History(tmp_path / "history.db", lambda: Keeping(1000, 365))
    history.open()
    try:
        for number, given in enumerate(rows):
            row = Record(f"req_{number:032x}", NOW, "tool", "messages", "/v1/messages", session_id="s")
            row.status, row.initiator, row.model_served = 200, "agent", "m"
            for name, value in given.items():
                setattr(row, name, value)
            history.keep(row)
        session = await history.read(one_session, "s")
    finally:
        await history.close()
    assert session is not None
    return [
        one["cache_lost"]
        for turn in session["turns"]
        for branch in turn["branches"]
        for one in branch["requests_list"]
    ]


def usage(cached: int) -> Usage:
    return Usage(20_000, 10, cached, 0, None, 1)


@pytest.mark.parametrize(
    ("second", "reason", "where"),
    [
        ({"sent": body(user("one"), user("two"), tools=[])}, "prefix", "tools"),
        ({"sent": body(user("1"), user("two"))}, "prefix", "message 1"),
        ({"sent": body(user("one"), user("two")), "model_served": "other"}, "model", None),
        ({"sent": body(user("one"), user("two")), "started_at": NOW + timedelta(hours=2)}, "expired", None),
        ({"sent": body(user("one"), user("two"))}, "unknown", None),
    ],
)
async def test_why_a_cache_was_lost(tmp_path, second: dict[str, Any], reason: str, where: str | None) -> None:
    later = {"started_at": NOW + timedelta(seconds=20)} | second
    found = await lost(
        tmp_path, {"sent": body(user("one")), "usage": usage(18_000)}, {**later, "usage": usage(0)}
    )
    assert found[0] is None
    assert (found[1]["reason"], found[1]["changed_at"]) == (reason, where)
    assert found[1]["lost_tokens"] > 10_000


async def test_a_cache_that_is_read_was_not_lost(tmp_path) -> None:
    found = await lost(
        tmp_path,
        {"sent": body(user("one")), "usage": usage(18_000)},
        {"sent": body(user("one"), user("two")), "usage": usage(19_000)},
    )
    assert found == [None, None]
