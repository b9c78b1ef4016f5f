"""PURE. OpenAI's legacy completions (`/v1/completions`) as chat: a prompt is one message of the user.

Copilot has no model that completes a text as it stands, so nothing is put around the prompt; what only such
a model can do is refused in plain words. Source: OpenAI's API reference.
"""

from typing import Any

from tray_app.dialects.fields import Json, get_bool, get_int, need
from tray_app.errors import BadRequest

MOST_PROMPTS = 20  # OpenAI's limit
_OURS = ("prompt", "suffix", "echo", "logprobs", "best_of")
_WHY = {
    "suffix": "no model of Copilot's fills in the middle over this API. Say in the prompt what comes after.",
    "echo": "the prompt is not repeated here; put it in front of the answer yourself.",
    "logprobs": "probabilities are not available here.",
    "best_of": "Copilot gives one answer at a time.",
}


def prompts_of(body: Json) -> list[str]:
    """The prompts. Raises BadRequest, naming the field, also for what cannot be had."""
    _refuse(body)
    given = need(body, "prompt")
    prompts = [given] if isinstance(given, str) else given
    if not isinstance(prompts, list) or not all(isinstance(one, str) for one in prompts):
        raise BadRequest(
            "prompt: expected a text or a list of texts; token numbers are not read here.",
            "prompt",
            code="invalid_type",
        )
    if not prompts or not all(one.strip() for one in prompts):
        raise BadRequest("prompt must not be empty.", "prompt", code="invalid_value")
    if len(prompts) > MOST_PROMPTS:
        raise BadRequest(f"prompt: at most {MOST_PROMPTS} at once.", "prompt", code="invalid_value")
    if len(prompts) > 1 and get_bool(body, "stream"):
        raise BadRequest("prompt: a streamed answer takes one prompt.", "prompt", code="unsupported_value")
    return prompts


def chat_body(body: Json, prompt: str) -> Json:
    """The chat request of one prompt; fields that both have stay as they are."""
    shared = {key: value for key, value in body.items() if key not in _OURS}
    return shared | {"messages": [{"role": "user", "content": prompt}]}


def _refuse(body: Json) -> None:
    asked: dict[str, Any] = {
        "suffix": body.get("suffix") or None,
        "echo": get_bool(body, "echo") or None,
        "logprobs": body.get("logprobs"),
        "best_of": True if (get_int(body, "best_of") or 1) > 1 else None,
    }
    for field, value in asked.items():
        if value is not None:
            raise BadRequest(f"{field}: {_WHY[field]}", field, code="unsupported_value")
