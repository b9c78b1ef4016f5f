"""`jumpseat config import`: settings of ghc-proxy and copilot-api, with a report of what stays behind."""

import json
from pathlib import Path

import pytest

from tray_app.cli import main
from tray_app.errors import LocalFault
from tray_app.importing import copilot_api, foreign, ghc_proxy
from tray_app.importing.taking import take
from tray_app.paths import Paths
from tray_app.settings_file import load

GHC = """\
# written by ghc-proxy
config_version: 6
address: 127.0.0.1
port: 8315
debug: true
account_type: business
vscode_version: 1.130.0
model_mappings:
  exact:
    opus: claude-opus-5
    gpt-4.1-mini: gpt-5-mini
  prefix:
    claude-sonnet-4-: claude-sonnet-5
system_prompt_remove: ["Talk like a pirate."]
system_prompt_add: []
tool_result_suffix_remove:
  - "<reminder>"
max_connection_retries: 5
upstream_read_timeout_seconds: 0
redirect_anthropic: true
extend_cache_ttl: true
show_token: false
auto_upgrade: true
rate_limit_seconds:
rate_limit_wait: true
manual_approve: false
api_key: sesame-open
surprise: 1
"""
COPILOT_API = {
    "auth": {"apiKeys": [" first-key ", "first-key", "second-key"], "adminApiKey": "admin-secret"},
    "apiKey": "old-key",
    "providers": {"deepseek": {"type": "anthropic", "apiKey": "foreign-secret"}},
    "extraPrompts": {"gpt-5-mini": "Explore in batches."},
    "smallModel": "gpt-5-mini",
    "modelAliases": {"fast": {"target": "gpt-5-mini", "allowOriginal": False}, "big": "claude-opus-5"},
    "modelMappings": {"gpt-reserve": "codex/gpt-5", "gpt-x": "gpt-5.5", "same": "same"},
    "modelReasoningEfforts": {"gpt-5.4": "xhigh", "odd": 3},
    "useMessagesApi": False,
    "useResponsesApiWebSearch": False,
    "messageApiWebSearchModel": "gpt-5-mini",
    "useFunctionApplyPatch": False,
    "forceAgent": True,
    "logLevel": "debug",
    "quotaRefresh": {},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUMPSEAT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def written(tmp_path: Path, name: str, text: str) -> str:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_ghc_proxys_settings_are_taken_over(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "import", "--yes", written(tmp_path, "config.yaml", GHC)]) == 0
    settings = load(Paths(home), {}).settings
    assert (settings.server.port, settings.server.api_keys) == (8315, ("sesame-open",))
    assert settings.copilot.account_type == "business"
    assert (settings.copilot.max_connection_retries, settings.copilot.read_timeout_seconds) == (5, 0)
    assert settings.models.exact == {"opus": "claude-opus-5", "gpt-4.1-mini": "gpt-5-mini"}
    assert settings.models.prefix == {"claude-sonnet-4-": "claude-sonnet-5"}
    assert settings.filters.system_prompt_remove == ("Talk like a pirate.",)
    assert settings.filters.tool_result_suffix_remove == ("<reminder>",)
    assert (settings.anthropic.native_messages, settings.anthropic.extend_cache_ttl) == (False, True)
    assert (settings.limits.rate_limit_wait, settings.limits.rate_limit_seconds) == (True, 0)
    said = capsys.readouterr().out
    assert "sesame-open" not in said
    assert "vscode_version (line 7): Jumpseat sends the versions that it was tested with" in said
    assert "auto_upgrade (line 23): Jumpseat never replaces itself" in said
    assert "surprise (line 28): is no setting that ghc-proxy documents" in said
    assert "show_token" not in said, "switched off there, so nothing is lost"


def test_copilot_apis_settings_are_taken_over(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "config.json", json.dumps(COPILOT_API, indent=2))
    assert main(["config", "import", "-y", file]) == 0
    settings = load(Paths(home), {}).settings
    assert settings.server.api_keys == ("first-key", "second-key")
    assert settings.models.exact == {"fast": "gpt-5-mini", "big": "claude-opus-5", "gpt-x": "gpt-5.5"}
    assert settings.models.extra_prompts == {"gpt-5-mini": "Explore in batches."}
    assert settings.models.reasoning_effort == {"gpt-5.4": "xhigh"}
    assert (settings.models.small_model, settings.models.web_search_model) == ("gpt-5-mini", "gpt-5-mini")
    assert (settings.responses.web_search, settings.responses.function_apply_patch) == (False, False)
    assert not settings.anthropic.native_messages
    said = capsys.readouterr().out
    for secret in ("first-key", "second-key", "admin-secret", "foreign-secret", "old-key"):
        assert secret not in said
    for left in (
        "providers.deepseek (line 12): Jumpseat has one upstream",
        "modelMappings.gpt-reserve (line 29): leads to another provider",
        "modelMappings.same (line 31): maps a name to itself",
        "modelReasoningEfforts.odd (line 35): must be text",
        "forceAgent (line 41): Jumpseat never hides",
        "auth.adminApiKey",
    ):
        assert left in said, said


def test_our_own_file_keeps_its_comments_and_its_entries(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    own = '# mine\n[models.exact]\n"opus" = "claude-opus-4.8" # old\n"mine" = "gpt-4.1" # stays\n'
    (home / "config.toml").write_text(own)
    assert main(["config", "import", "--yes", written(tmp_path, "config.yaml", GHC)]) == 0
    text = (home / "config.toml").read_text()
    assert text.startswith("# mine\n[models.exact]\n")
    assert '"mine" = "gpt-4.1" # stays' in text
    assert load(Paths(home), {}).settings.models.exact["opus"] == "claude-opus-5"


def test_without_a_yes_only_the_change_is_shown(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "config.yaml", GHC)
    assert main(["config", "import", file]) == 1
    assert main(["config", "import", "--dry-run", file]) == 0
    assert not (home / "config.toml").exists()
    shown = capsys.readouterr().out
    assert "+port = 8315" in shown
    assert '+api_keys = ["[hidden]"]' in shown


def test_a_second_import_changes_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "config.yaml", GHC)
    main(["config", "import", "--yes", file])
    before = (home / "config.toml").read_bytes()
    capsys.readouterr()
    assert main(["config", "import", "--yes", "--json", file]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["program"], said["changed"], said["written"]) == ("ghc-proxy", [], False)
    assert {name: said["left"][1][name] for name in ("key", "line")} == {"key": "debug", "line": 5}
    assert (home / "config.toml").read_bytes() == before


@pytest.mark.parametrize(("key", "host"), [("", "127.0.0.1"), ("api_key: sesame\n", "0.0.0.0")])
def test_an_open_address_comes_over_with_a_key_only(
    home: Path, tmp_path: Path, key: str, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "c.yaml", f"address: 0.0.0.0\nport: 9000\n{key}")
    assert main(["config", "import", "--yes", file]) == 0
    assert load(Paths(home), {}).settings.server.host == host
    assert ("address (line 1)" in capsys.readouterr().out) == (not key)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("config.yaml", "port: 1\nport : [\n", "config.yaml line 3 cannot be read"),
        ("config.json", '{\n "auth": {,}\n}', "config.json line 2 cannot be read"),
        ("config.json", "[1, 2]", "is not a config.yaml of ghc-proxy or a config.json"),
        ("config.yaml", "a: 1\n", "it has none of their keys"),
        ("config.yaml", "just words", "is not a config.yaml of ghc-proxy"),
        ("config.yaml", "", "is not a config.yaml of ghc-proxy"),
        ("config.yaml", "port: 1\n" + "x" * 1024 * 1024, "is too large"),
    ],
)
def test_bad_files_are_named(home: Path, tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(LocalFault, match=says):
        foreign.read(Path(written(tmp_path, name, text)))


def test_a_file_that_is_not_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"port: 1\naddress: \xff\n")
    with pytest.raises(LocalFault, match="line 2 is not UTF-8"):
        foreign.read(tmp_path / "config.yaml")
    with pytest.raises(LocalFault, match="cannot be read"):
        foreign.read(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("program", [ghc_proxy, copilot_api])
@pytest.mark.parametrize("value", [1, -1, 1.5, True, "x", ["x"], [1], {"x": 1}, {"x": {"y": [1]}}, {1: "x"}])
def test_whatever_stands_behind_a_key_it_is_taken_or_named(program, value: object) -> None:
    for key in program.RULES:
        taken = take(program.NAME, program.RULES, {key: value}, "")
        assert taken.values or taken.left, key
        for left in taken.left:
            assert str(left)
