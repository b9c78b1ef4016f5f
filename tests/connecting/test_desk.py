"""Connecting and disconnecting on configuration files as people have them."""

import json
import stat
import tomllib
from dataclasses import replace

import pytest
import yaml

from tray_app.clients import desk, edits, files, gemini_cli
from tray_app.clients.client import State
from tray_app.clients.models import Models
from tray_app.clients.registry import CLIENTS
from tray_app.errors import LocalFault

SERVED = [client.name for client in CLIENTS]

CLAUDE_JSONC = """{
    // permissions that I care about
    "permissions": {
        "allow": ["Bash(git status)", "Bash(ls:*)"], "deny": [] /* none yet */,
    },
  "env": {
        "FOO":   "1",   // odd, and mine
        "ANTHROPIC_API_KEY_HELPER_TTL_MS": "3600000",
  },
    "statusLine": {"type": "command", "command": "jumpseat status --format '{percent_left} %'"},
}
"""
CODEX = """# My Codex
model = "gpt-5"          # what I like
approval_policy = "on-request"
model_reasoning_effort = 'high'

[mcp_servers.files]
command = "npx"
args = [
  "-y", # yes
  "@modelcontextprotocol/server-filesystem",
]

[features]
web_search_request = true

[projects."/home/me/code"]
trust_level = "trusted"
"""
OPENCODE = """{
  "$schema": "https://opencode.ai/config.json",
  // my theme
  "theme": "gruvbox",
  "model": "anthropic/claude-sonnet-4-5",
  "mcp": { "files": { "type": "local", "command": ["npx", "-y", "server"] } },
  "provider": {
    "openrouter": { "options": { "apiKey": "{env:OPENROUTER_API_KEY}" } },
  }
}
"""
AIDER = """##########
# aider
##########
dark-mode: true
#model: xxx
model: sonnet   # the default
alias:
  - "fast:gpt-4.1-mini"
read: [CONVENTIONS.md, "with space.md"]
"""
CONTINUE = """name: My Assistant
version: 0.0.1
schema: v1
models:
  # local
  - name: Llama
    provider: ollama
    model: llama3.1:8b
    roles:
      - chat
      - edit
context:
  - provider: code
  - provider: docs
"""
LLM_MODELS = """- model_id: local
  model_name: local-model
  api_base: "http://localhost:8080"
"""

PEOPLES = [
    pytest.param("claude-code", ".claude/settings.json", CLAUDE_JSONC, id="claude-code"),
    pytest.param("codex", ".codex/config.toml", CODEX, id="codex"),
    pytest.param("opencode", ".config/opencode/opencode.jsonc", OPENCODE, id="opencode"),
    pytest.param("aider", ".aider.conf.yml", AIDER, id="aider"),
    pytest.param("continue", ".continue/config.yaml", CONTINUE, id="continue"),
    pytest.param("llm", ".config/io.datasette.llm/extra-openai-models.yaml", LLM_MODELS, id="llm"),
]
FIRST = {param.values[0]: param.values[1] for param in PEOPLES} | {"gemini-cli": ".gemini/settings.json"}
BROKEN = {
    "claude-code": '{\n  "env": {\n    "A": "1"\n    "B": "2"\n  }\n}\n',
    "codex": "model = 'x'\n\n[features\nweb = 1\n",
    "opencode": '{\n  "theme": \n}\n',
    "aider": "model: x\nalias: [a\nb: 1\n",
    "continue": "name: x\nmodels:\n\t- name: y\n",
    "llm": "- model_id: x\n  - y: [\n",
    "gemini-cli": '{\n  "ui": {\n    "theme": dark\n  }\n}\n',
}
BAD_LINE = {"claude-code": 4, "codex": 3, "opencode": 3, "aider": 3, "continue": 3, "llm": 2, "gemini-cli": 3}


def state_of(name, context):
    return next(state for state in desk.list_clients(context) if state.name == name)


def values_in(path):
    text = path.read_text()
    return {".toml": tomllib.loads, ".yaml": yaml.safe_load, ".yml": yaml.safe_load}.get(
        path.suffix, json.loads
    )(text)


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_what_was_there_comes_back_byte_for_byte(user, name, file, text):
    path = user.write(file, text)
    before = user.files()
    desk.connect(name, user.context())
    assert path.read_text() != text
    assert state_of(name, user.context()).state is State.CONNECTED
    desk.disconnect(name, user.context())
    assert user.files() == before
    assert state_of(name, user.context()).state is not State.CONNECTED


@pytest.mark.parametrize("ending", ["\r\n", "\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""], ids=["bom", "no-bom"])
@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_line_endings_and_byte_order_mark_stay(user, name, file, text, ending, mark):
    path = user.write(file, mark + text.replace("\n", ending).encode())
    before = user.files()
    desk.connect(name, user.context())
    now = path.read_bytes()
    assert now.startswith(mark)
    assert (b"\n" in now.replace(b"\r\n", b"")) == (ending == "\n")
    desk.disconnect(name, user.context())
    assert user.files() == before


@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_every_line_that_is_not_ours_stays(user, name, file, text):
    path = user.write(file, text)
    desk.connect(name, user.context())
    now = path.read_text().splitlines()
    changed = [line for line in text.splitlines() if line not in now]
    # The model that stood there, and lines that got a comma behind them.
    assert [line for line in changed if f"{line}," not in now and "model" not in line] == []


@pytest.mark.parametrize("name", SERVED)
def test_without_any_file_nothing_is_left_behind(user, name):
    desk.connect(name, user.context())
    made = user.files()
    assert made
    assert all(stat.S_IMODE((user.home / file).stat().st_mode) == 0o600 for file in made)
    desk.disconnect(name, user.context())
    assert [path for path in user.home.iterdir() if path.name != ".jumpseat"] == []


@pytest.mark.parametrize("name", SERVED)
def test_an_empty_file_is_an_empty_file_again(user, name):
    path = user.write(FIRST[name], "")
    desk.connect(name, user.context())
    assert path.read_bytes()
    desk.disconnect(name, user.context())
    assert path.read_bytes() == b""


@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_connecting_twice_changes_nothing(user, name, file, text):
    user.write(file, text)
    desk.connect(name, user.context())
    once = user.files()
    change = desk.connect(name, user.context())
    assert not change.is_change
    assert change.diff == ""
    assert user.files() == once


@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_another_model_and_another_port_and_back(user, name, file, text):
    path = user.write(file, text)
    before = user.files()
    desk.connect(name, user.context())
    desk.connect(name, user.context("http://127.0.0.1:9000", model="gpt-4.1"))
    assert "9000" in path.read_text()
    assert "8314" not in path.read_text()
    assert any("gpt-4.1" in content.decode() for content in user.files().values())
    assert "gpt-4.1" in state_of(name, user.context()).models
    assert len([file for file in user.files() if file.endswith(".bak")]) == len(before)  # one is enough
    desk.disconnect(name, user.context())
    assert user.files() == before


@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_when_the_file_has_changed_since_only_ours_goes(user, name, file, text):
    path = user.write(file, text)
    format = next(client for client in CLIENTS if client.name == name).files(user.context().place)[0].format
    desk.connect(name, user.context())
    comment = "// since then" if "json" in path.suffix else "# since then"
    path.write_text(f"{path.read_text()}\n{comment}\n")
    desk.disconnect(name, user.context())
    left = path.read_text()
    assert edits.read(format, left) == edits.read(format, text)
    assert comment in left
    kept = left.splitlines()
    assert [line for line in text.splitlines() if line not in kept and f"{line}," not in kept] == []


def test_what_the_user_changed_in_ours_stays_theirs(user):
    path = user.write(".claude/settings.json", '{"model": "opus"}')
    desk.connect("claude-code", user.context())
    settings = json.loads(path.read_text())
    path.write_text(json.dumps(settings | {"model": "haiku", "theme": "dark"}))
    desk.disconnect("claude-code", user.context())
    assert json.loads(path.read_text()) == {"model": "haiku", "theme": "dark"}


def test_our_provider_goes_whole_even_when_somebody_added_to_it(user):
    path = user.write(".config/opencode/opencode.json", '{\n  "theme": "x"\n}\n')
    desk.connect("opencode", user.context())
    config = json.loads(path.read_text())
    config["provider"]["jumpseat"]["options"]["timeout"] = 1
    path.write_text(json.dumps(config))
    desk.disconnect("opencode", user.context())
    assert json.loads(path.read_text()) == {"theme": "x"}


def test_a_file_that_is_gone_since_is_no_trouble(user):
    path = user.write(".codex/config.toml", CODEX)
    desk.connect("codex", user.context())
    path.unlink()
    desk.disconnect("codex", user.context())
    assert not path.exists()
    desk.connect("codex", user.context())
    assert state_of("codex", user.context()).state is State.CONNECTED


def test_what_we_did_not_connect_we_do_not_disconnect(user):
    user.write(".claude/settings.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:8314"}}))
    with pytest.raises(LocalFault, match="by hand"):
        desk.disconnect("claude-code", user.context())
    assert state_of("claude-code", user.context()).state is State.CONNECTED


# --- what is written ------------------------------------------------------------------------------


def test_claude_code_gets_address_models_and_window(user):
    desk.connect("claude-code", user.context(key="my-key"))
    settings = values_in(user.home / ".claude/settings.json")
    assert settings == {
        "env": {
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:8314",
            "ANTHROPIC_AUTH_TOKEN": "my-key",
            "ANTHROPIC_DEFAULT_OPUS_MODEL": "claude-opus-5",
            "ANTHROPIC_DEFAULT_SONNET_MODEL": "claude-sonnet-5",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": "claude-haiku-4-5",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "936000",
        },
        "model": "claude-sonnet-5",
    }


@pytest.mark.parametrize(
    ("model", "written", "window"),
    [
        ("haiku", "claude-haiku-4-5", "168000"),
        ("claude-sonnet-4.5", "claude-sonnet-4-5", "168000"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "168000"),
        ("claude-opus-4.8", "claude-opus-4-8[1m]", "936000"),
        ("gpt-5.3-codex", "gpt-5.3-codex", "272000"),
    ],
)
def test_claude_code_gets_the_window_of_the_model(user, model, written, window):
    desk.connect("claude-code", user.context(model=model))
    settings = values_in(user.home / ".claude/settings.json")
    assert settings["model"] == written
    assert settings["env"]["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] == window


def test_codex_gets_provider_catalogue_and_limits(user):
    desk.connect("codex", user.context(key="my-key"))
    config = values_in(user.home / ".codex/config.toml")
    assert config == {
        "model": "gpt-5.3-codex",
        "model_provider": "jumpseat",
        "model_context_window": 400_000,
        "model_auto_compact_token_limit": 244_800,
        "model_providers": {
            "jumpseat": {
                "name": "Jumpseat",
                "base_url": "http://127.0.0.1:8314/v1",
                "wire_api": "responses",
                "experimental_bearer_token": "my-key",
                "model_catalog_url": "http://127.0.0.1:8314/v1/models",
            }
        },
        "features": {"plugins": False},
    }


def test_opencode_gets_every_model_with_its_dialect_and_limits(user):
    desk.connect("opencode", user.context())
    config = values_in(user.home / ".config/opencode/opencode.json")
    assert (config["model"], config["small_model"]) == ("jumpseat/claude-sonnet-5", "jumpseat/gpt-5-mini")
    models = config["provider"]["jumpseat"]["models"]
    assert models["claude-haiku-4.5"]["limit"] == {"context": 200_000, "output": 32_000, "input": 168_000}
    assert models["claude-haiku-4.5"]["provider"] == {"npm": "@ai-sdk/anthropic"}
    assert models["gpt-5.5"]["provider"] == {"npm": "@ai-sdk/openai"}
    assert "provider" not in models["gpt-4.1"]
    assert "text-embedding-3-small" not in models
    assert "gemini-3.5-ultra" not in models  # the account may not use it


def test_aider_gets_limits_for_names_that_it_does_not_know(user):
    desk.connect("aider", user.context(small_model="gpt-4.1"))
    config = values_in(user.home / ".aider.conf.yml")
    assert config["model"] == "openai/claude-sonnet-5"
    assert config["weak-model"] == "openai/gpt-4.1"
    metadata = values_in(user.home / ".aider.model.metadata.json")
    assert metadata["openai/claude-sonnet-5"]["max_input_tokens"] == 936_000


def test_continue_keeps_prompts_within_their_limit(user):
    desk.connect("continue", user.context())
    config = values_in(user.home / ".continue/config.yaml")
    assert list(config)[:3] == ["name", "version", "schema"]
    options = {model["model"]: model["defaultCompletionOptions"] for model in config["models"]}
    assert options["gpt-5-mini"] == {"contextLength": 192_000, "maxTokens": 64_000}  # 128000 for the prompt


def test_llm_gets_models_key_and_default(user):
    user.write(".config/io.datasette.llm/keys.json", '{\n  "// Note": "mine",\n  "openai": "mine"\n}')
    desk.connect("llm", user.context(model="gpt-4.1", key="my-key"))
    folder = user.home / ".config/io.datasette.llm"
    entries = values_in(folder / "extra-openai-models.yaml")
    assert entries[0]["model_id"] == "jumpseat/gpt-4.1"
    assert json.loads((folder / "keys.json").read_text())["jumpseat"] == "my-key"
    assert (folder / "default_model.txt").read_text() == "jumpseat/gpt-4.1\n"


def test_a_users_own_numbers_stay_and_are_told_of(user):
    user.write(".codex/config.toml", "model_context_window = 100000\n")
    change = desk.connect("codex", user.context())
    config = values_in(user.home / ".codex/config.toml")
    assert config["model_context_window"] == 100_000
    assert config["model_auto_compact_token_limit"] == 244_800
    assert change.notes == ("Your own model_context_window in config.toml stays.",)


def test_a_number_that_the_user_changed_after_us_is_theirs(user):
    desk.connect("codex", user.context())
    path = user.home / ".codex/config.toml"
    path.write_text(path.read_text().replace("400000", "300000"))
    desk.connect("codex", user.context(model="gpt-5.5"))
    config = values_in(path)
    assert config["model_context_window"] == 300_000
    assert config["model_auto_compact_token_limit"] == 829_800  # ours, and so brought up to date
    desk.disconnect("codex", user.context())
    assert tomllib.loads(path.read_text()) == {"model_context_window": 300_000}


def test_a_model_that_the_seat_lacks_is_named_with_what_is_near(user):
    with pytest.raises(LocalFault, match=r"no model named claude-sonet-5.*claude-sonnet-5"):
        desk.connect("claude-code", user.context(model="claude-sonet-5"))
    assert user.files() == {}


def test_a_seat_without_models_connects_nothing(user):
    for name in SERVED:
        with pytest.raises(LocalFault, match="no model"):
            desk.connect(name, replace(user.context(), models=Models(())))
    assert user.files() == {}


def test_what_would_overrule_the_file_is_told(user):
    user.write(".claude/settings.json", '{"apiKeyHelper": "x"}')
    change = desk.preview("claude-code", user.context(environ={"ANTHROPIC_MODEL": "x"}))
    assert any("ANTHROPIC_MODEL" in note for note in change.notes)
    assert any("apiKeyHelper" in note for note in change.notes)


@pytest.mark.bug(66)
def test_gemini_cli_gets_the_address_without_a_version(user):
    """Its SDK adds `/v1beta` by itself."""
    desk.connect("gemini-cli", user.context(key="my-key"))
    lines = (user.home / ".gemini/.env").read_text().splitlines()
    assert "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8314" in [line.replace('"', "") for line in lines]
    settings = values_in(user.home / ".gemini/settings.json")
    assert settings["security"]["auth"]["selectedType"] == "gemini-api-key"
    assert state_of("gemini-cli", user.context()).state is State.CONNECTED


def test_gemini_cli_gets_a_threshold_for_the_real_window(user):
    wishes = gemini_cli.wishes(user.context(key="my-key"), {})
    env, settings = wishes.files
    assert env.put == {
        ("GEMINI_API_KEY",): "my-key",
        ("GOOGLE_GEMINI_BASE_URL",): "http://127.0.0.1:8314",
        ("GEMINI_MODEL",): "gemini-2.5-pro",
    }
    assert settings.put == {("security", "auth", "selectedType"): "gemini-api-key"}
    assert settings.offer == {("model", "compressionThreshold"): 0.094}  # 109000 of 2^20, less a tenth


# --- where ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "environ", "system", "file"),
    [
        ("claude-code", {"CLAUDE_CONFIG_DIR": "{home}/cc"}, "linux", "cc/settings.json"),
        ("codex", {"CODEX_HOME": "{home}/cx"}, "linux", "cx/config.toml"),
        ("opencode", {"XDG_CONFIG_HOME": "{home}/xdg"}, "linux", "xdg/opencode/opencode.json"),
        ("opencode", {}, "win32", ".config/opencode/opencode.json"),
        ("continue", {"CONTINUE_GLOBAL_DIR": "{home}/ct"}, "linux", "ct/config.yaml"),
        ("llm", {"LLM_USER_PATH": "{home}/l"}, "linux", "l/keys.json"),
        ("llm", {"APPDATA": "{home}/Roaming"}, "win32", "Roaming/io.datasette.llm/keys.json"),
        ("llm", {}, "win32", "AppData/Roaming/io.datasette.llm/keys.json"),
        ("llm", {}, "darwin", "Library/Application Support/io.datasette.llm/keys.json"),
        ("claude-code", {}, "win32", ".claude/settings.json"),
    ],
)
def test_folders_are_those_of_the_tool_and_the_system(user, name, environ, system, file):
    environ = {key: value.format(home=user.home) for key, value in environ.items()}
    desk.connect(name, user.context(environ=environ, system=system))
    assert file in user.files()


def test_opencode_is_given_the_file_that_it_has(user):
    user.write(".config/opencode/opencode.jsonc", "{}")
    desk.connect("opencode", user.context())
    assert {file for file in user.files() if not file.endswith(".bak")} == {".config/opencode/opencode.jsonc"}


def test_continue_with_its_old_file_is_left_alone(user):
    user.write(".continue/config.json", "{}")
    with pytest.raises(LocalFault, match=r"config\.json"):
        desk.connect("continue", user.context())


# --- files that resist ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVED)
def test_a_broken_file_is_refused_with_its_line(user, name):
    path = user.write(FIRST[name], BROKEN[name])
    before = user.files()
    with pytest.raises(LocalFault, match=rf"line {BAD_LINE[name]}: .*Nothing was changed"):
        desk.connect(name, user.context())
    assert user.files() == before
    row = state_of(name, user.context())
    assert row.state is State.UNREADABLE
    assert str(path) in row.reason


def test_a_file_that_is_no_text_is_refused(user):
    user.write(".claude/settings.json", b"\xff\xfe{\x00}\x00")
    with pytest.raises(LocalFault, match="not UTF-8"):
        desk.connect("claude-code", user.context())


@pytest.mark.parametrize(("name", "file", "text"), PEOPLES)
def test_a_read_only_file_is_left_alone(user, name, file, text):
    path = user.write(file, text)
    path.chmod(0o444)
    before = user.files()
    with pytest.raises(LocalFault, match="read-only"):
        desk.connect(name, user.context())
    assert user.files() == before


def test_a_folder_where_the_file_should_be(user):
    (user.home / ".claude/settings.json").mkdir(parents=True)
    with pytest.raises(LocalFault, match=r"settings\.json"):
        desk.connect("claude-code", user.context())


def test_something_else_where_a_table_should_be(user):
    user.write(".claude/settings.json", '{"env": ["A=1"]}')
    with pytest.raises(LocalFault, match="cannot be edited for Claude Code"):
        desk.connect("claude-code", user.context())


def test_links_are_followed_and_kept(user):
    real = user.write("dotfiles/claude.json", '{"theme": "dark"}\n')
    link = user.home / ".claude/settings.json"
    link.parent.mkdir()
    link.symlink_to("../dotfiles/claude.json")
    desk.connect("claude-code", user.context())
    assert link.is_symlink()
    assert "8314" in real.read_text()
    desk.disconnect("claude-code", user.context())
    assert link.is_symlink()
    assert real.read_text() == '{"theme": "dark"}\n'


def test_a_link_that_leads_nowhere_does_so_again(user):
    link = user.home / ".claude/settings.json"
    link.parent.mkdir()
    link.symlink_to(user.home / "dotfiles.json")
    desk.connect("claude-code", user.context())
    assert link.is_symlink()
    assert (user.home / "dotfiles.json").exists()
    desk.disconnect("claude-code", user.context())
    assert link.is_symlink()
    assert not link.exists()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_modes_stay_and_backups_are_private(user, mode):
    path = user.write(".claude/settings.json", "{}")
    path.chmod(mode)
    desk.connect("claude-code", user.context())
    assert stat.S_IMODE(path.stat().st_mode) == mode
    (backup,) = path.parent.glob("*.bak")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert backup.read_text() == "{}"
    desk.disconnect("claude-code", user.context())
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_was_shown_is_what_is_written(user):
    path = user.write(".claude/settings.json", "{}")
    change = desk.preview("claude-code", user.context())
    assert user.files() == {".claude/settings.json": b"{}"}
    path.write_text('{"theme": "dark"}')
    with pytest.raises(LocalFault, match="changed by somebody else"):
        desk.make(change, user.context())
    assert path.read_text() == '{"theme": "dark"}'


def test_all_files_of_a_tool_or_none(user, monkeypatch):
    first = user.write(".aider.conf.yml", AIDER)
    change = desk.preview("aider", user.context())
    write = files.write_text

    def full_disk(path, text):
        if path.name.endswith(".json"):
            raise LocalFault("The disk is full.")
        write(path, text)

    monkeypatch.setattr(files, "write_text", full_disk)
    with pytest.raises(LocalFault, match="disk is full"):
        desk.make(change, user.context())
    assert first.read_text() == AIDER
    assert not state_of("aider", user.context()).can_disconnect


def test_what_we_remember_is_ours_alone(user):
    """Other keys of the file, secrets among them, do not go into our home; and it is private."""
    user.write(
        ".codex/config.toml", CODEX + '\n[model_providers.other]\nexperimental_bearer_token = "sk-theirs"\n'
    )
    desk.connect("codex", user.context())
    memory = user.paths.home / "connected" / "codex.json"
    assert "sk-theirs" not in memory.read_text()
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600


@pytest.mark.parametrize("broken", ["{broken", "[]", '{"base_url": 1}', ""])
def test_a_broken_memory_costs_only_the_way_back(user, broken):
    desk.connect("codex", user.context())
    (user.paths.home / "connected" / "codex.json").write_text(broken)
    assert state_of("codex", user.context()).state is State.CONNECTED
    with pytest.raises(LocalFault):
        desk.disconnect("codex", user.context())
    desk.connect("codex", user.context())


# --- the list -------------------------------------------------------------------------------------


def test_states(user):
    context = user.context()
    assert {state.state for state in desk.list_clients(context)} == {State.NOT_FOUND}
    user.write(
        ".claude/settings.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://gateway.example"}})
    )
    user.write(".codex/config.toml", "")
    states = {state.name: state for state in desk.list_clients(context)}
    assert states["claude-code"].state is State.ELSEWHERE
    assert "https://gateway.example" in states["claude-code"].reason
    assert states["codex"].state is State.NOT_CONNECTED
    found = replace(context, place=replace(context.place, which=lambda name: f"/bin/{name}"))
    assert {state.program for state in desk.list_clients(found)} >= {"/bin/aider", "/bin/claude"}


@pytest.mark.parametrize("url", ["http://localhost:8314", "http://127.0.0.1:8314/", "http://[::1]:8314"])
def test_other_spellings_of_our_address_are_ours(user, url):
    user.write(".claude/settings.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": url}}))
    assert state_of("claude-code", user.context()).state is State.CONNECTED


def test_another_key_in_the_settings_is_noticed(user):
    desk.connect("codex", user.context(key="one"))
    assert state_of("codex", user.context(key="one")).reason == ""
    row = state_of("codex", user.context(key="two"))
    assert (row.state, "connect codex again" in row.reason) == (State.CONNECTED, True)
    desk.connect("codex", user.context(key="two"))
    assert state_of("codex", user.context(key="two")).reason == ""


@pytest.mark.parametrize("name", ["claude", "Claude Code", "claude_code", "CLAUDE-CODE"])
def test_names_may_be_spelt_loosely(user, name):
    assert desk.preview(name, user.context()).title == "Claude Code"


def test_an_unknown_tool_is_told_which_there_are(user):
    with pytest.raises(LocalFault, match="claude-code, codex"):
        desk.preview("emacs", user.context())


def test_the_diff_hides_secrets_that_we_replace(user):
    user.write(
        ".claude/settings.json", '{\n  "env": {\n    "ANTHROPIC_AUTH_TOKEN": "sk-ant-abcdefghijkl"\n  }\n}\n'
    )
    change = desk.preview("claude-code", user.context())
    assert "sk-ant-abc" not in change.diff
    assert "[redacted]" in change.diff
