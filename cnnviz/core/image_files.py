"""Picture files: which kind a file is, and as much of it as Pillow needs to make the picture.

Each opener hands the decoder only those parts of the file that make the picture. Comments, profiles, thumbnails, animation
and metadata, where most traps lie, never reach it; nor can it then warn about them. (`warnings.catch_warnings` would not do:
it changes what all threads of the server see.)
"""

import io
import re
import struct
import zlib
from collections.abc import Callable

from PIL import BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from cnnviz.core.rasters import MAX_PARTS, ImageError, Raster, check_size, most_pixels, shrink_factor
from cnnviz.core.tiff_files import exif_orientation, open_tiff

MAX_BYTES = 20 * 2**20  # a photograph from a phone has 3 to 12 MB; files.js has the same number
_FORMATS = "PNG, JPEG, WebP, GIF, BMP or TIFF"

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
_TOO_MANY_PARTS = "This {} file is in too many pieces: open it in a picture program and save it again."

# These, too, keep each file within 2 s and 300 MB; see rasters.py.
_MAX_COEFFICIENT_BYTES = 200_000_000  # of a progressive JPEG, which is held whole
_MAX_SCANNED_PIXELS = 500_000_000  # pixels × scans of a JPEG
_MAX_WEBP_PIXELS = 12_500_000  # of which Pillow holds three copies
_MAX_RUNS = 4_000_000  # pixels, and bytes, of a run-length encoded BMP, which Pillow unpacks in Python

_PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # numbers a pixel, by colour type

# a mark that is neither stuffing, fill nor restart
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
_FIRST_MARKER, _END_OF_IMAGE, _START_OF_SCAN, _EXIF = 0xC0, 0xD9, 0xDA, 0xE1
_JPEG_APPLICATIONS = frozenset(range(0xE1, 0xF0)) - {0xEE} | {0xFE}  # APP14 tells how colours are coded


def kind_of(data: bytes) -> str:
    """The key of `OPENERS` for a file, told by its first bytes. ImageError if it is none of them, empty or too large."""
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
    """ImageError for more than `MAX_BYTES`."""
    if count > MAX_BYTES:
        raise ImageError(f"This file has {count / 1e6:,.0f} MB: use a picture of at most {MAX_BYTES / 1e6:.0f} MB.")


def _open_png(data: bytes) -> Raster:
    """Header, palette, transparency and pixels, their checksums tested; orientation from the eXIf chunk."""
    kept, facts, orientation, remark, at = [data[:8]], {}, 1, "", 8
    for _ in range(MAX_PARTS):
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
            orientation = exif_orientation(data[body : end - 4])
        elif name == b"acTL" and int.from_bytes(data[body : body + 4], "big") > 1:
            remark = _FIRST_FRAME
        elif name == b"IEND":
            break
        at = end
    else:
        raise ImageError(_TOO_MANY_PARTS.format("PNG"))
    width, height, depth, colour_type = struct.unpack_from(">IIBB", facts[b"IHDR"])
    check_size(width, height, most_pixels(_PNG_SAMPLES.get(colour_type, 1) * depth))
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
    for _ in range(MAX_PARTS):
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
            orientation = exif_orientation(data[at + 10 : end])
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
    control, left = b"", MAX_PARTS
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
        at, _ = _after_gif_blocks(data, at + 10 + palette + 1, MAX_PARTS)
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
    return Raster(image, exif_orientation(exif.removeprefix(b"Exif\0\0")), remark=remark)


def _open_bmp(data: bytes) -> Raster:
    """The whole file; Pillow unpacks run lengths in Python, so these must be few."""
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    width, height = image.size
    check_size(width, height)
    if image.info["compression"] in (1, 2) and max(width * height, len(data)) > _MAX_RUNS:
        size = f"{width:,} × {height:,} pixels in {len(data) / 1e6:.1f} MB"
        raise ImageError(f"This BMP has {size}, run-length encoded: save it as PNG, or without that encoding.")
    return Raster(image)


OPENERS: dict[str, Callable[[bytes], Raster]] = {
    "PNG": _open_png,
    "JPEG": _open_jpeg,
    "WebP": _open_webp,
    "GIF": _open_gif,
    "BMP": _open_bmp,
    "TIFF": open_tiff,
}
