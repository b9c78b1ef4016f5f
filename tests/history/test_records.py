"""Records on their way: counted, bounded in number and size, handed to the history."""

from datetime import UTC, datetime

from tray_app.dialects.neutral import Usage
from tray_app.history.record import MAX_NOTES, Record, Try
from tray_app.history.store import MAX_MODELS, Records

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def record(number: int, **more: object) -> Record:
    return Record(f"req_{number:032x}", NOW, "tool", "chat", "/v1/chat/completions", **more)  # type: ignore[arg-type]


def test_only_the_newest_are_at_hand_and_all_are_kept():
    kept: list[Record] = []
    records = Records(kept.append, limit=10)
    for number in range(25):
        records.begin(one := record(number))
        records.finish(one)
    assert [row.id for row in records.all()] == [record(number).id for number in range(15, 25)]
    assert [row.id for row in kept] == [record(number).id for number in range(25)]
    assert records.served == 25
    assert not records.running


def test_what_is_not_kept_is_counted_only():
    kept: list[Record] = []
    records = Records(kept.append)
    records.begin(one := record(1, status=200))
    records.finish(one, keep=False)
    assert (records.served, records.all(), kept) == (1, [], [])
    assert records.outcomes["chat", "200", "none"] == 1


def test_watchers_see_the_start_and_the_end_until_they_stop_watching():
    records, seen = Records(), []
    stop = records.watch(lambda what, row: seen.append((what, row.id)))
    records.begin(one := record(1))
    assert records.find_running(one.id) is one
    records.finish(one)
    stop()
    records.begin(record(2))
    assert seen == [("begun", one.id), ("finished", one.id)]
    assert records.find_running(one.id) is None


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


def test_tries_and_sentences_are_bounded():
    one = record(1)
    for number in range(100):
        one.tried(Try(500 + number, "no", 1.0))
    one.failed("too_long", "x" * 10_000)
    assert len(one.tries) == 20
    assert len(one.error_message or "") == 1000


def test_models_that_are_counted_apart_are_bounded():
    records = Records()
    for number in range(500):
        one = record(number, model_served=f"model {number}", usage=Usage(10, 1))
        records.finish(one, keep=False)
    models = {model for model, _ in records.tokens}
    assert len(models) == MAX_MODELS + 1
    assert records.tokens["other", "input_tokens"] == 10 * (500 - MAX_MODELS)
