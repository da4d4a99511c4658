"""No message shows the secrets of a URL."""

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import Origin, shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/a?sig=s3cret", "https://h.example/a"),
        ("https://h.example/a#s3cret", "https://h.example/a"),
        ("https://ann:s3cret@h.example:1/a", "https://h.example:1/a"),
        ("https://ann:s3c@ret@h.example/a", "https://h.example/a"),
        ("https://ann:s3c/ret@h.example/a", "https://h.example/a"),
        ("https://ann:s3c?ret@h.example/a", "https://…"),
        ("https://ann:s3c#ret@h.example/a", "https://…"),
        ("https://h.example/a?user=ann@s3cret&sig=1", "https://h.example/a"),
        ("//ann:s3cret@h.example/a", "//h.example/a"),
        ("/a?sig=s3cret", "/a"),
        ("h.example", "h.example"),
        ("ftp://h.example/" + "a" * 300, ("ftp://h.example/" + "a" * 300)[:200]),
        ("", ""),
    ],
)
def test_user_information_and_query_are_left_out(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize("url", ["https://ann:s3cret@h.example/", "ftp://h/?s3cret", "https://[::1/?s3cret"])
def test_what_is_no_origin_is_told_without_them(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Origin.of(url)
    assert "s3cret" not in caught.value.message
