"""The two tokens, as values that do not print themselves, and which GitHub tokens can work at all.

PURE. `grep reveal` lists every place that sees a token's text.
"""

import re
from typing import NamedTuple

from tray_app.errors import LocalFault


class _Secret:
    """Text that only `reveal` gives."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, hidden>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))


class GitHubToken(_Secret):
    """Long-lived; from the keyring or the environment."""

    __slots__ = ()


class CopilotToken(_Secret):
    """Short-lived; only ever in memory. An opaque bearer for the data plane."""

    __slots__ = ()


class Account(NamedTuple):
    """Whose GitHub token is in use and where it was found (`keyring`, `this run`, or a variable's name).

    `login` is None while nobody has asked GitHub whose token it is.
    """

    login: str | None
    token: GitHubToken
    source: str


class UnusableToken(LocalFault):
    """A token that Copilot will not take, whoever owns it."""


_SIGN_IN = "Sign in with `jumpseat login` instead."

# What GitHub's prefixes mean, and why Copilot's token exchange refuses each (copilot-wire 1.3).
_REFUSED = (
    ("ghp_", "This is a classic personal access token (ghp_…). Copilot does not accept them."),
    (
        "github_pat_",
        "This is a fine-grained personal access token (github_pat_…). The Copilot service for editors "
        "does not accept them.",
    ),
    ("ghs_", "This is an app installation token (ghs_…), as in GitHub Actions. It has no Copilot seat."),
    ("ghr_", "This is a refresh token (ghr_…). It cannot be used by itself."),
    ("tid=", "This is a short-lived Copilot token, not a GitHub token."),
    ("sk-", "This is a key of another service, not a GitHub token."),
)
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]+")
_LONGEST = 512


def check_token_type(text: str) -> None:
    """Raise UnusableToken, saying why, if no Copilot seat can work with this text. Outer space is ignored.

    `gho_` and `ghu_` work. A text without a known prefix passes: GitHub decides.
    """
    token = text.strip()
    if not token:
        raise UnusableToken("The token is empty.", _SIGN_IN)
    for prefix, reason in _REFUSED:
        if token.startswith(prefix):
            raise UnusableToken(reason, _SIGN_IN)
    if len(token) > _LONGEST or not _PLAIN.fullmatch(token):
        raise UnusableToken("The token holds characters that no GitHub token has, or is too long.", _SIGN_IN)


def github_token(text: str) -> GitHubToken:
    """The trimmed text as a token. Raises UnusableToken."""
    check_token_type(text)
    return GitHubToken(text.strip())
