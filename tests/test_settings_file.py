import dataclasses
import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app import settings_save
from tray_app.errors import LocalFault, SettingsFault
from tray_app.paths import Paths
from tray_app.settings import Live, ServerSettings, Settings
from tray_app.settings_file import check_binding, load, load_anyway, reload
from tray_app.settings_keys import KEYS
from tray_app.settings_save import reset, save
from tray_app.settings_watch import FileWatcher
from tray_app.toml_lines import lines_of


@pytest.fixture
def paths(tmp_path):
    return Paths(tmp_path)


def write(paths, text):
    paths.config.write_text(text, encoding="utf-8")


def findings(loaded):
    return [str(finding) for finding in loaded.findings]


def value(loaded, dotted):
    section, name = dotted.split(".")
    return getattr(getattr(loaded.settings, section), name)


def test_nothing_set_gives_the_defaults(paths):
    loaded = load(paths, {})
    assert loaded.settings == Settings()
    assert set(loaded.sources.values()) == {"default"}
    assert loaded.findings == ()


def test_the_strongest_source_wins(paths):
    write(paths, "[server]\nport = 1001\nmax_body_mb = 2\nmetrics = false\n")
    environ = {"JUMPSEAT_SERVER_PORT": "1002", "JUMPSEAT_SERVER_MAX_BODY_MB": "3"}
    loaded = load(paths, environ, {"server.port": 1003})
    assert value(loaded, "server.port") == 1003
    assert loaded.sources["server.port"] == "command line"
    assert value(loaded, "server.max_body_mb") == 3
    assert loaded.sources["server.max_body_mb"] == "JUMPSEAT_SERVER_MAX_BODY_MB"
    assert value(loaded, "server.metrics") is False
    assert loaded.sources["server.metrics"] == "config.toml line 4"
    assert loaded.sources["server.host"] == "default"


@pytest.mark.parametrize("key", KEYS.values(), ids=lambda key: key.dotted)
def test_every_setting_can_be_set_by_file_and_environment(paths, key):
    sample = SAMPLES.get(key.dotted, BY_KIND.get(key.kind))
    if key.kind is list and key.item is int:
        sample = [70, 30]
    if key.choices:
        sample = key.choices[-1]
    save(paths, key.dotted, sample)
    from_file = load(paths, {})
    assert from_file.findings == ()
    assert value(from_file, key.dotted) == key.check(sample) != key.default
    assert from_file.sources[key.dotted].startswith("config.toml line ")
    assert (
        load(Paths(paths.home / "none"), {key.variable: as_variable(sample)}).settings == from_file.settings
    )


BY_KIND = {int: 777, float: 7.5, str: "other-1", list: ["one", "two"], dict: {"gpt-4.1": "gpt-5", "a/b": "c"}}
SAMPLES = {
    "history.otlp_endpoint": "http://127.0.0.1:4318",
    "history.otlp_headers": ["x-one: 1", "x-two: 2"],
    "copilot.github_url": "https://acme.ghe.com",
    "desktop.update_feed": "https://acme.ghe.com/releases/latest",
    "copilot.github_api_url": "https://api.acme.ghe.com",
    "copilot.api_url": "http://127.0.0.1:9000",
    "copilot.max_connection_retries": 5,
    "server.allowed_origins": ["https://one.example", "http://localhost:3000"],
} | {key.dotted: not key.default for key in KEYS.values() if key.kind is bool}


def as_variable(sample):
    if isinstance(sample, dict):
        return json.dumps(sample)
    if isinstance(sample, list):
        return ",".join(map(str, sample))
    return str(sample).lower() if isinstance(sample, bool) else str(sample)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            "[server]\nprt = 1", "line 2: server.prt: is not a setting; did you mean port?", id="misspelt key"
        ),
        pytest.param(
            "[sever]\nport = 1",
            "line 1: sever: is not a section; did you mean server?",
            id="misspelt section",
        ),
        pytest.param("port = 1", "line 1: port: is not a section", id="key outside a section"),
        pytest.param("server = 1", "line 1: server: must be a section: [server]", id="section as a value"),
        pytest.param(
            "[server]\ntheme = 'dark'",
            "line 2: server.theme: is not a setting; it belongs into [desktop]",
            id="wrong section",
        ),
        pytest.param(
            "[server]\n\nport = 'x'",
            'line 3: server.port: must be a whole number, not "x"',
            id="text for a number",
        ),
        pytest.param(
            "[server]\nport = true",
            "line 2: server.port: must be a whole number, not true",
            id="flag for a number",
        ),
        pytest.param(
            "[server]\nport = 1.0",
            "line 2: server.port: must be a whole number, not 1.0",
            id="fraction for a whole",
        ),
        pytest.param(
            "[server]\nport = 65536", "line 2: server.port: must be at most 65535, not 65536", id="too large"
        ),
        pytest.param(
            "[history]\nretention_days = 0",
            "line 2: history.retention_days: must be at least 1, not 0",
            id="too small",
        ),
        pytest.param(
            "[copilot]\nread_timeout_seconds = nan",
            "line 2: copilot.read_timeout_seconds: must be a number",
            id="not a number",
        ),
        pytest.param(
            "[server]\nmetrics = 1",
            "line 2: server.metrics: must be true or false, not 1",
            id="number for a flag",
        ),
        pytest.param(
            "[copilot]\naccount_type = 'pro'",
            "line 2: copilot.account_type: must be one of auto, individual",
            id="no such choice",
        ),
        pytest.param(
            "[copilot]\ngithub_url = 'http://ghe.example'",
            "line 2: copilot.github_url: must begin with https://",
            id="plain http",
        ),
        pytest.param(
            "[copilot]\ngithub_url = 'ghe.example'",
            "line 2: copilot.github_url: must be a URL",
            id="no scheme",
        ),
        pytest.param(
            "[copilot]\napi_url = 'https://[::1'", "line 2: copilot.api_url: must be a URL", id="broken URL"
        ),
        pytest.param(
            '[copilot]\neditor_version = "a\\r\\nX: y"',
            "line 2: copilot.editor_version: must be plain text",
            id="header injection",
        ),
        pytest.param(
            "[server]\nallowed_origins = ['*']",
            'line 2: server.allowed_origins: "*" is not an origin',
            id="wildcard origin",
        ),
        pytest.param(
            "[models.exact]\na = 'b'\nc = 3",
            "line 3: models.exact.c: must be text in quotes",
            id="entry of a table",
        ),
        pytest.param(
            "[models]\nexact = 'a'", 'line 2: models.exact: must be a table, not "a"', id="no table"
        ),
        pytest.param(
            "[desktop]\nquota_alerts = [50, 'x']",
            'line 2: desktop.quota_alerts: must be a whole number, not "x"',
            id="item of a list",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_costs_nothing_else(paths, text, says):
    write(paths, text + "\n[limits]\nrate_limit_seconds = 7\n")
    loaded = load(paths, {})
    assert [says in finding for finding in findings(loaded)] == [True], findings(loaded)
    assert loaded.settings.limits.rate_limit_seconds == 7
    kept = dataclasses.replace(loaded.settings, limits=Settings().limits)
    assert kept == dataclasses.replace(Settings(), models=kept.models), "the wrong key kept its default"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("JUMPSEAT_SERVER_PRT", "1", "did you mean JUMPSEAT_SERVER_PORT?", id="misspelt"),
        pytest.param(
            "JUMPSEAT_SERVER_PORT", "x", "JUMPSEAT_SERVER_PORT: must be a whole number", id="bad value"
        ),
        pytest.param("JUMPSEAT_MODELS_EXACT", "a=b", "JUMPSEAT_MODELS_EXACT: must be JSON", id="bad JSON"),
    ],
)
def test_a_mistake_in_the_environment_is_named(paths, name, text, says):
    write(paths, "[server]\nport = 1001\n")
    loaded = load(paths, {name: text, "JUMPSEAT_HOME": "/nowhere", "HOME": "/"})
    assert says in findings(loaded)[0]
    assert len(loaded.findings) == 1
    assert loaded.settings.server.port == 1001, "the next source counts"


def test_an_empty_variable_is_an_unset_one(paths):
    write(paths, "[server]\napi_keys = ['k']\n")
    loaded = load(paths, {"JUMPSEAT_SERVER_API_KEYS": "", "JUMPSEAT_SERVER_PORT": ""})
    assert loaded.settings.server.api_keys == ("k",)
    assert loaded.findings == ()


@pytest.mark.parametrize("keys", ["3", "['']", "['a b']", "[1]", "{a = 'b'}"])
def test_wrong_api_keys_never_leave_the_proxy_open(paths, keys):
    write(paths, f"[server]\napi_keys = {keys}\n")
    with pytest.raises(SettingsFault, match=r"server.api_keys \(line 2\)"):
        load(paths, {})


def test_one_api_key_needs_no_brackets(paths):
    write(paths, "[server]\napi_keys = 'k1'\n")
    assert load(paths, {}).settings.server.api_keys == ("k1",)
    assert load(paths, {"JUMPSEAT_SERVER_API_KEYS": " k2 , k3 "}).settings.server.api_keys == ("k2", "k3")


def test_model_names_with_dots_need_no_quotes(paths):
    write(paths, "[models.exact]\ngpt-4.1 = 'a'\n'claude-sonnet-4.5' = 'b'\n")
    loaded = load(paths, {})
    assert loaded.settings.models.exact == {"gpt-4.1": "a", "claude-sonnet-4.5": "b"}
    assert loaded.findings == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(b"[server]\nport = \n", 2, id="no value"),
        pytest.param(b"[server]\nport = 1\nport = 2\n", 3, id="twice"),
        pytest.param(b"[server\n", 1, id="half a header"),
        pytest.param(b"a = '''x\n\n", 2, id="open string"),
        pytest.param(b"a = '\xff'", None, id="not UTF-8"),
        pytest.param(b"a = " + b"[" * 5000, None, id="too deep"),
    ],
)
def test_a_broken_file_is_named_with_its_line(paths, text, line):
    paths.config.write_bytes(text)
    with pytest.raises(SettingsFault) as caught:
        load(paths, {})
    assert caught.value.line == line
    assert "config.toml" in str(caught.value)
    anyway = load_anyway(paths, {"JUMPSEAT_SERVER_PORT": "1001"})
    assert anyway.settings.server.port == 1001
    assert anyway.findings[0].line == line


def test_windows_text_is_read(paths):
    paths.config.write_bytes("﻿[server]\r\nport = 1001\r\n".encode())
    loaded = load(paths, {})
    assert (loaded.settings.server.port, loaded.sources["server.port"]) == (1001, "config.toml line 2")


@pytest.mark.parametrize(
    ("host", "keys", "allowed"),
    [
        ("127.0.0.1", (), True),
        ("127.8.9.1", (), True),
        ("::1", (), True),
        ("localhost", (), True),
        ("0.0.0.0", (), False),
        ("::", (), False),
        ("192.0.2.7", (), False),
        ("laptop.example", (), False),
        ("localhost.example", (), False),
        ("0.0.0.0", ("k",), True),
    ],
)
def test_only_loopback_is_open_without_a_key(host, keys, allowed):
    server = ServerSettings(host=host, api_keys=keys)
    if allowed:
        check_binding(server)
    else:
        with pytest.raises(SettingsFault, match="api_keys"):
            check_binding(server)


# Saving


WRITTEN = """\
# mine
[desktop] # look
theme = "dark" # at night
autostart = true

[server]
port = 1001 # the old one

[models.exact] # names
"gpt-4.1" = "gpt-5" # newer
b = "c"
"""


def test_saving_keeps_comments_and_order(paths):
    write(paths, WRITTEN)
    save(paths, "server.port", 1002)
    save(paths, "models.exact", {"gpt-4.1": "gpt-5", "b": "d"})
    assert paths.config.read_text() == WRITTEN.replace("1001", "1002").replace('"c"', '"d"')


def test_saving_adds_what_is_missing(paths):
    save(paths, "server.api_keys", ["a", "b"])
    save(paths, "models.prefix", {"claude-": "claude-sonnet-4.5"})
    loaded = load(paths, {})
    assert loaded.settings.server.api_keys == ("a", "b")
    assert loaded.settings.models.prefix == {"claude-": "claude-sonnet-4.5"}
    assert paths.config.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("server.port = 1001\nserver.metrics = false\n", id="dotted keys"),
        pytest.param("server = {port = 1001, metrics = false}\n", id="inline table"),
        pytest.param("[server]\r\nport = 1001\r\nmetrics = false\r\n", id="windows lines"),
        pytest.param(
            "[models.exact]\na='b'\n[server]\nmetrics=false\n[models]\nsmall_model='x'\n", id="out of order"
        ),
        pytest.param("[server]\nmetrics=false\n[server.extra]\nx=1\n", id="unknown table inside"),
    ],
)
def test_every_way_of_writing_survives_saving(paths, text):
    paths.config.write_text(text, newline="")
    before = tomllib.loads(text)
    save(paths, "server.port", 1002)
    save(paths, "models.small_model", "gpt-4.1")
    after = tomllib.loads(paths.config.read_text())
    before.setdefault("server", {})["port"] = 1002
    before.setdefault("models", {})["small_model"] = "gpt-4.1"
    assert after == before


LISTED = """\
[server]
allowed_hosts = [
  # at home
  "nas", # in the cellar
  "tv" # upstairs
]
"""


@pytest.mark.parametrize(
    ("items", "text"),
    [
        (["tv"], LISTED.replace('  "nas", # in the cellar\n', "")),
        (["nas"], LISTED.replace('  "tv" # upstairs\n', "")),
    ],
)
def test_comments_beside_the_items_of_a_list_stay(paths, items, text):
    write(paths, LISTED)
    save(paths, "server.allowed_hosts", items)
    assert set(text.splitlines()) >= set(paths.config.read_text().splitlines())
    assert load(paths, {}).settings.server.allowed_hosts == tuple(items)


@pytest.mark.parametrize(
    "items", [["nas", "tv", "pi"], ["pi", "nas", "tv"], ["nas", "pi", "tv"], ["tv", "nas"]]
)
def test_a_longer_list_keeps_its_comments(paths, items):
    write(paths, LISTED)
    save(paths, "server.allowed_hosts", items)
    saved = paths.config.read_text()
    assert all(comment in saved for comment in ("# at home", "# in the cellar"))
    assert load(paths, {}).settings.server.allowed_hosts == tuple(items)


def test_windows_lines_and_mark_stay(paths):
    paths.config.write_bytes(b"\xef\xbb\xbf# mine\r\n[server]\r\nport = 1001\r\n")
    save(paths, "desktop.theme", "dark")
    saved = paths.config.read_bytes()
    assert saved.startswith(b"\xef\xbb\xbf# mine\r\n[server]\r\nport = 1001\r\n")
    assert saved.count(b"\n") == saved.count(b"\r\n")
    assert load(paths, {}).settings.desktop.theme == "dark"


def test_resetting_what_is_not_there_changes_no_byte(paths):
    for text in ("", "# mine", "[server]\nport = 1001", "\ufeff[server]\nport = 1001\n"):
        paths.config.write_bytes(text.encode())
        reset(paths, "limits.rate_limit_seconds")
        reset(paths, "server.metrics")
        assert paths.config.read_bytes() == text.encode()


def test_a_reset_takes_an_empty_section_along_but_no_comment(paths):
    for text in ("# mine\n[server]\nport = 1001\n", "[desktop] # look\n\n[limits]\n# slowly\n"):
        write(paths, text)
        save(paths, "limits.rate_limit_seconds", 3)
        save(paths, "desktop.theme", "dark")
        reset(paths, "limits.rate_limit_seconds")
        reset(paths, "desktop.theme")
        assert paths.config.read_text().split() == text.split()


def test_what_an_editor_saves_meanwhile_is_kept(paths, monkeypatch):
    write(paths, "[server]\nport = 1001\n")
    edits = ["# one\n", "# two\n"]

    def only_that_changed(*_: object) -> None:
        if edits:
            write(paths, paths.config.read_text() + edits.pop())

    monkeypatch.setattr(settings_save, "_only_that_changed", only_that_changed)
    save(paths, "server.port", 1002)
    assert paths.config.read_text() == "[server]\nport = 1002\n# two\n# one\n"


def test_reset_gives_the_default_back(paths):
    write(paths, WRITTEN)
    reset(paths, "server.port")
    assert load(paths, {}).sources["server.port"] == "default"
    assert "theme" in paths.config.read_text()
    reset(paths, "history.enabled")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("filters.system_prompt_add", ["a\udcff"]),
        ("models.small_model", "\udce6"),
        ("models.exact", {"a": "\udce6"}),
    ],
)
def test_what_is_no_text_is_told_and_not_saved(paths, key, value):
    with pytest.raises(SettingsFault, match="not UTF-8"):
        save(paths, key, value)
    assert not paths.config.exists()


def test_wrong_values_and_broken_files_are_not_saved_over(paths):
    write(paths, WRITTEN)
    with pytest.raises(SettingsFault, match="at most 65535"):
        save(paths, "server.port", 70000)
    with pytest.raises(LocalFault, match=r"did you mean server\.port"):
        save(paths, "server.prot", 1)
    assert paths.config.read_text() == WRITTEN
    write(paths, "[server\n")
    with pytest.raises(SettingsFault, match="line 1"):
        save(paths, "server.port", 1002)
    assert paths.config.read_text() == "[server\n"


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)


@settings(max_examples=60, deadline=None)
@given(entries=st.dictionaries(texts.filter(bool), texts, max_size=4), prompts=st.lists(texts, max_size=3))
def test_any_text_comes_back_as_it_was_saved(tmp_path_factory, entries, prompts):
    paths = Paths(tmp_path_factory.mktemp("home"))
    save(paths, "filters.system_prompt_add", prompts)
    save(paths, "models.extra_prompts", entries)
    loaded = load(paths, {}).settings
    assert loaded.models.extra_prompts == entries
    assert loaded.filters.system_prompt_add == tuple(prompts)


# Lines


def test_lines_of_everything_toml_allows():
    text = (
        'a = 1\n[x] # c\n"b.c" = """\n[no]\nno = 1\n"""\nd = [\n  1, # ]\n  {e = "]"},\n]\nf.g = 2\n'
        "  h = '''one'''\n[x.'y z']\ni = 1\n[[list]]\nj = 1\n"
    )
    assert lines_of(text) == {
        ("a",): 1,
        ("x",): 2,
        ("x", "b.c"): 3,
        ("x", "d"): 7,
        ("x", "f", "g"): 11,
        ("x", "h"): 12,
        ("x", "y z"): 13,
        ("x", "y z", "i"): 14,
        ("list",): 15,
        ("list", "j"): 16,
    }


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab=[]{}'\".#\\\n, "), max_size=60))
def test_lines_of_anything_is_an_answer(text):
    assert all(1 <= line <= len(text.splitlines()) for line in lines_of(text).values())


# While running


def test_reload_keeps_what_runs_when_the_edit_is_wrong(paths):
    write(paths, "[server]\nport = 1001\nmax_body_mb = 5\n")
    running = load(paths, {})
    write(paths, "[server]\nport = 99999\nmax_body_mb = 6\n")
    edited = reload(running, paths, {})
    assert (edited.settings.server.port, edited.settings.server.max_body_mb) == (1001, 6)
    assert "line 2" in findings(edited)[0]
    write(paths, "[server\n")
    assert reload(edited, paths, {}).settings == edited.settings


def test_reload_never_opens_the_proxy_to_others(paths):
    write(paths, "[server]\nhost = '0.0.0.0'\napi_keys = ['k']\n")
    running = load(paths, {})
    write(paths, "[server]\nhost = '0.0.0.0'\n")
    edited = reload(running, paths, {})
    assert edited.settings.server.api_keys == ("k",)
    assert "api_keys" in findings(edited)[0]


def test_the_watcher_applies_an_edit_that_stands_still(paths, caplog):
    write(paths, "[server]\nport = 1001\n")
    loaded = load(paths, {})
    live = Live(loaded.settings)
    seen = []
    live.subscribe(lambda old, new: seen.append((old.server.port, new.server.port)))
    watcher = FileWatcher(paths, live, loaded, environ={})
    watcher.look()
    assert seen == []
    paths.config.write_text("")  # an editor empties the file ...
    watcher.look()
    write(paths, "[server]\nport = 1002\n")  # ... and fills it
    watcher.look()
    assert seen == []
    watcher.look()
    assert seen == [(1001, 1002)]
    write(paths, "[server]\nport = 99999\n")
    for _ in range(4):
        watcher.look()
    assert live.now.server.port == 1002
    assert len([record for record in caplog.records if "99999" in record.message]) == 1
    paths.config.unlink()
    watcher.look()
    watcher.look()
    assert live.now.server.port == 8314


def told(tmp_path, text="", **environ):
    """What `config check` would print for this file and these variables."""
    paths = Paths(tmp_path)
    paths.config.write_text(text)
    return [str(finding) for finding in load_anyway(paths, environ).findings]


def test_a_fault_of_the_whole_file_names_it_once(tmp_path):
    assert told(tmp_path, "[server\n") == [
        "config.toml line 1: is not valid TOML: Expected ']' at the end of a table declaration "
        "(at line 1, column 8)"
    ]


def test_a_key_that_is_there_twice_is_said_to_be(tmp_path):
    (line,) = told(tmp_path, "[server]\nport = 1\nport = 2\n")
    assert line.startswith("config.toml line 3: names a key or a section twice")


def test_the_prefix_of_variables_makes_nothing_near(tmp_path):
    assert told(tmp_path, JUMPSEAT_BOGUS="1") == ["JUMPSEAT_BOGUS: is not a setting"]
    assert told(tmp_path, JUMPSEAT_SERVER_PRT="1") == [
        "JUMPSEAT_SERVER_PRT: is not a setting; did you mean JUMPSEAT_SERVER_PORT?"
    ]


@pytest.mark.parametrize("text", ["48151623", "[48151623]", "{ a = 48151623 }", "4815.1623"])
def test_a_wrong_api_key_is_not_quoted(tmp_path, text):
    assert "4815" not in " ".join(told(tmp_path, f"[server]\napi_keys = {text}\n"))


def test_a_password_in_an_address_is_not_quoted(tmp_path):
    (line,) = told(tmp_path, JUMPSEAT_COPILOT_API_URL="https://ada:sesame@copilot.example")
    assert "sesame" not in line
    assert "password" in line
