"""What a check found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "notice", "wrong", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`message` says what is so, `remedy` what to do about it; both without secrets."""

    check: str
    state: State
    message: str
    remedy: str = ""
