"""Files that are damaged, or no pictures, or claim too much: each is told in one sentence, and no warning."""

import io
import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from cnnviz.core.decoding import decode_image
from cnnviz.core.rasters import ImageError
from tests.core.picture_files import COLOUR, EXAMPLES, GREY, chunk, grey_tiff, png, saved, tiff


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
