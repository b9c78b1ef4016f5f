"""What the repairs of every upstream form share: a work sheet, facts learned, small readings of a body.

`before` steps get a `Work` and change its body in place. `after` steps get a copy. Facts are short words
about a model ("no_prefill", "drop:tools.*.strict"), learned from a refusal and honoured ahead next time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Note
from tray_app.dialects.protocol import MAX_REPAIRS, Recovery, Rules
from tray_app.errors import BadRequest

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
MAX_IMAGES = 20
MAX_IMAGE_BYTES = 3_145_728
LONG_CONTEXT = 200_000
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@dataclass(slots=True)
class Work:
    """One body on the bench, and what was done to it."""

    body: Json
    rules: Rules
    repairs: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    _noted: set[Note] = field(default_factory=set)

    @property
    def facts(self) -> frozenset[str]:
        return facts(self.rules)

    def note(self, where: str, what: str) -> None:
        if (note := Note(where, what)) not in self._noted:
            self._noted.add(note)
            self.notes.append(note)

    def repaired(self, what: str) -> None:
        if len(self.repairs) < MAX_REPAIRS and what not in self.repairs:
            self.repairs.append(what)

    def drop(self, key: str, what: str) -> None:
        """Takes a top-level field out, with a note. An absent field is no news."""
        if key in self.body:
            del self.body[key]
            self.note(key, what)


def facts(rules: Rules) -> frozenset[str]:
    """What is known of the model, also what was learned since the rules were made."""
    return rules.learned | rules.memory.facts(rules.model.id)


def knowing(rules: Rules, fact: str) -> Rules:
    """The rules as they will be once the fact is learned."""
    return replace(rules, learned=rules.learned | {fact})


def copy_of(body: Json) -> Json:
    """A deep copy; JSON only."""
    return _copy(body)  # type: ignore[no-any-return]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def changed(body: Json, recovery: Recovery | None) -> Recovery | None:
    """The recovery, unless it would send the same body with the same betas again."""
    if recovery is None or (recovery.body == body and recovery.betas is None):
        return None
    return recovery


def generation(model_id: str) -> tuple[int, int] | None:
    """A Claude id's version: `claude-opus-4.8` is (4, 8), `claude-opus-9` (9, 0); None if it has none."""
    found = re.match(r"claude-(?:[a-z]+-)*(\d{1,2})(?:[.-](\d{1,2})(?!\d))?", model_id)
    return (int(found[1]), int(found[2] or 0)) if found else None


def is_since(model_id: str, version: tuple[int, int]) -> bool:
    """Whether a Claude id is of this version or newer. Ids without a version count as old."""
    found = generation(model_id)
    return found is not None and found >= version


def nearest_effort(wanted: str, levels: Sequence[str]) -> str | None:
    """The level the model has that comes closest; the lower one of two. None if it has none."""
    if wanted in levels:
        return wanted
    known = [level for level in levels if level in EFFORTS and level != "none"]
    if wanted not in EFFORTS or not known:
        return None
    rank = EFFORTS.index(wanted)
    return min(known, key=lambda level: (abs(EFFORTS.index(level) - rank), EFFORTS.index(level)))


def objects(body: Json, key: str) -> list[Json]:
    """A list of objects. Raises BadRequest naming the element that is none."""
    items = fields.get_list(body, key)
    for index, item in enumerate(items):
        fields.as_object(item, fields.at(key, index))
    return items


def parts_of(message: Json, path: str) -> list[Json]:
    """The content parts of a message whose content is a list; [] for a string or null."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return []
    for index, part in enumerate(fields.as_list(content, f"{path}.content")):
        fields.as_object(part, fields.at(f"{path}.content", index))
    return content  # type: ignore[no-any-return]


def is_blank(value: object) -> bool:
    """Empty or white space only: refused upstream as a text."""
    return not isinstance(value, str) or not value.strip()


def clamp_max_tokens(work: Work, key: str, *, lowest: int = 1) -> None:
    """Lowers the client's limit to the catalog's. Raises BadRequest for what is no number above 0."""
    wanted = fields.get_int(work.body, key)
    if wanted is None:
        work.body.pop(key, None)
        return
    if wanted < 1:
        raise BadRequest(f"{key} must be at least 1.", key, code="invalid_value")
    limit = work.rules.model.max_output_tokens
    value = max(lowest, min(wanted, limit) if limit else wanted)
    if value != wanted:
        work.note(key, f"{wanted} set to {value}, the limit of the model")
    work.body[key] = value


SCHEMA_REMOVED = "$schema removed"


def tool_schema(schema: object) -> tuple[Json, list[str]]:
    """A tool's parameters as every backend takes them: an object schema, without `$schema`."""
    if not isinstance(schema, dict):
        return {"type": "object", "properties": {}}, ["made an empty object schema"]
    clean, done = dict(schema), []
    if "$schema" in clean:
        del clean["$schema"]
        done.append(SCHEMA_REMOVED)
    if clean.get("type") != "object":
        clean["type"] = "object"
        done.append("type object added")
    if not isinstance(clean.get("properties"), dict):
        clean["properties"] = {}
        done.append("properties added")
    return clean, done


def note_schema(work: "Work", path: str, changes: list[str]) -> None:
    """Notes of a tool's schema. `$schema` stands in every tool of many clients: one note for all."""
    for what in changes:
        if what == SCHEMA_REMOVED:
            work.note("tools", "$schema removed from their schemas")
        else:
            work.note(path, what)


def external_image(path: str) -> BadRequest:
    """The refusal of an image that is only named by its web address."""
    return BadRequest(
        f"{path}: Copilot does not fetch images from the web. Send the image itself as base64 data.",
        path,
        code="external_image_url",
    )


def walk_delete(node: object, path: Sequence[str]) -> bool:
    """Deletes the member a validator's path names, in every element where the path has an index.

    Pydantic writes the tag of a union into its paths (`tools.0.custom.strict`, `thinking.adaptive.x`):
    a segment that leads nowhere is skipped. True if something was deleted.
    """
    if not path:
        return False
    head, rest = path[0], path[1:]
    if isinstance(node, list):
        if head.isdigit() or head == "*":
            return sum(walk_delete(item, rest) for item in node) > 0
        return False
    if not isinstance(node, dict):
        return False
    if not rest:
        return node.pop(head, _MISSING) is not _MISSING
    if head in node and walk_delete(node[head], rest):
        return True
    return walk_delete(node, rest)


_MISSING = object()
# Each path is tried from its beginning only: error texts are long, and not always Copilot's.
_EXTRA = re.compile(r"(?<![\w$.-])([A-Za-z_$][\w$-]*(?:\.[\w$-]+)*): Extra inputs are not permitted")
_VITAL = {"model", "messages", "input", "stream", "role", "content", "type", "max_tokens"}


def delete_extras(body: Json, text: str) -> tuple[str, ...]:
    """Deletes what upstream calls extra inputs; gives the paths, indexes as `*`."""
    done = []
    for dotted in dict.fromkeys(_EXTRA.findall(text)):
        path = dotted.split(".")
        if path[-1] not in _VITAL and walk_delete(body, path):
            done.append(".".join("*" if part.isdigit() else part for part in path))
    _drop_empty(body)
    return tuple(done)


def _drop_empty(body: Json) -> None:
    """An `output_config` of which nothing is left says nothing."""
    if body.get("output_config") == {}:
        del body["output_config"]


def drop_learned_extras(work: Work) -> None:
    """Deletes ahead what the model was found to refuse."""
    for fact in sorted(work.facts):
        if fact.startswith("drop:") and walk_delete(work.body, fact[5:].split(".")):
            work.note(fact[5:], "removed, the model refuses it")
            _drop_empty(work.body)


def strings(value: object) -> Iterator[str]:
    """The strings of a list; nothing of anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
