"""Finish reasons of chat completions, both ways. Source: copilot-wire 5.4, 11.2."""

from tray_app.dialects.neutral import Stop, StopReason

_READ = {
    "stop": StopReason.END,
    "length": StopReason.MAX_TOKENS,
    "tool_calls": StopReason.TOOLS,
    "function_call": StopReason.TOOLS,
    "content_filter": StopReason.FILTERED,
}
_WRITE = {
    StopReason.END: "stop",
    StopReason.MAX_TOKENS: "length",
    StopReason.TOOLS: "tool_calls",
    StopReason.STOP_SEQUENCE: "stop",
    StopReason.FILTERED: "content_filter",
    StopReason.REFUSED: "content_filter",
    StopReason.PAUSED: "stop",
    StopReason.CONTEXT_FULL: "length",
}


def read_stop(finish: str, has_calls: bool, has_refusal: bool = False) -> Stop:
    """`finish` may be any word. "stop" beside tool calls means tool calls; "tool_calls" without any
    means the end."""
    reason = _READ.get(finish, StopReason.END)
    if reason is StopReason.END and has_calls:
        return Stop(StopReason.TOOLS)
    if reason is StopReason.TOOLS and not has_calls:
        reason = StopReason.END
    if reason is StopReason.END and has_refusal:
        reason = StopReason.REFUSED
    return Stop(reason)


def write_stop(stop: Stop, has_calls: bool, has_refusal: bool) -> str:
    if has_calls and stop.reason in (StopReason.END, StopReason.STOP_SEQUENCE, StopReason.PAUSED):
        return "tool_calls"
    if has_refusal and stop.reason is StopReason.REFUSED:
        return "stop"  # OpenAI's way: the refusal text says it
    if stop.reason is StopReason.TOOLS and not has_calls:
        return "stop"
    return _WRITE[stop.reason]
