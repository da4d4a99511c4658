"""The table of faults in the documentation is that of the tests."""

from tests.hostile_packages.page import PAGE, page


def test_the_page_of_faults_is_what_is_tested() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.hostile_packages.page`"
