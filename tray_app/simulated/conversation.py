"""What the simulated model understands of a request, whichever dialect it came in.

The readers (`*_reader.py`) fill a `Conversation`; the agent acts on it, the prompt cache hashes its chunks.
Readers are lenient: by the time they run, the refusals have turned away what upstream turns away.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

IMAGE_TOKENS = 765  # a medium picture: 85 + 4 tiles of 170

# Text that a tool wrote into a user's message; the person did not type it.
_HARNESS = re.compile(
    r"<(system-reminder|environment_context|user_instructions|environment_details|INSTRUCTIONS"
    r"|local-command-[a-z]{1,20}|context|command-[a-z]{1,20})\b[^>]{0,200}>"
)
_NOT_A_PROMPT = ("Please continue.", "Tool loaded.")
TASK = re.compile(r"create (?:a |the )?file|\brun(?: the command)?:|\bsay:|write \d+ words|use \d+ turns")


def _without_harness(text: str) -> str:
    """What stands outside of such elements. A name that is never closed again is looked for once only."""
    kept, at, unclosed = [], 0, set[str]()
    for opening in _HARNESS.finditer(text):
        name = opening[1]
        if opening.start() < at or name in unclosed:
            continue
        end = text.find(f"</{name}>", opening.end())
        if end < 0:
            unclosed.add(name)
            continue
        kept.append(text[at : opening.start()])
        at = end + len(name) + 3
    return "".join([*kept, text[at:]])


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool that the client offers. `custom` ones take one free text instead of an object."""

    name: str
    description: str = ""
    schema: dict[str, Any] = field(default_factory=dict)
    custom: bool = False
    namespace: str | None = None
    server: bool = False  # run by the upstream itself, as web_search


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the prompt for the prompt cache. `mark` is "5m" or "1h" where the client set one."""

    content: bytes
    tokens: int
    mark: str | None = None


@dataclass(slots=True)
class Conversation:
    """One request, read."""

    prompt: str = ""  # the person's last words
    first_prompt: str = ""
    background: list[str] = field(default_factory=list)  # system texts, where working folders are named
    rounds: int = 0  # tool rounds since the prompt
    results: list[str] = field(default_factory=list)  # of the last round
    tools: list[Offered] = field(default_factory=list)
    choice: str = "auto"  # auto, none, required or a tool's name
    schema: dict[str, Any] | None = None
    json_mode: bool = False
    parallel: bool = True
    thinks: bool = False  # reasoning is on without being asked for in words
    stops: list[str] = field(default_factory=list)
    limit: int | None = None  # output tokens
    chunks: list[Chunk] = field(default_factory=list)
    images: int = 0
    ends_with_result: bool = False

    @property
    def input_tokens(self) -> int:
        return sum(chunk.tokens for chunk in self.chunks)

    def hear(self, text: str, *, beside_results: bool) -> None:
        """A user's message. Beside tool results only a task counts as the person speaking."""
        spoken = _without_harness(text).strip()
        if spoken != text.strip():
            self.background.append(text)
        if not spoken or spoken in _NOT_A_PROMPT or (beside_results and not TASK.search(spoken)):
            return
        self.prompt = spoken
        self.first_prompt = self.first_prompt or spoken
        self.rounds, self.results = 0, []

    def call_made(self) -> None:
        """An assistant turn that called tools."""
        self.rounds += 1
        self.results = []

    def add(self, value: Any, *, mark: str | None = None, images: int = 0, opaque: int = 0) -> None:
        """Count a part of the prompt. `opaque` bytes (pictures, blobs) are not text."""
        content = orjson.dumps(value)
        self.images += images
        tokens = count(len(content) - opaque) + images * IMAGE_TOKENS
        self.chunks.append(Chunk(content, tokens, mark))


def count(size: int) -> int:
    """A cheap, deterministic estimate: four bytes a token."""
    return max(1, (size + 3) // 4)


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a list; nothing for anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def string(value: object) -> str:
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
