"""PURE. What a model name says: the many spellings of one name, and the tier it belongs to.

Clients send dashes for dots, release dates, provider prefixes, an older word order, and `[1m]`. Two
names with the same `canonical` form mean the same model. Sources: the names that Claude Code, Codex,
Gemini CLI, opencode and litellm send (2026), and Anthropic's, Bedrock's and Vertex' own spellings.
"""

import re
from functools import lru_cache

MAX_NAME = 200
_ONE_M = re.compile(r"\s*\[1m\]$", re.IGNORECASE)
_PREFIX = re.compile(
    r"^(?:models/|openai/|anthropic/|google/|gemini/|vertex_ai/|bedrock/|openrouter/|github_copilot/"
    r"|github-copilot/|copilot/|jumpseat/|copilot-proxy/|(?:us|eu|apac|jp|au|global)\.|anthropic\.)"
)
_ENDINGS = (
    re.compile(r"-v\d+(?::\d+)?$"),  # Bedrock
    re.compile(r"[-@]\d{8}$"),
    re.compile(r"[-@]\d{4}-\d{2}-\d{2}$"),
    re.compile(r"[-@](?:latest|thinking|default)$"),
    re.compile(r"-(?:preview|exp)(?:-\d{2}-\d{2}(?:-\d{4})?|-\d{2}-\d{4}|-\d{4})?$"),
)
_OLD_CLAUDE = re.compile(r"^claude-(\d{1,2}(?:-\d{1,2})?)-([a-z]+)(-[a-z0-9-]+)?$")
_CLAUDE = re.compile(r"^claude-([a-z]+)(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")
_SHORT_CLAUDE = re.compile(r"^(?:opus|sonnet|haiku)(?:-\d{1,2}){0,2}$")
_GEMINI = re.compile(r"^gemini(?:-(\d{1,2}(?:-\d{1,2})?))?-([a-z][a-z0-9-]*)$")
_NO_CHAT = frozenset({"image", "tts", "audio", "live", "embedding", "video", "robotics", "computer"})
# Google's models for embeddings, which its tools ask for by themselves.
_GEMINI_EMBEDDING = re.compile(
    r"^(?:gemini-embedding(?:-[a-z0-9-]+)?|embedding-001|text-embedding-00\d|text-multilingual-embedding-00\d)$"
)
# Names that nobody chose: tools ask for them in titles, reviews and quota checks of their own accord.
SIDE_NAMES = frozenset(
    {
        "gpt-5-nano",
        "gpt-5-mini",
        "gpt-4-1-mini",
        "gpt-4-1-nano",
        "gpt-4o-mini",
        "gpt-3-5-turbo",
        "codex-auto-review",
    }
)
_ALIASES = {
    "opusplan": "claude opus",
    "default": "claude sonnet",
    "best": "claude opus",
    "pro": "gemini pro",
    "flash": "gemini flash",
    "flash-lite": "gemini flash-lite",
    "auto": "gemini pro",
    "gemini": "gemini pro",
}


def split_1m(name: str) -> tuple[str, bool]:
    """The name without its `[1m]` ending, and whether it had one."""
    bare, found = _ONE_M.subn("", name)
    return bare, bool(found)


def without_prefix(name: str) -> str:
    """The name without `models/`, `openai/` and the like, in lower case."""
    name = name.strip().lower()
    while (shorter := _PREFIX.sub("", name, count=1)) != name:
        name = shorter
    return name


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """One spelling for all spellings of a name, for comparing only."""
    name = dashed(without_prefix(name))
    while True:
        shorter = name
        for ending in _ENDINGS:
            shorter = ending.sub("", shorter)
        if shorter == name:
            break
        name = shorter
    if found := _OLD_CLAUDE.match(name):
        version, tier, rest = found.groups()
        name = f"claude-{tier}-{version}{rest or ''}"
    elif _SHORT_CLAUDE.match(name):
        name = f"claude-{name}"
    # claude-sonnet-4-0 is how Anthropic spells the first claude-sonnet-4.
    return re.sub(r"^(claude-[a-z]+-\d{1,2})-0$", r"\1", name)


def dashed(name: str) -> str:
    """Dots and underscores as dashes, in lower case: the exact name in one alphabet."""
    return name.lower().replace(".", "-").replace("_", "-")


@lru_cache(maxsize=4096)
def served(chosen: str | None, said: str | None) -> str | None:
    """Who answered: the catalog's id, also where upstream spells it otherwise (wire 5.3, 7.1)."""
    if not said or len(said) > MAX_NAME or (chosen and canonical(said) == canonical(chosen)):
        return chosen
    return said


@lru_cache(maxsize=4096)
def tier(name: str) -> str | None:
    """The tier that a name belongs to, as "claude opus" or "gemini flash"; None when it names none.

    Only these two makers sell tiers: a name of theirs in a version that the account lacks can be
    answered by another version of the same tier, and by nothing else.
    """
    name = canonical(name)
    if name in _ALIASES:
        return _ALIASES[name]
    if found := _CLAUDE.match(name):
        return f"claude {found[1]}"
    if found := _GEMINI.match(name):
        words = found[2].split("-")
        if _NO_CHAT.intersection(words):
            return None
        if "flash" in words:
            return "gemini flash-lite" if "lite" in words else "gemini flash"
        return "gemini pro" if "pro" in words else None
    return None


def is_gemini_embedding(name: str) -> bool:
    """Whether a name is one of Google's models for embeddings."""
    return bool(_GEMINI_EMBEDDING.match(canonical(name)))


def version(name: str) -> tuple[int, ...]:
    """The numbers in a name, for telling the newer of two: gpt-5.2 is (5, 2)."""
    return tuple(int(digits) for digits in re.findall(r"\d{1,3}", canonical(name)))


def maker(name: str) -> str | None:
    """Whose model a name is about, in words for people."""
    name = canonical(name)
    for start, label in (
        ("claude", "Claude"),
        ("gemini", "Gemini"),
        ("grok", "Grok"),
        ("gpt", "GPT"),
        ("o1", "GPT"),
        ("o3", "GPT"),
        ("o4", "GPT"),
        ("codex", "GPT"),
        ("text-embedding", "embedding"),
    ):
        if name.startswith(start):
            return label
    found = tier(name)
    return found.split()[0].capitalize() if found else None
