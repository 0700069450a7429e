"""What a component is sent where arrays are part of it: one message, in which they are bytes and no text."""

import json
from typing import Any

import numpy as np


def encode(array: np.ndarray) -> dict[str, Any]:
    """An array as `pack` takes it: shape, dtype and bytes.

    Pictures whose values are hundredths, or the 256 levels of a file, travel as one byte a value with the number that
    divides it; all else as float32.
    """
    array = np.ascontiguousarray(array, dtype=np.float32)
    about: dict[str, Any] = {"shape": list(array.shape), "dtype": "float32"}
    raw = array.astype("<f4")
    for levels in (100, 255):
        steps = np.rint(array.astype(np.float64) * levels)
        in_a_byte = array.size > 0 and steps.min() >= 0 and steps.max() <= 255
        if in_a_byte and np.array_equal((steps / levels).astype(np.float32), array):
            about |= {"dtype": "uint8", "levels": levels}
            raw = steps.astype(np.uint8)
            break
    return about | {"data": raw.tobytes()}


def pack(data: dict[str, Any]) -> bytes:
    """Plain values and, anywhere among them, bytes, as `parcel.js` unpacks them. TypeError for anything else.

    A JSON text stands in front, in one line, and says {"$bytes": [from, to]} where the bytes behind that line belong.
    """
    parts: list[bytes] = []
    end = 0

    def put_behind(value: object) -> dict[str, list[int]]:
        nonlocal end
        if not isinstance(value, bytes):
            raise TypeError(f"A value of type {type(value).__name__} cannot be sent to a component.")
        parts.append(value)
        start, end = end, end + len(value)
        return {"$bytes": [start, end]}

    text = json.dumps(data, default=put_behind)
    return b"".join([text.encode("ascii"), b"\n", *parts])
