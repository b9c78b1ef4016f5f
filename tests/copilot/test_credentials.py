import pytest

from tray_app.copilot.credentials import (
    CopilotToken,
    GitHubToken,
    UnusableToken,
    check_token_type,
    github_token,
)
from tray_app.copilot.identity import data_plane_headers, github_headers
from tray_app.settings import CopilotSettings

SECRET = "gho_averysecrettext"


@pytest.mark.parametrize("kind", [GitHubToken, CopilotToken])
def test_a_token_does_not_print_itself(kind):
    token = kind(SECRET)
    shown = f"{token} {token!r} {[token]}"
    assert SECRET not in shown
    assert token.reveal() == SECRET
    assert token == kind(SECRET)
    assert token != kind("gho_other")


def test_the_two_kinds_are_never_equal():
    assert GitHubToken("x") != CopilotToken("x")


@pytest.mark.parametrize("good", ["gho_abc123", "ghu_abc123", "  ghu_abc123\n", "0123456789abcdef0123"])
def test_tokens_that_may_work_pass(good):
    assert github_token(good).reveal() == good.strip()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("ghp_abc", "classic personal access token"),
        (" ghp_abc ", "classic personal access token"),
        ("github_pat_11ABC_def", "fine-grained"),
        ("ghs_abc", "installation token"),
        ("ghr_abc", "refresh token"),
        ("tid=0f3c;exp=1", "short-lived Copilot token"),
        ("sk-ant-abc", "another service"),
        ("", "empty"),
        (" \n\t", "empty"),
        ("gho_ab c", "characters"),
        ("gho_ab\r\nX-Evil: 1", "characters"),
        ("gho_äöü", "characters"),
        ("gho_" + "a" * 1000, "too long"),
    ],
)
@pytest.mark.bug(33)
def test_tokens_that_cannot_work_are_refused_with_the_reason(bad, reason):
    """Bug 33, user ask 20."""
    with pytest.raises(UnusableToken, match=reason) as caught:
        check_token_type(bad)
    assert "jumpseat login" in caught.value.remedy


def test_data_plane_headers():
    headers = data_plane_headers(
        CopilotSettings(),
        CopilotToken("tid=x"),
        intent="conversation-agent",
        initiator="agent",
        vision=True,
        request_id="a-b-c",
        interaction_id="conversation-1",
        betas=("one", "two"),
    )
    assert headers == {
        "Authorization": "Bearer tid=x",
        "Editor-Version": "vscode/1.124.2",
        "Editor-Plugin-Version": "copilot-chat/0.52.0",
        "Copilot-Integration-Id": "vscode-chat",
        "User-Agent": "GitHubCopilotChat/0.52.0",
        "X-GitHub-Api-Version": "2026-06-01",
        "OpenAI-Intent": "conversation-agent",
        "X-Interaction-Type": "conversation-agent",
        "X-Initiator": "agent",
        "X-Request-Id": "a-b-c",
        "X-Agent-Task-Id": "a-b-c",
        "X-VSCode-User-Agent-Library-Version": "electron-fetch",
        "Copilot-Vision-Request": "true",
        "X-Interaction-Id": "conversation-1",
        "anthropic-beta": "one,two",
    }


def test_optional_headers_are_left_out():
    headers = data_plane_headers(
        CopilotSettings(),
        CopilotToken("t"),
        intent="model-access",
        initiator="user",
        vision=False,
        request_id="r",
    )
    assert not {"Copilot-Vision-Request", "anthropic-beta", "X-Interaction-Id", "Content-Type"} & set(headers)


def test_github_headers_carry_the_github_token_and_a_user_agent():
    headers = github_headers(CopilotSettings(plugin_version="copilot-chat/9.9.9"), GitHubToken(SECRET))
    assert headers["Authorization"] == f"token {SECRET}"
    assert headers["User-Agent"] == "GitHubCopilotChat/9.9.9"
    assert headers["X-GitHub-Api-Version"] == "2025-04-01"
