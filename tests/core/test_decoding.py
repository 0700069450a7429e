"""Any picture file as an array: its values, what is transparent, and which way up."""

import io
import os
import re
import struct

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch.nn import functional as F

from cnnviz.core.decoding import decode_image, decode_picture
from cnnviz.core.rasters import ImageError
from tests.core.picture_files import ALPHA, COLOUR, DEEP, GREY, RANDOM, chunk, grey_tiff, planes, png, saved

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
