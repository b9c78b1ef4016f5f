"""What is told as odd, and what is not: an agent that works is nothing odd."""

from datetime import UTC, datetime, timedelta

from tray_app.dialects.neutral import Usage
from tray_app.history.anomalies import BURST, Watch
from tray_app.history.record import Record

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def row(seconds: float, initiator: str = "user", cached: int | None = None, **more: object) -> Record:
    one = Record("req_1", NOW + timedelta(seconds=seconds), "tool", "chat", "/v1/chat/completions")
    one.initiator, one.model_served, one.usage = initiator, "m", Usage(20_000, 10, cached, None, None, 1)
    for name, value in more.items():
        setattr(one, name, value)
    return one


def codes(watch: Watch, seconds: float) -> list[str]:
    return [one.code for one in watch.found(NOW + timedelta(seconds=seconds))]


def test_many_prompts_in_a_short_while_are_told_from_their_beginning() -> None:
    watch = Watch()
    for number in range(BURST - 1):
        watch.add(row(number * 10))
    assert codes(watch, 120) == []
    watch.add(row(120))
    found = watch.found(NOW + timedelta(seconds=130))
    assert [(one.code, one.since) for one in found] == [("user_burst", NOW)]
    assert found[0].message.startswith(f"{BURST} prompts within 5 minutes from tool")


def test_a_burst_that_is_over_is_not_told_and_the_next_one_has_its_own_beginning() -> None:
    watch = Watch()
    for number in range(20):
        watch.add(row(number))
    assert codes(watch, 20) == ["user_burst"]
    assert codes(watch, 3600) == []
    for number in range(20):
        watch.add(row(86_400 + number))
    assert [one.since for one in watch.found(NOW + timedelta(days=1, minutes=1))] == [NOW + timedelta(days=1)]


def test_an_agent_at_work_is_nothing_odd() -> None:
    watch = Watch()
    for number in range(500):  # a prompt every two minutes, tool turns in between, titles beside
        is_prompt = number % 40 == 0
        watch.add(
            row(number * 3, "user" if is_prompt else "agent", 0 if number == 0 else 19_000, session_id="s")
        )
        if is_prompt:
            watch.add(row(number * 3, cached=0, background="title", session_id="s"))
    assert codes(watch, 1500) == []


def test_refused_prompts_and_side_calls_are_no_prompts() -> None:
    watch = Watch()
    for number in range(50):
        watch.add(row(number, background="title"))
        watch.add(row(number, usage=Usage()))
    assert codes(watch, 60) == []


def test_prompts_of_several_tools_are_counted_apart() -> None:
    watch = Watch()
    for number in range(2 * BURST - 2):
        watch.add(row(number, client=f"tool {number % 2}"))
    assert codes(watch, 60) == []


def test_a_cache_that_collapses_is_told_until_it_is_read_again() -> None:
    watch = Watch()
    for number in range(3):
        watch.add(row(number, "agent", 18_000, session_id="s"))
    for number in range(3, 5):
        watch.add(row(number, "agent", 0, session_id="s"))
    assert codes(watch, 10) == []  # twice is a tool that compacts
    watch.add(row(5, "agent", 100, session_id="s"))
    found = watch.found(NOW + timedelta(seconds=10))
    assert [(one.code, one.session_id, one.since) for one in found] == [
        ("cache_collapse", "s", NOW + timedelta(seconds=3))
    ]
    assert "90%" in found[0].message
    watch.add(row(6, "agent", 18_000, session_id="s"))
    assert codes(watch, 10) == []


def test_no_cache_small_prompts_and_unknown_figures_are_no_collapse() -> None:
    watch = Watch()
    for number in range(10):
        watch.add(row(number, "agent", 0, session_id="never"))
        watch.add(row(number, "agent", 18_000 if number < 3 else None, session_id="unknown"))
        small = Usage(500, 10, 450 if number < 3 else 0, None, None, 1)
        watch.add(row(number, "agent", session_id="small", usage=small))
        watch.add(row(number, "agent", 18_000 if number < 3 else 0))  # no session: no conversation
    assert codes(watch, 20) == []


def test_another_model_has_another_cache() -> None:
    watch = Watch()
    for number in range(4):
        watch.add(row(number, "agent", 18_000, session_id="s"))
        watch.add(row(number, "agent", 0, session_id="s", model_served="small"))
    assert codes(watch, 10) == []


def test_names_that_clients_invent_fill_nothing() -> None:
    watch = Watch()
    for number in range(5_000):
        watch.add(row(number, client=f"tool {number}", session_id=f"s{number}", cached=1))
    assert len(watch._prompts) <= 200
    assert len(watch._caches) <= 500
