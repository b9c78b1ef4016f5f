"""Faults on demand: what an unlucky request meets, consumed in the order in which they were added.

| kind | what happens | options (default) |
| --- | --- | --- |
| reset | connection reset before the headers | |
| reset_mid | reset after some events | after (3) |
| close_early | the body ends neatly without its finish signal | after (3) |
| stall | silence after some events, then it goes on | after (3), seconds (3600) |
| stall_headers | silence before the headers, then it goes on | seconds (3600) |
| status | a status with a body | status (500), body, headers, content_type, retry_after, preset |
| malformed_sse | garbage in the data of an event | after (3) |
| error_event | an error event in mid-stream, then the end | after (3), form, message, code |
| json_200 | a JSON error with status 200 | body, content_type |
| html_502 | a load balancer's page | |
| wrong_content_type | a right answer with a wrong type | content_type (text/plain) |
| no_done | the last event is missing | |
| crlf, no_space, no_final_blank_line | the same events in other spellings | |
| split_utf8, one_byte_chunks | the same bytes cut elsewhere | size (7) |
| whitespace_ramble | tool arguments run on in blanks for ever | lines (400) |
| no_finish | no finish reason, but a regular end | |
| finish | another finish or stop reason | reason (error, or pause_turn) |
| leaked_call | a tool call comes as text, `<invoke name=...>`, and the turn ends | |
| odd_quota | quota headers that do not parse | |
| odd_fields | exchange and seat page: optional fields null or of other types | |

`form` of error_event: flat, nested, openai, anthropic, copilot (choices null with copilot_errors),
failed (response.failed with error null, then error).
`path` is the one that the request is for; the sign-in paths of GitHub can be named too.
"""

from dataclasses import dataclass, field
from typing import Any

from tray_app.simulated.presets import HEADERS, PRESETS, RETIRED_VERSION, coded
from tray_app.simulated.refused import PLAIN, Refused

KINDS = frozenset(
    [
        "reset",
        "reset_mid",
        "close_early",
        "stall",
        "stall_headers",
        "status",
        "malformed_sse",
        "error_event",
        "json_200",
        "html_502",
        "wrong_content_type",
        "no_done",
        "crlf",
        "no_space",
        "no_final_blank_line",
        "split_utf8",
        "one_byte_chunks",
        "whitespace_ramble",
        "no_finish",
        "finish",
        "leaked_call",
        "odd_quota",
        "odd_fields",
    ]
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is now happening."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def after(self) -> int:
        """How many events go out first."""
        return int(self.options.get("after", 3))

    @property
    def seconds(self) -> float:
        return float(self.options.get("seconds", 3600))

    def refusal(self) -> Refused:
        """The answer of a `status` fault."""
        wanted = str(self.options.get("preset", self.options.get("status", 500)))
        usual, usual_body = PRESETS.get(wanted, (500, coded("internal server error", "internal_error")))
        status = int(self.options.get("status") or usual)
        body = self.options.get("body", usual_body)
        wished = HEADERS.get(wanted, {}) | (self.options.get("headers") or {})
        headers = {str(name): str(value) for name, value in wished.items()}
        if "retry_after" in self.options:
            headers["Retry-After"] = str(self.options["retry_after"])
        return Refused(status, body, headers=headers, content_type=self.options.get("content_type"))


@dataclass(slots=True)
class _Planned:
    fault: Fault
    path: str | None
    left: int
    model: str | None


class Faults:
    """The queue. `path` None means any inference path; a management path must be named."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def __len__(self) -> int:
        return sum(planned.left for planned in self._planned)

    def add(
        self, kind: str, path: str | None = None, times: int = 1, *, model: str | None = None, **options: Any
    ) -> None:
        """Plan a fault for the next `times` requests. Raises ValueError for an unknown kind."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; there are {', '.join(sorted(KINDS))}")
        self._planned.append(_Planned(Fault(kind, options), path, times, model))

    def clear(self) -> None:
        self._planned.clear()

    def take(self, path: str, model: str | None = None, *, inference: bool = True) -> Fault | None:
        """The fault that this request meets, if any."""
        for planned in self._planned:
            fits = planned.path == path or (planned.path is None and inference)
            if fits and planned.model in (None, model):
                planned.left -= 1
                if planned.left <= 0:
                    self._planned.remove(planned)
                return planned.fault
        return None


def html_page() -> Refused:
    """What a load balancer in front says."""
    title = "502 Bad Gateway"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Refused(502, page, content_type="text/html")


__all__ = ["KINDS", "PLAIN", "PRESETS", "RETIRED_VERSION", "Fault", "Faults", "html_page"]
