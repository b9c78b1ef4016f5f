"""The coding tools from the page, and texts for all others that really work."""

import asyncio
import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from dashboard import Dashboard, dashboard

from tray_app.web.snippets import Target, snippets

KEYED = '[server]\nport = 0\napi_keys = ["sk-the-only-key"]\n'


async def texts(board: Dashboard) -> dict[str, str]:
    await board.resident._seat.catalog.current()
    answer = (await board.page.get("/api/tools")).json
    return {one["id"]: one["text"] for one in answer["snippets"]}


async def run(*command: str, cwd: Path, **environ: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()[-2000:]
    return out.decode()


async def test_a_tool_is_connected_and_taken_back(board: Dashboard, own_home: Path) -> None:
    (own_home / ".codex").mkdir()
    file = own_home / ".codex" / "config.toml"
    file.write_text("# mine\nmodel = 'o3'\n")
    tools = (await board.page.get("/api/tools")).json["clients"]
    codex = next(tool for tool in tools if tool["name"] == "codex")
    assert codex["state"] == "not connected"

    preview = (await board.page.post("/api/tools/codex/preview", {"back": False, "model": None})).json
    assert preview["is_change"]
    assert board.url in preview["diff"]
    assert file.read_text() == "# mine\nmodel = 'o3'\n"
    made = await board.page.post("/api/tools/make", {"token": preview["token"]})
    assert made.status == 200
    assert board.url in file.read_text()
    assert made.json["backups"]
    again = await board.page.post("/api/tools/make", {"token": preview["token"]})
    assert again.status == 409  # a preview is made once

    back = (await board.page.post("/api/tools/codex/preview", {"back": True})).json
    assert (await board.page.post("/api/tools/make", {"token": back["token"]})).status == 200
    assert file.read_text() == "# mine\nmodel = 'o3'\n"


async def test_an_unknown_tool_is_a_sentence(board: Dashboard) -> None:
    refused = await board.page.post("/api/tools/nothing/preview", {})
    assert refused.status == 409
    assert "codex" in refused.json["error"]["message"]


async def test_the_key_is_for_the_owner_only(sim, tmp_path) -> None:
    async with dashboard(sim, tmp_path / "home", config=KEYED) as board:
        ours = (await board.page.get("/api/tools")).json
        assert ours["key"] == "sk-the-only-key"
        theirs = await board.stranger.get("/api/tools", Authorization="Bearer sk-the-only-key")
        assert theirs.json["key"] is None
        assert "sk-the-only-key" not in theirs.text
        assert "YOUR_KEY" in theirs.text


async def test_the_address_is_that_of_the_proxy_also_while_it_is_stopped(board: Dashboard) -> None:
    assert (await board.page.get("/api/tools")).json["base_url"] == board.url


async def test_the_python_texts_work(sim, tmp_path: Path) -> None:
    async with dashboard(sim, tmp_path / "home", config=KEYED) as board:
        given = await texts(board)
        for name in ("openai-python", "anthropic-python"):
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                await asyncio.to_thread(exec, compile(given[name], name, "exec"), {})
            assert said.getvalue().strip(), name


async def test_the_curl_texts_work(sim, tmp_path: Path) -> None:
    async with dashboard(sim, tmp_path / "home", config=KEYED) as board:
        given = await texts(board)
        for name in [name for name in given if "curl" in name]:
            said = await run("sh", "-c", given[name], cwd=tmp_path, PATH="/usr/bin:/bin")
            assert {"choices", "candidates"} & set(json.loads(said)), said


async def test_the_variables_are_those_that_sdks_read(
    sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anthropic import Anthropic
    from openai import OpenAI

    async with dashboard(sim, tmp_path / "home", config=KEYED) as board:
        given = (await texts(board))["env"]
        said = await run("sh", "-c", f"{given}\nenv", cwd=tmp_path, PATH="/usr/bin:/bin")
        for line in said.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(("OPENAI", "ANTHROPIC")):
                monkeypatch.setenv(name, value)
        for client in (OpenAI(), Anthropic()):
            found = await asyncio.to_thread(lambda sdk=client: list(sdk.models.list()))
            assert len(found) > 3


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
async def test_the_javascript_texts_are_javascript(board: Dashboard, tmp_path: Path) -> None:
    given = await texts(board)
    for name in ("openai-javascript", "anthropic-javascript"):
        script = tmp_path / f"{name}.mjs"
        script.write_text(given[name])
        node = shutil.which("node") or ""
        await run(node, "--check", str(script), cwd=tmp_path, PATH="/usr/bin:/bin")
        assert board.url in given[name]


def test_gemini_is_offered_where_it_is_served() -> None:
    without = Target("http://127.0.0.1:1", "k", "m", "c")
    served = Target("http://127.0.0.1:1", "k", "m", "c", "g-pro")
    assert "gemini" not in " ".join(one.id for one in snippets(without)).lower()
    assert "g-pro" in snippets(served)[-1].text
    for one in snippets(served):
        assert "<" not in one.text.replace("=>", ""), one.id


async def test_texts_name_models_that_the_seat_has(board: Dashboard) -> None:
    models = {one["id"] for one in (await board.stranger.get("/v1/models")).json["data"]}
    given: Any = await texts(board)
    named = json.loads(given["curl"].partition("-d '")[2].partition("'\n")[0])["model"]
    assert named in models
