import contextlib
import io
import itertools
import json
import os
import re
import resource
import struct
import subprocess
import sys
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch.nn import functional as F

from cnnviz.core.decoding import decode_image, decode_picture
from cnnviz.core.rasters import ImageError

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


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("array", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        *[("TIFF", {"compression": way}) for way in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")],
    ],
)
def test_every_lossless_8_bit_format_gives_its_bytes_divided_by_255(kind, options, array):
    if kind == "WEBP" and array is GREY:
        array = np.repeat(GREY[:, :, None], 3, axis=2)  # WebP has no greys
    decoded = decode_image(saved(array, kind, **options))
    assert decoded.dtype == np.float32
    np.testing.assert_array_equal(decoded, planes(array).astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("array", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30, "subsampling": 2}])
def test_a_jpeg_has_the_values_that_pillow_reads(array, options):
    file = saved(array, "JPEG", **options)
    expected = np.asarray(Image.open(io.BytesIO(file)))
    np.testing.assert_array_equal(decode_image(file), planes(expected).astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_the_colours_that_pillow_makes_of_it(kind):
    file = saved(Image.fromarray(COLOUR).convert("CMYK"), kind)
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    np.testing.assert_allclose(decode_image(file), planes(expected) / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_bit_pictures_are_exactly_0_and_1(kind):
    bits = GREY > 127
    np.testing.assert_array_equal(decode_image(saved(bits, kind))[0], bits.astype(np.float32))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_palette_becomes_its_colours(kind):
    picture = Image.fromarray(COLOUR).quantize(16)
    decoded = decode_image(saved(picture, kind))
    np.testing.assert_array_equal(decoded, planes(np.asarray(picture.convert("RGB"))) / np.float32(255))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_greys_of_few_bits_span_black_to_white(depth):
    rows = b"\0" + bytes([0b00011011])  # at 2 bits: 0, 1, 2, 3
    count = 8 // depth
    expected = [(0b00011011 >> (8 - depth * (place + 1)) & 2**depth - 1) / (2**depth - 1) for place in range(count)]
    np.testing.assert_allclose(decode_image(png(count, 1, depth, 0, rows))[0, 0], expected, atol=1e-7)


def test_a_16_bit_png_is_divided_by_65535_value_by_value():
    decoded = decode_image(saved(DEEP, "PNG"))
    np.testing.assert_array_equal(decoded, DEEP[None].astype(np.float32) / np.float32(65_535))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_16_bit_tiff_is_divided_by_65535_value_by_value(order):
    pixels = DEEP.astype(order + "u2").tobytes()
    decoded = decode_image(grey_tiff(order, 17, 13, 16, pixels))
    np.testing.assert_array_equal(decoded, DEEP[None].astype(np.float32) / np.float32(65_535))
    if order == "<":  # Pillow knows the inverted kind in this order only
        inverted = decode_image(grey_tiff(order, 17, 13, 16, pixels, photometric=0))
        np.testing.assert_array_equal(inverted, 1 - decoded)


def test_a_12_bit_tiff_is_divided_by_4095():
    decoded = decode_image(grey_tiff("<", 2, 1, 12, bytes([0xFF, 0xF8, 0x01])))  # 0xFFF and 0x801
    np.testing.assert_allclose(decoded[0, 0], [1, 0x801 / 4095], atol=1e-7)


def test_16_bit_colour_and_grey_with_alpha_are_right_to_8_bits():
    colour = RANDOM.integers(0, 65_536, (3, 4, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in colour)
    np.testing.assert_allclose(decode_image(png(4, 3, 16, 2, rows)), planes(colour) / 65_535, atol=1 / 255)
    greys = np.stack([DEEP, np.full_like(DEEP, 65_535)], axis=2)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in greys)
    decoded = decode_image(png(17, 13, 16, 4, rows))
    assert decoded.shape == (1, 13, 17)
    np.testing.assert_allclose(decoded[0], DEEP / 65_535, atol=1 / 255)


def test_a_float_tiff_in_0_to_1_keeps_its_values():
    values = RANDOM.random((13, 17), dtype=np.float32)
    np.testing.assert_array_equal(decode_image(saved(values, "TIFF"))[0], values)
    np.testing.assert_array_equal(decode_image(saved(values, "TIFF", compression="tiff_lzw"))[0], values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[-2.0, 0.0], [1.0, 6.0]], [[0.0, 0.25], [0.375, 1.0]]),
        ([[-3e38, 3e38], [0.0, 0.0]], [[0.0, 1.0], [0.5, 0.5]]),
        ([[7.0, 7.0]], [[0.0, 0.0]]),
    ],
)
def test_a_float_tiff_beyond_0_to_1_is_scaled_by_its_extremes(values, expected):
    np.testing.assert_allclose(decode_image(saved(np.array(values, dtype=np.float32), "TIFF"))[0], expected)


def test_wide_integers_are_scaled_by_their_extremes():
    values = np.array([[-100, 0], [100, 300]], dtype=np.int32)
    np.testing.assert_allclose(decode_image(saved(values, "TIFF"))[0], (values + 100) / 400, atol=1e-7)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_finite_numbers_are_refused(value):
    with pytest.raises(ImageError, match="NaN or infinity"):
        decode_image(saved(np.array([[0.5, value]], dtype=np.float32), "TIFF"))


# --- what is transparent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ground", "expected"), [(1.0, [1.0, 0.6, 0.2]), (0.0, [0.0, 0.1, 0.2]), (0.5, [0.5, 0.35, 0.2])]
)
def test_alpha_is_composed_over_the_ground(ground, expected):
    # red 51/255 = 0.2 with alpha 0, 1/2 (nearly: 128/255) and 1
    pixels = np.array([[[51, 0, 255, 0], [51, 0, 255, 128], [51, 0, 255, 255]]], dtype=np.uint8)
    decoded = decode_image(saved(pixels, "PNG"), ground=ground)
    np.testing.assert_allclose(decoded[0, 0], expected, atol=2e-3)
    np.testing.assert_allclose(decoded[2, 0, 1], 128 / 255 + ground * 127 / 255, atol=1e-7)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_every_format_with_alpha_composes_it_alike(kind):
    pixels = np.concatenate([COLOUR, ALPHA], axis=2)
    decoded = decode_image(
        saved(pixels, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {})), ground=0.25
    )
    alpha = ALPHA[:, :, 0] / 255
    np.testing.assert_allclose(decoded, planes(COLOUR) / 255 * alpha + 0.25 * (1 - alpha), atol=1e-6)


def test_grey_with_alpha_stays_one_channel():
    decoded = decode_image(saved(np.concatenate([GREY[:, :, None], ALPHA], axis=2), "PNG"))
    alpha = ALPHA[:, :, 0] / 255
    np.testing.assert_allclose(decoded, (GREY / 255 * alpha + 1 - alpha)[None], atol=1e-6)


def test_opaque_colours_and_white_over_white_are_exact():
    pixels = np.concatenate([COLOUR, np.full_like(ALPHA, 255)], axis=2)
    np.testing.assert_array_equal(decode_image(saved(pixels, "PNG")), planes(COLOUR) / np.float32(255))
    white = np.concatenate([np.full_like(COLOUR, 255), ALPHA], axis=2)
    np.testing.assert_array_equal(decode_image(saved(white, "PNG")), 1)


def test_a_transparent_palette_colour_shows_the_ground():
    picture = Image.new("P", (3, 1))
    picture.putdata([0, 1, 2])
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    for kind in ("PNG", "GIF"):
        decoded = decode_image(saved(picture, kind, transparency=1), ground=0.5)
        np.testing.assert_array_equal(decoded[:, 0].T, [[1, 0, 0], [0.5, 0.5, 0.5], [0, 0, 1]])
    half = decode_image(saved(picture, "PNG", transparency=bytes([255, 51, 255])))
    np.testing.assert_allclose(half[:, 0, 1], [0.8, 1, 0.8], atol=1e-7)


@pytest.mark.parametrize(
    ("depth", "colour_type", "row", "key"),
    [
        (1, 0, bytes([0b01000000]), (1,)),
        (2, 0, bytes([0b00_10_0000]), (2,)),
        (4, 0, bytes([0x0A, 0x00]), (10,)),
        (8, 0, bytes([0, 200, 0]), (200,)),
        (16, 0, struct.pack(">3H", 0, 513, 0), (513,)),
        (8, 2, bytes([0, 0, 0, 9, 8, 7, 0, 0, 0]), (9, 8, 7)),
        (16, 2, struct.pack(">9H", 0, 0, 0, 2570, 2057, 1800, 0, 0, 0), (2570, 2057, 1800)),
    ],
)
def test_the_one_transparent_colour_of_a_png_shows_the_ground(depth, colour_type, row, key):
    key = chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
    decoded = decode_image(png(3, 1, depth, colour_type, b"\0" + row, key), ground=0.75)
    np.testing.assert_array_equal(decoded[0, 0], np.float32([0, 0.75, 0]))


def test_the_transparent_grey_of_a_gif_shows_the_ground():
    greys = np.arange(256, dtype=np.uint8).reshape(16, 16)
    decoded = decode_image(saved(greys, "GIF", transparency=7), ground=0.75)
    expected = np.where(greys == 7, 0.75, greys / 255)
    np.testing.assert_allclose(decoded, expected[None], atol=1e-7)


def test_a_picture_knows_whether_anything_is_transparent():
    pixels = np.concatenate([COLOUR, ALPHA], axis=2)
    picture = decode_picture(saved(pixels, "PNG"))
    for ground in (0, 0.5, 1):
        np.testing.assert_array_equal(picture.over(ground), decode_image(saved(pixels, "PNG"), ground))
    assert not np.array_equal(picture.over(0), picture.over(1))
    pixels[:, :, 3] = 255
    for opaque in (saved(pixels, "PNG"), saved(COLOUR, "JPEG"), saved(GREY, "GIF", transparency=256)):
        assert decode_picture(opaque).over_white is None


def test_a_ground_that_is_no_grey_is_refused():
    with pytest.raises(ValueError, match="ground is a grey"):
        decode_image(saved(GREY, "PNG"), ground=1.5)


# --- orientation and size ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_each_exif_orientation_stands_as_pillow_turns_it(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "TIFF": {"tiffinfo": {274: orientation}}}.get(kind, {})
    file = saved(COLOUR, kind, **options, **({} if kind == "TIFF" else {"exif": exif}))
    opened = Image.open(io.BytesIO(file))
    opened.load()
    expected = planes(np.asarray(ImageOps.exif_transpose(opened)))
    assert expected.shape == ((3, 17, 13) if orientation >= 5 else (3, 13, 17))
    np.testing.assert_array_equal(decode_image(file), expected / np.float32(255))


@pytest.mark.parametrize("shape", [(1, 1), (2, 4000), (4000, 2), (1, 65_535)])
def test_extreme_shapes_keep_every_pixel(shape):
    array = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(decode_image(saved(array, "PNG"))[0], array / np.float32(255))


@pytest.mark.parametrize("shape", [(2100, 2101), (3001, 1500), (65_000, 65)])
def test_a_large_picture_is_averaged_over_whole_squares(shape):
    array = RANDOM.integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = F.avg_pool2d(torch.tensor(planes(array)) / 255, 2, ceil_mode=True).numpy()
    np.testing.assert_allclose(decode_image(saved(array, "PNG", compress_level=0)), expected, atol=1e-6)


def test_a_large_jpeg_is_averaged_too():
    smooth = np.asarray(Image.fromarray(COLOUR).resize((3000, 2600), Image.Resampling.BICUBIC))
    decoded = decode_image(saved(smooth, "JPEG", quality=95))
    expected = F.avg_pool2d(torch.tensor(planes(smooth)) / 255, 2).numpy()
    assert decoded.shape == (3, 1300, 1500)
    np.testing.assert_allclose(decoded, expected, atol=0.05)


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.fromarray(np.roll(GREY, step, axis=1)) for step in range(20)]
    for kind, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})):
        still = decode_picture(saved(frames[0], kind, **options))
        moving = decode_picture(saved(frames[0], kind, save_all=True, append_images=frames[1:], **options))
        for picture in (still, moving):
            np.testing.assert_array_equal(picture.over(0)[0], GREY / np.float32(255))
        assert still.remark == "", kind
        assert re.fullmatch("Of this (moving picture|TIFF), the first (frame|page) is shown.", moving.remark), kind


def test_comments_thumbnails_profiles_and_further_pictures_do_not_matter():
    exif = Image.Exif()
    exif[0x010F] = "maker" * 1000
    plain = saved(COLOUR, "JPEG", quality=90)
    rich = saved(COLOUR, "JPEG", quality=90, exif=exif, icc_profile=b"p" * 100_000, comment=b"\xff\xd9\xff\xda")
    np.testing.assert_array_equal(decode_image(rich + plain + os.urandom(1000)), decode_image(plain))
    resources = b"\xff\xed" + struct.pack(">H", 22) + b"Photoshop 3.0\x008BIM\4\4"  # it breaks off
    np.testing.assert_array_equal(decode_image(plain[:2] + resources + plain[2:]), decode_image(plain))
    rich = saved(COLOUR, "PNG", exif=exif, icc_profile=b"p" * 100_000)
    np.testing.assert_array_equal(decode_image(rich + b"more"), decode_image(saved(COLOUR, "PNG")))


# --- hostile files ----------------------------------------------------------------------------------------------------


def claims(width: int, height: int) -> dict[str, bytes]:
    """Files whose headers claim this size, with next to nothing behind."""
    low, high = min(width, 65_535), min(height, 65_535)
    jpeg = saved(GREY, "JPEG")
    frame = jpeg.index(b"\xff\xc0")
    gif = b"GIF89a" + struct.pack("<HHBBB", low, high, 0, 0, 0) + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    webp = b"VP8X" + struct.pack("<II", 10, 0) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return {
        "PNG": png(width, height, 1, 0, b""),
        "JPEG": jpeg[: frame + 5] + struct.pack(">HH", high, low) + jpeg[frame + 9 :],
        "GIF": gif,
        "GIF frame": gif[:6] + b"\1\0\1\0" + gif[10:18] + struct.pack("<HH", low, high) + gif[22:],
        "BMP": saved(COLOUR, "BMP")[:18] + struct.pack("<ii", width, height) + saved(COLOUR, "BMP")[26:],
        "TIFF": grey_tiff("<", width, height, 8, b"\0" * 8),
        "WebP": b"RIFF" + struct.pack("<I", len(webp) + 4) + b"WEBP" + webp,
    }


@pytest.mark.parametrize("kind", claims(1, 1))
@pytest.mark.parametrize("size", [(65_536, 32_768), (30_000, 30_000), (8_000, 8_000)])
def test_a_header_that_claims_too_much_is_refused_with_its_numbers(kind, size):
    with pytest.raises(
        ImageError, match=r"[\d,]+ × [\d,]+ pixels, [\d,.]+ megapixels: save it with at most (40|12\.5) mega"
    ):
        decode_image(claims(*size)[kind])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\0", "no picture of a kind"),
        (b"\xff", "no picture of a kind"),
        (b"Dear teacher, here is my cat.", "no picture of a kind"),
        (b"<!DOCTYPE html><html><img src=cat.png></html>", "web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG"),
        (b"PK\x03\x04" + bytes(100), "ZIP"),
        (b"%PDF-1.7\n%", "PDF"),
        (b"MZ\x90\0" + bytes(100), "program"),
        (b"\x7fELF\2\1\1" + bytes(100), "program"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "HEIC"),
        (b"RIFF\4\0\0\0WAVE", "no picture of a kind"),
        (b"BMW cars", "BMP file is damaged"),
        (bytes(70_000_000), "70 MB"),
    ],
)
def test_what_is_no_picture_is_named_in_one_sentence(data, words):
    with pytest.raises(ImageError, match=words) as caught:
        decode_image(data)
    message = str(caught.value)
    assert message.endswith(".")
    assert ". " not in message
    assert len(message) < 160


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


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_truncated_file_is_refused_wherever_it_is_cut(name):
    whole = decode_image(EXAMPLES[name])
    for length in range(0, len(EXAMPLES[name]), 1 + len(EXAMPLES[name]) // 150):
        try:
            decoded = decode_image(EXAMPLES[name][:length])
        except ImageError:
            continue
        # nothing that belongs to the picture was cut off (a TIFF's second page, the last mark of a GIF)
        np.testing.assert_array_equal(decoded, whole, err_msg=f"cut to {length} bytes")


@pytest.mark.parametrize("name", ["L PNG", "RGB PNG", "P PNG", "PNG alpha", "PNG 16"])
def test_a_png_with_any_flipped_bit_is_refused_or_unharmed(name):
    whole = decode_image(EXAMPLES[name])
    for at in range(8, len(EXAMPLES[name])):
        data = bytearray(EXAMPLES[name])
        data[at] ^= 1 << at % 8
        try:
            decoded = decode_image(bytes(data))
        except ImageError:
            continue
        np.testing.assert_array_equal(decoded, whole)


def test_a_tiff_with_fewer_pixels_than_it_claims_is_refused():
    decode_image(grey_tiff("<", 17, 13, 8, GREY.tobytes()))
    with pytest.raises(ImageError, match="incomplete"):
        decode_image(grey_tiff("<", 17, 14, 8, GREY.tobytes()))


def test_a_jpeg_with_a_foreign_mark_among_its_pixels_is_refused():
    file = saved(COLOUR, "JPEG")
    with pytest.raises(ImageError, match="its data breaks off"):
        decode_image(file[:-40] + b"\xff\x45" + file[-38:])


def test_a_png_without_its_palette_is_refused():
    with pytest.raises(ImageError, match="lost its palette"):
        decode_image(png(2, 1, 8, 3, b"\0\1\2"))


def test_files_that_make_pillow_warn_are_read_without_a_warning():
    exif = Image.Exif()
    exif[0x010F] = "maker" * 100
    whole, start = saved(COLOUR, "JPEG", exif=exif), b"Exif\0\0MM\0*"
    broken_exif = whole.replace(start + struct.pack(">I", 8), start + struct.pack(">I", 60_000))
    numbers = {256: (17, 17), 257: (13,), 258: (8,), 262: (1,), 273: (8,), 278: (13,), 279: (GREY.size,)}
    two_widths = tiff("<", {tag: ("I", values) for tag, values in numbers.items()}, GREY.tobytes())
    picture = saved(GREY, "PNG")
    no_frames = picture[:33] + chunk(b"acTL", struct.pack(">II", 0, 0)) + picture[33:]
    for file, expected in ((broken_exif, whole), (two_widths, saved(GREY, "TIFF")), (no_frames, picture)):
        assert warned_of(lambda file=file: Image.open(io.BytesIO(file)).load())
        assert not warned_of(lambda file=file: decode_image(file))
        np.testing.assert_array_equal(decode_image(file), decode_image(expected))


def warned_of(act) -> list[str]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        act()
    return [str(warning.message) for warning in seen]


def large_files():
    """Files that are large, or unpack to much: a name, the bytes, and the shape or the words that must come of them."""
    small = saved(GREY, "PNG")
    for megabytes, outcome in ((60, "60 MB: use a picture of at most 21 MB"), (20, (1, 13, 17))):
        text = chunk(b"tEXt", b"k\0" + b"x" * (megabytes * 1_000_000))
        yield f"a {megabytes} MB text chunk", small[:33] + text + small[33:], outcome
    bomb = b"k\0\0" + zlib.compress(bytes(100_000_000), 1)
    yield "a text that unpacks to 100 MB", small[:33] + chunk(b"zTXt", bomb) + small[33:], (1, 13, 17)
    yield "a million chunks", small[:33] + chunk(b"teXt", b"") * 1_700_000 + small[33:], "too many pieces"
    jpeg, gif = saved(GREY, "JPEG"), saved(GREY, "GIF")
    yield "20 MB of fill", jpeg[:2] + b"\xff" * 20_000_000 + jpeg[2:], (1, 13, 17)
    after_palette = gif.index(b",\0\0\0\0")
    comment = b"!\xfe" + (b"\xff" + b"c" * 255) * 78_000 + b"\0"
    yield "a 20 MB comment", gif[:after_palette] + comment + gif[after_palette:], (3, 13, 17)
    yield "millions of blocks", gif[:after_palette] + b"!\xfe\0" * 6_500_000 + gif[after_palette:], "too many pieces"
    yield "30,000 × 30,000 in one bit", png(30_000, 30_000, 1, 0, bytes(3_751 * 30_000)), "900.0 megapixels"
    for side, shape in ((5400, (3, 1800, 1800)), (4096, (3, 2048, 2048))):
        yield f"{side} × {side} with alpha", noisy_png(side, side, 8, 6), shape
    yield "15 megapixels of 16 bits with alpha", noisy_png(4200, 3500, 16, 6), (3, 2100, 1750)
    for depth, most in ((8, 30), (16, 15)):
        yield f"39 megapixels, {depth} bits, alpha", png(6250, 6250, depth, 6, b""), f"at most {most} megapixels"
    clear = Image.new("RGBA", (5400, 5400), (128,) * 4)
    yield "29 megapixels with alpha, TIFF", saved(clear, "TIFF", compression="packbits"), (3, 1800, 1800)
    gradient = Image.linear_gradient("L").resize((6250, 6250))
    yield "39 megapixels, GIF", saved(gradient, "GIF"), (1, 1563, 1563)
    yield "39 megapixels, JPEG", saved(gradient.convert("RGB"), "JPEG"), (3, 1563, 1563)
    yield "39 megapixels, progressive", saved(gradient.convert("RGB"), "JPEG", progressive=True), (3, 1563, 1563)
    wasteful = saved(gradient.convert("RGB"), "JPEG", progressive=True, subsampling=0)
    yield "39 megapixels, progressive and wasteful", wasteful, "progressive"
    floats = saved(gradient.resize((5400, 5400)).convert("F"), "TIFF", compression="tiff_adobe_deflate")
    yield "29 megapixels of floats", floats, (1, 1800, 1800)
    strip = saved(gradient.convert("RGB"), "TIFF", compression="tiff_adobe_deflate", strip_size=2**30)
    yield "39 megapixels in one strip", strip, "one block"
    webp = gradient.resize((4000, 3100)).convert("RGB")
    webp.putalpha(gradient.resize((4000, 3100)).rotate(180))
    yield "12 megapixels, WebP", saved(webp, "WEBP", lossless=True, method=0, quality=0), (3, 1550, 2000)
    photograph = RANDOM.integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    yield "a 10 MB photograph", saved(photograph, "JPEG", quality=91), (3, 1500, 2000)
    frames = [Image.new("L", (1000, 700), 12 * step) for step in range(20)]
    for kind, channels, options in (("GIF", 3, {}), ("PNG", 1, {}), ("WEBP", 3, {"lossless": True, "method": 0})):
        moving = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        yield f"20 frames, {kind}", moving, (channels, 700, 1000)
    runs = struct.pack("<IiiHHIIiiII", 40, 65_000, 61, 1, 8, 1, 0, 0, 0, 16, 0) + bytes(64) + b"\1\1\0\0" * 900_000
    yield "a BMP that ends every row at once", b"BM" + struct.pack("<III", 0, 0, 118) + runs, (3, 61, 65_000)
    runs = runs[:4] + struct.pack("<ii", 6000, 6000) + runs[12:]
    yield "36 megapixels of runs", b"BM" + struct.pack("<III", 0, 0, 118) + runs, "run-length"


def noisy_png(width, height, depth, colour_type) -> bytes:
    """As slow and large as a PNG may be: every row foretold from its neighbours, noise for 17 MB, and lying on its side."""
    rows = np.zeros((height, 1 + width * {0: 1, 6: 4}[colour_type] * depth // 8), dtype=np.uint8)
    rows[:, 0] = 4  # Paeth's filter
    rows[: 17_000_000 // rows.shape[1], 1:] = RANDOM.integers(0, 256, (17_000_000 // rows.shape[1], rows.shape[1] - 1))
    return png(width, height, depth, colour_type, rows, chunk(b"eXIf", SIDEWAYS.tobytes()[6:]))


def measure(folder):
    """Decode each file of the folder; print {name: [outcome, seconds, MB that were needed, the file's bytes included]}."""
    torch.set_num_threads(1)
    result(saved(GREY, "PNG"))
    before, report = memory(), {}
    for path in sorted(Path(folder).iterdir()):
        count_peak_anew()
        start, data = time.process_time(), path.read_bytes()
        outcome = result(data)
        outcome = outcome if isinstance(outcome, str) else outcome.shape
        report[path.name] = outcome, time.process_time() - start, memory(peak=True) - before
    print(json.dumps(report))


def count_peak_anew() -> None:
    """Forgets how much memory this process has held at most, where the system can do that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def memory(peak=False) -> float:
    """Megabytes this process holds, or held at most."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


@pytest.mark.timeout(300)  # some 20 s of one core; others may want it too
def test_large_files_take_less_than_2_seconds_and_300_megabytes(tmp_path):
    expected = {}
    for number, (name, data, outcome) in enumerate(large_files()):
        (tmp_path / f"{number:02}").write_bytes(data)
        expected[f"{number:02}"] = name, outcome
    # a process of its own, in which nothing else takes memory
    code = "import sys, test_decoding; test_decoding.measure(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    for number, (outcome, seconds, megabytes) in json.loads(done.stdout).items():
        name, wanted = expected[number]
        print(f"{name}: {seconds:.2f} s, {megabytes:.0f} MB, {outcome}")
        assert wanted in outcome if isinstance(wanted, str) else list(wanted) == outcome, (name, outcome)
        assert seconds <= 2, name
        assert megabytes <= 300, name


def mutated(data: bytes, other: bytes, random: np.random.Generator) -> bytes:
    """The file with a few things done to it that happen to files, or are done to them on purpose."""
    data = bytearray(data)
    for _ in range(random.integers(1, 4)):
        at = int(random.integers(0, len(data) + 1))
        length = int(random.integers(1, 1 + min(64, len(data) or 1)))
        match random.integers(0, 8):
            case 0:
                data[at : at + length] = random.bytes(length)
            case 1:
                data[at : at + 1] = random.bytes(1)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                del data[at:]
            case 5:
                data[at : at + 4] = random.choice(
                    [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\1\0\1\0"]
                )
            case 6:
                place = int(random.integers(0, len(other)))
                data[at : at + length] = other[place : place + length]
            case 7:
                data[:64] = bytes(
                    byte ^ (1 << random.integers(0, 8) if random.random() < 0.05 else 0) for byte in data[:64]
                )
    return with_checksums(bytes(data)) if random.random() < 0.8 else bytes(data)


def with_checksums(data: bytes) -> bytes:
    """A PNG with its checksums made right, so that what was changed reaches the decoder; anything else as it is."""
    if not data.startswith(PNG_START):
        return data
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        parts.append(chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join([*parts, data[at:]])


def fed(files) -> tuple[int, int]:
    """How many of the files are pictures, and how many refused: without another exception, a warning, or a limit passed."""
    count_peak_anew()
    read, refused, slowest, before = 0, 0, 0.0, memory()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")  # as errors, they would come out as damaged files
        for number, data in enumerate(files):
            start = time.process_time()
            decoded = result(data)
            slowest = max(slowest, time.process_time() - start)
            assert not seen, (number, str(seen[0].message))
            assert slowest <= 2, number
            if isinstance(decoded, str):
                refused += 1
                assert ". " not in decoded, number
            else:
                read += 1
                assert decoded.dtype == np.float32, number
                assert decoded.ndim == 3, number
                assert len(decoded) in (1, 3), number
                assert decoded.size, number
                assert np.isfinite(decoded).all(), number
                assert decoded.min() >= 0, number
                assert decoded.max() <= 1, number
    needed = memory(peak=True) - before
    print(f"{read} pictures, {refused} refused, each within {slowest:.2f} s, all within {needed:.0f} MB")
    assert needed <= 300
    return read, refused


def test_mutated_files_give_a_picture_or_an_image_error():
    names = list(EXAMPLES)

    def files():
        for number in range(int(os.environ.get("FUZZ", "2000"))):
            random = np.random.default_rng(number)
            yield mutated(EXAMPLES[names[number % len(names)]], EXAMPLES[random.choice(names)], random)

    read, refused = fed(files())
    assert min(read, refused) > (read + refused) / 10  # or the mutations were too weak, or too strong, to show anything


def test_random_bytes_are_refused_whatever_they_begin_with():
    starts = [b"", *{EXAMPLES[name][:length] for name in EXAMPLES for length in (2, 4, 8, 12, 16, 24, 33)}]
    files = (start + np.random.default_rng(seed).bytes(seed**2) for start in starts for seed in range(1, 40, 3))
    read, refused = fed(files)
    assert read <= refused / 100  # a few bytes of a bitmap may be anything


def test_many_threads_decode_their_own_pictures():
    filters = list(warnings.filters)
    files = list(EXAMPLES.values()) * 6 + [b"%PDF-1.7"] * 20
    alone = [result(file) for file in files]
    with ThreadPoolExecutor(20) as threads:
        together = list(threads.map(result, files))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert warnings.filters == filters


def result(file):
    try:
        return decode_image(file)
    except ImageError as error:
        return str(error)
