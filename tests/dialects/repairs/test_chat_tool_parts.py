"""Parts of tool results that a model refused on chat completions."""

from repair_bodies import GPT, rules

from tray_app.dialects.repairs import chat_refusals


def test_texts_of_a_tool_result_become_one_text_once_their_parts_are_refused() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": parts},
    ]
    recovery = chat_refusals.after(
        {"messages": messages}, 400, "type has to be either 'image_url' or 'text'", rules(GPT)
    )
    assert recovery is not None
    assert recovery.body["messages"][2]["content"] == "a\nb"
