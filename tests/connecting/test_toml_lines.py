"""TOML as people write it: where our lines go, and that nothing is left of them."""

import pytest

from tray_app.clients import edits, undo
from tray_app.clients.toml_text import Toml

KEYS = {("model",): "m", ("features", "plugins"): False, ("model_providers", "jumpseat", "name"): "J"}

CASES = [
    pytest.param(
        "",
        'model = "m"\n\n[features]\nplugins = false\n\n[model_providers.jumpseat]\nname = "J"\n',
        id="nothing",
    ),
    pytest.param(
        "a = 1\n\n# about the terminal\n[tui]\nb = 2 # two\n\n[features]\nc = true\n\n# the end\n",
        'a = 1\nmodel = "m"\n\n# about the terminal\n[tui]\nb = 2 # two\n\n[features]\nc = true\n'
        'plugins = false\n\n# the end\n\n[model_providers.jumpseat]\nname = "J"\n',
        id="beside others",
    ),
    pytest.param(
        "# first\n\n# about the terminal\n[tui]\nb = 2",
        '# first\n\nmodel = "m"\n\n# about the terminal\n[tui]\nb = 2\n\n[features]\nplugins = false\n\n'
        '[model_providers.jumpseat]\nname = "J"\n',
        id="no key at the top",
    ),
    pytest.param(
        'features.web = true\nmodel_providers.mine.name = "M"\n',
        'features.web = true\nfeatures.plugins = false\nmodel_providers.mine.name = "M"\nmodel = "m"\n\n'
        '[model_providers.jumpseat]\nname = "J"\n',
        id="dotted",
    ),
    pytest.param(
        "features = { web = true }\n",
        'features = { web = true, plugins = false}\nmodel = "m"\n\n[model_providers.jumpseat]\nname = "J"\n',
        id="inline",
    ),
    pytest.param(
        'prompt = """\n[features]\nmodel = "no"\n"""\nargs = [\n  "a", # [x]\n]\n',
        'prompt = """\n[features]\nmodel = "no"\n"""\nargs = [\n  "a", # [x]\n]\nmodel = "m"\n\n[features]\n'
        'plugins = false\n\n[model_providers.jumpseat]\nname = "J"\n',
        id="what only looks like tables",
    ),
    pytest.param(
        'model = "old" # mine\n[[mcp]]\nx = 1\n[[mcp]]\nx = 2\n',
        'model = "m" # mine\n[[mcp]]\nx = 1\n[[mcp]]\nx = 2\n\n[features]\nplugins = false\n\n'
        '[model_providers.jumpseat]\nname = "J"\n',
        id="lists of tables",
    ),
]


@pytest.mark.parametrize(("text", "after"), CASES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_where_keys_go(text, after, ending):
    wanted = after.replace("\n", ending if "\n" in text else "\n")
    assert edits.edited(Toml(), text.replace("\n", ending), KEYS) == wanted


@pytest.mark.parametrize(("text", "after"), CASES[1:])
def test_with_a_comment_added_since_nothing_else_is_left(text, after):
    plan = undo.connected(Toml(), text, KEYS, {}, (), None)
    assert plan.text == after
    back = undo.taken_back(Toml(), f"{plan.text}# since then\n", plan.written)
    assert back.replace("}", " }").split() == f"{text}\n# since then\n".split()
    assert "\n\n\n" not in back


def test_our_last_table_goes_without_the_comments_behind_it():
    plan = undo.connected(Toml(), "a = 1\n", KEYS, {}, (), None)
    since = plan.text + "\n# mine\n[mine]\nb = 2\n"
    assert undo.taken_back(Toml(), since, plan.written) == "a = 1\n\n# mine\n[mine]\nb = 2\n"
