"""History out of one Jumpseat and into another, with a proxy running or not."""

import asyncio
import contextlib
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tray_app.dialects.neutral import Usage
from tray_app.history.bodies import Bodies, put_bodies
from tray_app.history.chronicle import History
from tray_app.history.record import Record, Try
from tray_app.history.retention import Keeping
from tray_app.history.rows import number_of
from tray_app.history.transfer import read_line

NOW = datetime.now(UTC).replace(microsecond=0)


def record(number: int) -> Record:
    row = Record(
        f"req_{number:032x}", NOW - timedelta(minutes=number), "tool", "chat", "/v1/chat/completions"
    )
    row.status, row.initiator, row.attempts, row.model_served = 200, "user", 2, "gpt-4.1"
    row.session_id, row.turn, row.tries = (
        f"s{number % 3}",
        number,
        [Try(429, "busy", 2.0), Try(200, "answered", 9.0)],
    )
    row.usage, row.notes = Usage(100, number, None, None, None, 7), ["store: dropped"]
    return row


def fill(home: Path, count: int) -> None:
    """A history as a run leaves it behind, one request of it captured."""

    async def run() -> None:
        history = History(home / "history.db", lambda: Keeping(1_000_000, 365))
        history.open()
        for number in range(count):
            history.keep(record(number))

        def capture(connection) -> None:
            n = number_of(connection, record(0).id)
            put_bodies(
                connection,
                n,
                Bodies('{"messages": []}', None, [(1.5, 'data: {"text": "wombat"}\n\n')], False),
            )

        await history.write(capture)
        await history.close()

    asyncio.run(run())


@pytest.fixture
def home(environ) -> Path:
    return Path(environ["JUMPSEAT_HOME"])


def test_out_and_in_again_is_the_same(jumpseat, home, tmp_path):
    fill(home, 450)
    file = tmp_path / "all.jsonl"
    out = jumpseat("export", "--bodies", "--output", str(file))
    assert (out.returncode, "450 requests" in out.stdout) == (0, True), out.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["id"] for row in lines] == [record(number).id for number in reversed(range(450))]
    other = str(tmp_path / "other")
    for expected in ("450 requests were added; 0", "0 requests were added; 450"):
        back = jumpseat("import", str(file), JUMPSEAT_HOME=other)
        assert (back.returncode, back.stderr) == (0, "")
        assert expected in back.stdout
    again = jumpseat("export", "--bodies", JUMPSEAT_HOME=other)
    assert again.stdout == file.read_text()
    found = jumpseat("export", "--q", "wombat", JUMPSEAT_HOME=other).stdout.splitlines()
    assert [json.loads(line)["id"] for line in found] == [record(0).id]


def test_filters(jumpseat, home):
    fill(home, 30)
    since = (NOW - timedelta(minutes=5, seconds=30)).isoformat()
    assert len(jumpseat("export", "--from", since).stdout.splitlines()) == 6
    assert len(jumpseat("export", "--session", "s1").stdout.splitlines()) == 10
    assert jumpseat("export", "--status", "error").stdout == ""
    wrong = jumpseat("export", "--from", "yesterday")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "--from" in wrong.stderr


def test_wrong_lines_are_named_and_the_others_are_in(jumpseat, home, tmp_path):
    file = tmp_path / "some.jsonl"
    good = json.dumps(record(1).in_full())
    file.write_text("\n".join(["not json", good, "", "[]", good.replace('"stream": false', '"stream": 1')]))
    out = jumpseat("import", str(file))
    assert out.returncode == 1
    assert "1 requests were added" in out.stdout
    assert "line 1: not JSON" in out.stderr
    assert "line 4: not an object" in out.stderr
    assert "line 5: stream" in out.stderr
    assert "3 lines were left out" in out.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""}, {"id": 7}, {"id": "x" * 101}, {"id": "a\nb"}, {"started_at": "today"},
        {"started_at": None},
        {"started_at": "2026-01-01T00:00:00"}, {"client": None}, {"status": "200"}, {"status": True},
        {"nano_aiu": 1.5}, {"nano_aiu": 1 << 70}, {"duration_ms": -1}, {"duration_ms": "1"}, {"notes": "x"},
        {"notes": [1]}, {"tries": [1]}, {"attempts": None}, {"bodies": 1}, {"bodies": {"pieces": [1]}},
        {"bodies": {"pieces": [], "request": 1}}, {"session_id": {"a": 1}}, {"prefix": {"parts": "x"}},
        {"tries": {"a": 1}},
    ],
)  # fmt: skip
def test_a_line_of_wrong_types_is_refused_by_the_field(change):
    (name,) = change
    with pytest.raises(ValueError, match=name.split(".")[0]) as refused:
        read_line(json.dumps(record(1).in_full() | change).encode())
    assert "Traceback" not in str(refused.value)


def test_no_history_no_file_no_traceback(jumpseat, tmp_path):
    for arguments in (["export"], ["import", str(tmp_path / "none.jsonl")], ["import", str(tmp_path)]):
        out = jumpseat(*arguments)
        assert (out.returncode, out.stdout) == (1, "")
        assert len(out.stderr.splitlines()) == 1


def test_beside_a_running_proxy(jumpseat, background, home, tmp_path):
    fill(home, 5)
    serve = background("serve", "--port", "0")
    with contextlib.ExitStack() as stack:
        stack.callback(serve.stop, signal.SIGTERM)
        assert len(jumpseat("export").stdout.splitlines()) == 5
        file = tmp_path / "more.jsonl"
        file.write_text("\n".join(json.dumps(record(number).in_full()) for number in range(3, 9)))
        assert "4 requests were added; 2" in jumpseat("import", str(file)).stdout
        assert len(jumpseat("export").stdout.splitlines()) == 9
