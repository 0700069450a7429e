"""TIFF files: their tags, of which EXIF is made too, and the picture."""

import io
import math
import struct

from PIL import TiffImagePlugin

from cnnviz.core.rasters import MAX_PARTS, ImageError, Raster, check_size, most_pixels

_MAX_BLOCK_BYTES = 64_000_000  # of a compressed TIFF's strip or tile, unpacked beside the picture
_FIRST_PAGE = "Of this TIFF, the first page is shown."

_NUMBERS = {1: "B", 3: "H", 4: "I", 7: "B"}  # kinds of values, as struct names them
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES = 256, 257, 258, 259, 262, 274, 277
_ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 278, 322, 323
_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS = 273, 279, 324, 325
_FILL_ORDER, _PLANES, _FAX_OPTIONS, _PREDICTOR = 266, 284, (292, 293), 317
_PALETTE, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _JPEG_TABLES, _SUBSAMPLING = 320, 338, 339, 347, 530
_LISTS = frozenset({_BITS, _PALETTE, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _JPEG_TABLES, _SUBSAMPLING})
_LISTS |= {_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS}
_TAGS = _LISTS | {_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP}
_TAGS |= {_TILE_WIDTH, _TILE_HEIGHT, _FILL_ORDER, _PLANES, *_FAX_OPTIONS, _PREDICTOR}


def open_tiff(data: bytes) -> Raster:
    """The first page: all of the file, but of its directory only the tags that make the picture."""
    order, tags = _tags_of(data, _TAGS)
    lists = {tag: struct.unpack(f"{order}{count}{_NUMBERS[kind]}", at) for tag, (kind, count, at) in tags.items()}
    numbers = {tag: values[0] for tag, values in lists.items()}
    orientation = numbers.get(_ORIENTATION, 1)
    tags.pop(_ORIENTATION, None)  # or Pillow would turn the picture itself
    width, height, bits = numbers[_WIDTH], numbers[_HEIGHT], numbers.get(_BITS, 1)
    check_size(width, height, most_pixels(numbers.get(_SAMPLES, 1) * bits))
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
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(_with_directory(data, order, tags)))
    return Raster(
        image,
        orientation if 1 <= orientation <= 8 else 1,
        white=white,
        inverted=numbers.get(_PHOTOMETRIC, 1) == 0,
        remark=_FIRST_PAGE if _has_another_page(data, order) else "",
    )


def _with_directory(data: bytes, order: str, tags: dict[int, tuple[int, int, bytes]]) -> bytes:
    """The file with a new directory at its end that holds these tags, and its header pointing there."""
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
    return b"".join([header, memoryview(data)[8:], b"\0" * (start - len(data)), *table, b"\0" * 4, beyond])


def _has_another_page(data: bytes, order: str) -> bool:
    """Whether a second directory is named behind the first."""
    (start,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, start)
    following = data[start + 2 + 12 * entries :][:4]
    return any(following)


def exif_orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1, upright, if it says none or cannot be read."""
    try:
        order, tags = _tags_of(exif, {_ORIENTATION})
        kind, _, stored = tags[_ORIENTATION]
        (orientation,) = struct.unpack(order + _NUMBERS[kind], stored)
    except (ImageError, KeyError, struct.error):
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _tags_of(data: bytes, wanted: frozenset[int]) -> tuple[str, dict[int, tuple[int, int, bytes]]]:
    """The byte order, and the wanted tags of the first directory as {tag: (kind, count, bytes)}; EXIF is a TIFF too."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    (start,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, start)
    tags = {}
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, at)
        if tag not in wanted or kind not in _NUMBERS or count == 0:
            continue
        size = count * struct.calcsize("=" + _NUMBERS[kind])
        place = at + 8 if size <= 4 else struct.unpack_from(order + "I", data, at + 8)[0]
        stored = data[place : place + size]
        if len(stored) < size or count > MAX_PARTS:
            raise ImageError(f"This TIFF is damaged (tag {tag} has {count:,} values): save it again, or as PNG.")
        if tag in _LISTS:
            tags[tag] = kind, count, stored
        else:
            tags[tag] = kind, 1, stored[: size // count]
    return order, tags
