"""What all layers with a sliding window have in common: how it moves, and what their input must be."""

from cnnviz.core.layers import Layer
from cnnviz.core.mismatch import MismatchError, Shape, times
from cnnviz.core.windows import WindowSpec


def batched(layer: Layer, shape: Shape) -> bool:
    """Whether a layer that slides has a batch in front of its channels."""
    return len(shape) == layer.kind.axes + 2


def window_specs(layer: Layer) -> tuple[WindowSpec, ...]:
    """How the window of a convolution or pooling layer moves along each axis. Its padding is what stands there in zeros'
    place too: other padding modes fill the same cells."""
    sizes = layer.per_axis("kernel_size")
    has_dilation = layer.kind.family != "avg_pool"
    dilations = layer.per_axis("dilation") if has_dilation else (1,) * layer.kind.axes
    strides = sizes if layer["stride"] is None else layer.per_axis("stride")
    if layer["padding"] == "same":
        missing = [dilation * (size - 1) for size, dilation in zip(sizes, dilations, strict=True)]
        paddings, extras = [total // 2 for total in missing], [total % 2 for total in missing]
    else:
        paddings = [0] * layer.kind.axes if layer["padding"] == "valid" else layer.per_axis("padding")
        extras = [0] * layer.kind.axes
    return tuple(map(WindowSpec, sizes, strides, paddings, dilations, extras))


def at_least(layer: Layer, **least: int) -> None:
    """`MismatchError` where one of these arguments is smaller than its least value."""
    for name, smallest in least.items():
        value = layer[name]
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(number, int) and number < smallest for number in numbers):
            raise MismatchError(
                f"The {name} must be a whole number from {smallest} up, not {min(numbers)}.".replace("-", "−")
            )


def wrong_rank(layer: Layer, shape: Shape, says: str, more: str = "") -> MismatchError:
    """Says how many axes a layer takes, and how many came; ``says`` are torch's words, ``more`` what explains them."""
    axes = layer.kind.axes
    names = ("length",) if axes == 1 else ("depth", "height", "width")[-axes:]
    wanted = " × ".join(("channels", *names))
    return MismatchError(
        f"{layer.kind.name} slides along {axes} {'axis' if axes == 1 else 'axes'}, so it takes {axes + 1} axes "
        f"({wanted}), or {axes + 2} with a batch in front; the input {times(shape)} has {len(shape)}.{more}",
        says,
    )
