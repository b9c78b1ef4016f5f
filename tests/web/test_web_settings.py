"""Settings from the page: every key, saved with its comments, in force at once."""

from typing import Any

import pytest
from dashboard import Dashboard, dashboard

from tray_app.settings_keys import KEYS

CONFIG = """\
# mine
[server]
port = 0  # any
api_keys = ["sk-first-key"]

[models.exact]
"my gpt" = "gpt-4.1"  # for the old script
"""


async def key_of(board: Dashboard, dotted: str) -> Any:
    answer = (await board.page.get("/api/settings")).json
    return next(key for section in answer["sections"] for key in section["keys"] if key["key"] == dotted)


async def test_every_setting_is_there(board: Dashboard) -> None:
    answer = (await board.page.get("/api/settings")).json
    shown = [key["key"] for section in answer["sections"] for key in section["keys"]]
    assert shown == list(KEYS)
    assert answer["file"] == str(board.paths.config)
    assert answer["problems"] == []
    port = await key_of(board, "server.port")
    assert port == {
        "key": "server.port", "name": "port", "kind": "int", "item": None, "default": 8314, "value": 0,
        "source": "file", "source_detail": "config.toml line 2", "help": KEYS["server.port"].help,
        "low": 0, "high": 65535, "choices": [], "secret": False, "restart": True, "editable": True,
        "why_not": "",
    }  # fmt: skip


async def test_a_change_is_saved_with_comments_and_in_force_at_once(sim, tmp_path) -> None:
    async with dashboard(sim, tmp_path / "home", config=CONFIG) as board:
        changed = await board.page.put("/api/settings", {"key": "server.max_body_mb", "value": 1})
        assert (changed.status, changed.json["value"], changed.json["source"]) == (200, 1, "file")
        text = board.paths.config.read_text()
        assert "# mine" in text
        assert "port = 0  # any" in text
        assert "max_body_mb = 1" in text
        large = await board.stranger.post(
            "/v1/chat/completions", b"x" * 2_000_000, Authorization="Bearer sk-first-key"
        )
        assert large.status == 413
        back = await board.page.post("/api/settings/reset", {"key": "server.max_body_mb"})
        assert (back.json["value"], back.json["source"]) == (64, "default")
        assert "max_body_mb" not in board.paths.config.read_text()


async def test_pairs_are_edited_as_a_whole(sim, tmp_path) -> None:
    async with dashboard(sim, tmp_path / "home", config=CONFIG) as board:
        pairs = {"my gpt": "gpt-4.1", "claude-x.5": "claude-sonnet-5"}
        changed = await board.page.put("/api/settings", {"key": "models.exact", "value": pairs})
        assert changed.json["value"] == pairs
        assert "# for the old script" in board.paths.config.read_text()


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("server.port", 70000, "at most 65535"),
        ("server.port", "x", "whole number"),
        ("server.port", None, "whole number"),
        ("desktop.theme", "pink", "one of system, light, dark"),
        ("desktop.quota_alerts", [0], "between 1 and 99"),
        ("server.allowed_origins", ["*"], "not an origin"),
        ("copilot.api_url", "http://example.com", "https"),
        ("models.exact", {"a": 1}, "text"),
        ("server.host", "0.0.0.0", "lets other machines in"),
    ],
)
async def test_a_wrong_value_is_told_and_not_saved(board: Dashboard, key: str, value: Any, says: str) -> None:
    before = board.paths.config.read_text()
    checked = (await board.page.post("/api/settings/check", {"key": key, "value": value})).json
    assert checked["ok"] is False
    assert says in checked["message"]
    refused = await board.page.put("/api/settings", {"key": key, "value": value})
    assert refused.status in (400, 409)
    assert says in refused.json["error"]["message"]
    assert board.paths.config.read_text() == before


async def test_a_good_value_is_said_to_be_good(board: Dashboard) -> None:
    checked = await board.page.post("/api/settings/check", {"key": "server.port", "value": 8000})
    assert checked.json == {"ok": True}
    unknown = await board.page.post("/api/settings/check", {"key": "server.prot", "value": 1})
    assert (unknown.status, unknown.json["error"]["code"]) == (404, "unknown_setting")


async def test_keys_are_counted_and_never_shown(sim, tmp_path) -> None:
    async with dashboard(sim, tmp_path / "home", config=CONFIG) as board:
        said = await board.page.get("/api/settings")
        assert "sk-first-key" not in said.text
        keys = await key_of(board, "server.api_keys")
        assert (keys["value"], keys["count"]) == (None, 1)

        made = (await board.page.post("/api/settings/generate-key")).json["key"]
        assert len(made) > 40
        assert (await key_of(board, "server.api_keys"))["count"] == 2
        models = await board.stranger.get("/v1/models", Authorization=f"Bearer {made}")
        assert models.status == 200
        assert made not in (await board.page.get("/api/settings")).text

        added = await board.page.put("/api/settings", {"key": "server.api_keys", "add": "sk-third-key"})
        assert (added.json["count"], added.json["value"]) == (3, None)
        removed = await board.page.put("/api/settings", {"key": "server.api_keys", "remove_index": 0})
        assert removed.json["count"] == 2
        assert (await board.stranger.get("/v1/models", Authorization="Bearer sk-first-key")).status == 401
        for wrong in ({"remove_index": 5}, {"remove_index": -1}, {"remove_index": True}, {"value": ["x"]}):
            refused = await board.page.put("/api/settings", {"key": "server.api_keys"} | wrong)
            assert refused.status == 400, wrong
        bad = await board.page.put("/api/settings", {"key": "server.api_keys", "add": "with blank"})
        assert bad.status == 400
        assert "with blank" not in bad.text


async def test_the_last_key_stays_while_others_can_reach_the_proxy(sim, tmp_path) -> None:
    config = '[server]\nhost = "0.0.0.0"\nport = 0\napi_keys = ["sk-first-key"]\n'
    async with dashboard(sim, tmp_path / "home", config=config) as board:
        for path, body in (
            ("/api/settings", {"key": "server.api_keys", "remove_index": 0}),
            ("/api/settings/reset", {"key": "server.api_keys"}),
        ):
            refused = await board.page.send("PUT" if path == "/api/settings" else "POST", path, body)
            assert refused.status == 409, refused.text
            assert "lets other machines in" in refused.json["error"]["message"]
        assert "sk-first-key" in board.paths.config.read_text()


async def test_what_is_set_elsewhere_cannot_be_edited_here(sim, tmp_path) -> None:
    async with dashboard(
        sim, tmp_path / "home", overrides={"server.port": 0}, JUMPSEAT_DESKTOP_THEME="dark"
    ) as board:
        theme, port = await key_of(board, "desktop.theme"), await key_of(board, "server.port")
        assert (theme["source"], theme["source_detail"]) == ("environment", "JUMPSEAT_DESKTOP_THEME")
        assert "JUMPSEAT_DESKTOP_THEME" in theme["why_not"]
        assert (port["source"], port["value"], port["editable"]) == ("command line", 0, False)
        for key, value in (("desktop.theme", "light"), ("server.port", 8000)):
            refused = await board.page.put("/api/settings", {"key": key, "value": value})
            assert (refused.status, refused.json["error"]["code"]) == (409, "overruled")
            reset = await board.page.post("/api/settings/reset", {"key": key})
            assert reset.status == 409


async def test_a_broken_file_is_told_and_not_overwritten(board: Dashboard) -> None:
    board.paths.config.write_text("[server\nport = 1")
    refused = await board.page.put("/api/settings", {"key": "desktop.theme", "value": "dark"})
    assert refused.status == 409
    assert "config.toml" in refused.json["error"]["message"]
    assert board.paths.config.read_text() == "[server\nport = 1"
    assert (await key_of(board, "desktop.theme"))["value"] == "system"


async def test_a_wrong_key_in_the_file_is_a_problem_with_its_line(sim, tmp_path) -> None:
    config = "[server]\nport = 0\nprot = 1\n"
    async with dashboard(sim, tmp_path / "home", config=config) as board:
        problems = (await board.page.get("/api/settings")).json["problems"]
        assert [(one["key"], one["line"]) for one in problems] == [("server.prot", 3)]


async def test_a_port_chosen_on_the_page_moves_the_proxy(board: Dashboard) -> None:
    import asyncio
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    moved = await board.page.put("/api/settings", {"key": "server.port", "value": free})
    assert (moved.status, moved.json["value"]) == (200, free)
    for _ in range(200):
        if board.resident.state().url.endswith(f":{free}"):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(board.resident.state())
