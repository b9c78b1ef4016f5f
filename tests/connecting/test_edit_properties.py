"""For any text that a format can read: only what was asked for changes, and it can be taken back."""

import json
import re

import pytest
import tomlkit
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tray_app.clients import edits, undo
from tray_app.clients.edits import ABSENT, Item, Unsafe
from tray_app.clients.env_text import Env
from tray_app.clients.json_text import Json
from tray_app.clients.toml_text import Toml
from tray_app.clients.yaml_text import Yaml

QUICK = settings(max_examples=80, deadline=None)

# Keys that meet ours now and then, and words that formats have their own ideas about.
keys = st.sampled_from(
    ["env", "model", "models", "provider", "jumpseat", "a", "b", "x.y", "", "é", "on", "1"]
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=6)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)
    | st.sampled_from(
        ["yes", "a: b", "# no comment", "http://127.0.0.1:8314", "line\nbreak", '"', "'", "{", "- x"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(keys, values, max_size=5)

PUT = {
    ("env", "URL"): "http://127.0.0.1:8314",
    ("env", "KEY"): 'a "quoted" key',
    ("model",): "sonnet",
    ("provider", "jumpseat", "options", "limit"): 128_000,
}
SCALARS = {("model",): "sonnet", ("openai-api-base",): "http://127.0.0.1:8314/v1"}
LISTED = {
    ("models", Item("name", "Ours"), "name"): "Ours",
    ("models", Item("name", "Ours"), "options", "limit"): 128_000,
    ("models", Item("name", "Ours"), "roles"): ["chat"],
    ("schema",): "v1",
}


@st.composite
def json_texts(draw):
    """As people and tools write it: any indent, on one line or not, comments, trailing commas, CRLF, BOM."""
    document = draw(documents)
    indent = draw(st.sampled_from([None, 0, 1, 2, 4, "\t"]))
    text = json.dumps(document, indent=indent, ensure_ascii=draw(st.booleans()))
    if indent is not None and draw(st.booleans()):
        lines = text.split("\n")
        comment = draw(st.sampled_from(["// a comment, { with } signs", "/* and */", ""]))
        at = draw(st.integers(0, len(lines) - 1))
        lines.insert(at, comment)
        lines = [
            re.sub(r"([^,{\[])$", r"\1,", line)
            if draw(st.booleans())
            and following.strip() in ("}", "]")
            and "//" not in line
            and line.strip()[-1:] in '"}]0123456789el'
            and line.strip()
            else line
            for line, following in zip(lines, [*lines[1:], "x"], strict=True)
        ]
        text = "\n".join(lines)
    text += draw(st.sampled_from(["", "\n", "\n\n", "\n// the end\n"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", edits.BOM])) + text


@st.composite
def toml_texts(draw):
    tables = st.dictionaries(
        keys,
        scalars.filter(lambda value: value is not None) | st.lists(st.integers(), max_size=2),
        max_size=3,
    )
    document = draw(st.dictionaries(keys, tables | st.integers() | st.text("abc\n#", max_size=5), max_size=4))
    lines = tomlkit.dumps(document).split("\n")
    for _ in range(draw(st.integers(0, 2))):
        if not any('"""' in line for line in lines):
            lines.insert(
                draw(st.integers(0, len(lines))), draw(st.sampled_from(["# mine", "", "   # indented"]))
            )
    return "\n".join(lines)


@st.composite
def yaml_texts(draw):
    text = yaml.safe_dump(
        draw(documents),
        default_flow_style=draw(st.sampled_from([None, False, True])),
        indent=draw(st.sampled_from([2, 4])),
        allow_unicode=draw(st.booleans()),
        sort_keys=False,
    )
    head = draw(st.sampled_from(["", "# mine\n", "---\n"]))
    return head + text + draw(st.sampled_from(["", "# the end\n", "\n"]))


env_texts = st.lists(
    st.sampled_from(
        ["A=1", "export B='x y'", "# c", "", "KEY=old # why", 'C="a\\"b"', "URL=", "D = spaced "]
    ),
    max_size=6,
).flatmap(lambda lines: st.sampled_from(["\n", "\r\n"]).map(lambda end: end.join(lines)))

FORMATS = [
    pytest.param(Json(), json_texts(), PUT, id="json"),
    pytest.param(Toml(), toml_texts(), PUT, id="toml"),
    pytest.param(Yaml(), yaml_texts(), SCALARS, id="yaml"),
    pytest.param(
        Yaml(),
        yaml_texts(),
        {("models", Item("name", "Ours")): {"name": "Ours", "roles": ["chat"]}},
        id="yaml-list",
    ),
    pytest.param(Yaml(), yaml_texts(), LISTED, id="yaml-list-and-keys"),
    pytest.param(Env(), env_texts, {("URL",): "http://127.0.0.1:8314", ("KEY",): "a b"}, id="env"),
]


def readable(format, text):
    try:
        edits.read(format, text)
    except edits.Unparsable:
        return False
    return True


@pytest.mark.parametrize(("format", "texts", "put"), FORMATS)
def test_connect_and_disconnect_is_nothing(format, texts, put):
    """Byte for byte; or nothing was written at all, because the edit was refused."""

    @QUICK
    @given(texts.filter(lambda text: readable(format, text)))
    def check(text):
        try:
            plan = undo.connected(format, text, put, {}, (), None)
        except Unsafe:
            return
        assert undo.taken_back(format, plan.text, plan.written) == text
        again = undo.connected(format, plan.text, put, {}, (), plan.written)
        assert again.text == plan.text
        assert undo.taken_back(format, again.text, again.written) == text

    check()


@pytest.mark.parametrize(("format", "texts", "put"), FORMATS)
def test_only_our_keys_change(format, texts, put):
    @QUICK
    @given(texts.filter(lambda text: readable(format, text)))
    def check(text):
        before = edits.read(format, text)
        try:
            after = edits.read(format, edits.edited(format, text, put))
        except Unsafe:
            return
        for path, value in put.items():
            assert edits.value_at(after, path) == value
        assert edits.is_same(edits.applied(before, put, ()), after)

    check()


@pytest.mark.parametrize(("format", "texts", "put"), FORMATS)
def test_key_by_key_it_says_the_same_again(format, texts, put):
    """The way back when somebody has changed the file since: the values are the old ones.

    Only `models:` with nothing behind it comes back as an empty list, which says the same.
    """

    @QUICK
    @given(texts.filter(lambda text: readable(format, text)))
    def check(text):
        before = edits.read(format, text)
        assume(all(edits.value_at(before, path[:1]) is not None for path in put))
        try:
            plan = undo.connected(format, text, put, {}, (), None)
            changed = plan.text + ("\n" if isinstance(format, Json) else "\n# changed since\n")
            if not readable(format, changed):
                return
            back = undo.taken_back(format, changed, plan.written)
        except Unsafe:
            return
        assert back is not None
        assert edits.is_same(edits.read(format, back), edits.read(format, text))

    check()


@pytest.mark.parametrize(("format", "texts", "put"), FORMATS)
def test_where_nothing_of_ours_stood_nothing_is_taken_away(format, texts, put):
    """Every character of the old text but blanks stands in the new one, in its order: edits only add."""

    @QUICK
    @given(texts.filter(lambda text: readable(format, text)))
    def check(text):
        before = edits.read(format, text)
        assume(all(edits.value_at(before, path[:1]) is ABSENT for path in put))
        after = iter(edits.edited(format, text, put))
        # An empty table that we write into may be written anew.
        assume(not isinstance(before, dict) or before)
        assert all(character in after for character in text if not character.isspace())

    check()


@QUICK
@given(json_texts())
def test_json_is_read_as_the_standard_reads_it(text):
    """Whatever the standard library reads, we read alike."""
    try:
        expected = json.loads(text.removeprefix(edits.BOM))
    except ValueError:
        return
    assert edits.read(Json(), text) == expected


@QUICK
@given(st.text(st.sampled_from('{}[]":,/* \n\\a1truefalsn.-e'), max_size=30))
def test_any_nonsense_is_refused_in_words(text):
    fault = fault_of(text)
    assert fault is None or (fault.reason and 1 <= (fault.line or 1) <= text.count("\n") + 1)


def fault_of(text):
    try:
        edits.read(Json(), text)
    except edits.Unparsable as error:
        return error
    return None
