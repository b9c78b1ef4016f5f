"""Requests whose point is a web search: Claude Code and Gemini CLI search with a request of its own that
offers nothing else. Source: the traffic of both tools (2026), copilot-wire 11.8.
"""

from tray_app.dialects.capabilities import RESPONSES, Model
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName
from tray_app.dialects.repairs.responses_tools import no_tool
from tray_app.dialects.responses.tools import speaks_openai


def is_the_point(dialect: DialectName, body: Json) -> bool:
    """Whether an answer without a search would be none. Takes any body; bad shapes are no search."""
    tools = body.get("tools")
    if not isinstance(tools, list) or not tools or not all(isinstance(tool, dict) for tool in tools):
        return False
    if dialect == "gemini":
        return all(tool and set(tool) <= {"googleSearch", "google_search"} for tool in tools)
    if dialect != "messages":
        return False
    searches = [tool for tool in tools if str(tool.get("type", "")).startswith("web_search_")]
    choice = body.get("tool_choice")
    forced = choice.get("name") if isinstance(choice, dict) and choice.get("type") == "tool" else None
    return len(searches) == len(tools) or any(tool.get("name") == forced for tool in searches)


def can_search(model: Model, learned: frozenset[str]) -> bool:
    """Whether Copilot runs web searches for the model: OpenAI's do, on /responses, unless one refused."""
    return model.has(RESPONSES) and speaks_openai(model) and no_tool("web_search") not in learned
