"""Any picture file as an array: upright, over a ground, and averaged down where it is large."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from cnnviz.core.image_files import OPENERS, kind_of
from cnnviz.core.rasters import ImageError, Raster, check_size, shrink_factor

_BAND = 2**18  # pixels converted at a time, so that a large picture is never held as floats


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file: float32 (C, H, W) in [0, 1], once over black and once over white.

    ``over_white`` is None where nothing is transparent. ``remark`` says what of the file is not to be seen, or nothing.
    """

    over_black: np.ndarray
    over_white: np.ndarray | None = None
    remark: str = ""

    def over(self, ground: float) -> np.ndarray:
        """The picture over a grey from 0 (black) to 1 (white)."""
        if not 0 <= ground <= 1:
            raise ValueError(f"The ground is a grey from 0 (black) to 1 (white), not {ground}.")
        if self.over_white is None or ground == 0:
            return self.over_black
        if ground == 1:
            return self.over_white
        return self.over_black + np.float32(ground) * (self.over_white - self.over_black)


def decode_image(data: bytes, ground: float = 1.0) -> np.ndarray:
    """The picture in a PNG, JPEG, WebP, GIF (first frame), BMP or TIFF (first page) file: float32 (C, H, W) in [0, 1].

    C is 1 for a grey picture and 3 (red, green, blue) for any other. 8-bit values are divided by 255 and 16-bit greys by
    65,535; 16-bit colour is read to 8 bits. A TIFF of floats or wide integers keeps its values if they lie in [0, 1],
    otherwise its smallest becomes 0 and its largest 1. The picture stands upright as its EXIF orientation says, and
    whatever is transparent shows ``ground`` behind it, 1 for white. Colour profiles are ignored.

    Of more than `KEPT_PIXELS` pixels, squares of k × k are averaged, with the smallest k that is enough. ImageError for
    everything else: files that are damaged or of another kind, more than `MAX_PIXELS` pixels (fewer of a kind that takes
    more memory), a side of more than `MAX_SIDE`, more than `MAX_BYTES` bytes. Sizes are read from the header, before
    there is anything to unpack.
    """
    return decode_picture(data).over(ground)


def decode_picture(data: bytes) -> Picture:
    """The same for a ground that is still to be chosen, and with what there is to say about the file."""
    if not isinstance(data, bytes):
        data = bytes(memoryview(data))
    kind = kind_of(data)
    try:
        raster = OPENERS[kind](data)
        layers = _pixels(raster)
    except ImageError:
        raise
    except Exception as error:  # hostile bytes bring decoders to raise whatever there is
        advice = "save it again as PNG or JPEG and use that file"
        raise ImageError(f"This {kind} file is damaged, incomplete or of a rare kind: {advice}.") from error
    turned = []
    while layers:  # one at a time, so that each makes room for the next
        turned.append(_upright(layers.pop(0), raster.orientation))
    return Picture(*turned, remark=raster.remark)


def _pixels(raster: Raster) -> list[np.ndarray]:
    """The decoded picture as float32 (C, H, W), averaged down to `KEPT_PIXELS`: over black and, if that differs, white."""
    image = raster.image
    width, height = image.size
    check_size(width, height)
    if image.mode in ("I", "F"):
        image.load()
        lowest, highest = _range(image)
    else:
        lowest, highest = 0.0, 1.0
    factor = shrink_factor(width, height)
    layers = None
    for top, band in _bands(image, factor):
        *parts, unit = _seen_and_clear(band, raster, lowest, highest)
        if factor > 1:
            parts = [F.avg_pool2d(torch.from_numpy(part), factor, ceil_mode=True).numpy() for part in parts]
        if layers is None:
            rows = -(-height // factor)
            layers = [np.empty((len(part), rows, part.shape[2]), dtype=np.float32) for part in parts]
        for layer, part in zip(layers, parts, strict=True):
            layer[:, top // factor : top // factor + part.shape[1]] = part
    image.close()  # its pixels make room for what comes of them
    seen, *clear = layers
    grounds = [seen, seen + clear[0]] if clear and clear[0].any() else [seen]
    for pixels in grounds if unit != 1 else ():
        pixels /= np.float32(unit)
    return grounds


def _bands(image: Image.Image, multiple: int) -> Iterator[tuple[int, Image.Image]]:
    """The picture from top to bottom, in bands of about `_BAND` pixels: row of the first, and the band."""
    width, height = image.size
    rows = max(1, _BAND // (width * multiple)) * multiple
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(top + rows, height)))


def _range(image: Image.Image) -> tuple[float, float]:
    """What becomes 0 and 1 in a picture without an agreed white: 0 and 1 if all fits, else its extremes."""
    lowest, highest = math.inf, -math.inf
    for _, band in _bands(image, 1):
        values = np.asarray(band)
        if not np.isfinite(values).all():
            raise ImageError("This picture holds NaN or infinity: put numbers in their place.")
        lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
    return (0.0, 1.0) if lowest >= 0 and highest <= 1 else (lowest, highest)


def _seen_and_clear(band: Image.Image, raster: Raster, lowest: float, highest: float) -> tuple:
    """What is seen of a band over black, float32 (C, rows, W); where it may be transparent, how much white would add to
    it, (1, rows, W); and last what both are still to be divided by, so that they lie in [0, 1].

    Divided at the end, bytes with alpha stay exact: opaque colours are what they were, and white over white is white.
    """
    if band.mode in ("P", "PA"):
        band = band.convert("RGBA" if band.mode == "PA" or "transparency" in band.info else "RGB")
    elif band.mode not in ("1", "L", "LA", "RGB", "RGBA", "I;16", "I;16B", "I", "F"):
        band = band.convert("RGB")
    if raster.grey:
        band = band.convert("LA")
    stored = np.asarray(band)
    # (C, rows, W), each channel by itself in memory: all that follows takes half the time
    stored = stored[None] if stored.ndim == 2 else np.ascontiguousarray(np.moveaxis(stored, -1, 0))
    if band.mode in ("LA", "RGBA"):
        alpha = stored[-1:].astype(np.float32)
        return stored[:-1] * alpha, 255 * (255 - alpha), 255 * 255
    if band.mode in ("I", "F"):
        span = (highest - lowest) or 1.0  # a picture of one value outside [0, 1] becomes black
        values = ((stored - np.float64(lowest)) / span).astype(np.float32)
    else:
        white = {"1": 1, "I;16": raster.white, "I;16B": raster.white}.get(band.mode, 255)
        values = np.divide(stored, np.float32(white), dtype=np.float32)
    if raster.inverted and band.mode in ("I;16", "I;16B", "I", "F"):  # the others Pillow inverts itself
        values = 1 - values
    if raster.clear is None:
        return values, 1
    clear = (stored == np.array(raster.clear).reshape(-1, 1, 1)).all(axis=0, keepdims=True)
    return np.where(clear, np.float32(0), values), clear.astype(np.float32), 1


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """(C, H, W) turned and mirrored as EXIF says, in memory order.

    Orientations 5 to 8 were stored with rows for columns; then 3, 4, 7 and 8 are upside down, and 2, 3, 6 and 7
    mirrored.
    """
    if orientation >= 5:
        pixels = pixels.transpose(0, 2, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[:, ::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, :, ::-1]
    return np.ascontiguousarray(pixels)
