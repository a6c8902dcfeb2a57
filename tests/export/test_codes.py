"""Coupon codes: nobody can guess one, no two are equal, and a slip of the finger is found."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.export import codes
from netlift.export.codes import ALPHABET, personal_code, personal_codes, well_formed

KEY = b"k" * 32


def test_a_code_depends_on_everything_that_it_is_of() -> None:
    made = {
        personal_code(KEY, "p", "o", "c"), personal_code(b"x" * 32, "p", "o", "c"), personal_code(KEY, "q", "o", "c"),
        personal_code(KEY, "p", "q", "c"), personal_code(KEY, "p", "o", "d"), personal_code(KEY, "p", "o", "c", 1),
        personal_code(KEY, "po", "", "c"), personal_code(KEY, "p", "oc", ""), personal_code(KEY, "p", "o\x1fc", ""),
    }  # fmt: skip
    assert len(made) == 9
    assert personal_code(KEY, "p", "o", "c") in made


def test_codes_use_no_character_that_looks_like_another() -> None:
    assert set("01ILOSZBGQ").isdisjoint(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert {*"".join(personal_codes(KEY, "p", [("o", str(i)) for i in range(500)]))} == {*ALPHABET, "-"}


def test_every_character_is_as_likely_as_any_other() -> None:
    """Chi-square of 5,000 codes over 23 values per place: its 99.99 % quantile at 22 degrees is 55.5."""
    made = [code.replace("-", "") for code in personal_codes(KEY, "p", [("o", str(i)) for i in range(5000)])]
    expected = len(made) / len(ALPHABET)
    for place in range(12):
        counts = Counter(code[place] for code in made)
        assert sum((counts[c] - expected) ** 2 / expected for c in ALPHABET) < 55.5


@given(st.text(), st.integers(0, 11), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_found(customer: str, place: int, wrong: str) -> None:
    plain = personal_code(KEY, "p", "o", customer.encode("utf-8", "replace").decode()).replace("-", "")
    changed = plain[:place] + wrong + plain[place + 1 :]
    assert well_formed(changed) == (changed == plain)


@given(st.integers(0, 10**6), st.integers(0, 10))
def test_two_characters_that_changed_places_are_found(number: int, place: int) -> None:
    plain = personal_code(KEY, "p", "o", str(number)).replace("-", "")
    swapped = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    assert well_formed(swapped) == (swapped == plain)


@pytest.mark.parametrize("code", ["", "M2DD", "0" * 12, "THD2-R78R-MY2M-2", "THD2R78RMY2É", "茶" * 12])
def test_other_text_is_no_code(code: str) -> None:
    assert not well_formed(code)


def test_a_code_that_is_taken_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """With codes of one character, 23 customers still have 23 codes."""
    monkeypatch.setattr(codes, "_LENGTH", 1)
    made = list(personal_codes(KEY, "p", [("o", str(i)) for i in range(23)]))
    assert len(set(made)) == 23
    assert made == list(personal_codes(KEY, "p", [("o", str(i)) for i in range(23)]))


def test_same_rows_same_codes_whatever_comes_after() -> None:
    pairs = [(offer, str(i)) for i, offer in product(range(50), ("a", "b"))]
    assert list(personal_codes(KEY, "p", pairs))[:40] == list(personal_codes(KEY, "p", pairs[:40]))
