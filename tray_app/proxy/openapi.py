"""The OpenAPI 3.1 description, made from the route table."""

from collections.abc import Iterable
from typing import Any

from tray_app import __version__
from tray_app.proxy.route import Route
from tray_app.proxy.schemas import SCHEMAS

_QUERIES = {
    "/v1/models": ("client_version", "limit", "before_id", "after_id"),
    "/health": ("strict",),
    "/api/stats": ("from", "to", "bucket"),
    "/api/requests": ("limit", "cursor", "q", "model", "client", "status", "from", "to"),
}
_STREAMED = (
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/completions",
    "/v1/messages",
    "/v1beta/models/{model}:streamGenerateContent",
)
_ERRORS = {"messages": "AnthropicError", "gemini": "GoogleError"}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole description, as served at `/openapi.json`."""
    paths: dict[str, Any] = {}
    for route in routes:
        for path in (route.path, *route.also):
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jumpseat",
            "version": __version__,
            "description": "A local proxy for your own GitHub Copilot seat. Unofficial.",
        },
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": _KEYS},
        "security": [{}, {"bearer": []}, {"x-api-key": []}, {"x-goog-api-key": []}],
    }


_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    # The name ends with the port: cookies know none.
    "session": {"type": "apiKey", "in": "cookie", "name": "jumpseat_session_8314"},
    "x-goog-api-key": {"type": "apiKey", "in": "header", "name": "x-goog-api-key"},
}


def _operation(route: Route, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route.method, path),
        "responses": {**_success(route), "default": _error(route)},
    }
    if route.session == "required":
        operation["security"] = [{"session": []}]
    if route.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{route.body}"}}},
        }
    if parameters := _parameters(route, path):
        operation["parameters"] = parameters
    return operation


def _operation_id(method: str, path: str) -> str:
    return method.lower() + "".join(c if c.isalnum() else "_" for c in path)


def _parameters(route: Route, path: str) -> list[dict[str, Any]]:
    found = [
        {"name": query, "in": "query", "required": False, "schema": {"type": "string"}}
        for query in route.query or _QUERIES.get(route.path, ())
    ]
    if "{" in path:
        name = path.partition("{")[2].partition("}")[0]
        found.append(
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        )
    return found


def _success(route: Route) -> dict[str, Any]:
    """The good answer under its status."""
    if route.upgrades:
        return {"101": {"description": "A WebSocket: response.create messages in, one event a message out"}}
    return {"200": _good(route)}


def _good(route: Route) -> dict[str, Any]:
    if route.method == "HEAD":
        return {"description": "There"}
    if route.produces != "application/json":
        return {"description": "Text", "content": {route.produces: {"schema": {"type": "string"}}}}
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if route.path in _STREAMED:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    return {"description": "The answer", "content": content}


def _error(route: Route) -> dict[str, Any]:
    if route.method == "HEAD":
        return {"description": "Refused"}
    schema = _ERRORS.get(route.dialect, "OpenAIError")
    return {
        "description": "An error in the dialect of the path",
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
