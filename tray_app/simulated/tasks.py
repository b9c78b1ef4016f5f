"""What a prompt asks for, and which of the client's tools does it.

The prompt's words that count:

    create file NAME with content "TEXT"    run: COMMAND    read NAME    call TOOL {"json": "arguments"}
    use N turns    in parallel    think    say: TEXT    write N words    MARKER-anything
"""

import re
import shlex
from dataclasses import dataclass
from typing import Any

import orjson

from tray_app.simulated.conversation import Conversation, Offered, mapping
from tray_app.simulated.schemas import fit

_CREATE = re.compile(
    r"create (?:a |the )?(?:new )?file (?:called |named )?[`'\"]?(?P<name>[^\s`'\"]+)[`'\"]?,? "
    r"(?:with|containing|that contains) (?:the |exactly )?(?:content|text|contents)?:? ?"
    r"(?:[\"“](?P<quoted>[^\"”]*)[\"”]|`(?P<ticked>[^`]*)`|'(?P<single>[^']*)')",
    re.IGNORECASE,
)
_RUN = re.compile(r"\brun(?: the command)?: *(?:`(?P<ticked>[^`\n]+)`|(?P<plain>[^\n]+))", re.IGNORECASE)
_READ = re.compile(r"\bread (?:the )?(?:file )?[`'\"]?(?P<name>[\w./~-]+\.\w+)[`'\"]?", re.IGNORECASE)
_CALL = re.compile(r"\bcall (?P<tool>[\w-]+)(?: with)?:? ?(?P<arguments>\{.*\})?", re.IGNORECASE)
_TURNS = re.compile(r"\buse (\d+) (?:tool )?turns", re.IGNORECASE)
_FOLDER = re.compile(r"(?:[Ww]orking directory|<cwd>|Workspace root|cwd)[:>]?\s*[`\"]?(/[^\s`\"<]*)")

PATH_WORDS = ("file_path", "filepath", "path", "filename", "file_name", "file", "name")
CONTENT_WORDS = ("content", "contents", "file_text", "text", "body", "data", "new_string")
COMMAND_WORDS = ("cmd", "command", "commands", "script", "shell_command", "input")
_SHELL_NAMES = ("bash", "shell", "exec", "terminal", "command", "run")
_WRITE_NAMES = ("write", "create", "save")
_READ_NAMES = ("read", "view", "open", "cat")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model. `text` is the free input of a custom tool."""

    name: str
    arguments: dict[str, Any]
    namespace: str | None = None
    custom: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: kind is create, run, read or call."""

    kind: str
    name: str = ""
    text: str = ""


def steps(prompt: str) -> list[Step]:
    """The steps in the order in which they stand in the prompt."""
    found: list[tuple[int, Step]] = []
    for match in _CREATE.finditer(prompt):
        text = next((match[key] for key in ("quoted", "ticked", "single") if match[key] is not None), "")
        found.append((match.start(), Step("create", match["name"], text)))
    for match in _RUN.finditer(prompt):
        found.append((match.start(), Step("run", text=(match["ticked"] or match["plain"]).strip())))
    for match in _READ.finditer(prompt):
        found.append((match.start(), Step("read", match["name"])))
    for match in _CALL.finditer(prompt):
        found.append((match.start(), Step("call", match["tool"], match["arguments"] or "")))
    return [step for _, step in sorted(found, key=lambda pair: pair[0])]


def turns(prompt: str) -> int | None:
    """N of `use N turns`."""
    match = _TURNS.search(prompt)
    return min(int(match[1]), 200) if match else None


def choose(step: Step, talk: Conversation) -> Call | None:
    """The call that does the step with what the client offers; None when nothing fits."""
    tools = [tool for tool in talk.tools if not tool.server]
    folder = _folder(talk)
    if step.kind == "call":
        named = next((tool for tool in tools if tool.name == step.name), None)
        return _named(named, step, talk) if named else None
    makers = {"create": _create, "run": _run, "read": _read}
    return makers[step.kind](step, tools, folder)


def fill(tool: Offered, prompt: str) -> Call:
    """A call of any tool, its required parameters filled by schema."""
    if tool.custom:
        return Call(tool.name, {}, tool.namespace, custom=True, text=prompt[:200])
    arguments = mapping(fit(tool.schema, {"": _subject(prompt)}))
    return Call(tool.name, arguments, tool.namespace)


def _subject(prompt: str) -> str:
    """A word worth passing on: the last capitalised one, as Paris in "What's the weather in Paris?"."""
    names = re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", prompt)
    return names[-1] if names else prompt.split("\n")[0][:80] or "text"


def _named(tool: Offered, step: Step, talk: Conversation) -> Call:
    filled = fill(tool, talk.prompt)
    if not step.text:
        return filled
    if tool.custom:
        return Call(tool.name, {}, tool.namespace, custom=True, text=step.text)
    try:
        return Call(tool.name, mapping(orjson.loads(step.text)), tool.namespace)
    except orjson.JSONDecodeError:
        return filled


def _folder(talk: Conversation) -> str:
    for text in reversed(talk.background):
        if found := _FOLDER.search(text):
            return found[1].rstrip("/.,")
    return ""


def _create(step: Step, tools: list[Offered], folder: str) -> Call | None:
    writer = _pick(tools, _WRITE_NAMES, PATH_WORDS, CONTENT_WORDS)
    if writer:
        return _write(writer, step, folder)
    for tool in tools:
        if tool.custom and "patch" in tool.name:
            lines = "".join(f"+{line}\n" for line in step.text.split("\n"))
            patch = f"*** Begin Patch\n*** Add File: {step.name}\n{lines}*** End Patch\n"
            return Call(tool.name, {}, tool.namespace, custom=True, text=patch)
    command = f"printf '%s' {shlex.quote(step.text)} > {shlex.quote(step.name)}"
    return _run(Step("run", text=command), tools, folder)


def _read(step: Step, tools: list[Offered], folder: str) -> Call | None:
    reader = _pick(tools, _READ_NAMES, PATH_WORDS, ())
    if reader and not _property(reader, CONTENT_WORDS):
        hints = {_property(reader, PATH_WORDS) or "": _absolute(reader, step.name, folder), "": "text"}
        return Call(reader.name, mapping(fit(reader.schema, hints)), reader.namespace)
    return _run(Step("run", text=f"cat {shlex.quote(step.name)}"), tools, folder)


def _run(step: Step, tools: list[Offered], folder: str) -> Call | None:
    for tool in tools:
        if tool.custom and tool.name == "exec":
            command = orjson.dumps(step.text).decode()
            source = f"const r = await tools.exec_command({{cmd: {command}}});\ntext(r);\n"
            return Call(tool.name, {}, tool.namespace, custom=True, text=source)
    shell = _pick(tools, _SHELL_NAMES, COMMAND_WORDS, ())
    if shell is None:
        return None
    key = _property(shell, COMMAND_WORDS) or ""
    takes_list = mapping(mapping(shell.schema.get("properties")).get(key)).get("type") == "array"
    value: Any = ["bash", "-lc", step.text] if takes_list else step.text
    hints = {key: value, "": "Do what was asked", **({"workdir": folder} if folder else {})}
    return Call(shell.name, _only_needed(shell, fit(shell.schema, hints), key), shell.namespace)


def _write(tool: Offered, step: Step, folder: str) -> Call:
    hints = {
        _property(tool, PATH_WORDS) or "": _absolute(tool, step.name, folder),
        _property(tool, CONTENT_WORDS) or "": step.text,
        "command": "create",
    }
    return Call(tool.name, mapping(fit(tool.schema, {"": "text", **hints})), tool.namespace)


def _only_needed(tool: Offered, arguments: Any, key: str) -> dict[str, Any]:
    required = tool.schema.get("required") or [key]
    return {name: value for name, value in mapping(arguments).items() if name in required or name == key}


def _pick(
    tools: list[Offered], names: tuple[str, ...], first: tuple[str, ...], second: tuple[str, ...]
) -> Offered | None:
    """The tool with fitting parameters, one with a fitting name before others."""
    fitting = [
        tool
        for tool in tools
        if not tool.custom and _property(tool, first) and (not second or _property(tool, second))
    ]
    named = [tool for tool in fitting if any(tool.name.lower().startswith(name) for name in names)]
    within = [tool for tool in fitting if any(name in tool.name.lower() for name in names)]
    only = fitting if len(tools) == 1 or second else []
    return next(iter(named or within or only), None)


def _property(tool: Offered, words: tuple[str, ...]) -> str | None:
    """The tool's parameter that one of the words names, however it is spelled."""
    spelled = {name.replace("_", "").lower(): name for name in mapping(tool.schema.get("properties"))}
    return next((spelled[key] for word in words if (key := word.replace("_", "")) in spelled), None)


def _absolute(tool: Offered, name: str, folder: str) -> str:
    """Tools that want absolute paths get one, if the client said where it works."""
    key = _property(tool, PATH_WORDS) or ""
    said = str(mapping(mapping(tool.schema.get("properties")).get(key)).get("description", "")).lower()
    wants = "absolute" in said or key in ("file_path", "filePath")
    return f"{folder}/{name}" if folder and wants and not name.startswith("/") else name
