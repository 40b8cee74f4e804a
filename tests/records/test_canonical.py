import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.canonical import LARGEST, decode, encode
from records.errors import NotCanonical

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_a_value_is_read_back_as_it_was_and_has_one_text(value: Any) -> None:
    assert decode(encode(value)) == value
    assert json.loads(encode(value)) == value


@given(st.dictionaries(texts, st.integers(0, 9)))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert encode(dict(reversed(value.items()))) == encode(value)


def test_the_example_of_rfc_8785_for_sorting_and_escaping_holds() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(encode(dict.fromkeys(keys, 0)))) == ordered
    assert encode('\u20ac$\u000f\nA\'B"\\\\"/\u007f') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f"'.encode()


@pytest.mark.parametrize(
    "value",
    [0.5, 1.0, float("nan"), b"bytes", (1, 2), {1: 2}, {"a": {None: 1}}, 2**53, -(2**53), "\ud800", {"\ud800": 1}],
)
def test_what_has_no_single_text_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        encode(value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1} ',
        b"\xef\xbb\xbf1",
        b"01",
        b"-0",
        b"1.0",
        b"1e2",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\ud800"',
        b'"\xff"',
        b"9" * 5000,
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
    ],
)
def test_any_other_text_of_a_value_is_refused(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(text)
