"""Pictures: those that look alike lie near each other, whatever their size, and what is no picture is refused."""

import io
from pathlib import Path

import numpy as np
import pytest

from netlift.catalog.images import SIZE, features
from netlift.errors import DataError

Image = pytest.importorskip("PIL.Image", reason="Pillow comes with the extra netlift[images]")


def picture(colour: tuple[int, int, int], stripes: str, size: int, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    place = np.arange(size) * 8 // size % 2
    lines = place[:, None] if stripes == "across" else place[None, :]
    pixels = np.where(np.broadcast_to(lines, (size, size))[..., None], np.array(colour), 255)
    pixels = np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_what_looks_alike_lies_near() -> None:
    looks = [(colour, stripes) for colour in ((200, 30, 30), (30, 60, 200)) for stripes in ("across", "along")]
    given = [picture(*looks[i % 4], size=96 + 32 * (i % 3), seed=i) for i in range(24)]
    vectors = features(given)
    assert vectors.shape == (24, SIZE)
    np.testing.assert_allclose((vectors**2).sum(axis=1), 1, rtol=1e-5)
    like = vectors @ vectors.T
    np.fill_diagonal(like, -1)
    assert (like.argmax(axis=1) % 4 == np.arange(24) % 4).all()
    assert vectors.tobytes() == features(given).tobytes()


def test_no_picture_and_see_through_ones(tmp_path: Path) -> None:
    clear, white = Image.new("RGBA", (10, 10), (255, 0, 0, 0)), Image.new("L", (500, 3), 255)
    for name, one in (("clear.png", clear), ("white.png", white)):
        one.save(tmp_path / name)
    found = features([None, tmp_path / "clear.png", tmp_path / "white.png"])
    assert found[0].tolist() == [0] * SIZE
    assert found[1].tolist() == found[2].tolist()
    assert features([]).shape == (0, SIZE)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    whole = picture((0, 0, 0), "along", 64, 0)
    for wrong in (b"", b"no picture", whole[: len(whole) // 2]):
        with pytest.raises(DataError, match="cannot be read"):
            features([wrong])
    with pytest.raises(DataError, match=r"gone\.png"):
        features([tmp_path / "gone.png"])
    huge = io.BytesIO()
    Image.new("1", (8000, 7000)).save(huge, "PNG")
    with pytest.raises(DataError, match="pixels"):
        features([huge.getvalue()])
