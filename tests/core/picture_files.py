"""Picture files to decode: small ones in every format and mode, and the means to make others by hand."""

import io
import itertools
import struct
import zlib

import numpy as np
from PIL import Image

RANDOM = np.random.default_rng(7)
GREY = RANDOM.integers(0, 256, (13, 17), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (13, 17, 3), dtype=np.uint8)
ALPHA = RANDOM.integers(0, 256, (13, 17, 1), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65_536, (13, 17), dtype=np.uint16)
PNG_START = b"\x89PNG\r\n\x1a\n"
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6


def saved(picture, kind, **options) -> bytes:
    """A picture, or an array of one, as a file of this kind."""
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, kind, **options)
    return file.getvalue()


def planes(array) -> np.ndarray:
    """(H, W) or (H, W, C) as (C, H, W)."""
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, depth, colour_type, rows: bytes, *extra: bytes, level=1) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    return PNG_START + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows, level)) + chunk(b"IEND", b"")


def tiff(order: str, tags: dict[int, tuple[str, tuple[int, ...]]], pixels: bytes) -> bytes:
    """A TIFF by hand: {tag: (struct letter, values)}; the pixels stand at byte 8, values of more than 4 bytes behind them."""
    at = 8 + len(pixels) + len(pixels) % 2
    body, entries = pixels + b"\0" * (len(pixels) % 2), b""
    for tag, (letter, values) in sorted(tags.items()):
        cell = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(cell) > 4:
            body, cell = body + cell, struct.pack(order + "I", 8 + len(body))
        entries += struct.pack(order + "HHI", tag, {"B": 1, "H": 3, "I": 4}[letter], len(values)) + cell.ljust(4, b"\0")
    header = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8 + len(body))
    assert at <= 8 + len(body)
    return header + body + struct.pack(order + "H", len(tags)) + entries + b"\0" * 4


def grey_tiff(order, width, height, bits, pixels, photometric=1, sample_format=1, **more):
    numbers = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1, 278: height}
    numbers |= {279: len(pixels), 339: sample_format} | {int(tag[1:]): value for tag, value in more.items()}
    return tiff(order, {tag: ("I", (value,)) for tag, value in numbers.items()}, pixels)


def examples() -> dict[str, bytes]:
    """A small picture in every format and mode."""
    grey, colour = Image.fromarray(GREY), Image.fromarray(COLOUR)
    alpha = Image.fromarray(np.concatenate([COLOUR, ALPHA], axis=2))
    palette, exif = colour.quantize(16), SIDEWAYS
    files = {
        f"{picture.mode} {kind}": saved(picture, kind)
        for picture, kind in itertools.product(
            (grey, colour, palette, grey.convert("1")), ("PNG", "BMP", "GIF", "TIFF")
        )
    }
    return files | {
        "JPEG": saved(colour, "JPEG", exif=exif),
        "JPEG grey": saved(grey, "JPEG"),
        "JPEG progressive": saved(colour, "JPEG", progressive=True),
        "JPEG CMYK": saved(colour.convert("CMYK"), "JPEG"),
        "WebP": saved(colour, "WEBP", exif=exif),
        "WebP lossless": saved(alpha, "WEBP", lossless=True),
        "WebP animated": saved(colour, "WEBP", save_all=True, append_images=[alpha]),
        "GIF animated": saved(grey, "GIF", save_all=True, append_images=[palette, grey.rotate(180)], comment=b"hello"),
        "PNG alpha": saved(alpha, "PNG", exif=exif),
        "PNG 16": saved(DEEP, "PNG"),
        "PNG animated": saved(grey, "PNG", save_all=True, append_images=[grey.rotate(180)]),
        "PNG key": saved(palette, "PNG", transparency=3),
        "BMP alpha": saved(alpha, "BMP"),
        "TIFF 16": saved(DEEP, "TIFF"),
        "TIFF float": saved(GREY.astype(np.float32), "TIFF"),
        "TIFF JPEG": saved(colour, "TIFF", compression="jpeg"),
        "TIFF LZW": saved(alpha, "TIFF", compression="tiff_lzw", tiffinfo={274: 8}),
        "TIFF fax": saved(grey.convert("1"), "TIFF", compression="group4"),
        "TIFF pages": saved(grey, "TIFF", save_all=True, append_images=[colour]),
    }


EXAMPLES = examples()
