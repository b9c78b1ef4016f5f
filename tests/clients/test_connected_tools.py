"""Real tools run with nothing but what `jumpseat connect` wrote, and then without it again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bills import bill
from coding_tools import Place, Run, gemini_with, program, run
from sealing import is_possible, sealed

from tests.harness import Jumpseat
from tray_app.clients import desk, places
from tray_app.clients.client import Context, State
from tray_app.clients.models import Models
from tray_app.paths import Paths

pytestmark = pytest.mark.clients

TASK = "use 3 turns and create file hello.txt with content `hi there` and end with MARKER-connected"
CODEX = ("--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
CLAUDE = ("--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions")


@pytest.fixture
async def place(jumpseat: Jumpseat, tmp_path: Path) -> AsyncIterator[Place]:
    """Without a network where that can be had: nothing but the proxy may be needed."""
    if not is_possible():
        yield Place(tmp_path / "client")
        return
    async with sealed(tmp_path / "sealed", jumpseat.url) as room:
        yield room.place


async def context_for(jumpseat: Jumpseat, place: Place, tmp_path: Path, **chosen: Any) -> Context:
    """As `jumpseat connect` makes it, for a user who lives in `place`."""
    models = Models.read((await jumpseat.get("/v1/models")).json)
    here = places.Place(place.home, place.environment(), "linux", lambda _: None)
    return Context(here, Paths(tmp_path / "mine"), jumpseat.url, "jumpseat", models, **chosen)


async def claude(place: Place, *args: str) -> Run:
    done = await run([program("claude"), "-p", *args, *CLAUDE], place)
    done.final = next((event.get("result", "") for event in done.events if event.get("type") == "result"), "")
    return done


async def codex(place: Place, task: str) -> Run:
    last = place.root / "final.txt"
    done = await run([program("codex"), "exec", *CODEX, "-o", str(last), task], place)
    done.final = last.read_text() if last.exists() else ""
    return done


async def opencode(place: Place, task: str) -> Run:
    done = await run([program("opencode"), "run", *task.split(" ")], place)
    done.final = done.out
    return done


async def gemini(place: Place, task: str) -> Run:
    return await gemini_with(place, task)


RUNS = [
    pytest.param("claude-code", claude, {}, "claude-sonnet-5", id="claude-code"),
    pytest.param("claude-code", claude, {"model": "opus"}, "claude-opus-5", id="claude-code-opus"),
    pytest.param(
        "claude-code", claude, {"model": "claude-sonnet-4.5"}, "claude-sonnet-4.5", id="claude-code-200k"
    ),
    pytest.param("claude-code", claude, {"model": "gpt-4.1"}, "gpt-4.1", id="claude-code-gpt"),
    pytest.param("codex", codex, {}, "gpt-5.3-codex", id="codex"),
    pytest.param("codex", codex, {"model": "claude-sonnet-5"}, "claude-sonnet-5", id="codex-claude"),
    pytest.param("gemini-cli", gemini, {}, "gemini-2.5-pro", id="gemini-cli"),
    pytest.param(
        "gemini-cli", gemini, {"model": "claude-sonnet-5"}, "claude-sonnet-5", id="gemini-cli-claude"
    ),
    pytest.param("gemini-cli", gemini, {"model": "gpt-5.5"}, "gpt-5.5", id="gemini-cli-gpt"),
    pytest.param("opencode", opencode, {}, "claude-sonnet-5", id="opencode"),
    pytest.param("opencode", opencode, {"model": "gpt-5.5"}, "gpt-5.5", id="opencode-responses"),
    pytest.param("opencode", opencode, {"model": "gpt-4.1"}, "gpt-4.1", id="opencode-chat"),
]


@pytest.mark.parametrize(("name", "tool", "chosen", "served"), RUNS)
async def test_it_works_with_what_connect_wrote(
    jumpseat: Jumpseat,
    place: Place,
    tmp_path: Path,
    name: str,
    tool: Any,
    chosen: dict[str, str],
    served: str,
) -> None:
    context = await context_for(jumpseat, place, tmp_path, **chosen)
    before = sorted(place.home.rglob("*"))
    desk.connect(name, context)
    done = await tool(place, TASK)
    assert done.code == 0, done
    assert done.file("hello.txt") == "hi there", done
    assert "MARKER-connected" in done.final, done
    billed = bill(jumpseat.sim)
    assert billed.initiators == ["user", *["agent"] * 3]
    assert billed.prompts == 1
    assert {entry.model for entry in billed.work} == {served}
    states = {state.name: state.state for state in desk.list_clients(context)}
    assert states[name] is State.CONNECTED
    desk.disconnect(name, context)
    assert not [path for path in context_files(name, context) if path.exists() and path not in before]


def context_files(name: str, context: Context) -> list[Path]:
    return [path for state in desk.list_clients(context) if state.name == name for path in state.files]


@pytest.mark.parametrize(
    ("model", "window"),
    [
        pytest.param("claude-sonnet-5", "936k", id="a million, less the answer"),
        pytest.param("claude-opus-4.8", "936k", id="a million that it would not expect"),
        pytest.param("claude-sonnet-4.5", "168k", id="200k"),
        pytest.param("gpt-4.1", "128k", id="a model that it does not know"),
    ],
)
async def test_claude_code_knows_the_real_window(
    jumpseat: Jumpseat, place: Place, tmp_path: Path, model: str, window: str
) -> None:
    desk.connect("claude-code", await context_for(jumpseat, place, tmp_path, model=model))
    done = await claude(place, "/context")
    assert f"/ {window}" in done.final, done
