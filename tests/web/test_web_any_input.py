"""Properties: the description names every row of the pages, and no body makes one of them fail."""

import logging
from typing import Any

from dashboard import Dashboard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tray_app.web.pages import PAGES

EXAMPLES = settings(
    max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
FIELDS = st.sampled_from(
    ["page", "port", "login", "hours", "enabled", "decision", "key", "value", "add", "remove_index", "back",
     "model", "small_model", "token", "everything"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(FIELDS, JSON, max_size=5) | st.fixed_dictionaries(
    {"key": st.sampled_from(["server.api_keys", "server.host", "models.exact", "desktop.theme", "limits.x"])},
    optional={"value": JSON, "add": JSON, "remove_index": st.integers()},
)
# These take the listener away under the test; test_web_controls has them.
LEFT_OUT = ("/api/proxy/start", "/api/proxy/stop", "/api/proxy/restart")


async def described(board: Dashboard) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = (await board.page.get("/openapi.json")).json["paths"]
    return paths


async def test_the_description_names_every_row(board: Dashboard) -> None:
    paths = await described(board)
    for page in PAGES:
        assert "text/html" in paths[page]["get"]["responses"]["200"]["content"]
    for path in ("/api/state", "/api/feed", "/api/tools", "/api/settings", "/enter", "/assets/{name}"):
        assert "get" in paths[path]
    assert "text/event-stream" in paths["/api/feed"]["get"]["responses"]["200"]["content"]
    for path, methods in paths.items():
        names = [part[1:].partition("}")[0] for part in path.split("/") if part.startswith("{")]
        for operation in methods.values():
            told = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
            assert told == names, path


async def test_no_body_makes_a_page_s_request_fail(board: Dashboard, caplog: Any) -> None:
    bodies: list[dict[str, Any]] = []
    EXAMPLES(given(BODIES)(lambda body: bodies.append(body)))()
    rows = [
        (method.upper(), path.replace("{id}", "x").replace("{name}", "codex"))
        for path, methods in (await described(board)).items()
        for method, operation in methods.items()
        if operation.get("security") == [{"session": []}] and method != "get" and path not in LEFT_OUT
    ]
    assert len(rows) > 15
    for method, path in rows:
        for body in bodies:
            reply = await board.page.send(method, path, body)
            assert reply.status < 500, (path, body, reply.text)
            if reply.status >= 400:
                assert reply.json["error"]["message"], (path, body)
    mistakes = [seen for seen in caplog.records if seen.levelno >= logging.ERROR and "tray_app" in seen.name]
    assert [f"{seen.getMessage()} {seen.exc_text}" for seen in mistakes] == []
