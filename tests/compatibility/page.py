"""docs/compatibility.md, made from the marks on tests and from the matrix (`make docs`)."""

from pathlib import Path

from tests.compatibility.bugs import BUGS
from tests.compatibility.cannot_occur import CANNOT_OCCUR
from tests.compatibility.marks import Marked, marked
from tests.compatibility.matrix import DIALECTS, ENDPOINTS, FEATURES, UPSTREAMS

PAGE = Path(__file__).parent.parent.parent / "docs" / "compatibility.md"
_NAMES = {"chat": "Chat completions", "responses": "Responses", "messages": "Messages", "gemini": "Gemini"}
_HEAD = """\
# What works, and what does not go wrong

<!-- Made by `make docs` from the tests; edit those. -->

Jumpseat speaks four API forms to tools (OpenAI chat completions, OpenAI Responses, Anthropic Messages and
Google's Gemini) and the first three to Copilot. Where tool and model speak the same form, requests and
answers pass through; elsewhere they are translated. Everything below is backed by tests, most of which run
the real server against a simulated Copilot that refuses what the real one is reported to refuse. What was
dropped, changed or repaired for a request stands in its record (`/api/requests`).

Responses over WebSocket is served for models that Copilot offers that way; for others, and for compaction,
HTTP is used. OpenAI's legacy completions are mapped onto chat.
"""
_BUGS = """\
## Known faults of such proxies

Users of other proxies report these. Each line names the tests that show what happens here, or why it cannot
occur.

| # | elsewhere | here | shown by |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, _matrix(), _BUGS + _bugs()])


def _matrix() -> str:
    parts = [
        "## Features\n\nOne table for each form a tool speaks; columns are the forms of Copilot's endpoints."
        " Every cell is run, streamed and whole, by"
        " [test_matrix.py](../tests/compatibility/test_matrix.py).\n"
    ]
    for client in DIALECTS:
        columns = " | ".join(f"`{ENDPOINTS[upstream]}`" for upstream in UPSTREAMS)
        lines = [f"### {_NAMES[client]}\n", f"| | {columns} |", "| --- | --- | --- | --- |"]
        for feature in FEATURES:
            cells = " | ".join(feature.cell(client, upstream) for upstream in UPSTREAMS)
            lines.append(f"| {feature.title} | {cells} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _bugs() -> str:
    tests = marked()
    return "".join(
        f"| {number} | {bug.symptom} | {bug.here} | {_shown(number, tests)} |\n"
        for number, bug in sorted(BUGS.items())
    )


def _shown(number: int, tests: dict[int, list[Marked]]) -> str:
    reason = CANNOT_OCCUR.get(number, "")
    links = [f"[{_words(test.name)}](../tests/{test.path})" for test in tests.get(number, [])]
    return "<br>".join([*([reason] if reason else []), *links])


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def write() -> None:
    PAGE.write_text(page(), encoding="utf-8")
