"""Tokens out of texts: whatever is shown, logged or passed on goes through `redact` first."""

import re

REDACTED = "[redacted]"

_TOKENS = re.compile(
    r"github_pat_\w{10,}"
    r"|gh[oupsr]_[A-Za-z0-9]{8,}"
    r"|\btid=[^\s\"'\\<>]+"  # the Copilot token: tid=…;exp=…;sku=…:signature
    r"|\bsk-[\w-]{16,}"  # keys of other services, which clients may send here
    r"|\bAIza[\w-]{20,}"
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"  # name and password of a proxy
    r"|(?i:(?<=[?&]key=)[^\s&\"']+)"
    r"|(?i:\b(?:x-api-key|x-goog-api-key|api[_-]key|device_code|access_token)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&]{6,}"
    r"|(?i:\bbearer\s+)[\w.~+/=;:-]{16,}"
)


def secret_spans(text: str) -> list[tuple[int, int]]:
    """Where tokens stand in the text, as (start, end), in order."""
    return [found.span() for found in _TOKENS.finditer(text)]


def redact(text: str) -> str:
    """The text with GitHub, Copilot and bearer tokens replaced."""
    return _TOKENS.sub(REDACTED, text)
