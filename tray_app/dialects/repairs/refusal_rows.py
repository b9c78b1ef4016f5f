"""What the repairs after a refusal share: rows of a pattern for upstream's text and the repair it asks for.

A repair gets a copy of the body, to change in place, and the text; None means it found nothing to mend.
"""

import re
from collections.abc import Callable, Iterable

from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.common import changed, copy_of
from tray_app.errors import JumpseatError

Repair = Callable[[Json, str, Rules], Recovery | None]
Row = tuple[re.Pattern[str], Repair]


def row(pattern: str, repair: Repair) -> Row:
    """A row of a table of repairs; the pattern is looked for anywhere in the text, in any case."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), repair


def first_help(rows: Iterable[Row], body: Json, said: str, rules: Rules) -> Recovery | None:
    """The first repair of a matching row that changes something."""
    for pattern, repair in rows:
        if pattern.search(said) and (recovery := attempt(repair, body, said, rules)) is not None:
            return recovery
    return None


def attempt(repair: Repair, body: Json, said: str, rules: Rules) -> Recovery | None:
    """What one repair makes of the body, which is left as it is; None if nothing changes."""
    try:
        return changed(body, repair(copy_of(body), said, rules))
    except (JumpseatError, KeyError, TypeError, AttributeError):
        return None  # the body is not of the shape that the repair is for


def messages_of(body: Json) -> list[Json]:
    """The messages of a body that are objects; none where there is no list of them."""
    messages = body.get("messages")
    return [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []


def blocks_of(message: Json) -> list[Json]:
    """The content blocks of a message that are objects; none where its content is a text."""
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
