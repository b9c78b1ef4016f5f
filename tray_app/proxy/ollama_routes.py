"""The table of the Ollama port: Ollama's own paths, and OpenAI's, which Ollama has too."""

from tray_app.proxy import ollama
from tray_app.proxy.route import Route
from tray_app.proxy.routes import ROUTES

OLLAMA_ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "ollama", "What this is", handler=ollama.here, open_always=True),
    Route(
        "GET", "/api/version", "ollama", "The version of the API", handler=ollama.version, open_always=True
    ),
    Route("GET", "/api/tags", "ollama", "The models of the seat", handler=ollama.tags),
    Route(
        "GET", "/api/ps", "ollama", "The models in memory: none, they run elsewhere", handler=ollama.running
    ),
    Route("POST", "/api/show", "ollama", "One model", handler=ollama.show),
    Route("POST", "/api/chat", "ollama", "Chat", recorded=ollama.chat),
    Route("POST", "/api/generate", "ollama", "One prompt", recorded=ollama.generate),
    Route("POST", "/api/embed", "ollama", "Embeddings", recorded=ollama.embed_several),
    Route("POST", "/api/embeddings", "ollama", "One embedding", recorded=ollama.embed_one),
    Route("POST", "/api/pull", "ollama", "Refused: the models are Copilot's", handler=ollama.no_files,
          also=("/api/push", "/api/create", "/api/copy")),
    Route("DELETE", "/api/delete", "ollama", "Refused: the models are Copilot's", handler=ollama.no_files),
    *(route for route in ROUTES if route.path.startswith("/v1/")),
)  # fmt: skip
