"""The conversation of a Gemini request as neutral messages. Source: copilot-wire 11.6; client-traffic.

Clients keep a streamed answer as it came: one model turn may lie in many contents and many text parts.
"""

from typing import Any

from tray_app.dialects import fields, tool_arguments
from tray_app.dialects.fields import Json, at
from tray_app.dialects.gemini.plain_parts import Plain, read_plain, result_text
from tray_app.dialects.gemini.signatures import read_signature
from tray_app.dialects.gemini.spelling import spelled
from tray_app.dialects.neutral import (
    Document,
    Image,
    Message,
    Note,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tray_app.errors import BadRequest


def read_system(value: object) -> tuple[Text, ...]:
    """The system instruction: a text, a content, or parts."""
    path = "systemInstruction"
    if value is None:
        return ()
    if isinstance(value, str):
        return (Text(value),) if value else ()
    parts = value if isinstance(value, list) else None
    if parts is None:
        content = spelled(value, path)
        parts = [content] if "text" in content else _parts_of(content, path)
    found: list[Text] = []
    for index, given in enumerate(parts):
        where = at(at(path, "parts"), index)
        part = {"text": given} if isinstance(given, str) else spelled(given, where)
        if text := fields.get_str(part, "text", where):
            found.append(Text(text))
    return tuple(found)


def read_contents(value: object, notes: list[Note]) -> tuple[Message, ...]:
    """Raises BadRequest naming the field."""
    given = [value] if isinstance(value, dict) else fields.as_list(value, "contents")
    reader = _Reader(notes)
    for index, content in enumerate(given):
        reader.content(spelled(content, at("contents", index)), index)
    return reader.messages()


def _parts_of(content: Json, path: str) -> list[Any]:
    value = content.get("parts")
    return [value] if isinstance(value, dict) else fields.get_list(content, "parts", path)


class _Turn:
    """A turn of the model, as its parts come. A signature seals the thoughts in front of it."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._thought = ""

    def thought(self, text: str) -> None:
        self._thought += text

    def signature(self, signature: str) -> None:
        found = read_signature(signature)
        if isinstance(found, list):  # with their texts, also where the client kept the texts
            self.parts += found
            self._thought = ""
        elif isinstance(found, Opaque):
            self.parts.append(Thinking(self._thought, found))
            self._thought = ""

    def add(self, part: Part) -> None:
        self.unsealed()
        last = self.parts[-1] if self.parts else None
        if isinstance(part, Text) and isinstance(last, Text):
            self.parts[-1] = Text(last.text + part.text)
        elif not (isinstance(part, Text) and not part.text):
            self.parts.append(part)

    def unsealed(self) -> None:
        if self._thought:
            self.parts.append(Thinking(self._thought))
        self._thought = ""


class _Reader:
    def __init__(self, notes: list[Note]) -> None:
        self._notes = notes
        self._messages: list[Message] = []
        self._turn: _Turn | None = None
        self._open: list[tuple[str, str]] = []  # id and name of the calls that have no answer yet

    def content(self, content: Json, number: int) -> None:
        path = at("contents", number)
        role = fields.get_str(content, "role", path) or "user"
        parts = [
            spelled({"text": given} if isinstance(given, str) else given, at(at(path, "parts"), index))
            for index, given in enumerate(_parts_of(content, path))
        ]
        if role == "model":
            self._model(parts, path, number)
        elif role in ("user", "function", "tool"):
            self._end_turn()
            self._user(parts, path, number)
        elif role == "system":
            self._end_turn()
            self._messages.append(Message("system", read_system(parts)))
        else:
            raise BadRequest(f"{path}.role: {role!r} is none of user, model, function.", f"{path}.role")

    def messages(self) -> tuple[Message, ...]:
        self._end_turn()
        return tuple(self._messages)

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.unsealed()
            if turn.parts:
                self._messages.append(Message("assistant", tuple(turn.parts)))

    # --- the model's ---

    def _model(self, parts: list[Json], path: str, number: int) -> None:
        if self._turn is None:
            self._turn, self._open = _Turn(), []
        for place, part in enumerate(parts):
            where = at(at(path, "parts"), place)
            thought = fields.get_bool(part, "thought", where) or False
            if thought:
                self._turn.thought(fields.get_str(part, "text", where) or "")
            if signature := fields.get_str(part, "thoughtSignature", where):
                self._turn.signature(signature)
            if not thought and (read := self._said(part, where, number, place)) is not None:
                self._turn.add(read)

    def _said(self, part: Json, path: str, number: int, place: int) -> Text | ToolCall | None:
        if "functionCall" in part:
            return self._call(spelled(part["functionCall"], at(path, "functionCall")), path, number, place)
        read = read_plain(part, path, self._notes)
        if isinstance(read, Image | Document):
            self._notes.append(Note("contents", "a file in the model's own turn left out"))
            return None
        return read

    def _call(self, call: Json, path: str, number: int, place: int) -> ToolCall:
        path = at(path, "functionCall")
        name = fields.need_str(call, "name", path)
        id = _id(call, name, path) or f"call_{number}_{place}"
        self._open.append((id, name))
        args = fields.get_object(call, "args", path)
        return ToolCall(id, name, tool_arguments.to_text(_unwrapped(args), at(path, "args")))

    # --- the user's ---

    def _user(self, parts: list[Json], path: str, number: int) -> None:
        """Results first, then what stands beside them: older clients put a tool's pictures there."""
        results: list[Part] = []
        rest: list[Part] = []
        for place, part in enumerate(parts):
            where = at(at(path, "parts"), place)
            if "functionResponse" in part:
                response = spelled(part["functionResponse"], at(where, "functionResponse"))
                results.append(self._result(response, at(where, "functionResponse"), f"{number}_{place}"))
            elif (read := read_plain(part, where, self._notes)) is not None:
                rest.append(read)
        if results:
            self._messages.append(Message("tool", tuple(results)))
        if rest:
            self._messages.append(Message("user", tuple(rest)))

    def _result(self, response: Json, path: str, place: str) -> ToolResult:
        name = fields.need_str(response, "name", path)
        id = self._answered(_id(response, name, path), name) or f"call_{place}"
        value = fields.get_object(response, "response", path) or {}
        error = value.get("error")
        is_error = bool(error)
        text = result_text(error if is_error and len(value) == 1 else value, path)
        parts: list[Plain] = [Text(text)] if text else []
        for index, given in enumerate(fields.get_list(response, "parts", path)):
            where = at(at(path, "parts"), index)
            if (read := read_plain(spelled(given, where), where, self._notes)) is not None:
                parts.append(read)
        return ToolResult(id, tuple(parts), is_error, name=name)

    def _answered(self, id: str | None, name: str) -> str | None:
        """The call that this answers: by its id, else the first one of that name without an answer."""
        same = [call for call in self._open if call[0] == id] or [
            call for call in self._open if call[1] == name
        ]
        if not same:
            return id
        self._open.remove(same[0])
        return same[0][0]


def _id(owner: Json, name: str, path: str) -> str | None:
    """The id of a call, without the name that Gemini CLI writes before it."""
    id = fields.get_str(owner, "id", path)
    return (id.removeprefix(f"{name}__") or id) if id else None


def _unwrapped(args: Json | None) -> Any:
    """Broken arguments that were wrapped on their way, as they were."""
    if args is not None and list(args) == [tool_arguments.RAW] and isinstance(args[tool_arguments.RAW], str):
        return args[tool_arguments.RAW]
    return args
