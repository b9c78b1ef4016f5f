"""What a Responses answer says of its web searches. Source: OpenAI's description of `web_search_call`.

The pages that a search found stand in its item if `include` asked for them, else in the text's citations.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Part, Searched, Source

INCLUDE_SOURCES = "web_search_call.action.sources"
_MOST_SOURCES = 100


def read_search(item: Json) -> list[Part]:
    """The search of a `web_search_call`; none for a page that was opened or read further."""
    action = item.get("action")
    if not isinstance(action, dict) or action.get("type") != "search":
        return []
    queries = action.get("queries")
    asked = [action.get("query"), *(queries if isinstance(queries, list) else ())]
    query = next((text for text in asked if isinstance(text, str) and text), "")
    return [Searched(_text(item.get("id")), query, _sources(action.get("sources")))]


def cited(item: Json) -> tuple[Source, ...]:
    """The pages that the text of a message cites, each once."""
    notes: list[Any] = []
    content = item.get("content")
    for part in content if isinstance(content, list) else ():
        found = part.get("annotations") if isinstance(part, dict) else None
        notes += [note for note in found if isinstance(note, dict)] if isinstance(found, list) else []
    return _sources([note for note in notes if note.get("type") == "url_citation"])


def with_cited(parts: Iterable[Part], sources: tuple[Source, ...]) -> list[Part]:
    """The parts, with the cited pages at the last search if no search told what it found."""
    parts = list(parts)
    places = [place for place, part in enumerate(parts) if isinstance(part, Searched)]
    if places and not any(part.sources for part in parts if isinstance(part, Searched)):
        last = parts[places[-1]]
        assert isinstance(last, Searched)
        parts[places[-1]] = replace(last, sources=sources)
    return parts


def _sources(values: object) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for value in values if isinstance(values, list) else ():
        url = value.get("url") if isinstance(value, dict) else None
        if isinstance(url, str) and url and len(found) < _MOST_SOURCES:
            found.setdefault(url, Source(url, _text(value.get("title"))))
    return tuple(found.values())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
