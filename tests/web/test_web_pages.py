"""The pages as a browser gets them: the shell, its data, its files, and the headers that guard them."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from dashboard import Dashboard

from tray_app.controls import AppState
from tray_app.web import assets
from tray_app.web.pages import PAGES, boot_json, filled

SHELL = (
    '<!doctype html><html lang="en" data-theme="__THEME__"><div id="app"></div>'
    '<script type="application/json" id="boot">__BOOT__</script>'
)
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "a\u2028b\u2029c",
    "&\"'<>",
    "\\u003c",
    "__BOOT__",
)


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pages as `make ui` leaves them."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text(SHELL)
    script = b"console.log('page');\n" * 100
    (static / "assets" / "main.A1B2.js").write_bytes(script)
    (static / "assets" / "main.A1B2.js.gz").write_bytes(gzip.compress(script))
    (static / "assets" / "main.A1B2.css").write_bytes(b"a{}")
    (static / "assets" / "unlisted.js").write_bytes(b"secret")
    (tmp_path / "secret.js").write_bytes(b"secret")
    listed = {f"assets/main.A1B2.{kind}": 1 for kind in ("js", "css")}
    (static / "manifest.json").write_text(json.dumps({"files": listed}))
    monkeypatch.setattr("tray_app.web.site.STATIC", static)
    return static


def boot_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


async def test_every_page_is_the_shell_with_its_data(board: Dashboard) -> None:
    for path in PAGES:
        page = await board.page.open(path.replace("{id}", "req_1"))
        assert page.status == 200, path
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        boot = boot_of(page.text)
        assert boot["session"] is True
        assert boot["state"]["proxy"] == "running"
        assert boot["state"]["url"] == board.url
        assert 'data-theme="system"' in page.text
        assert boot_of((await board.stranger.open(path)).text)["session"] is False


async def test_every_answer_is_guarded(board: Dashboard) -> None:
    for path in ("/", "/requests/x", "/settings", "/assets/main.A1B2.js", "/enter?ticket=x"):
        headers = (await board.page.open(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for path in ("/api/state", "/api/settings", "/api/tools", "/nothing/here", "/assets/none.js"):
        headers = (await board.page.get(path)).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


async def test_programs_get_json_where_they_got_it(board: Dashboard) -> None:
    assert (await board.stranger.get("/", Accept="*/*")).json["name"] == "Jumpseat"
    assert (await board.stranger.get("/usage")).json["plan"]
    assert "requests" in (await board.stranger.get("/requests")).json
    assert (await board.stranger.send("HEAD", "/")).status == 200


async def test_a_page_that_has_not_changed_is_not_sent_again(board: Dashboard) -> None:
    first = await board.page.open("/")
    again = await board.page.send("GET", "/", Accept="text/html", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    other = await board.stranger.send("GET", "/", Accept="text/html", If_None_Match=first.headers["ETag"])
    assert other.status == 200


async def test_files_of_the_pages_are_kept_by_browsers(board: Dashboard) -> None:
    packed = await board.stranger.get("/assets/main.A1B2.js", Accept_Encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = await board.stranger.get("/assets/main.A1B2.js", Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert packed.body == plain.body  # the client unpacked it
    assert plain.headers["Content-Type"] == "text/javascript"
    assert "immutable" in plain.headers["Cache-Control"]
    assert (await board.stranger.get("/assets/main.A1B2.css")).headers["Content-Type"] == "text/css"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/unlisted.js",
        "/assets/../index.html",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets/..%5c..%5csecret.js",
        "/assets//etc/passwd",
        "/assets/main.A1B2.js%00.css",
        "/assets/main.A1B2.js.gz",
        "/assets/",
    ],
)
async def test_no_other_file_is_served(board: Dashboard, path: str) -> None:
    reader, writer = await raw(board, path)
    answer = (await reader.read(65536)).decode()
    writer.close()
    assert answer.startswith("HTTP/1.1 404"), answer
    assert "secret" not in answer


async def raw(board: Dashboard, path: str) -> Any:
    """The path as it is: clients tidy it up."""
    import asyncio

    host, _, port = board.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return reader, writer


async def test_without_built_pages_a_page_says_how_to_build_them(board: Dashboard, built: Path) -> None:
    (built / "index.html").unlink()
    (built / "manifest.json").unlink()
    page = await board.page.open("/settings")
    assert page.status == 200
    assert "make ui" in page.text
    assert "/api/requests" in page.text
    assert (await board.page.get("/assets/main.A1B2.js")).status == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_the_data_of_a_page(text: str) -> None:
    page = filled(SHELL, AppState("1", login=text, theme=text, language=text), in_session=True).decode()
    assert boot_of(page)["state"]["login"] == text
    assert page.count("<script") == 1
    assert "<" not in page.partition('id="boot">')[2].removesuffix("</script>")
    assert "\u2028" not in page.partition('id="boot">')[2]


def test_data_is_the_same_json_after_it_was_made_safe() -> None:
    assert json.loads(boot_json({"a": list(HOSTILE)})) == {"a": list(HOSTILE)}


async def test_look_and_language_are_in_the_shell(board: Dashboard) -> None:
    await board.page.put("/api/settings", {"key": "desktop.theme", "value": "dark"})
    await board.page.put("/api/settings", {"key": "desktop.language", "value": "zh-CN"})
    page = (await board.page.open("/")).text
    assert 'data-theme="dark"' in page
    assert '<html lang="zh-CN"' in page


def test_the_real_pages_have_the_places_that_are_filled() -> None:
    shell = (Path(assets.__file__).parent / "ui" / "index.html").read_text("utf-8")
    assert shell.count("__THEME__") == 1
    assert shell.count("__BOOT__") == 1
    assert '<html lang="en"' in shell


async def test_no_page_of_another_site_frames_us(board: Dashboard) -> None:
    framed = await board.page.send(
        "GET", "/", Accept="text/html", Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="iframe"
    )
    assert framed.status == 403
