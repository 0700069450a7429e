"""Picture files: which kind a file is, and as much of it as Pillow needs to make the picture."""

import io
import math
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

MAX_BYTES = 20 * 2**20  # a photograph from a phone has 3 to 12 MB; files.js has the same number
MAX_PIXELS = 40_000_000
MAX_SIDE = 65_535
KEPT_PIXELS = 2048 * 2048  # larger pictures are averaged down: no page shows more, and a class shares one memory
_FORMATS = "PNG, JPEG, WebP, GIF, BMP or TIFF"


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


# From bytes to Pillow. Each opener hands the decoder only those parts of the file that make the picture. Comments,
# profiles, thumbnails, animation and metadata, where most traps lie, never reach it; nor can it then warn about them.
# (`warnings.catch_warnings` would not do: it changes what all threads of the server see.)


_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"RIFF": "WebP",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_NO_PICTURES = {
    b"%PDF": "a PDF document, not a picture",
    b"PK\x03\x04": "a ZIP archive or an office document, not a picture",
    b"MZ": "a program for Windows, not a picture",
    b"\x7fELF": "a program, not a picture",
}

_FIRST_FRAME = "Of this moving picture, the first frame is shown."
_FIRST_PAGE = "Of this TIFF, the first page is shown."
_TOO_MANY_PARTS = "This {} file is in too many pieces: open it in a picture program and save it again."

# What keeps each file within 2 s and 300 MB, measured: decoders need more than the picture itself.
_MAX_UNPACKED_BYTES = 3 * MAX_PIXELS  # of a PNG or TIFF; alpha, 16 bits and floats take more than colours do
_MAX_PARTS = 100_000  # chunks, segments or blocks of a file; honest files have a few thousand
_MAX_COEFFICIENT_BYTES = 200_000_000  # of a progressive JPEG, which is held whole
_MAX_SCANNED_PIXELS = 500_000_000  # pixels × scans of a JPEG
_MAX_WEBP_PIXELS = 12_500_000  # of which Pillow holds three copies
_MAX_RUNS = 4_000_000  # pixels, and bytes, of a run-length encoded BMP, which Pillow unpacks in Python
_MAX_BLOCK_BYTES = 64_000_000  # of a compressed TIFF's strip or tile, unpacked beside the picture

_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I", 7: "B"}  # kinds of values, as struct names them
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES = 256, 257, 258, 259, 262, 274, 277
_ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 278, 322, 323
_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS = 273, 279, 324, 325
_FILL_ORDER, _PLANES, _FAX_OPTIONS, _PREDICTOR = 266, 284, (292, 293), 317
_PALETTE, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _JPEG_TABLES, _SUBSAMPLING = 320, 338, 339, 347, 530
_TIFF_LISTS = frozenset({_BITS, _PALETTE, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _JPEG_TABLES, _SUBSAMPLING})
_TIFF_LISTS |= {_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS}
_TIFF_TAGS = _TIFF_LISTS | {_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP}
_TIFF_TAGS |= {_TILE_WIDTH, _TILE_HEIGHT, _FILL_ORDER, _PLANES, *_FAX_OPTIONS, _PREDICTOR}

_PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # numbers a pixel, by colour type

# a mark that is neither stuffing, fill nor restart
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
_FIRST_MARKER, _END_OF_IMAGE, _START_OF_SCAN, _EXIF = 0xC0, 0xD9, 0xDA, 0xE1
_JPEG_APPLICATIONS = frozenset(range(0xE1, 0xF0)) - {0xEE} | {0xFE}  # APP14 tells how colours are coded


def kind_of(data: bytes) -> str:
    if not data:
        raise ImageError(f"This file is empty: choose a picture ({_FORMATS}).")
    check_bytes(len(data))
    for start, kind in _SIGNATURES.items():
        if data.startswith(start) and (kind != "WebP" or data[8:12] == b"WEBP"):
            return kind
    raise ImageError(f"This is {_what_else(data)}: use a picture in {_FORMATS}.")


def _what_else(data: bytes) -> str:
    """What a file is that is no picture, in words."""
    for start, words in _NO_PICTURES.items():
        if data.startswith(start):
            return words
    if data[4:8] == b"ftyp":
        return "a picture or film of the HEIC, AVIF or MP4 family, which cannot be read here"
    beginning = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(b"<"):
        return "a drawing in SVG, not in pixels" if b"<svg" in beginning else "a web page or other text, not a picture"
    return "no picture of a kind that is known here"


def check_bytes(count: float) -> None:
    if count > MAX_BYTES:
        raise ImageError(f"This file has {count / 1e6:,.0f} MB: use a picture of at most {MAX_BYTES / 1e6:.0f} MB.")


def check_size(width: int, height: int, most: float = MAX_PIXELS) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"This picture claims {width} × {height} pixels: it needs one at least.")
    if width * height > most:
        size = f"{width:,} × {height:,} pixels, {width * height / 1e6:,.1f} megapixels"
        raise ImageError(f"This picture would unpack to {size}: save it with at most {most / 1e6:.3g} megapixels.")
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"This picture has {width:,} × {height:,} pixels: a side can have {MAX_SIDE:,} at most.")


def _most_pixels(bits: int) -> float:
    """How many pixels of so many bits a picture may have."""
    return min(MAX_PIXELS, 8 * _MAX_UNPACKED_BYTES / max(1, bits))


def _open_png(data: bytes) -> Raster:
    """Header, palette, transparency and pixels, their checksums tested; orientation from the eXIf chunk."""
    kept, facts, orientation, remark, at = [data[:8]], {}, 1, "", 8
    for _ in range(_MAX_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        body, end = at + 8, at + 12 + length
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != checksum:
            raise ImageError("This PNG file is damaged (a checksum differs): copy or save it again.")
        if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"):
            if name != b"IDAT":
                facts[name] = data[body : end - 4]
            kept.append(memoryview(data)[at:end])
        elif name == b"eXIf":
            orientation = _exif_orientation(data[body : end - 4])
        elif name == b"acTL" and int.from_bytes(data[body : body + 4], "big") > 1:
            remark = _FIRST_FRAME
        elif name == b"IEND":
            break
        at = end
    else:
        raise ImageError(_TOO_MANY_PARTS.format("PNG"))
    width, height, depth, colour_type = struct.unpack_from(">IIBB", facts[b"IHDR"])
    check_size(width, height, _most_pixels(_PNG_SAMPLES.get(colour_type, 1) * depth))
    clear = None
    if b"tRNS" in facts and colour_type in (0, 2):
        clear = struct.unpack_from(">H" if colour_type == 0 else ">HHH", facts[b"tRNS"])
        if colour_type == 2 and depth == 16:
            clear = tuple(value >> 8 for value in clear)
        elif depth in (2, 4):
            clear = (clear[0] * 255 // (2**depth - 1),)
    if colour_type == 3 and b"PLTE" not in facts:
        raise ImageError("This PNG has lost its palette: copy or save it again.")
    image = PngImagePlugin.PngImageFile(io.BytesIO(b"".join([*kept, b"\0\0\0\0IEND\xae\x42\x60\x82"])))
    return Raster(image, orientation, clear=clear, grey=colour_type == 4 and depth == 16, remark=remark)


def _open_jpeg(data: bytes) -> Raster:
    """All segments of the first picture but comments and application data; of these, colours and orientation."""
    kept, orientation, scans, at = [data[:2]], 1, 0, 2
    for _ in range(_MAX_PARTS):
        at = _JPEG_MARKER.search(data, at).start()
        marker = data[at + 1]
        if marker == _END_OF_IMAGE:
            break
        if marker < _FIRST_MARKER:
            raise ImageError("This JPEG file is damaged (its data breaks off): copy or save it again.")
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == _START_OF_SCAN:
            scans += 1
            end = _JPEG_MARKER.search(data, end).start()  # the coded pixels follow their segment
        if marker == _EXIF and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _exif_orientation(data[at + 10 : end])
        elif marker not in _JPEG_APPLICATIONS:
            kept.append(memoryview(data)[at:end])
        at = end
    else:
        raise ImageError(_TOO_MANY_PARTS.format("JPEG"))
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(b"".join([*kept, b"\xff\xd9"])))
    width, height = image.size
    check_size(width, height)
    _check_scans(image, scans)
    scale = max(power for power in (1, 2, 4, 8) if power <= shrink_factor(width, height))
    if scale > 1:
        image.draft(None, (width // scale, height // scale))
    return Raster(image, orientation)


def _check_scans(image: JpegImagePlugin.JpegImageFile, scans: int) -> None:
    """Several scans over a large picture take time, and memory for all its coefficients, two bytes each."""
    width, height = image.size
    if scans < 2:
        return
    widest = max(horizontal for _, horizontal, _, _ in image.layer) * max(vertical for _, _, vertical, _ in image.layer)
    share = sum(horizontal * vertical for _, horizontal, vertical, _ in image.layer) / widest
    if 2 * width * height * share > _MAX_COEFFICIENT_BYTES or scans * width * height > _MAX_SCANNED_PIXELS:
        megapixels = f"{width * height / 1e6:.0f} megapixels in {scans} scans"
        raise ImageError(f"This JPEG has {megapixels}: save it smaller, or as a JPEG that is not progressive.")


def _open_gif(data: bytes) -> Raster:
    """The header with its palette, the last graphic control before the first frame, and that frame."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    header = data[:at]
    at, control = _after_gif_extensions(data, at)
    if data[at] != 0x2C:
        raise ImageError("This GIF holds no picture where one should begin: save it again, or use PNG.")
    left, top, width, height = struct.unpack_from("<4H", data, at + 1)
    screen_width, screen_height = struct.unpack_from("<HH", data, 6)
    check_size(max(screen_width, left + width), max(screen_height, top + height))
    image = GifImagePlugin.GifImageFile(io.BytesIO(header + control + data[at:]))
    clear = image.info.get("transparency")
    clear = (clear,) if image.mode == "L" and clear is not None else None
    return Raster(image, clear=clear, remark=_FIRST_FRAME if _has_another_frame(data, at) else "")


def _after_gif_extensions(data: bytes, at: int) -> tuple[int, bytes]:
    """Where the GIF goes on behind the extensions that begin here, and the last graphic control among them."""
    control, left = b"", _MAX_PARTS
    while data[at] == 0x21:
        if data[at + 1] == 0xF9:
            control = data[at : at + 8]
        at, left = _after_gif_blocks(data, at + 2, left)
    return at, control


def _after_gif_blocks(data: bytes, at: int, left: int) -> tuple[int, int]:
    """Where the GIF goes on behind the blocks, each with its length before it, and how many more there may be."""
    while left:
        left -= 1
        if not data[at]:
            return at + 1, left
        at += 1 + data[at]
    raise ImageError(_TOO_MANY_PARTS.format("GIF"))


def _has_another_frame(data: bytes, at: int) -> bool:
    """Whether a second frame follows the one that begins here. A file that breaks off behind the first has none."""
    palette = 3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0
    try:
        at, _ = _after_gif_blocks(data, at + 10 + palette + 1, _MAX_PARTS)
        at, _ = _after_gif_extensions(data, at)
        return data[at] == 0x2C
    except (IndexError, ImageError):
        return False


def _open_webp(data: bytes) -> Raster:
    """The whole file, once its size is known: Pillow's decoder makes room for three copies before it is asked."""
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(body[4:7], "little")
        height = 1 + int.from_bytes(body[7:10], "little")
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", body, 6))
    check_size(width, height, _MAX_WEBP_PIXELS)
    image = WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    exif = image.info.get("exif", b"")
    remark = _FIRST_FRAME if image.n_frames > 1 else ""
    return Raster(image, _exif_orientation(exif.removeprefix(b"Exif\0\0")), remark=remark)


def _open_bmp(data: bytes) -> Raster:
    """The whole file; Pillow unpacks run lengths in Python, so these must be few."""
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    width, height = image.size
    check_size(width, height)
    if image.info["compression"] in (1, 2) and max(width * height, len(data)) > _MAX_RUNS:
        size = f"{width:,} × {height:,} pixels in {len(data) / 1e6:.1f} MB"
        raise ImageError(f"This BMP has {size}, run-length encoded: save it as PNG, or without that encoding.")
    return Raster(image)


def _open_tiff(data: bytes) -> Raster:
    """The file with a new directory at its end, which holds only the first page's tags that make the picture."""
    order, tags = _tiff_tags(data, _TIFF_TAGS)
    lists = {tag: struct.unpack(f"{order}{count}{_TIFF_NUMBERS[kind]}", at) for tag, (kind, count, at) in tags.items()}
    numbers = {tag: values[0] for tag, values in lists.items()}
    orientation = numbers.get(_ORIENTATION, 1)
    tags.pop(_ORIENTATION, None)  # or Pillow would turn the picture itself
    width, height, bits = numbers[_WIDTH], numbers[_HEIGHT], numbers.get(_BITS, 1)
    check_size(width, height, _most_pixels(numbers.get(_SAMPLES, 1) * bits))
    white = 4095 if bits == 12 else 65_535
    strip = width * min(height, numbers.get(_ROWS_PER_STRIP, height))
    tile = numbers.get(_TILE_WIDTH, 0) * numbers.get(_TILE_HEIGHT, 0)
    block = max(strip, tile) * numbers.get(_SAMPLES, 1) * bits // 8
    if numbers.get(_COMPRESSION, 1) != 1 and block > _MAX_BLOCK_BYTES:
        size, most = f"{block / 1e6:.0f} MB", f"{_MAX_BLOCK_BYTES / 1e6:.0f} MB"
        raise ImageError(f"This TIFF packs {size} into one block: save it in strips of at most {most}, or smaller.")
    places = lists.get(_TILES, lists.get(_STRIPS, ()))
    lengths = lists.get(_TILE_LENGTHS, lists.get(_STRIP_LENGTHS, ()))
    held = sum(lengths) if numbers.get(_COMPRESSION, 1) == 1 else math.inf
    missing = held < height * -(-width * numbers.get(_SAMPLES, 1) * bits // 8)
    if missing or any(place + length > len(data) for place, length in zip(places, lengths, strict=True)):
        raise ImageError("This TIFF file is incomplete: copy or save it again.")
    start = len(data) + len(data) % 2
    table, beyond = [struct.pack(order + "H", len(tags))], b""
    for tag in sorted(tags):
        kind, count, stored = tags[tag]
        cell = stored.ljust(4, b"\0")
        if len(stored) > 4:  # the value itself stands behind the table
            cell = struct.pack(order + "I", start + 2 + 12 * len(tags) + 4 + len(beyond))
            beyond += stored + b"\0" * (len(stored) % 2)
        table.append(struct.pack(order + "HHI", tag, kind, count) + cell)
    header = data[:2] + struct.pack(order + "HI", 42, start)
    end = [b"\0" * (start - len(data)), *table, b"\0" * 4, beyond]
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(b"".join([header, memoryview(data)[8:], *end])))
    return Raster(
        image,
        orientation if 1 <= orientation <= 8 else 1,
        white=white,
        inverted=numbers.get(_PHOTOMETRIC, 1) == 0,
        remark=_FIRST_PAGE if _has_another_page(data, order) else "",
    )


def _has_another_page(data: bytes, order: str) -> bool:
    """Whether a second directory is named behind the first."""
    (start,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, start)
    following = data[start + 2 + 12 * entries :][:4]
    return any(following)


def _exif_orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1, upright, if it says none or cannot be read."""
    try:
        order, tags = _tiff_tags(exif, {_ORIENTATION})
        kind, _, stored = tags[_ORIENTATION]
        (orientation,) = struct.unpack(order + _TIFF_NUMBERS[kind], stored)
    except (ImageError, KeyError, struct.error):
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _tiff_tags(data: bytes, wanted: frozenset[int]) -> tuple[str, dict[int, tuple[int, int, bytes]]]:
    """The byte order, and the wanted tags of the first directory as {tag: (kind, count, bytes)}; EXIF is a TIFF too."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    (start,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, start)
    tags = {}
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, at)
        if tag not in wanted or kind not in _TIFF_NUMBERS or count == 0:
            continue
        size = count * struct.calcsize("=" + _TIFF_NUMBERS[kind])
        place = at + 8 if size <= 4 else struct.unpack_from(order + "I", data, at + 8)[0]
        stored = data[place : place + size]
        if len(stored) < size or count > _MAX_PARTS:
            raise ImageError(f"This TIFF is damaged (tag {tag} has {count:,} values): save it again, or as PNG.")
        if tag in _TIFF_LISTS:
            tags[tag] = kind, count, stored
        else:
            tags[tag] = kind, 1, stored[: size // count]
    return order, tags


OPENERS: dict[str, Callable[[bytes], Raster]] = {
    "PNG": _open_png,
    "JPEG": _open_jpeg,
    "WebP": _open_webp,
    "GIF": _open_gif,
    "BMP": _open_bmp,
    "TIFF": _open_tiff,
}
