"""Every known fault is covered, and the page in docs/ says what the tests say."""

from tests.compatibility.bugs import BUGS
from tests.compatibility.cannot_occur import CANNOT_OCCUR
from tests.compatibility.marks import marked
from tests.compatibility.page import PAGE, page


def test_all_faults_have_a_test_or_a_reason() -> None:
    assert sorted(BUGS) == list(range(1, 86))
    covered = set(marked()) | set(CANNOT_OCCUR)
    assert [number for number in BUGS if number not in covered] == []


def test_no_mark_and_no_reason_is_for_nothing() -> None:
    assert set(marked()) <= set(BUGS)
    assert set(CANNOT_OCCUR) <= set(BUGS)
    assert not set(CANNOT_OCCUR) & set(marked()), "what has a test can occur"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
