"""What is built: words for every setting, Node only where it must be, nothing from elsewhere."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ui_browser import NEEDS_BROWSER, ROOT, STATIC

from tray_app.settings_keys import KEYS

UI = ROOT / "tray_app/web/ui"


def words_of_settings() -> dict[str, str]:
    """`section.key` → the rest of its line in the dictionary of the Settings page."""
    text = (UI / "src/pages/settings/words.ts").read_text(encoding="utf-8")
    return dict(re.findall(r"^  '([a-z_]+\.[a-z_]+)': (\{.*\}),$", text, re.MULTILINE))


def test_every_setting_has_a_name_in_both_languages_and_help_in_chinese() -> None:
    words = words_of_settings()
    assert set(words) == set(KEYS)
    for key, line in words.items():
        named = dict(re.findall(r"(\w+): '([^']*)'", line))
        assert named["en"], key
        assert re.search("[\u4e00-\u9fff]", named["help"]), key


def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(hatch: ModuleType, root: Path) -> Any:
    """The hook for a source folder, without hatchling, which is not installed where the program runs."""
    return object.__new__(type("Hook", (hatch.PagesHook,), {"root": str(root)}))


def test_an_sdist_needs_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hatch = hook()
    monkeypatch.setattr(hatch, "_system_node", lambda: None)
    monkeypatch.setattr(hatch, "build", lambda root: pytest.fail("built"))
    static = tmp_path / "tray_app/web/static"
    static.mkdir(parents=True)
    (static / "index.html").write_text("built")
    (tmp_path / "PKG-INFO").write_text("Name: jumpseat")
    sdist = made(hatch, tmp_path)
    assert sdist.dependencies() == []
    sdist.initialize("standard", {})


def test_a_checkout_builds_and_asks_for_node_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hatch = hook()
    built: list[Path] = []
    monkeypatch.setattr(hatch, "build", built.append)
    checkout = made(hatch, tmp_path)
    monkeypatch.setattr(hatch, "_system_node", lambda: None)
    assert checkout.dependencies() == [hatch.NODE_PACKAGE]
    monkeypatch.setattr(hatch, "_system_node", lambda: Path("/usr/bin/node"))
    assert checkout.dependencies() == []
    checkout.initialize("editable", {})
    assert built == [tmp_path]


def test_the_lock_has_a_hash_for_everything() -> None:
    lock = json.loads((UI / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name


@NEEDS_BROWSER
def test_nothing_of_the_pages_comes_from_elsewhere() -> None:
    """Their own links may lead elsewhere; what they load may not."""
    shell = STATIC.read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!/assets/)', shell)
    assert "<style" not in shell
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", shell)
    for style in (STATIC.parent / "assets").glob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", style.read_text(encoding="utf-8"))
    for script in (STATIC.parent / "assets").glob("*.js"):
        assert not re.search(r"innerHTML\s*=[^=]|\beval\(|new Function\(", own_code(script)), script


def own_code(script: Path) -> str:
    """Without Preact's own `innerHTML`, which only `dangerouslySetInnerHTML` reaches; we never name that."""
    text = script.read_text(encoding="utf-8")
    return "" if "__html" in text else text


def test_our_sources_never_put_text_in_as_html() -> None:
    for source in (UI / "src").rglob("*.ts*"):
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML", text), source
