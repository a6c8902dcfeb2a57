"""A large file is looked through in two halves at once; that tells the same as one pass."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlift.data.encoding import _scan

_PIECES = [
    b"a,b\n",
    b'"x\ny",2\n',
    b'"',
    b"\r\n",
    b"\r",
    b"\0",
    b" ",
    b"1e5",
    "é".encode(),
    b"\xe9",
    b"\t,\n",
    b"7,8\n",
]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_two_halves_tell_what_one_pass_tells(tmp_path: Path, pieces: list[bytes]) -> None:
    """Records, the first wrong byte, returns, zeros, powers, and whether values may have blanks around them."""
    file = tmp_path / "x.csv"
    file.write_bytes(b"".join(pieces))
    one, two = _scan(file), _scan(file, small=0)
    assert one.tally.records == two.tally.records
    assert one.tally.newlines == two.tally.newlines
    assert (one.wrong, one.returns, one.zeros, one.ascii) == (two.wrong, two.returns, two.zeros, two.ascii)
    assert one.scientific == two.scientific
    assert (one.ascii and not one.blanks) == (two.ascii and not two.blanks)
