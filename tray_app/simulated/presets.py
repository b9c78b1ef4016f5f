"""Refusals by name, for the `status` fault, as each usually comes (copilot-wire 2.4, 6.6, 6.8, 10)."""

from typing import Any

RETIRED_VERSION = (
    "bad request: the specified API version is no longer supported. "
    "You may need to update your client to a newer version."
)
_RESET = "Tue, 01 Dec 2026 00:00:00 GMT"
_BLOB = "The encrypted content for item rs_1 could not be verified. Reason: Encrypted content could not be "


def coded(message: str, code: str) -> dict[str, Any]:
    """The usual shape."""
    return {"error": {"message": message, "code": code}}


def _limited(code: str) -> tuple[int, Any]:
    return 429, coded("Sorry, you have exceeded your rate limit. Please try again later.", code)


def _unpaid(code: str) -> tuple[int, Any]:
    return 402, coded("You have no quota", code)


def _not_entitled(notification_id: str) -> tuple[int, Any]:
    words = "You do not have access to GitHub Copilot."
    details = {
        "message": words,
        "notification_id": notification_id,
        "title": "GitHub Copilot",
        "url": "https://github.com/github-copilot/signup",
    }
    body = {"can_signup_for_limited": False, "error_details": details, "message": words}
    return 403, body | {"reason": notification_id}


_NOT_ENTITLED = (
    "no_copilot_access",
    "not_signed_up",
    "subscription_ended",
    "enterprise_managed_user_account",
    "feature_flag_blocked",
    "spammy_user",
    "billing_locked",
    "trade_restricted",
    "trade_restricted_country",
    "codespaces_demo_inactive",
    "snippy_not_configured",
    "expired_coupon",
    "revoked_coupon",
    "go_http_client",
    "programmatic_token_generation",
    "access_revoked",
    "server_error",
)
_LIMITS = (
    "rate_limited",
    "user_model_rate_limited",
    "user_global_rate_limited",
    "user_global_rate_limited:enterprise",
    "integration_rate_limited",
    "agent_mode_limit_exceeded",
    "extension_blocked",
)
_UNPAID = ("quota_exceeded", "free_quota_exceeded", "overage_limit_reached", "billing_not_configured")

# The key is the status or a name.
PRESETS: dict[str, tuple[int, Any]] = {
    "400": (400, coded("invalid request", "invalid_request_body")),
    "rate_limited_400": (400, coded("Sorry, you have exceeded your rate limit.", "rate_limited")),
    "message_only": (400, {"message": "invalid request"}),
    "nested_json": (
        400,
        coded(
            '{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one '
            'message is required"},"request_id":"req_sim0123456789"}',
            "invalid_request_body",
        ),
    ),
    "invalid_encrypted_content": (
        400,
        coded(_BLOB + "decrypted or parsed.", "invalid_encrypted_content"),
    ),
    "encrypted_function_output": (
        400,
        coded("Encrypted function output content could not be decrypted or decoded.", "invalid_request_body"),
    ),
    "previous_response_not_found": (
        400,
        coded("Previous response with id 'resp_1' not found.", "previous_response_not_found"),
    ),
    "connection_400": (400, coded("input item ID does not belong to this connection", "")),
    "401": (401, "unauthorized: token expired\n"),
    "ide_token": (401, "IDE token expired: unauthorized: token expired\n"),
    "connection": (401, coded("input item ID does not belong to this connection", "")),
    "authorize": (
        401,
        {"error": {"message": "authorize the extension", "authorize_url": "https://github.example/allow"}},
    ),
    "402": _unpaid("quota_exceeded"),
    "403": (403, "forbidden\n"),
    "expired_token": (403, coded("token expired", "expired_token")),
    "invalid_token": (403, coded("invalid token", "invalid_token")),
    "token_expired": (403, coded("token expired", "token_expired")),
    "404": (404, "404 page not found\n"),
    "408": (408, coded("Timed out reading request body.", "user_request_timeout")),
    "413": (413, coded("failed to parse request", "")),
    "entity_too_large": (413, "413 Request Entity Too Large\n"),
    "421": (421, "Misdirected Request\n"),
    "422": (422, coded("The response was filtered.", "content_filter")),
    "web_search": (422, coded("The use of the web search tool is not supported.", "unsupported_value")),
    "424": (424, coded("failed dependency", "failed_dependency")),
    "429": (429, coded("Sorry, you have exceeded your rate limit.", "rate_limited")),
    "466": (466, RETIRED_VERSION + "\n"),
    "499": (499, ""),
    "500": (500, coded("internal server error", "internal_error")),
    "502": (502, "Bad Gateway\n"),
    "empty_502": (502, ""),
    "503": (503, coded("upstream provider is rate limited", "upstream_provider_rate_limit")),
    "model_overloaded": (503, coded("The model is overloaded.", "model_overloaded")),
    "unsupported_shape": (503, "Service Unavailable\n"),
    "504": (504, "upstream request timeout\n"),
    "529": (
        529,
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    ),
    # The token exchange
    "bad_credentials": (401, {"message": "Bad credentials", "status": "401"}),
    "rest_rate_limit": (
        403,
        {
            "message": "API rate limit exceeded for user ID 4000000.",
            "documentation_url": "https://docs.github.com/rest",
            "status": "403",
        },
    ),
    "not_found": (404, {"message": "Not Found", "status": "404"}),
    "exchange_throttled": (429, {"message": "You have exceeded a secondary rate limit."}),
}
PRESETS |= {code: _limited(code) for code in _LIMITS}
PRESETS |= {code: _unpaid(code) for code in _UNPAID}
PRESETS |= {name: _not_entitled(name) for name in _NOT_ENTITLED}

# What some of them bring along besides their body.
HEADERS: dict[str, dict[str, str]] = {code: {"Retry-After": _RESET} for code in _UNPAID}
HEADERS |= {code: {"x-ratelimit-exceeded": code} for code in _LIMITS}
HEADERS["rest_rate_limit"] = {"x-ratelimit-remaining": "0", "x-ratelimit-limit": "5000"}
