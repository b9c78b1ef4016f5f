"""A web search in Anthropic's words: the call of the server tool, and what it found.

Source: Anthropic's description of `web_search_20250305`; copilot-wire 11.8.
"""

import hashlib

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Searched


def use_block(search: Searched) -> Json:
    return {
        "type": "server_tool_use",
        "id": _id(search),
        "name": "web_search",
        "input": {"query": search.query},
    }


def result_block(search: Searched) -> Json:
    """Clients want every field; there is no encrypted text here, so a page stands with its address alone."""
    found = [
        {
            "type": "web_search_result",
            "url": source.url,
            "title": source.title or source.url,
            "encrypted_content": "",
            "page_age": None,
        }
        for source in search.sources
    ]
    return {"type": "web_search_tool_result", "tool_use_id": _id(search), "content": found}


def search_usage(count: int) -> Json:
    """What `usage` says of the searches of an answer; nothing where there were none."""
    return {"server_tool_use": {"web_search_requests": count, "web_fetch_requests": 0}} if count else {}


def _id(search: Searched) -> str:
    digest = hashlib.sha256(f"{search.id} {search.query}".encode("utf-8", "surrogatepass"))
    return f"srvtoolu_{digest.hexdigest()[:24]}"
