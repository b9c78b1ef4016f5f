"""What answers requests for a model, with all that it takes: the dialects and their repairs."""

from aiohttp import web

from tray_app.dialects.protocol import Dialect
from tray_app.dialects.table import CHAT, MESSAGES, RESPONSES
from tray_app.history.record import Record
from tray_app.proxy import compact, complete, count, embed, exchange, gemini
from tray_app.proxy.route import Recorded
from tray_app.proxy.seat import Seat


def _inference(dialect: Dialect) -> Recorded:
    async def handle(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
        return await exchange.run(seat, request, dialect, record)

    return handle


ANSWERS: dict[str, Recorded] = {
    "chat": _inference(CHAT),
    "responses": _inference(RESPONSES),
    "messages": _inference(MESSAGES),
    "compact": compact.compact,
    "completions": complete.completions,
    "count_tokens": count.count_tokens,
    "embeddings": embed.embeddings,
    "generate": gemini.generate,
    "stream": gemini.stream,
    "count_gemini": gemini.count,
    "embed_one": gemini.embed_one,
    "embed_batch": gemini.embed_batch,
}
