"""Whole Gemini answers, and what they share with streams. Source: copilot-wire 11.7."""

from tray_app.dialects.answer_ids import answer_id
from tray_app.dialects.deltas import play
from tray_app.dialects.fields import Json
from tray_app.dialects.gemini.parts import PartWriter
from tray_app.dialects.gemini.usage import write_usage
from tray_app.dialects.neutral import Ask, Reply, Searched, Stop, StopReason

_WORDS = {
    StopReason.MAX_TOKENS: "MAX_TOKENS",
    StopReason.CONTEXT_FULL: "MAX_TOKENS",
    StopReason.FILTERED: "SAFETY",
    StopReason.REFUSED: "SAFETY",
}


def write_reply(reply: Reply, model_asked: str, ask: Ask) -> Json:
    writer = PartWriter(ask)
    parts = [part for delta in play(reply) for part in writer.feed(delta)]
    parts += writer.finish()
    return {
        "candidates": [candidate(parts, write_stop(reply.stop, writer))],
        "usageMetadata": write_usage(reply.usage),
        **names(reply.id, reply.model or model_asked),
    }


def candidate(parts: list[Json], ending: Json) -> Json:
    return {"content": {"role": "model", "parts": parts}, **ending, "index": 0}


def names(id: str, model: str) -> Json:
    """The model that answered, and the answer's own name."""
    return {"modelVersion": model, **({"responseId": answer_id(id, "")} if id else {})}


def write_stop(stop: Stop, writer: PartWriter) -> Json:
    """`finishReason`, with `finishMessage` where there is something to say. Calls end with STOP too."""
    word = _WORDS.get(stop.reason, "STOP")
    message = "".join(writer.refusal) or stop.explanation
    if word == "STOP" and writer.malformed is not None:
        word = "MALFORMED_FUNCTION_CALL"
        message = f"The model's arguments are not a JSON object: {writer.malformed[:500]}"
    elif word == "STOP" and writer.refusal:
        word = "SAFETY"
    said = message if word in ("SAFETY", "MALFORMED_FUNCTION_CALL") else None
    return {"finishReason": word, **({"finishMessage": said} if said else {}), **_grounding(writer.searches)}


def _grounding(searches: list[Searched]) -> Json:
    """What was searched and found, in the place where Google says it."""
    if not searches:
        return {}
    pages = {source.url: source.title or source.url for search in searches for source in search.sources}
    return {
        "groundingMetadata": {
            "webSearchQueries": [search.query for search in searches],
            "groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in pages.items()],
        }
    }
