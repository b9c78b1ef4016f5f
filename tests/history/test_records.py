"""Records in memory: bounded in number and in size, whatever clients send."""

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tray_app.history.record import MAX_NOTES, Record
from tray_app.history.store import Query, Records

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def record(number: int, **more: object) -> Record:
    return Record(f"req_{number:032x}", NOW, "tool", "chat", "/v1/chat/completions", **more)  # type: ignore[arg-type]


def fresh(text: str) -> str:
    """An equal string that is another object, as parsing gives them."""
    return text.encode().decode()


def test_only_the_newest_are_kept():
    records = Records(limit=10)
    for number in range(25):
        records.begin(one := record(number))
        records.finish(one)
    assert [row.id for row in records.all()] == [record(number).id for number in range(15, 25)]
    assert records.served == 25
    assert not records.running


def test_what_is_too_old_or_too_much_is_let_go():
    records = Records()
    for number in range(6):
        records.finish(replace(record(number), started_at=NOW + timedelta(hours=number)))
    records.trim(100, NOW + timedelta(hours=1))
    assert [row.started_at.hour for row in records.all()] == [13, 14, 15, 16, 17]
    records.trim(2, NOW)
    assert [row.started_at.hour for row in records.all()] == [16, 17]


def test_texts_that_records_share_are_kept_once():
    records = Records()
    for number in range(2):
        one = record(number, model_requested=fresh("gpt-4.1 and so on"), model_served=fresh("gpt-4.1-2025"))
        one.note(fresh("store: dropped"))
        records.finish(one)
    first, second = records.all()
    assert first.model_requested is second.model_requested
    assert first.model_served is second.model_served
    assert first.notes is second.notes
    assert first.repairs is second.repairs


def test_long_texts_are_cut():
    records = Records()
    records.finish(
        record(1, model_requested="m" * 1_000_000, session_id="s" * 1_000_000, error="e" * 100_000)
    )
    row = records.all()[0]
    assert max(len(row.model_requested or ""), len(row.session_id or ""), len(row.error or "")) <= 300
    assert row.model_requested == "m" * 300


def test_notes_are_bounded_and_say_so():
    one = record(1)
    for number in range(10_000):
        one.note(f"field_{number}: dropped")
    assert len(one.notes) == MAX_NOTES + 1
    assert one.notes[-1] == "further notes left out"
    one = record(2)
    one.note("x" * 1_000_000)
    assert len(one.notes[0]) == 500


def test_notes_of_one_record_do_not_reach_another():
    records = Records()
    one, other = record(1), record(2)
    records.finish(one)
    records.begin(other)
    other.note("mine")
    assert records.all()[0].notes == []


def test_what_many_clients_name_differently_is_bounded():
    """Every session, model and note its own: what is shared must not outlive the rows."""
    records = Records(limit=100)

    def serve(start: int) -> None:
        for number in range(start, start + 3_000):
            one = record(number, session_id=f"session {number}", model_requested=f"model {number}" * 20)
            one.note(f"note {number}" * 20)
            records.finish(one)

    serve(0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        serve(3_000)
        serve(6_000)
        assert tracemalloc.get_traced_memory()[0] - before < 2_500_000  # 6,000 of them are about 5 MB
    finally:
        tracemalloc.stop()


def test_finished_records_are_found_by_their_texts():
    records = Records()
    records.finish(record(1, session_id="abc"))
    rows, cursor = records.page(Query(text="ABC"), 10, None)
    assert [row.session_id for row in rows] == ["abc"]
    assert cursor is None
