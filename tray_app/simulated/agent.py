"""The simulated model: reads a conversation and decides its next turn.

It does what the person's last prompt says (`tasks.py`) with the tools that the client offers, waits for their
results, and ends with a text that carries the prompt's marker word.
"""

import re
from dataclasses import dataclass, replace

import orjson

from tray_app.simulated import tasks
from tray_app.simulated.conversation import Conversation
from tray_app.simulated.schemas import fit
from tray_app.simulated.tasks import Call, Step

_SAY = re.compile(r"\bsay: ?(.*)", re.DOTALL)
_WORDS = re.compile(r"\bwrite (\d+) words", re.IGNORECASE)
_MARKER = re.compile(r"\bMARKER-[\w-]*\w")
_PARALLEL = re.compile(r"\bin parallel\b", re.IGNORECASE)
_THINK = re.compile(r"\bthink\b", re.IGNORECASE)
_REFUSE = re.compile(r"\bplease refuse\b", re.IGNORECASE)
_LONGEST = 2_000_000  # words
_VOCABULARY = [
    "the",
    "proxy",
    "reads",
    "each",
    "line",
    "of",
    "the",
    "log",
    "and",
    "keeps",
    "what",
    "matters",
    "so",
    "that",
    "a",
    "person",
    "can",
    "see",
    "at",
    "a",
    "glance",
    "which",
    "request",
    "was",
    "slow",
    "and",
    "why",
    "it",
    "waited",
    "for",
    "an",
    "answer",
    "that",
    "came",
    "late",
    "on",
    "a",
    "quiet",
    "afternoon",
]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model says next. `stop` is end, tools, length, stop_sequence or refusal."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    stop: str = "end"
    stop_sequence: str | None = None


def answer(talk: Conversation, *, reasons: bool) -> Turn:
    """The next turn, before any cut to the output limit."""
    reasoning = _thoughts(talk) if reasons and (talk.thinks or _THINK.search(talk.prompt)) else ""
    if _REFUSE.search(talk.prompt):
        return Turn("", reasoning, stop="refusal")
    if talk.schema is not None or talk.json_mode:
        return _stopped(Turn(_structured(talk), reasoning), talk)
    if calls := _calls(talk):
        return Turn(_announce(calls), reasoning, calls, "tools")
    return _stopped(Turn(_words(talk), reasoning), talk)


def cut(turn: Turn, tokens: int) -> Turn:
    """The turn within its output limit: thoughts first, then text, then no calls."""
    room = tokens * 4
    if len(turn.reasoning) + len(turn.text) <= room:
        return turn
    reasoning = turn.reasoning[:room]
    return Turn(turn.text[: max(0, room - len(reasoning))], reasoning, (), "length")


def leaked(turn: Turn) -> Turn:
    """The turn with its calls written out as text, as models do now and then (copilot-wire 7.7)."""
    calls = "\n".join(_invocation(call) for call in turn.calls) or '<invoke name="read">\n</invoke>'
    return replace(turn, text=f"{turn.text}\n\n{calls}".strip(), calls=(), stop="end")


def _invocation(call: Call) -> str:
    values = {"input": call.text} if call.custom else call.arguments
    lines = [f'<parameter name="{name}">{value}</parameter>' for name, value in values.items()]
    return "\n".join([f'<invoke name="{call.name}">', *lines, "</invoke>"])


def _calls(talk: Conversation) -> tuple[Call, ...]:
    usable = [tool for tool in talk.tools if not tool.server]
    if talk.choice == "none" or not usable or talk.prompt.startswith("say:"):
        return ()
    if talk.choice not in ("auto", "required"):
        forced = [tool for tool in usable if tool.name == talk.choice]
        wanted = [
            step for step in tasks.steps(talk.prompt) if step.kind == "call" and step.name == talk.choice
        ]
        call = tasks.choose(wanted[0], talk) if wanted else None
        return (call or tasks.fill(forced[0], talk.prompt),) if forced else ()
    plan = _plan(talk)
    if talk.rounds < len(plan):
        return plan[talk.rounds]
    if talk.choice == "required":
        return (tasks.fill(usable[0], talk.prompt),)
    return ()


def _plan(talk: Conversation) -> list[tuple[Call, ...]]:
    """The calls of every round, from the prompt alone, so that each request finds its place in it."""
    steps = tasks.steps(talk.prompt)
    calls = [call for step in steps if (call := tasks.choose(step, talk)) is not None]
    if not steps and (call := _mentioned(talk)) is not None:
        calls = [call]
    wanted = tasks.turns(talk.prompt)
    width = 2 if _PARALLEL.search(talk.prompt) and talk.parallel else 1
    if width == 2 and len(calls) == 1:
        calls = [calls[0], _again(calls[0], 2, talk)]
    rounds = [tuple(calls[start : start + width]) for start in range(0, len(calls), width)]
    if wanted and (rounds or talk.tools):
        first = rounds[0][0] if rounds else None
        padding = range(len(rounds), wanted)
        fillers = [(_filler(first, number, talk),) for number in padding]
        rounds = [(call,) for (call,) in fillers if call is not None] + rounds
    return rounds


def _filler(first: Call | None, number: int, talk: Conversation) -> Call | None:
    """A harmless call that makes up a round."""
    shell = tasks.choose(Step("run", text=f"echo turn {number}"), talk)
    usable = [tool for tool in talk.tools if not tool.server]
    return shell or first or (tasks.fill(usable[0], talk.prompt) if usable else None)


def _again(call: Call, number: int, talk: Conversation) -> Call:
    """A second call beside the first: another harmless one if possible, else the same with the same tool."""
    other = tasks.choose(Step("run", text=f"echo call {number}"), talk)
    return other if other is not None and not call.custom else replace(call)


def _mentioned(talk: Conversation) -> Call | None:
    """With few tools, one whose name the prompt speaks of: get_weather for "what is the weather"."""
    usable = [tool for tool in talk.tools if not tool.server]
    if len(usable) > 5:
        return None
    spoken = set(re.findall(r"[a-z]{4,}", talk.prompt.lower()))
    for tool in usable:
        if spoken & set(re.findall(r"[a-z]{4,}", tool.name.lower())):
            return tasks.fill(tool, talk.prompt)
    return None


def _announce(calls: tuple[Call, ...]) -> str:
    names = " and ".join(dict.fromkeys(call.name for call in calls))
    return f"I'll use {names} for that."


def _structured(talk: Conversation) -> str:
    subject = " ".join(talk.prompt.split()[:6])[:60] or "A short title"
    value = fit(talk.schema, {"": subject}) if talk.schema else {"answer": subject}
    return orjson.dumps(value).decode()


def _words(talk: Conversation) -> str:
    if said := _SAY.search(talk.prompt):
        return said[1].strip()
    if asked := _WORDS.search(talk.prompt):
        return _essay(min(int(asked[1]), _LONGEST))
    markers = " ".join(dict.fromkeys(_MARKER.findall(talk.prompt)))
    if talk.rounds and talk.results:
        gist = " ".join(" ".join(talk.results).split())[:120]
        return f"Done. The tool said: {gist or 'nothing'}. {markers}".strip()
    if talk.images:
        return f"I can see {talk.images} image{'s' if talk.images > 1 else ''}. {markers}".strip()
    subject = " ".join(talk.prompt.split())[:80]
    return f"Here is a short answer to “{subject}”: it works as you would expect. {markers}".strip()


def _essay(words: int) -> str:
    length = len(_VOCABULARY)
    once = " ".join(_VOCABULARY)
    whole, rest = divmod(words, length)
    return " ".join([once] * whole + ([" ".join(_VOCABULARY[:rest])] if rest else []))


def _thoughts(talk: Conversation) -> str:
    subject = " ".join(talk.prompt.split())[:60]
    step = f"after {talk.rounds} tool rounds" if talk.rounds else "first"
    return f"The person wants: {subject}. Let me see what to do {step}."


def _stopped(turn: Turn, talk: Conversation) -> Turn:
    """The turn up to the first stop sequence that occurs in its text."""
    hits = [(at, word) for word in talk.stops if (at := turn.text.find(word)) >= 0]
    if not hits:
        return turn
    at, word = min(hits)
    return replace(turn, text=turn.text[:at], stop="stop_sequence", stop_sequence=word)
