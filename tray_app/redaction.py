"""Tokens out of texts: whatever is shown, logged or passed on goes through `redact` first."""

import re

REDACTED = "[redacted]"

_TOKENS = re.compile(
    r"github_pat_\w{10,}"
    r"|gh[oupsr]_[A-Za-z0-9]{8,}"
    r"|\btid=[^\s\"'\\<>]+"  # the Copilot token: tid=…;exp=…;sku=…:signature
    r"|\bsk-ant-[\w-]{8,}"
    r"|(?i:\bbearer\s+)[\w.~+/=;:-]{16,}"
)


def redact(text: str) -> str:
    """The text with GitHub, Copilot and bearer tokens replaced."""
    return _TOKENS.sub(REDACTED, text)
