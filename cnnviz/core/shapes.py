"""The shape that leaves a layer, worked out as torch does, or why torch refuses."""

from collections.abc import Callable
from math import prod

from cnnviz.core.layers import Layer
from cnnviz.core.mismatch import MismatchError, Shape, by, times
from cnnviz.core.pooled_shapes import pooled_shape
from cnnviz.core.sliding import at_least, batched, window_specs, wrong_rank
from cnnviz.core.windows import WindowSpec

LARGEST = 2**40  # numbers in one tensor: 4 TB, more than a slip of the finger needs before it is explained


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of what ``layer`` makes of a tensor of this shape, by torch's formulas. `MismatchError` where it refuses.

    >>> output_shape(Layer.of("Conv2d", 3, 6, 3, stride=2, padding=1), (1, 3, 7, 7))
    (1, 6, 4, 4)
    """
    made = _RULES[layer.kind.family](layer, shape)
    if prod(made) > LARGEST:
        raise MismatchError(f"The output {times(made)} would hold {prod(made):,} numbers: more than this page counts.")
    return made


# --- convolution ------------------------------------------------------------------------------------------------------


def _conv(layer: Layer, shape: Shape) -> Shape:
    axes = layer.kind.axes
    incoming, outgoing, groups = layer["in_channels"], layer["out_channels"], layer["groups"]
    at_least(layer, in_channels=1, out_channels=1, kernel_size=1, stride=1, padding=0, dilation=1, groups=1)
    for name, channels in (("in_channels", incoming), ("out_channels", outgoing)):
        if channels % groups:
            raise MismatchError(
                f"The {groups} groups must share the {name} evenly, but {channels} divided by {groups} leaves a rest.",
                f"{name} must be divisible by groups",
            )
    if layer["padding"] == "same" and max(layer.per_axis("stride")) > 1:
        raise MismatchError(
            "Padding “same” keeps the size, so it goes with stride 1 only.",
            "padding='same' is not supported for strided convolutions",
        )
    specs = window_specs(layer)
    zeros = layer["padding_mode"] == "zeros"
    if len(shape) not in (axes + 1, axes + 2):
        raise wrong_rank(layer, shape, *_conv_rank_words(layer, shape, zeros))
    sizes = shape[-axes:]
    if not zeros:
        _check_padding_mode(layer, shape, sizes, specs)
    padded = tuple(size + 2 * spec.padding + spec.extra_padding for size, spec in zip(sizes, specs, strict=True))
    weight = (outgoing, incoming // groups, *(spec.kernel_size for spec in specs))
    channels = shape[-axes - 1]
    if channels != incoming:
        # torch names the input as it stands after whatever was padded beforehand
        seen_sizes = (
            padded if not zeros else tuple(size + spec.extra_padding for size, spec in zip(sizes, specs, strict=True))
        )
        seen = (shape[0] if batched(layer, shape) else 1, channels, *seen_sizes)
        raise MismatchError(
            f"The weight is {times(weight)} with groups={groups}: its filters wait for {incoming} channels, "
            f"but the input {times(seen)} has {channels}. Write in_channels={channels}.",
            f"Given groups={groups}, weight of size {list(weight)}, expected input{list(seen)} to have {incoming} "
            f"channels, but got {channels} channels instead",
            (layer.but(in_channels=channels),) if channels % groups == 0 else (),
        )
    extents = tuple(spec.extent for spec in specs)
    if any(extent > size for extent, size in zip(extents, padded, strict=True)):
        raise MismatchError(
            f"The window spans {times(extents)} cells, but with its padding the input has only {times(padded)}: "
            "use more padding, or a smaller kernel or dilation.",
            f"Calculated padded input size per channel: ({by(padded)}). Kernel size: ({by(extents)}). "
            "Kernel size can't be greater than actual input size",
        )
    places = ((size - spec.extent) // spec.stride + 1 for size, spec in zip(padded, specs, strict=True))
    return (*shape[: -axes - 1], outgoing, *places)


def _conv_rank_words(layer: Layer, shape: Shape, zeros: bool) -> tuple[str, str]:
    """What torch says, and what has to be added to our sentence to understand it."""
    axes, rank = layer.kind.axes, len(shape)
    if zeros:
        return (
            f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to conv{axes}d, "
            f"but got input of size: {list(shape)}",
            "",
        )
    more = f" (It is padded first, with {2 * axes} numbers, two for each axis.)"
    if axes > rank:
        return (
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{2 * axes} and input of dimension {rank}",
            more,
        )
    return f"Padding size {2 * axes} is not supported for {rank}D input tensor.", more


def _check_padding_mode(layer: Layer, shape: Shape, sizes: Shape, specs: tuple[WindowSpec, ...]) -> None:
    """Reflection and circular padding take their values from the input, and can only take what is there."""
    mode = layer["padding_mode"]
    # torch looks at the last axis first
    for behind, (size, spec) in enumerate(zip(reversed(sizes), reversed(specs), strict=True)):
        before, after = spec.padding, spec.padding + spec.extra_padding
        axis = len(shape) - 1 - behind
        if mode == "reflect" and max(before, after) >= size:
            raise MismatchError(
                f"Reflection does not repeat the edge, so an axis of {size} cells can lend at most {size - 1}: the "
                f"padding ({before}, {after}) of axis {axis} is too much for the input {times(shape)}.",
                f"Argument #{4 + 2 * behind}: Padding size should be less than the corresponding input dimension, but "
                f"got: padding ({before}, {after}) at dimension {axis} of input {list(shape)}",
            )
        if mode == "circular" and max(before, after) > size:
            raise MismatchError(
                f"Circular padding goes round once at most: an axis of {size} cells can lend {size}, "
                f"not {max(before, after)}.",
                "Padding value causes wrapping around more than once.",
            )


# --- the others -------------------------------------------------------------------------------------------------------


def _linear(layer: Layer, shape: Shape) -> Shape:
    at_least(layer, in_features=1, out_features=1)
    arriving, wanted, units = shape[-1], layer["in_features"], layer["out_features"]
    if arriving != wanted:
        rows = prod(shape[:-1])
        flat = prod(shape[1:])
        one = "1 row" if rows == 1 else f"{rows} rows"
        sentence = (
            f"{one} of {arriving} numbers arrive (the input is {times(shape)}), but the layer’s {units} units wait for "
            f"{wanted} numbers each."
        )
        repair = (layer.but(in_features=arriving),)
        if flat == wanted and len(shape) > 2:
            sentence += f" {' · '.join(map(str, shape[1:]))} = {flat}: a Flatten before it makes them one row."
            repair = (Layer.of("Flatten"), layer)
        else:
            sentence += f" Write in_features={arriving}."
        says = f"mat1 and mat2 shapes cannot be multiplied ({rows}x{arriving} and {wanted}x{units})"
        raise MismatchError(sentence, says, repair)
    return (*shape[:-1], units)


def _flatten(layer: Layer, shape: Shape) -> Shape:
    rank = len(shape)
    for name in ("start_dim", "end_dim"):
        if not -rank <= layer[name] < rank:
            raise MismatchError(
                f"{times(shape)} has {rank} {'axis' if rank == 1 else 'axes'}: {name} is a number from {-rank} to "
                f"{rank - 1}, not {layer[name]}.".replace("-", "−"),
                f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {layer[name]})",
            )
    start, end = layer["start_dim"] % rank, layer["end_dim"] % rank
    if start > end:
        raise MismatchError(
            f"Axis {start}, where the merging starts, lies behind axis {end}, where it ends.",
            "flatten() has invalid args: start_dim cannot come after end_dim",
        )
    return (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])


def _relu(_: Layer, shape: Shape) -> Shape:
    return shape


_RULES: dict[str, Callable[[Layer, Shape], Shape]] = {
    "conv": _conv,
    "max_pool": pooled_shape,
    "avg_pool": pooled_shape,
    "linear": _linear,
    "flatten": _flatten,
    "relu": _relu,
}
