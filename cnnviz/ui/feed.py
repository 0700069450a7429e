"""Bulk numbers for the browser, each in a call of its own: a change of anything else does not send them again."""

import base64
from typing import Any

import numpy as np

from cnnviz.ui.component import component


def encode(array: np.ndarray) -> dict[str, Any]:
    """An array as a component can take it: shape, dtype and base64 text.

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
    return about | {"data": base64.b64encode(raw.tobytes()).decode("ascii")}


def feed(name: str, array: np.ndarray | None = None, **about: Any) -> None:
    """Sends an array, and a few plain values about it, to whoever in the browser listens to this name."""
    data = {"name": name, **about}
    if array is not None:
        data |= encode(array)
    component("feed", js="feed.js")(key=f"feed_{name}", data=data, height=0)
