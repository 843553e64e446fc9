"""Headers of strangers fit into an event, whatever they hold."""

import pytest
from multidict import CIMultiDict

from handlers.inbox import kept_headers


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("text/plain", "text/plain"),
        ("x" * 5000, "x" * 200),
        ("caf\udce9", "caf\\udce9"),
    ],
    ids=["as it is", "cut", "no UTF-8"],
)
def test_a_value_becomes_short_text(value, kept):
    assert kept_headers(CIMultiDict({"Content-Type": value})) == {"Content-Type": kept}


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Sluss-Secret",
        "X-MLflow-Signature",
        "X-Any",
    ],
)
def test_a_header_that_is_not_known_as_harmless_is_named_only(name):
    assert kept_headers(CIMultiDict({name: "value"})) == {name: "(not kept)"}


def test_there_is_an_end_to_them():
    assert len(kept_headers(CIMultiDict({f"X-{n}": "v" for n in range(500)}))) == 50
