"""Who may import whom. An arrow that points the wrong way makes a part impossible to test or reuse alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tray_app"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Everybody but dialects may use these.
COMMON = {
    "errors",
    "github_hosts",
    "settings",
    "settings_keys",
    "settings_rules",
    "paths",
    "log",
    "redaction",
    "tasks",
}

# Package -> the parts of tray_app that it may import besides itself and COMMON.
ALLOWED = {
    "dialects": {"errors", "redaction"},
    "history": {"dialects"},
    "copilot": {"dialects"},
    "proxy": {"dialects", "copilot", "history", "tokenizer", ""},
    "simulated": {"dialects", "tokenizer"},
    "importing": {"clients", "settings_file", "settings_save"},
    "clients": {"dialects", "proxy", "toml_lines"},
    "web": {
        "dialects",
        "copilot",
        "history",
        "proxy",
        "clients",
        "controls",
        "settings_file",
        "settings_save",
        "settings_watch",
        "",
    },
    "desktop": {"controls", "blocking", ""},
    "demo": {"dialects", "history", "proxy", "simulated"},
}

# Outside package -> the only modules that may import it.
ONLY = {
    "keyring": {"accounts", "doctor", "doctor/"},
    "tiktoken": {"tokenizer", "vocabulary", "pretokens"},
    "tomlkit": {"settings_save", "clients/toml_text"},
    "yaml": {"clients/yaml_text"},
    "prometheus_client": {"proxy/metrics"},
    "platformdirs": {"paths"},
    "sqlite3": {"history/"},
    "pystray": {"desktop/tray"},
    "webview": {"desktop/window_child"},
    "PIL": {"desktop/icon", "desktop/tray_xorg"},
    "aiohttp": {
        *("copilot/", "proxy/", "simulated/", "web/", "desktop/", "cli/", "doctor/", "demo/"),
        *("app", "resident", "doctor", "accounts"),
    },
}

# What `dialects` may not do: wait, look at the clock, touch files or sockets, log, roll dice.
IMPURE = {"asyncio", "time", "os", "pathlib", "io", "socket", "logging", "random", "threading", "subprocess"}


def name_of(path):
    return path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")


def imports(path):
    """Dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            module = node.module or ""
            if module == "tray_app":
                yield from (f"tray_app.{alias.name}" for alias in node.names)
            else:
                yield module


def part_of(dotted):
    """`dialects` of `tray_app.dialects.sse`; empty for tray_app itself, whose version everybody may know."""
    part = [*dotted.split("."), ""][1]
    return "" if part == "__version__" else part


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_the_right_way(path):
    package = name_of(path).split("/")[0]
    if package not in ALLOWED:
        return
    common = set() if package == "dialects" else COMMON
    for dotted in imports(path):
        if dotted.split(".")[0] == "tray_app":
            assert part_of(dotted) in ALLOWED[package] | common | {package}, (
                f"{package} may not import {dotted}"
            )


@pytest.mark.parametrize("path", [path for path in MODULES if "dialects" in path.parts], ids=name_of)
def test_dialects_are_pure(path):
    used = {dotted.split(".")[0] for dotted in imports(path)} - {"tray_app", "orjson"}
    assert used <= sys.stdlib_module_names - IMPURE


def test_edits_of_other_programs_files_are_pure():
    """Text in, text out; only the modules about the machine touch it."""
    machine = {"desk", "files", "making", "memory", "places", "wsl"}
    for path in (PACKAGE / "clients").glob("*.py"):
        used = {dotted.split(".")[0] for dotted in imports(path)}
        assert path.stem in machine or not used & (IMPURE - {"pathlib"}), path


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_outside_package_has_its_place(path):
    name = name_of(path)
    for dotted in imports(path):
        places = ONLY.get(dotted.split(".")[0])
        if places is not None:
            assert any(
                name == place or (place.endswith("/") and name.startswith(place)) for place in places
            ), f"{name} may not import {dotted}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_line_and_the_composition_root_build_the_program(path):
    name = name_of(path)
    if name == "__main__" or name.startswith("cli") or name == "app":
        return
    assert not {"app", "cli"} & {
        part_of(dotted) for dotted in imports(path) if dotted.startswith("tray_app.")
    }


HEAVY = (
    *("keyring", "tiktoken", "tomlkit", "yaml", "prometheus_client", "platformdirs"),
    *("gi", "Xlib", "pystray", "webview"),  # a desktop; pystray cannot even be imported without one
    *("tray_app.dialects.table", "tray_app.clients.registry", "tray_app.simulated", "tray_app.doctor"),
)


def loaded_by(code, *names):
    """Which of these modules are there after some code in a fresh Python."""
    code += f"\nimport sys; print([name for name in {names!r} if sys.modules.get(name) is not None])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(out.stdout)


def test_nothing_heavy_is_loaded_before_it_is_needed():
    code = (
        "from tray_app.cli.parser import parser; parser().parse_args(['serve']); import tray_app.cli.running"
    )
    assert loaded_by(code, "aiohttp", "PIL", *HEAVY) == []


def test_the_program_at_rest_has_nothing_of_what_it_may_need_later():
    """Neither the proxy nor the tray process: what is here stays in memory for as long as it runs."""
    code = (
        "from tray_app.cli.loading import lean\n"
        "import tray_app.cli.tray\n"
        "with lean():\n    import tray_app.app, tray_app.desktop.main"
    )
    assert loaded_by(code, "aiohttp") == ["aiohttp"]
    assert loaded_by(code, "PIL", *HEAVY) == []
