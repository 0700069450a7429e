"""Which measurement gives which rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks import classroom, convolution, leftovers, loading, messages, network, pooling, reruns
from tests.benchmarks.report import Measurement


@dataclass(frozen=True, slots=True)
class Measure:
    """A measurement by the name it is asked for, and the keys of the budgets that it yields samples for."""

    name: str
    run: Callable[..., Iterator[tuple[str, Measurement]]]
    keys: tuple[str, ...]


def _left(key: str) -> tuple[str, ...]:
    return f"{key}_heap", f"{key}_elements", f"{key}_timers"


# without a browser, so that nothing else runs meanwhile
IN_PYTHON = (
    Measure(
        "reruns",
        reruns.reruns,
        (
            "rerun",
            "rerun_photograph",
            "rerun_network",
            "rerun_pooling",
            "rerun_channels",
            "rerun_shapes",
            "rerun_signals",
        ),
    ),
    Measure("shifts", pooling.shifts, ("shifts", "shifts_all")),
    Measure("class", classroom.classroom, ("class_answer", "class_memory", "class_errors")),
    Measure("torch", reruns.torchs_part, ("torch_photograph", "torch_network")),
)
IN_THE_BROWSER = (
    Measure("hover", convolution.hover, ("hover", "hover_photograph")),
    Measure("fan-out", convolution.fan_out, ("fan_out",)),
    Measure("steps", convolution.steps, ("step", "step_photograph")),
    Measure("settings", convolution.settings, ("stride", "padding", "kernel_size", "stride_photograph")),
    Measure("weight", convolution.weight, ("weight_arrow", "weight_typed")),
    Measure(
        "slide",
        convolution.slide,
        ("slide_16", "slide_64", "slide_128", "slide_rate", "slide_longest", "slide_growth"),
    ),
    Measure("nudge", pooling.nudge, ("nudge",)),
    Measure("pen", network.pen, ("pen",)),
    Measure("digits", network.digits, ("digit", "digit_frame")),
    Measure("units", network.units, ("unit", "unit_stage")),
    Measure("images", convolution.images, ("image", "image_frame")),
    Measure("photographs", network.photographs, ("photograph", "photograph_frame")),
    Measure("messages", messages.messages, ("message", "message_photograph", "message_network")),
    Measure("units-left", leftovers.units, _left("units")),
    Measure("digits-left", leftovers.digits, _left("digits")),
    Measure("images-left", leftovers.images, (*_left("images"), "images_server")),
    Measure("photographs-left", leftovers.photographs, (*_left("photographs"), "photographs_server")),
    Measure("panels-left", leftovers.panels, _left("panels")),
    Measure("everything-left", leftovers.everything, _left("everything")),
    Measure("pages-left", leftovers.pages, _left("pages")),
    Measure("loading", loading.loading, ("load_convolution", "load_network")),
    Measure("traffic", loading.traffic, ("bytes_convolution", "bytes_network")),
)
MEASURES = IN_PYTHON + IN_THE_BROWSER
