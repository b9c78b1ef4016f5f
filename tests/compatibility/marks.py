"""Which test shows which fault does not occur: read from the `bug` marks in the source, without running."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent.parent


@dataclass(frozen=True, order=True)
class Marked:
    """A test that is marked. `path` is below tests/."""

    path: str
    name: str


@cache
def marked(folder: Path = TESTS) -> dict[int, list[Marked]]:
    """Tests by the number of the fault, sorted."""
    found: dict[int, set[Marked]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "mark.bug(" in source else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for number in _numbers(node):
                    test = Marked(path.relative_to(folder).as_posix(), node.name)
                    found.setdefault(number, set()).add(test)
    return {number: sorted(tests) for number, tests in sorted(found.items())}


def _numbers(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[int]:
    return [
        ast.literal_eval(argument)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.bug"
        for argument in decorator.args
    ]
