"""What /responses refuses among the input items (copilot-wire 6.2 to 6.6)."""

from typing import Any

from tray_app.simulated.conversation import string
from tray_app.simulated.refusals import Context, common
from tray_app.simulated.refusals.chat import unsupported
from tray_app.simulated.refused import Refused, error
from tray_app.simulated.responses_reader import CALLS, OUTPUTS, item_type, items, parts
from tray_app.simulated.seals import digest

_KINDS = (
    {"message", "reasoning", "compaction", "compaction_trigger", "additional_tools", "web_search_call"}
    | CALLS
    | OUTPUTS
)
_NEWER = {"agent_message", "program", "program_output", "apply_patch_call", "apply_patch_call_output"}
_PARTS = {
    "assistant": ("output_text", "refusal"),
    "user": ("input_text", "input_image", "input_file"),
    "system": ("input_text",),
    "developer": ("input_text",),
}
_PASSTHROUGH = "internal_chat_message_metadata_passthrough"


def refuse(body: dict[str, Any], context: Context) -> int:
    """Judge every item; returns the number of pictures."""
    given = body.get("input")
    if not given or not isinstance(given, str | list):
        raise unsupported("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    if isinstance(given, list) and not all(isinstance(item, dict) for item in given):
        raise unsupported("Invalid type for 'input': expected objects.", "input", "invalid_type")
    known = items(given)
    for place, item in enumerate(known[:-1]):
        if item_type(item) == "compaction_trigger":
            message = "compaction_trigger must be the last input item."
            raise unsupported(message, f"input[{place}]", "invalid_value")
    images = sum(_item(item, place, context) for place, item in enumerate(known))
    _pairs(known)
    return images


def _item(item: dict[str, Any], place: int, context: Context) -> int:
    path, kind = f"input[{place}]", item_type(item)
    if kind not in _KINDS and not (kind in _NEWER and context.model.takes_namespaces):
        raise unsupported(f"Invalid value: '{kind}'.", f"{path}.type", "invalid_value")
    if _PASSTHROUGH in item:
        raise unsupported(f"Unknown parameter: '{path}.{_PASSTHROUGH}'.", path, "unknown_parameter")
    for key in ("id", "status"):
        if key in item and not isinstance(item[key], str):
            message = f"Invalid type for '{path}.{key}': expected a string, but got null instead."
            raise unsupported(message, f"{path}.{key}", "invalid_type")
    if kind == "message":
        return _message(item, path, context)
    if kind in ("reasoning", "compaction"):
        _sealed(item, path, context)
    if kind in CALLS | OUTPUTS:
        return _called(item, kind, path, context)
    if kind in ("additional_tools", "compaction_trigger") and context.model.version < (5, 0):
        raise unsupported(f"Invalid value: '{kind}'.", f"{path}.type", "invalid_value")
    return 0


def _message(item: dict[str, Any], path: str, context: Context) -> int:
    role, content = string(item.get("role")), item.get("content")
    if role not in _PARTS:
        raise unsupported(f"Invalid value: '{role}'.", f"{path}.role", "invalid_value")
    if isinstance(content, str):
        return 0
    if not isinstance(content, list):
        raise unsupported(f"Invalid type for '{path}.content'.", f"{path}.content", "invalid_type")
    if item.get("phase") is not None and not context.model.has_phases:
        raise unsupported(f"Unknown parameter: '{path}.phase'.", f"{path}.phase", "unknown_parameter")
    return sum(
        _part(part, _PARTS[role], f"{path}.content[{number}]", context) for number, part in enumerate(content)
    )


def _part(part: object, allowed: tuple[str, ...], path: str, context: Context) -> int:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or kind not in allowed:
        listed = ", ".join(f"'{one}'" for one in allowed)
        message = f"Invalid value: '{kind}'. Supported values are: {listed}."
        raise unsupported(message, path, "invalid_value")
    if kind in ("input_text", "output_text") and not isinstance(part.get("text"), str):
        raise unsupported(
            f"Invalid type for '{path}.text': expected a string.", f"{path}.text", "invalid_type"
        )
    if kind != "input_image":
        return 0
    if part.get("detail") not in (None, "auto", "low", "high"):
        message = f"Invalid value: '{part['detail']}'. Supported values are: 'low', 'high', and 'auto'."
        raise unsupported(message, f"{path}.detail", "invalid_value")
    common.data_url(part.get("image_url"), context)
    return 1


def _sealed(item: dict[str, Any], path: str, context: Context) -> None:
    """A blob must come from here, for this model and account, and with the id it was minted with."""
    kind, blob = item_type(item), item.get("encrypted_content")
    if kind == "reasoning" and not isinstance(item.get("summary"), list):
        message = f"Missing required parameter: '{path}.summary'."
        raise unsupported(message, f"{path}.summary", "missing_required_parameter")
    if blob is None and kind == "reasoning":
        return
    seal = context.state.mint.read(blob)
    owner = (kind, context.model.id, context.account.login)
    if seal is None or (seal.kind, seal.model, seal.login) != owner:
        raise _unverified(item, "Encrypted content could not be decrypted or parsed.")
    if kind == "reasoning" and seal.item != digest(str(item.get("id", ""))):
        raise _unverified(item, "Encrypted content item_id did not match the target item id.")


def _unverified(item: dict[str, Any], reason: str) -> Refused:
    message = f"The encrypted content for item {item.get('id')} could not be verified. Reason: {reason}"
    return error(message, "invalid_encrypted_content", kind="invalid_request_error")


def _called(item: dict[str, Any], kind: str, path: str, context: Context) -> int:
    if not isinstance(item.get("call_id"), str) or not item["call_id"]:
        message = f"Missing required parameter: '{path}.call_id'."
        raise unsupported(message, f"{path}.call_id", "missing_required_parameter")
    if kind == "function_call" and not isinstance(item.get("arguments"), str):
        message = f"Invalid type for '{path}.arguments': expected a string."
        raise unsupported(message, f"{path}.arguments", "invalid_type")
    if kind in ("function_call", "custom_tool_call") and not isinstance(item.get("name"), str):
        message = f"Missing required parameter: '{path}.name'."
        raise unsupported(message, f"{path}.name", "missing_required_parameter")
    if kind not in ("function_call_output", "custom_tool_call_output"):
        return 0
    if not isinstance(item.get("output"), str | list):
        message = f"Invalid type for '{path}.output': expected a string or an array."
        raise unsupported(message, f"{path}.output", "invalid_type")
    allowed = ("input_text", "input_image", "input_file")
    return sum(
        _part(part, allowed, f"{path}.output[{number}]", context) for number, part in enumerate(parts(item))
    )


def _pairs(known: list[dict[str, Any]]) -> None:
    """Calls and outputs pair by call_id, anywhere in the input, the call first."""
    called: dict[str, str] = {}
    answered: set[str] = set()
    for item in known:
        kind = item_type(item)
        if kind in CALLS:
            called[item["call_id"]] = kind
        elif kind in OUTPUTS:
            if item["call_id"] not in called:
                word = kind.removesuffix("_output").replace("_", " ")
                message = f"No tool call found for {word} output with call_id {item['call_id']}."
                raise unsupported(message, "input", "invalid_request_body")
            answered.add(item["call_id"])
    for call_id, kind in called.items():
        if call_id not in answered and kind in ("function_call", "custom_tool_call"):
            word = kind.replace("_", " ")
            message = f"No tool output found for {word} {call_id}."
            raise unsupported(message, "input", "invalid_request_body")
