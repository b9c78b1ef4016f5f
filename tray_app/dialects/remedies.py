"""What a person can do about a refusal of Copilot's, and words where it came without (wire 10.2)."""

from dataclasses import replace

from tray_app.dialects.error_bodies import ErrorBody
from tray_app.errors import Fault

_BY_CODE = {
    "model_not_supported": (
        "The model is listed, but this account may not call it. Possible reasons: it is not enabled at"
        " github.com/settings/copilot/features (an organisation's owner does that for business seats), the"
        " plan does not include it, its vendor is blocked in this region, or it is no chat model."
        " /v1/models shows what can be called."
    ),
    "quota_exceeded": (
        "Included models (multiplier 0 in /v1/models/full/) may still work. /usage shows the reset date."
    ),
    "billing_not_configured": "Set a budget for paid usage at github.com/settings/billing.",
}
_BY_CODE["free_quota_exceeded"] = _BY_CODE["overage_limit_reached"] = _BY_CODE["quota_exceeded"]
_OUTDATED = (
    "GitHub no longer takes these version strings, or has an outage. Raise editor_version, plugin_version and"
    " api_version under [copilot] together."
)
_MISDIRECTED = (
    "Copilot's host does not serve this account. Leave [copilot] api_url empty, so that the host comes from"
    " the sign-in."
)
_BLOCKED = (
    "Copilot blocks this call without saying why. Wait some minutes before you try again; if it stays so,"
    " sign in again (`jumpseat login`) and look at github.com/settings/copilot for a notice."
)
_HEADERS = (
    "Jumpseat's version headers are not what Copilot wants. Look at editor_version, plugin_version and"
    " integration_id in the [copilot] settings; `jumpseat config reset` puts one back."
)
_OUTAGE = "Please try again; githubstatus.com tells of outages."
_VISION_OFF = "The organisation's owner can enable vision (preview features) in its Copilot settings."
_SIGN_IN = "Sign in again: `jumpseat login`, or the tray's Account menu."

_ALWAYS = {421: _MISDIRECTED, 466: _OUTDATED}
_BY_STATUS = {
    402: "The Copilot quota is used up.",
    403: "Copilot refuses this request.",
    404: "Copilot does not know this path or model.",
    408: "The connection stalled while the request was sent.",
    413: "The request is too large for Copilot.",
    421: "Misdirected request.",
    429: "Copilot's rate limit is reached.",
    466: "The API version is no longer supported.",
    500: "Copilot has made a mistake.",
    502: "Copilot cannot be reached behind its gateway.",
    503: "Copilot is overloaded.",
    504: "Copilot took too long to answer.",
    529: "Copilot is overloaded.",
}


def plain_words(status: int) -> str:
    """For a refusal that says nothing itself."""
    return _BY_STATUS.get(status, f"Copilot answered with status {status} and no reason.")


def with_remedy(fault: Fault, status: int, said: ErrorBody) -> Fault:
    """The remedy behind upstream's own words. `status` is upstream's, the fault has the client's."""
    if status == 401 and fault.status == 403:
        fault = replace(fault, code=fault.code or "not_signed_in")
    remedy = _remedy(fault, status, said)
    if not remedy or remedy in fault.message:
        return fault
    return fault.with_message(f"{_sentence(fault.message)} {remedy}")


def _remedy(fault: Fault, status: int, said: ErrorBody) -> str:
    remedy = _BY_CODE.get(fault.code or "", "")
    if status == 402 and fault.retry_after and not fault.retry_after.isdecimal():
        return f"It is renewed on {fault.retry_after}. {remedy}".rstrip()
    if status == 401 and fault.status == 403:
        return f"Open {said.url} and allow access." if said.url else _SIGN_IN
    if status in _ALWAYS:
        return _ALWAYS[status]
    if "vision" in said.message and ("not enabled" in said.message or "disabled" in said.message):
        return _VISION_OFF
    if status == 403 and said.message.lower() in ("", "forbidden"):
        return _BLOCKED
    if status == 400 and said.message.startswith("bad request: ") and "header" in said.message:
        return _HEADERS
    return _OUTAGE if status >= 500 and not said.readable else remedy


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
