"""Which piece of a picture is worked on."""

from dataclasses import dataclass

GRID = 1000  # thousandths of the picture's height and width, as for strokes


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of a picture, in thousandths of its height (``top``, ``height``) and its width (``left``, ``width``).

    Without a ``width`` it is a square, and ``height`` is its side in thousandths of the picture's shorter side.
    """

    top: int
    left: int
    height: int
    width: int | None = None

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """The rectangle in pixels of a picture of height × width: (top, left, height, width), at least one pixel.

        >>> Crop(0, 500, 1000).box(20, 40)
        (0, 20, 20, 20)
        >>> Crop(500, 0, 500, 250).box(20, 40)
        (10, 0, 10, 10)
        """
        if self.width is None:
            side = max(1, round(self.height * min(height, width) / GRID))
            rows, cols = side, side
        else:
            rows, cols = max(1, round(self.height * height / GRID)), max(1, round(self.width * width / GRID))
        top = min(round(self.top * height / GRID), height - rows)
        left = min(round(self.left * width / GRID), width - cols)
        return top, left, rows, cols


def crop_to_text(crop: Crop | None) -> str:
    """A crop as short text for a link: three numbers for a square, four for a rectangle, none for the centre square.

    >>> crop_to_text(Crop(120, 0, 500))
    '120,0,500'
    """
    if crop is None:
        return ""
    return ",".join(str(part) for part in (crop.top, crop.left, crop.height, crop.width) if part is not None)


def crop_from_text(text: str) -> Crop | None:
    """The crop that `crop_to_text` wrote; ValueError says what cannot be read.

    >>> crop_from_text("120,0,500")
    Crop(top=120, left=0, height=500, width=None)
    """
    if not text:
        return None
    parts = text.split(",")
    if len(parts) not in (3, 4) or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise ValueError("A crop is three whole numbers for a square, or four for a rectangle.")
    crop = Crop(*map(int, parts))
    sides = parts[2:]
    if max(crop.top, crop.left) >= GRID or not all(1 <= int(side) <= GRID for side in sides):
        raise ValueError(f"A crop begins between 0 and {GRID - 1}, and its sides are 1 to {GRID}.")
    return crop
