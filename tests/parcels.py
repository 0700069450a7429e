"""What a component is sent, read as the browser reads it."""

import json
from typing import Any

import numpy as np
from streamlit.proto.BidiComponent_pb2 import BidiComponent


def unpack(component: BidiComponent) -> dict[str, Any]:
    """The values of a message, as parcel.js unpacks them."""
    if component.WhichOneof("data") == "json":
        (message,) = json.loads(component.json)
        return message
    text, _, behind = component.bytes.partition(b"\n")
    return json.loads(text, object_hook=lambda value: behind[slice(*value["$bytes"])] if "$bytes" in value else value)


def decode(message: dict[str, Any]) -> np.ndarray:
    """The array in a message, as parcel.js decodes it."""
    if message["dtype"] == "float32":
        return np.frombuffer(message["data"], "<f4").reshape(message["shape"])
    steps = np.frombuffer(message["data"], np.uint8).astype(np.float64)
    return (steps / message["levels"]).astype(np.float32).reshape(message["shape"])
