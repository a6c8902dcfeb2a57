"""What pictures of products look like, as numbers: colours by place, and which way edges run; nothing is downloaded.

Pillow is an extra: `pip install 'netlift[images]'`.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 64
"""Pixels of each side to which pictures are brought."""
_HUES, _BRIGHT, _WAYS, _PLACES = 8, 4, 8, 2
SIZE = _PLACES**2 * (_HUES + _BRIGHT + _WAYS)
"""Numbers of a picture."""
MOST_PIXELS = 50_000_000
"""Larger pictures are refused, before they are unpacked."""


def features(pictures: Sequence[Path | bytes | None]) -> NDArray[np.float32]:
    """Pictures as points that are near each other where they look alike; for `About.items` or `product_graph`.

    Of each quarter: shares of eight hues (weighted by how colourful and bright a pixel is), shares of four degrees of
    brightness, and shares of eight directions of edges (weighted by their height). What is transparent is white.

    Args:
        pictures: files, or their bytes; None: there is none.

    Returns:
        Shape (pictures, `SIZE`), rows of length 1; zeros without a picture.

    Raises:
        ConfigError: Pillow is missing.
        DataError: a file is no picture, or one above `MOST_PIXELS`.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ConfigError("reading pictures needs Pillow: pip install 'netlift[images]'") from error
    found = np.zeros((len(pictures), SIZE), np.float32)
    for row, picture in zip(found, pictures, strict=True):
        if picture is None:
            continue
        name = str(picture) if isinstance(picture, Path) else f"{len(picture)} bytes"
        try:
            opened = Image.open(picture if isinstance(picture, Path) else io.BytesIO(picture))
            if opened.width * opened.height > MOST_PIXELS:
                raise DataError(f"picture {name} has more than {MOST_PIXELS:,} pixels: make it smaller")
            with opened:
                row[:] = _features(opened.convert("RGBA"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataError(f"picture {name} cannot be read: {error}") from error
    return found


def _features(picture: "Image") -> NDArray[np.float64]:
    """Numbers of one picture."""
    from PIL import Image

    ground = Image.new("RGBA", picture.size, "white")
    plain = Image.alpha_composite(ground, picture).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    hue, colour, bright = np.moveaxis(np.asarray(plain.convert("HSV"), np.float64), 2, 0)
    grey = np.asarray(plain.convert("L"), np.float64)
    down, right = np.gradient(grey)
    height = np.hypot(down, right)
    way = np.arctan2(down, right) % np.pi
    kinds = (
        (hue * _HUES // 256, _HUES, colour * bright / 255**2),
        (bright * _BRIGHT // 256, _BRIGHT, np.ones_like(bright)),
        (np.minimum(way / np.pi * _WAYS, _WAYS - 1) // 1, _WAYS, height / 255),
    )
    half, parts = SIDE // _PLACES, []
    for top in range(0, SIDE, half):
        for left in range(0, SIDE, half):
            here = (slice(top, top + half), slice(left, left + half))
            for bins, number, weight in kinds:
                sums = np.bincount(bins[here].ravel().astype(np.int64), weight[here].ravel(), number)
                parts.append(sums / half**2)  # what has hardly any colour or edges says little by them
    found = np.sqrt(np.concatenate(parts))
    length: NDArray[np.float64] = found / max(float(np.sqrt((found**2).sum())), 1e-12)
    return length
