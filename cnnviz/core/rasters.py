"""A picture as Pillow holds it, and how large one may be."""

import math
from dataclasses import dataclass

from PIL import Image

MAX_PIXELS = 40_000_000
MAX_SIDE = 65_535
KEPT_PIXELS = 2048 * 2048  # larger pictures are averaged down: no page shows more, and a class shares one memory

# What keeps each file within 2 s and 300 MB, measured: decoders need more than the picture itself.
MAX_UNPACKED_BYTES = 3 * MAX_PIXELS  # of a PNG or TIFF; alpha, 16 bits and floats take more than colours do
MAX_PARTS = 100_000  # chunks, segments or blocks of a file; honest files have a few thousand


class ImageError(ValueError):
    """A file is no picture that can be shown; the message is one sentence: what is wrong, and what would be right."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture as Pillow holds it, and what Pillow does not tell about it."""

    image: Image.Image
    orientation: int = 1  # EXIF's, 1 to 8
    white: int = 65_535  # the largest value of a 16-bit grey, in a TIFF sometimes 4,095
    inverted: bool = False  # a TIFF whose largest value is black
    clear: tuple[int, ...] | None = None  # the one colour that means transparent
    grey: bool = False  # red, green and blue are known to be equal
    remark: str = ""  # what of the file is not to be seen


def shrink_factor(width: int, height: int) -> int:
    """The side of the squares that are averaged so that a picture keeps no more than `KEPT_PIXELS`."""
    return max(1, math.ceil(math.sqrt(width * height / KEPT_PIXELS)))


def check_size(width: int, height: int, most: float = MAX_PIXELS) -> None:
    """ImageError for no pixel at all, for more than ``most`` of them, and for a side of more than `MAX_SIDE`."""
    if width < 1 or height < 1:
        raise ImageError(f"This picture claims {width} × {height} pixels: it needs one at least.")
    if width * height > most:
        size = f"{width:,} × {height:,} pixels, {width * height / 1e6:,.1f} megapixels"
        raise ImageError(f"This picture would unpack to {size}: save it with at most {most / 1e6:.3g} megapixels.")
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"This picture has {width:,} × {height:,} pixels: a side can have {MAX_SIDE:,} at most.")


def most_pixels(bits: int) -> float:
    """How many pixels of so many bits a picture may have."""
    return min(MAX_PIXELS, 8 * MAX_UNPACKED_BYTES / max(1, bits))
