"""The workflows can be read, call what exists, and may do no more than they need."""

import re

import pytest
import yaml

from tests.packaging.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def load(path):
    text = path.read_text("utf-8")
    return text, yaml.safe_load(text)


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_there_are_workflows():
    assert {path.name for path in WORKFLOWS} == {"ci.yml", "release.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_make_target_exists(path):
    commands = "\n".join(step.get("run", "") for step in steps(load(path)[1]))
    targets = set(re.findall(r"^make ([a-z-]+)$", commands, re.MULTILINE))
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit_and_say_which_version_that_is(path):
    text, workflow = load(path)
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action
        assert re.search(rf"{re.escape(action)} # v\d+\.\d+\.\d+$", text, re.MULTILINE), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_the_least(path):
    _, workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 40
        if name != "release":
            assert "permissions" not in job, name
    assert "pull_request_target" not in workflow[True]  # `on` is a truth value in YAML 1.1
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_that_others_may_name_gets_into_a_script(path):
    for step in steps(load(path)[1]):
        assert "${{" not in step.get("run", ""), "hand it over in env"


def test_a_release_waits_for_all_three_and_has_checksums_and_attestations():
    release = load(ROOT / ".github" / "workflows" / "release.yml")[1]["jobs"]["release"]
    assert set(release["needs"]) == {"linux", "windows", "macos"}
    assert release["permissions"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    runs = "\n".join(step.get("run", "") for step in release["steps"])
    assert "sha256sum" in runs
    assert "--draft" in runs
    assert any("attest-build-provenance" in step.get("uses", "") for step in release["steps"])
