"""The table of what Jumpseat answers: method, path, dialect, handler. `openapi.py` describes it."""

import asyncio
import sys
from importlib import import_module

from aiohttp import web

from tray_app.dialects.neutral import DialectName
from tray_app.history.record import Record
from tray_app.proxy import lists, openapi, status
from tray_app.proxy.replies import json_response
from tray_app.proxy.route import Recorded, Route
from tray_app.proxy.seat import Seat

_ANSWERING = "tray_app.proxy.answering"


def _answer(name: str) -> Recorded:
    """One of `answering.ANSWERS`, which is loaded with the first request for a model: a program at rest needs
    none of it, and starts sooner."""

    async def handle(seat: Seat, request: web.BaseRequest, record: Record) -> web.StreamResponse:
        await _load()
        from tray_app.proxy.answering import ANSWERS

        return await ANSWERS[name](seat, request, record)

    return handle


async def _load() -> None:
    if _ANSWERING not in sys.modules:
        await asyncio.to_thread(import_module, _ANSWERING)  # a tenth of a second


async def _socket(seat: Seat, request: web.BaseRequest) -> web.StreamResponse:
    await _load()
    from tray_app.proxy import responses_socket

    return await responses_socket.serve(seat, request)


async def _openapi(_: Seat, __: web.BaseRequest) -> web.StreamResponse:
    return json_response(openapi.document(ROUTES))


def _of_model(method: str, summary: str, recorded: Recorded, body: str, *query: str) -> Route:
    """A method of one of Google's models, in each version that its SDKs can be set to."""
    first, *others = (f"/{version}/models/{{model}}:{method}" for version in ("v1beta", "v1alpha", "v1"))
    return Route(
        "POST", first, "gemini", summary, recorded=recorded, also=tuple(others), body=body, query=query
    )


ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/chat/completions", "chat", "OpenAI chat completions", recorded=_answer("chat"),
          also=("/chat/completions",), body="ChatRequest"),
    Route("POST", "/v1/completions", "chat", "OpenAI legacy completions", recorded=_answer("completions"),
          also=("/completions",), body="CompletionsRequest"),
    Route("POST", "/v1/responses", "responses", "OpenAI Responses", recorded=_answer("responses"),
          also=("/responses",), body="ResponsesRequest"),
    Route("GET", "/v1/responses", "responses", "OpenAI Responses over WebSocket",
          handler=_socket, also=("/responses",), upgrades=True),
    Route("POST", "/v1/responses/compact", "responses", "Compact a Responses conversation",
          recorded=_answer("compact"), also=("/responses/compact",), body="ResponsesRequest"),
    Route("POST", "/v1/messages", "messages", "Anthropic Messages", recorded=_answer("messages"),
          body="MessagesRequest"),
    Route("POST", "/v1/messages/count_tokens", "messages", "Count the tokens of an Anthropic request",
          recorded=_answer("count_tokens"), body="CountRequest"),
    Route("POST", "/v1/embeddings", "chat", "OpenAI embeddings", recorded=_answer("embeddings"),
          also=("/embeddings",), body="EmbeddingsRequest"),
    Route("GET", "/v1/models", "chat", "The models of the seat", handler=lists.models,
          also=("/models", "/api/models")),
    Route("GET", "/v1/models/full/", "chat", "Copilot's catalog as it came", handler=lists.full,
          also=("/v1/models/full",)),
    Route("GET", "/v1/models/{id}", "chat", "One model", handler=lists.model, also=("/models/{id}",)),
    _of_model("generateContent", "Gemini", _answer("generate"), "GeminiRequest"),
    _of_model("streamGenerateContent", "Gemini, streamed", _answer("stream"), "GeminiRequest", "alt"),
    _of_model("countTokens", "Count the tokens of a Gemini request", _answer("count_gemini"),
              "GeminiCountRequest"),
    _of_model("embedContent", "Gemini embeddings of one content", _answer("embed_one"),
              "EmbedContentRequest"),
    _of_model("batchEmbedContents", "Gemini embeddings of several", _answer("embed_batch"),
              "BatchEmbedRequest"),
    Route("GET", "/v1beta/models", "gemini", "The models of the seat, as Google lists them",
          handler=lists.gemini_models, also=("/v1alpha/models",), query=("pageSize", "pageToken")),
    Route("GET", "/v1beta/models/{id}", "gemini", "One model, as Google describes it",
          handler=lists.gemini_model, also=("/v1alpha/models/{id}",)),
    Route("GET", "/usage", "chat", "Plan and quota", handler=status.usage,
          session="accepted"),
    Route("GET", "/health", "chat", "State of the proxy", handler=status.health,
          session="accepted"),
    Route("GET", "/metrics", "chat", "Figures for Prometheus", handler=status.metrics,
          produces="text/plain", session="accepted"),
    Route("GET", "/openapi.json", "chat", "This description", handler=_openapi,
          session="accepted"),
    Route("GET", "/api/stats", "chat", "Totals over a period", handler=status.stats,
          session="accepted"),
    Route("GET", "/api/requests", "chat", "The requests, newest first", handler=status.requests,
          session="accepted"),
    Route("GET", "/", "chat", "What this is", handler=status.root),
    Route("HEAD", "/", "chat", "Probe", handler=status.nothing, open_always=True),
    Route("HEAD", "/api/hello", "chat", "Probe", handler=status.nothing, open_always=True),
    Route("GET", "/api/hello", "chat", "Probe", handler=status.nothing, open_always=True),
    Route("POST", "/api/event_logging/batch", "messages", "Client telemetry: accepted, not kept",
          handler=status.swallow, open_always=True),
)  # fmt: skip


def dialect_of(path: str) -> DialectName:
    """The dialect in which a path's errors are told, known path or not."""
    if path.startswith(("/v1/messages", "/api/event_logging")):
        return "messages"
    if path.startswith(("/v1beta", "/v1alpha")):
        return "gemini"
    if path.startswith(("/v1/responses", "/responses")):
        return "responses"
    return "chat"
