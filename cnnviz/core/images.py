"""Pictures: any file as an array, an array as the small picture a page works on, and back to PNG."""

import io
import math
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from cnnviz.core.image_files import OPENERS, ImageError, Raster, check_size, kind_of, shrink_factor

LUMA = (0.299, 0.587, 0.114)  # Rec. 601: how bright red, green and blue look

_BAND = 2**18  # pixels converted at a time, so that a large picture is never held as floats


def decode_image(data: bytes, ground: float = 1.0) -> np.ndarray:
    """The picture in a PNG, JPEG, WebP, GIF (first frame), BMP or TIFF (first page) file: float32 (C, H, W) in [0, 1].

    C is 1 for a grey picture and 3 (red, green, blue) for any other. 8-bit values are divided by 255 and 16-bit greys by
    65,535; 16-bit colour is read to 8 bits. A TIFF of floats or wide integers keeps its values if they lie in [0, 1],
    otherwise its smallest becomes 0 and its largest 1. The picture stands upright as its EXIF orientation says, and
    whatever is transparent shows ``ground`` behind it, 1 for white. Colour profiles are ignored.

    Of more than `KEPT_PIXELS` pixels, squares of k × k are averaged, with the smallest k that is enough. ImageError for
    everything else: files that are damaged or of another kind, more than `MAX_PIXELS` pixels, a side of more than
    `MAX_SIDE`, more than `MAX_BYTES` bytes. Sizes are read from the header, before there is anything to unpack.
    """
    if not isinstance(data, bytes):
        data = bytes(memoryview(data))
    if not 0 <= ground <= 1:
        raise ValueError(f"The ground is a grey from 0 (black) to 1 (white), not {ground}.")
    kind = kind_of(data)
    try:
        raster = OPENERS[kind](data)
        pixels = _pixels(raster, ground)
    except ImageError:
        raise
    except Exception as error:  # hostile bytes bring decoders to raise whatever there is
        advice = "save it again as PNG or JPEG and use that file"
        raise ImageError(f"This {kind} file is damaged, incomplete or of a rare kind: {advice}.") from error
    return _upright(pixels, raster.orientation)


def fit_image(image: np.ndarray, size: int, colour: bool) -> np.ndarray:
    """The working picture of a page: the centre square of ``image``, as float32 (1 or 3, size, size).

    ``image`` is (1 or 3, H, W) with any finite values; ``size`` is 5 to 128. Shrinking averages the area under each new
    pixel, enlarging repeats the nearest one. Without ``colour``, red, green and blue become one grey by Rec. 601 luma,
    0.299 R + 0.587 G + 0.114 B; with it, a grey picture has three equal channels.

    Values are rounded to two decimals, halves up. What a page prints with two decimals is then the value itself, and a
    learner who adds up the printed products gets the printed sum. Small integers stay as they are.

    >>> fit_image(np.array([[[0, 1], [2, 5]]]), 6, colour=False)[0, 3]
    array([2., 2., 2., 5., 5., 5.], dtype=float32)
    """
    if not 5 <= size <= 128:
        raise ValueError(f"The working picture is 5 to 128 pixels wide and high, not {size}.")
    _check_shape(image)
    side = min(image.shape[1:])
    top, left = (image.shape[1] - side) // 2, (image.shape[2] - side) // 2
    fitted = _resized(image[:, top : top + side, left : left + side], size, size)
    if colour:
        fitted = np.broadcast_to(fitted, (3, size, size))
    elif len(fitted) == 3:
        fitted = np.tensordot(LUMA, fitted, axes=1)[None]
    return two_decimals(fitted)


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """``image`` with its shorter side no longer than ``side`` pixels, areas averaged; unchanged if it is that small."""
    height, width = image.shape[1:]
    scale = side / min(height, width)
    if scale >= 1:
        return image
    return _resized(image, max(1, round(height * scale)), max(1, round(width * scale))).astype(np.float32)


def two_decimals(image: np.ndarray) -> np.ndarray:
    """``image`` with every value rounded to two decimals, halves up, as float32; `pad.js` rounds a drawing alike."""
    return (np.floor(100 * image.astype(np.float64) + 0.5) / 100).astype(np.float32)


def thumbnail(image: np.ndarray, side: int = 40) -> bytes:
    """A small PNG of ``image`` (1 or 3, H, W) whose longer side is ``side`` pixels.

    Black is 0 or the smallest value if that is less, white is 1 or the largest value if that is more, so that pictures
    of small integers can be seen too.
    """
    _check_shape(image)
    height, width = image.shape[1:]
    scale = side / max(height, width)
    small = _resized(image, max(1, round(height * scale)), max(1, round(width * scale)))
    black, white = min(0.0, small.min()), max(1.0, small.max())
    return to_png((small - black) / (white - black))


def to_png(image: np.ndarray) -> bytes:
    """``image`` (1 or 3, H, W) as an 8-bit PNG; values outside [0, 1] become black or white."""
    _check_shape(image)
    values = np.floor(255 * np.clip(image, 0, 1) + 0.5).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(values[0] if len(values) == 1 else np.moveaxis(values, 0, -1)).save(file, "PNG")
    return file.getvalue()


def _check_shape(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[0] not in (1, 3) or 0 in image.shape:
        raise ValueError(f"A picture has the shape (1 or 3, height, width), not {tuple(image.shape)}.")


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """(C, H, W) as float64 (C, height, width): areas averaged to shrink, the nearest pixel repeated to enlarge."""
    mode = "nearest-exact" if height >= image.shape[1] and width >= image.shape[2] else "area"
    planes = (torch.tensor(plane[None, None], dtype=torch.float64) for plane in image)  # one at a time, to spare memory
    return torch.cat([F.interpolate(plane, (height, width), mode=mode)[0] for plane in planes]).numpy()


# From Pillow's pixels to ours


def _pixels(raster: Raster, ground: float) -> np.ndarray:
    """The decoded picture as float32 (C, H, W) over the ground, averaged down to about `KEPT_PIXELS`."""
    image = raster.image
    width, height = image.size
    check_size(width, height)
    if image.mode in ("I", "F"):
        image.load()
        lowest, highest = _range(image)
    else:
        lowest, highest = 0.0, 1.0
    factor = shrink_factor(width, height)
    pixels = None
    for top, band in _bands(image, factor):
        values = _over_ground(band, raster, ground, lowest, highest)  # (C, rows, W)
        if factor > 1:
            values = F.avg_pool2d(torch.from_numpy(values), factor, ceil_mode=True).numpy()
        if pixels is None:
            pixels = np.empty((len(values), -(-height // factor), values.shape[2]), dtype=np.float32)
        pixels[:, top // factor : top // factor + values.shape[1]] = values
    return pixels


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


def _over_ground(band: Image.Image, raster: Raster, ground: float, lowest: float, highest: float) -> np.ndarray:
    """A band as float32 (C, rows, W) in [0, 1], over the ground."""
    if band.mode in ("P", "PA"):
        band = band.convert("RGBA" if band.mode == "PA" or "transparency" in band.info else "RGB")
    elif band.mode not in ("1", "L", "LA", "RGB", "RGBA", "I;16", "I;16B", "I", "F"):
        band = band.convert("RGB")
    if raster.grey:
        band = band.convert("LA")
    stored = np.asarray(band)
    stored = stored[None] if stored.ndim == 2 else np.moveaxis(stored, -1, 0)  # (C, rows, W)
    if band.mode in ("I", "F"):
        span = (highest - lowest) or 1.0  # a picture of one value outside [0, 1] becomes black
        values = ((stored - np.float64(lowest)) / span).astype(np.float32)
    else:
        white = {"1": 1, "I;16": raster.white, "I;16B": raster.white}.get(band.mode, 255)
        values = stored.astype(np.float32) / np.float32(white)
    if raster.inverted and band.mode in ("I;16", "I;16B", "I", "F"):  # the others Pillow inverts itself
        values = 1 - values
    if band.mode in ("LA", "RGBA"):
        # in bytes first, where all is exact: opaque colours must stay as they are, and white over white be white
        alpha = stored[-1].astype(np.float32)
        return (stored[:-1] * alpha + np.float32(255 * ground) * (255 - alpha)) / np.float32(255 * 255)
    if raster.clear is not None:
        opaque = (stored != np.array(raster.clear).reshape(-1, 1, 1)).any(axis=0)
        return np.where(opaque, values, np.float32(ground))
    return values


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
