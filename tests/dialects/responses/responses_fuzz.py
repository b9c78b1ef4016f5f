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
ITEM_TYPES += ["custom_tool_call_output", "additional_tools", "item_reference", "web_search_call"]
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


def objects(types, keys, **nested):
    """Objects of known types; each other member is there or not, right or odd."""
    optional = dict.fromkeys(keys, odd) | {key: odd | value for key, value in nested.items()}
    return st.fixed_dictionaries({"type": st.sampled_from(types) | scalars}, optional=optional)


parts = st.lists(objects(PART_TYPES, ["text", "image_url", "detail", "file_data", "refusal"]), max_size=3)
plain_tools = st.lists(
    objects(TOOL_TYPES, ["name", "description", "parameters", "format", "strict"]), max_size=2
)
tools = st.lists(objects(TOOL_TYPES, ["name", "description", "parameters"], tools=plain_tools), max_size=3)
items = st.lists(
    objects(
        ITEM_TYPES,
        [
            "role",
            "id",
            "status",
            "phase",
            "name",
            "namespace",
            "call_id",
            "arguments",
            "input",
            "encrypted_content",
        ],
        content=parts,
        output=parts,
        summary=parts,
        tools=tools,
    )
    | odd,
    max_size=4,
)
FIELDS = [
    "instructions",
    "stream",
    "store",
    "include",
    "max_output_tokens",
    "metadata",
    "background",
    "service_tier",
]
FIELDS += ["reasoning", "text", "temperature", "prompt", "previous_response_id", "parallel_tool_calls"]
choices = objects(
    ["function", "custom", "allowed_tools", "image_generation"], ["name", "mode"], tools=plain_tools
)
bodies = st.fixed_dictionaries(
    {"model": st.just("m"), "input": items | items | odd},
    optional={"tools": tools | odd, "tool_choice": choices | odd} | dict.fromkeys(FIELDS, odd),
)
