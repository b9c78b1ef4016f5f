"""Request bodies that are nearly right: known names, any values in any places."""

from hypothesis import strategies as st

ITEM_TYPES = [
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "compaction",
]
ITEM_TYPES += ["custom_tool_call_output", "additional_tools", "web_search_call"]
PART_TYPES = ["input_text", "output_text", "input_image", "input_file", "refusal", "summary_text"]
TOOL_TYPES = ["function", "custom", "namespace", "web_search", "image_generation", "mcp"]
TEXTS = ["x", "", "user", "assistant", "apply_patch", "tool_search", "collaboration", "call_1", "jumpseat1.x"]
TEXTS += ["data:image/png;base64,AAAA", "https://example.org/a.png", "original", "json_schema", "none"]

scalars = (
    st.none() | st.booleans() | st.integers(-2, 99) | st.floats(allow_nan=False) | st.sampled_from(TEXTS)
)
odd = (
    scalars
    | st.lists(scalars, max_size=2)
    | st.dictionaries(st.sampled_from(["type", "name", "url"]), scalars)
)
RIGHT = {
    "role": st.sampled_from(["user", "assistant", "system"]),
    "name": st.sampled_from(["apply_patch", "tool_search", "read", "a b"]),
    "call_id": st.sampled_from(["call_1", "call_2"]),
    "namespace": st.sampled_from(["collaboration", "fs"]) | st.none(),
    "encrypted_content": st.sampled_from(["blob", "jumpseat1.x"]) | st.none(),
    "description": st.sampled_from(["d", ""]),
    "parameters": st.just({"type": "object"}),
    "format": st.just({"type": "text"}),
    "image_url": st.sampled_from(["data:image/png;base64,AAAA", "data:image/png;base64," + "A" * 5000]),
    "file_data": st.just("data:application/pdf;base64,JVBE"),
    "detail": st.sampled_from(["original", "high"]) | st.none(),
    "status": st.sampled_from(["completed", "incomplete"]) | st.none(),
}


@st.composite
def sloppy(draw, right):
    """Mostly what is right, now and then anything."""
    return draw(odd if draw(st.integers(0, 24)) == 24 else right)


def objects(types, keys, **nested):
    """Objects of known types with members of the right type, now and then odd or missing."""
    members = {key: RIGHT.get(key, st.just("x")) for key in keys} | nested
    kind = sloppy(st.sampled_from(types))
    return st.fixed_dictionaries(
        {"type": kind} | {key: sloppy(value) for key, value in members.items()}
    ) | st.fixed_dictionaries({"type": kind}, optional={key: sloppy(value) for key, value in members.items()})


parts = st.lists(objects(PART_TYPES, ["text", "image_url", "detail", "file_data", "refusal"]), max_size=2)
plain_tools = st.lists(objects(TOOL_TYPES[:2], ["name", "description", "parameters", "format"]), max_size=2)
tools = st.lists(objects(TOOL_TYPES, ["name", "description", "parameters"], tools=plain_tools), max_size=3)
calls = ["role", "id", "status", "name", "namespace", "call_id", "arguments", "input", "encrypted_content"]
items = st.lists(
    sloppy(objects(ITEM_TYPES, calls, content=parts, output=parts, summary=st.just([]), tools=tools)),
    max_size=4,
)
FIELDS = {
    "instructions": st.just("x"),
    "store": st.booleans(),
    "include": st.just([]),
    "max_output_tokens": st.integers(-1, 9999),
    "background": st.just(False),
    "service_tier": st.just("fast"),
    "reasoning": st.fixed_dictionaries({}, optional={"effort": st.just("low"), "context": st.just("x")}),
    "text": st.just({"format": {"type": "text"}}),
    "temperature": st.just(1),
    "tools": tools,
    "tool_choice": st.sampled_from(["auto", "required"])
    | objects(["function", "custom", "allowed_tools", "image_generation"], ["name"], tools=plain_tools),
}
bodies = st.fixed_dictionaries(
    {"model": st.just("m"), "input": sloppy(items)},
    optional={key: sloppy(value) for key, value in FIELDS.items()},
)
