"""Files that are large, unpack to much, or are anything at all: what decoding takes, and that nothing else comes of it."""

import contextlib
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
from PIL import Image

from cnnviz.core.decoding import decode_image
from cnnviz.core.rasters import ImageError
from tests.browser.server import ROOT
from tests.core.picture_files import EXAMPLES, GREY, PNG_START, RANDOM, SIDEWAYS, chunk, png, saved


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
    code = "import sys; from tests.core.test_hostile_files import measure; measure(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True)
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
